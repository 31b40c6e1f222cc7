"""The body of a job: valid against the published contract but for what it does not know, and limits said in words."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft_tui.errors import UsageError
from rft_tui.graders.examples import EXAMPLE_TYPES, example_spec
from rft_tui.job_model import METHODS, JobMethod
from rft_tui.model import JsonObject
from rft_tui.providers.backends.backend import MARK
from rft_tui.providers.backends.hyperparameters import Hyperparameter, hyperparameters_of
from rft_tui.tasks.jobs.pilot import pilot_of
from rft_tui.tasks.jobs.request import (
    PILOT_KEY,
    DataSource,
    JobRequest,
    Wandb,
    job_body,
    request_problems,
    source_of,
)
from tests.unit.simulator.contract import assert_fits
from tests.unit.tasks.jobs.requests import EXACT, JUDGE, TRAIN, a_request

IN_JOBS = ("string_check", "text_similarity", "python", "score_model", "multi")
"""Types that the contract takes for a reinforcement job; a label model only inside a multi grader."""

STRICT: JsonObject = {
    "type": "json_schema",
    "json_schema": {"name": "a", "strict": True, "schema": {"type": "object", "additionalProperties": False}},
}


def body_of(request: JobRequest, backend: str = "openai") -> JsonObject:
    return job_body(request, training_file="file-t", validation_file="file-v", mark="0" * 32, backend=backend)


def values_of(one: Hyperparameter) -> st.SearchStrategy[Any]:
    """Values at the edges and inside, among them what lets the service choose."""
    if one.kind == "choice":
        return st.sampled_from([one.unset, *one.choices])
    low = one.least if one.least is not None else one.above or 0.0
    most = one.most if one.most is not None else 10**6
    if one.kind == "whole":
        return st.one_of(st.just(one.unset), st.integers(int(low), int(most)))
    return st.one_of(st.just(one.unset), st.floats(low, most, exclude_min=one.above is not None), st.just(most))


GRADERS: st.SearchStrategy[JsonObject] = st.one_of(
    st.sampled_from(IN_JOBS).map(example_spec),
    st.lists(st.sampled_from([name for name in EXAMPLE_TYPES if name != "multi"]), min_size=1, max_size=4).map(
        lambda names: {
            "type": "multi",
            "name": "all",
            "graders": {f"g{n}": example_spec(name) for n, name in enumerate(names)},
            "calculate_output": "g0",
        }
    ),
)


@st.composite
def requests(draw: st.DrawFn) -> JobRequest:
    method: JobMethod = draw(st.sampled_from(METHODS))
    texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
    return a_request(
        method,
        grader=draw(GRADERS) if method == "reinforcement" else None,
        hyperparameters={one.name: draw(values_of(one)) for one in hyperparameters_of(method) if draw(st.booleans())},
        suffix=draw(st.text(st.characters(codec="utf-8"), max_size=64)),
        seed=draw(st.one_of(st.none(), st.integers(0, 2**31 - 1))),
        metadata=draw(st.dictionaries(texts, st.text(max_size=512), max_size=14)),
        wandb=draw(st.one_of(st.none(), st.builds(Wandb, texts.filter(str.strip), texts, texts, st.just(("a", "b"))))),
        response_format=draw(st.sampled_from([None, STRICT])) if method == "reinforcement" else None,
        pilot=draw(st.booleans()),
    )


@settings(max_examples=200, deadline=None)
@given(requests())
def test_every_body_fits_the_contract(request: JobRequest) -> None:
    body = body_of(request)
    assert_fits(body, "CreateFineTuningJobRequest")
    assert json.loads(json.dumps(body)) == body
    assert set(body["method"]) == {"type", request.method}
    assert len(body["metadata"]) <= 16
    assert JobRequest.from_json(json.loads(json.dumps(request.as_json()))) == request


@pytest.mark.parametrize("name", IN_JOBS)
@pytest.mark.parametrize("method", METHODS)
def test_each_method_with_each_grader(method: JobMethod, name: str) -> None:
    request = a_request(method, grader=example_spec(name) if method == "reinforcement" else None)
    body = body_of(pilot_of(request))
    assert_fits(body, "CreateFineTuningJobRequest")
    if method == "reinforcement":
        assert body["method"]["reinforcement"]["grader"]["type"] == name


def test_the_exact_body() -> None:
    request = a_request(
        suffix="my-run", seed=42, metadata={"experiment": "e1"}, response_format=STRICT, wandb=Wandb("p", tags=("t",)),
        hyperparameters={"reasoning_effort": "medium", "n_epochs": 5, "compute_multiplier": 1.0, "batch_size": "auto"},
    )  # fmt: skip
    assert body_of(request) == {
        "model": "o4-mini",
        "training_file": "file-t",
        "validation_file": "file-v",
        "suffix": "my-run",
        "seed": 42,
        "metadata": {"experiment": "e1", MARK: "0" * 32},
        "integrations": [{"type": "wandb", "wandb": {"project": "p", "tags": ["t"]}}],
        "method": {
            "type": "reinforcement",
            "reinforcement": {
                "grader": EXACT,
                "response_format": STRICT,
                "hyperparameters": {
                    "reasoning_effort": "medium",
                    "n_epochs": 5,
                    "compute_multiplier": 1.0,
                    "batch_size": "auto",
                },
            },
        },
    }


def test_what_was_not_set_is_left_out() -> None:
    body = job_body(a_request("supervised", validation=None), training_file="f", validation_file=None, mark="m")
    assert set(body) == {"model", "training_file", "metadata", "method"}
    assert body["method"] == {"type": "supervised", "supervised": {}}


def test_graders_go_as_an_object_with_unknown_keys_and_without_our_own() -> None:
    spec = {
        "type": "multi",
        "name": "m",
        "calculate_output": "exact",
        "of_tomorrow": {"kept": 1},
        "graders": [EXACT | {"also": True}, example_spec("text_similarity") | {"variant": "rapidfuzz_ratio"}],
    }
    before = deepcopy(spec)
    sent = body_of(a_request(grader=spec))["method"]["reinforcement"]["grader"]
    assert sent["of_tomorrow"] == {"kept": 1}
    assert list(sent["graders"]) == ["exact", "fuzzy"]
    assert sent["graders"]["exact"]["also"] is True
    assert "variant" not in sent["graders"]["fuzzy"]
    assert spec == before


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("method", {"method": "rl"}, "no method 'rl'"),
    ("model", {"model": " "}, "base model is missing"),
    ("grader", {"grader": None}, "needs a grader"),
    ("validation", {"validation": None}, "needs validation rows"),
    ("suffix", {"suffix": "x" * 65}, "65 characters"),
    ("seed", {"seed": -1}, "cannot be -1"),
    ("seed", {"seed": 2**31}, "cannot be 2147483648"),
    ("metadata", {"metadata": {str(n): "" for n in range(16)}}, "17 pairs"),
    ("metadata", {"metadata": {"k" * 65: ""}}, "65 characters"),
    ("metadata", {"metadata": {"": "v"}}, "0 characters"),
    ("metadata", {"metadata": {"k": "v" * 513}}, "its value 513"),
    ("metadata", {"metadata": {MARK: "x"}}, "own mark"),
    ("wandb", {"wandb": Wandb("")}, "project"),
    ("n_epochs", {"hyperparameters": {"n_epochs": 51}}, "n_epochs cannot be 51"),
    ("beta", {"hyperparameters": {"beta": 1.0}}, "of dpo jobs"),
]


@pytest.mark.parametrize(("field", "others", "said"), REFUSED)
def test_what_a_service_would_refuse_is_said(field: str, others: dict[str, Any], said: str) -> None:
    parts: dict[str, Any] = {"model": "m", "training": TRAIN, "validation": TRAIN, "grader": EXACT}
    request = JobRequest(**({"profile": "p", "method": "reinforcement"} | parts | others))
    assert [problem.field for problem in request_problems(request)] == [field]
    with pytest.raises(UsageError, match=said):
        body_of(request)


def test_the_pilots_own_pair_counts() -> None:
    full = a_request(metadata={str(n): "" for n in range(15)})
    assert not list(request_problems(full))
    assert [problem.message for problem in request_problems(pilot_of(full))] == [
        "17 pairs of metadata, those of the app counted"
    ]


@pytest.mark.parametrize("method", ["supervised", "dpo"])
def test_other_methods_take_no_grader_and_no_format(method: JobMethod) -> None:
    assert [one.field for one in request_problems(a_request(method, grader=JUDGE))] == ["grader"]
    assert [one.field for one in request_problems(a_request(method, response_format=STRICT))] == ["response_format"]
    assert not list(request_problems(a_request(method, validation=None)))


def test_what_foundry_alone_takes() -> None:
    request = a_request("dpo", hyperparameters={"l2_multiplier": 0.1})
    assert body_of(request, "foundry")["method"]["dpo"]["hyperparameters"] == {"l2_multiplier": 0.1}
    with pytest.raises(UsageError, match="at foundry"):
        body_of(request)


def test_where_rows_come_from(tmp_path: Path) -> None:
    path = tmp_path / "file-like.jsonl"
    path.write_text("{}\n")
    assert source_of(str(path)) == DataSource("file", str(path))
    assert source_of(" file-abc123 ") == DataSource("remote", "file-abc123")
    assert source_of("mine") == DataSource("dataset", "mine")
    assert source_of("a\0b").kind == "dataset"
    assert source_of(str(path)).label == "file-like.jsonl"
    with pytest.raises(UsageError, match="missing"):
        source_of("  ")


class TestPilot:
    def test_few_rows_one_epoch_and_one_answer(self) -> None:
        pilot = pilot_of(
            a_request(hyperparameters={"n_epochs": 7, "eval_samples": 5, "eval_interval": 3}, suffix="mine")
        )
        assert pilot.hyperparameters == {"n_epochs": 1, "eval_samples": 1, "eval_interval": 3}
        assert (pilot.pilot, pilot.suffix) == (True, "mine-pilot")
        assert body_of(pilot)["metadata"][PILOT_KEY] == "yes"
        assert pilot_of(pilot) == pilot

    def test_a_long_suffix_stays_within_the_limit(self) -> None:
        pilot = pilot_of(a_request(suffix="s" * 64))
        assert len(pilot.suffix) == 64
        assert pilot.suffix.endswith("-pilot")
        assert pilot_of(a_request()).suffix == "pilot"

    def test_methods_without_evaluations_get_no_number_of_them(self) -> None:
        assert pilot_of(a_request("dpo")).hyperparameters == {"n_epochs": 1}


def test_a_job_is_called_by_its_suffix_or_by_what_it_is() -> None:
    assert a_request(suffix="mine").name == "mine"
    assert a_request().name == "exact o4-mini"
    assert a_request("supervised").name == "supervised o4-mini"
