"""What stands in the form of a new job as a request, and what is said of values that cannot be meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import UsageError
from rft_tui.job_model import METHODS, JobMethod
from rft_tui.model import JsonObject
from rft_tui.providers.backends.hyperparameters import hyperparameters_of
from rft_tui.tasks.jobs.preflight.checks import CHECKS
from rft_tui.tasks.jobs.preflight.findings import good, unknown, warning
from rft_tui.tasks.jobs.request import DataSource, JobRequest
from rft_tui.tui.new_job.fields import METHOD_WORDS, NAMES, fields_of
from rft_tui.tui.new_job.findings_words import FIELDS, field_of, hint_words
from rft_tui.tui.new_job.values import JobFormReader, Surroundings, read_pairs, written_pairs
from tests.unit.tasks.jobs.requests import EXACT

READY = {"profile": "p", "model": "m", "training": "train", "validation": "valid", "grader": "exact"}


def a_grader(name: str) -> JsonObject:
    if name != "exact":
        raise UsageError(f"there is no grader {name!r}")
    return EXACT


def read(
    values: dict[str, str], folder: Path = Path("/nowhere"), backend: str = "openai"
) -> tuple[JobRequest, dict[str, str]]:
    reader = JobFormReader(values, Surroundings(folder, {"train", "valid", "test"}, backend, a_grader))
    return reader.request(), reader.problems


def test_an_untouched_form_says_what_it_needs() -> None:
    request, problems = read({})
    assert set(problems) == {"model", "training", "validation", "grader"}
    assert request.method == "reinforcement"
    for method in ("supervised", "dpo"):
        assert set(read({"method": method})[1]) == {"model", "training"}


def test_a_whole_form_is_the_whole_request(tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text(json.dumps({"type": "object", "properties": {}}))
    values = READY | {
        "test": "test", "prompt": "simple", "as_developer": "yes", "suffix": "first", "seed": "7",
        "metadata": "team=red; why = a look", "response_format": "own.json", "wandb_project": "w", "wandb_name": "n",
        "wandb_entity": "e", "wandb_tags": "a, b,", "n_epochs": "3", "batch_size": "auto", "compute_multiplier": "0.5",
        "reasoning_effort": "high", "learning_rate_multiplier": "2",
    }  # fmt: skip
    request, problems = read(values, tmp_path)
    assert problems == {}
    assert request.hyperparameters == {
        "n_epochs": 3, "compute_multiplier": 0.5, "reasoning_effort": "high", "learning_rate_multiplier": 2.0,
    }  # fmt: skip
    assert (request.training, request.validation) == (DataSource("dataset", "train"), DataSource("dataset", "valid"))
    assert (request.test, request.prompt, request.as_developer, request.grader) == ("test", "simple", True, EXACT)
    assert (request.suffix, request.seed, request.metadata) == ("first", 7, {"team": "red", "why": "a look"})
    assert request.wandb is not None
    assert (request.wandb.project, request.wandb.name, request.wandb.entity, request.wandb.tags) == (
        "w", "n", "e", ("a", "b"),
    )  # fmt: skip
    assert request.response_format is not None
    assert request.response_format["json_schema"]["name"] == "own"


def test_another_method_leaves_out_what_is_not_its_own() -> None:
    values = READY | {"method": "dpo", "beta": "0.1", "eval_samples": "3", "response_format": "gone.json"}
    request, problems = read(values)
    assert problems == {}
    assert (request.grader, request.response_format, request.hyperparameters) == (None, None, {"beta": 0.1})
    request, problems = read(values | {"method": "supervised"})
    assert (problems, request.hyperparameters) == ({}, {})
    assert read(values | {"l2_multiplier": "1"}, backend="foundry")[0].hyperparameters == {
        "beta": 0.1,
        "l2_multiplier": 1.0,
    }


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("n_epochs", "0", "allowed: auto, or a whole number from 1 to 50"),
        ("batch_size", "many", "from 1 to 256"),
        ("compute_multiplier", "0.00001", "above 0.00001 and at most 10"),
        ("learning_rate_multiplier", "-1", "a number above 0"),
        ("eval_interval", "1.5", "a whole number of 1 or more"),
        ("reasoning_effort", "huge", "default, low, medium or high"),
        ("suffix", "x" * 65, "65 characters; it may have 1 to 64"),
        ("seed", "-1", "from 0 to 2147483647"),
        ("seed", "nine", "a whole number"),
        ("metadata", "alone", "KEY=VALUE"),
        ("metadata", "a=1; a=2", "a stands there twice"),
        ("metadata", "rft_tui_mark=x", "the app's own mark"),
        ("metadata", '{"a": 1}', "every value is a text"),
        ("metadata", "; ".join(f"k{n}=v" for n in range(16)), "17 pairs"),
        ("wandb_name", "run", "name the project"),
        ("grader", "none", "there is no grader"),
        ("grader", "{", "this is no JSON object"),
        ("response_format", "gone.json", "No such file"),
        ("training", "nothing", "no dataset or file of that name"),
        ("validation", "file- x", "no dataset or file of that name"),
        ("test", "nothing", "there is no such dataset"),
        ("method", "magic", "no such method"),
    ],
)
def test_what_cannot_be_meant_is_said_at_its_field(field: str, typed: str, said: str) -> None:
    problems = read(READY | {field: typed})[1]
    assert list(problems) == ["wandb_project" if field == "wandb_name" else field]
    assert said in next(iter(problems.values()))


@given(st.dictionaries(st.sampled_from(sorted(NAMES)), st.text(max_size=60)))
def test_nothing_that_is_typed_is_more_than_a_problem(values: dict[str, str]) -> None:
    assert set(read(values)[1]) <= NAMES


def test_rows_are_a_dataset_a_file_or_an_id(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("{}")
    (tmp_path / "train").write_text("{}")
    for text, source in (
        ("train", DataSource("dataset", "train")),
        ("rows.jsonl", DataSource("file", str(tmp_path / "rows.jsonl"))),
        (str(tmp_path / "rows.jsonl"), DataSource("file", str(tmp_path / "rows.jsonl"))),
        ("file-abc", DataSource("remote", "file-abc")),
    ):
        request, problems = read(READY | {"training": text}, tmp_path)
        assert (problems, request.training) == ({}, source)


def test_a_pilot_is_the_pilot_of_what_stands_there() -> None:
    request, problems = read(READY | {"pilot": "yes", "suffix": "first", "n_epochs": "9", "eval_interval": "5"})
    assert problems == {}
    assert (request.pilot, request.suffix) == (True, "first-pilot")
    assert request.hyperparameters == {"n_epochs": 1, "eval_interval": 5, "eval_samples": 1}


@given(
    st.dictionaries(st.text(min_size=1, max_size=20).filter(str.strip), st.text(max_size=20), max_size=5).filter(bool)
)
def test_pairs_are_read_as_they_were_written(pairs: dict[str, str]) -> None:
    assert read_pairs(written_pairs(pairs)) == pairs


@pytest.mark.parametrize("backend", ["openai", "foundry", "simulated"])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_line_for_each_hyperparameter(method: JobMethod, backend: str) -> None:
    fields = {field.name: field for field in fields_of(method, backend)}
    assert len(fields) == len(fields_of(method, backend))
    assert set(fields) <= NAMES
    for one in hyperparameters_of(method, backend):
        assert fields[one.name].proposal == one.unset
        assert one.allowed in fields[one.name].sentence
        assert one.meaning in fields[one.name].sentence
    assert ("grader" in fields, "response_format" in fields) == (method == "reinforcement",) * 2
    assert set(METHOD_WORDS) == set(get_args(JobMethod))


def test_hints_speak_of_fields() -> None:
    named = warning("suffix", "Suffix", "none", "Give one: --suffix NAME.")
    assert hint_words(named, "A") == "Give one: the field “suffix”."
    command = warning("difficulty", "D", "none", "First: rft-tui predict D --model M-4.1 --prompt p; or --pilot.")
    assert hint_words(command, "A") == "First: rft-tui predict D --model M-4.1 --prompt p; or the field “pilot”."
    unasked = unknown("service_access", "Access", "it was not asked", "Ask it: rft-tui profile test.")
    assert hint_words(unasked, "A asks the service.") == "A asks the service."
    assert field_of(warning("request", "The request: seed", "no")) == "seed"
    assert field_of(good("elsewhere", "E", "fine")) == ""
    assert set(FIELDS.values()) <= NAMES
    assert CHECKS
