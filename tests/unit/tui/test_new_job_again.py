"""From jobs back to requests, and from requests to what stands in the form and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rft_tui.job_model import METHODS, JobMethod, RemoteJob
from rft_tui.model import JsonObject
from rft_tui.providers.backends.backend import MARK
from rft_tui.providers.profiles import BUILT_IN, NamedProfile
from rft_tui.store.database import Store
from rft_tui.store.graders import delete_grader, find_grader
from rft_tui.store.jobs import about_to_create, get_job, saw_job
from rft_tui.store.prompts import add_prompt
from rft_tui.tasks.graders import ensure_grader
from rft_tui.tasks.jobs.launching import start_launching
from rft_tui.tasks.jobs.pilot import pilot_of
from rft_tui.tasks.jobs.request import DataSource, JobRequest, Wandb, job_body
from rft_tui.tui.new_job.again import form_values, request_of_job, without_pilot
from rft_tui.tui.new_job.values import JobFormReader, Surroundings
from tests.unit.tasks.jobs.requests import EXACT, a_request, two_parts

SIMULATED = NamedProfile("simulated", BUILT_IN["simulated"])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = Store(tmp_path / "cache" / "cache.db")
    yield opened
    opened.close()


FULL: dict[JobMethod, dict[str, Any]] = {
    "supervised": {"n_epochs": 3, "learning_rate_multiplier": 0.1},
    "dpo": {"beta": 0.25, "batch_size": 4},
    "reinforcement": {"compute_multiplier": 1.5, "eval_samples": 4, "n_epochs": 2, "reasoning_effort": "low"},
}


def full(method: JobMethod) -> JobRequest:
    """A request with everything that the method takes."""
    others: dict[str, Any] = {
        "profile": "simulated", "suffix": "first", "seed": 7, "metadata": {"team": "red; blue", "n": "1"},
        "wandb": Wandb("w", "n", "e", ("a", "b")), "hyperparameters": FULL[method], "test": "valid",
    }  # fmt: skip
    if method == "reinforcement":
        schema = {"name": "answer", "strict": True, "schema": {"type": "object", "properties": {}}}
        others["response_format"] = {"type": "json_schema", "json_schema": schema}
    return replace(a_request(method), **others)


def read_back(store: Store, folder: Path, request: JobRequest) -> JobRequest:
    """The request that the form makes of the values that stand for one."""

    def spec(name: str) -> JsonObject:
        with store.read() as db:
            return find_grader(db, name).spec

    with store.read() as db:
        values = form_values(db, request)
    reader = JobFormReader(values, Surroundings(folder, {"train", "valid"}, "simulated", spec))
    made = reader.request()
    assert reader.problems == {}
    return made


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("is_stored", [True, False])
def test_a_request_comes_back_from_the_form(
    store: Store, tmp_path: Path, method: JobMethod, *, is_stored: bool
) -> None:
    if is_stored:
        ensure_grader(store, EXACT)
    request = full(method)
    assert read_back(store, tmp_path, request) == request


def test_a_deleted_grader_stands_there_itself(store: Store, tmp_path: Path) -> None:
    ensure_grader(store, EXACT)
    with store.write() as db:
        delete_grader(db, "exact")
    assert read_back(store, tmp_path, full("reinforcement")).grader == EXACT


def test_the_real_run_of_a_pilot(store: Store, tmp_path: Path) -> None:
    pilot = pilot_of(full("reinforcement"))
    real = without_pilot(pilot)
    assert (real.pilot, real.suffix) == (False, "first")
    assert real.hyperparameters == {"compute_multiplier": 1.5, "reasoning_effort": "low"}
    assert without_pilot(pilot_of(replace(full("dpo"), suffix=""))).suffix == ""
    assert without_pilot(real) is real
    again = read_back(store, tmp_path, pilot)
    assert (again.pilot, again.suffix) == (True, "first-pilot")


@pytest.mark.parametrize("method", METHODS)
def test_a_job_made_here_is_the_request_that_made_it(store: Store, method: JobMethod) -> None:
    two_parts(store)
    if method != "reinforcement":
        request = replace(full(method), training=DataSource("remote", "file-a"), validation=None)
    else:
        request = full(method)
    launch = start_launching(store, request, SIMULATED, None)
    with store.read() as db:
        assert request_of_job(get_job(db, launch.job), db) == request


def test_without_its_task_a_job_is_read_from_its_body(store: Store) -> None:
    two_parts(store)
    ensure_grader(store, EXACT)
    request = replace(full("reinforcement"), test="")
    launch = start_launching(store, request, SIMULATED, None)
    body = job_body(request, training_file="file-a", validation_file="file-b", mark="m", backend="simulated")
    with store.write() as db:
        about_to_create(db, launch.job, body)
        db.execute("DELETE FROM task")
    with store.read() as db:
        job = get_job(db, launch.job)
        assert request_of_job(job, db) == request
    assert request_of_job(job) == request
    assert request_of_job(replace(job, pilot=True)) == replace(request, pilot=True)


def test_a_job_from_elsewhere_is_read_from_what_the_service_shows(store: Store) -> None:
    values = {"n_epochs": 2, "batch_size": "auto", "eval_interval": 0, "unheard_of": 3}
    raw: JsonObject = {
        "id": "ftjob-1", "user_provided_suffix": "theirs", "seed": 5, "metadata": {"team": "red", MARK: "x"},
        "training_file": "file-a", "validation_file": "file-b",
        "method": {"type": "reinforcement", "reinforcement": {"grader": EXACT, "hyperparameters": values}},
        "integrations": [{"type": "wandb", "wandb": {"project": "w", "tags": ["a", 3]}}],
    }  # fmt: skip
    remote = RemoteJob(
        "ftjob-1", "succeeded", "reinforcement", "o4-mini", None, 1.0, None, None, "", "file-a", "file-b", (), None,
        {}, raw,
    )  # fmt: skip
    with store.write() as db:
        number = saw_job(db, remote, profile="openai", backend="openai", service="s", simulated=False)
    with store.read() as db:
        job = get_job(db, number)
        made = request_of_job(job, db)
    assert made == JobRequest(
        "openai", "reinforcement", "o4-mini", DataSource("remote", "file-a"), DataSource("remote", "file-b"),
        grader=EXACT, suffix="theirs", metadata={"team": "red"}, wandb=Wandb("w", tags=("a",)),
        hyperparameters={"n_epochs": 2},
    )  # fmt: skip
    assert request_of_job(replace(job, remote=None)) is None
    assert request_of_job(replace(job, method="new")) is None
    assert request_of_job(replace(job, remote={"training_file": 3, "method": [], "metadata": "x"})) is None


def test_the_prompt_of_a_job_is_named(store: Store, tmp_path: Path) -> None:
    from rft_tui.interchange.prompting import folder_prompts

    (tmp_path / "short.txt").write_text("Be short.")
    (prompt,) = folder_prompts(tmp_path, [])
    launch_of = replace(full("supervised"), training=DataSource("remote", "file-a"), validation=None)
    with store.write() as db:
        add_prompt(db, prompt)
    launch = start_launching(store, launch_of, SIMULATED, prompt)
    with store.write() as db:
        about_to_create(db, launch.job, {"training_file": "file-a", "method": {}})
        db.execute("DELETE FROM task")
    with store.read() as db:
        made = request_of_job(get_job(db, launch.job), db)
    assert made is not None
    assert made.prompt == f"short@{prompt.version[:12]}"
