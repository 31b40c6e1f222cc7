"""What follows a job: its model asked as its base was, and graded by its own grader, once and as was confirmed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rft_tui.errors import UsageError
from rft_tui.job_model import JobCheckpoint
from rft_tui.model import JsonObject
from rft_tui.providers.profiles import NamedProfile
from rft_tui.settings import Price, Profile
from rft_tui.store.database import Store
from rft_tui.store.datasets import get_dataset
from rft_tui.store.graders import delete_grader, list_graders
from rft_tui.store.job_events import put_checkpoints
from rft_tui.store.jobs import NewJob, StoredJob, about_to_create, add_job, get_job
from rft_tui.store.tasks import add_task, get_task, list_tasks
from rft_tui.tasks.graders import ensure_grader
from rft_tui.tasks.jobs.follow_up import beside_base, follow_up, models_of
from rft_tui.tasks.jobs.request import job_body
from rft_tui.tasks.predicting.planning import plan, start
from rft_tui.tasks.predicting.requests import PredictRequest
from rft_tui.tasks.predicting.then_grading import queue_grading
from tests.unit.store.building import predict, run_key
from tests.unit.tasks.jobs.requests import EXACT, JUDGE, a_request, add_rows, questions

HERE = NamedProfile("here", Profile(base_url="https://x.test/v1", prices={"j": Price(1.0, 2.0, date="2026-09-01")}))


def a_job(store: Store, grader: JsonObject = EXACT, *, known: bool = True, **others: Any) -> StoredJob:
    """A job that was launched here with some grader."""
    request = a_request(grader=grader, hyperparameters={"reasoning_effort": "low"})
    version = ensure_grader(store, grader).version if known else None
    parts = {"dataset": "train", "validation_dataset": "valid", "grader_version": version} | others
    with store.write() as db:
        number = add_job(db, NewJob("here", "openai", "s", "mark", "n", "reinforcement", "o4-mini", **parts))
        about_to_create(db, number, job_body(request, training_file="t", validation_file="v", mark="m"))
        return get_job(db, number)


@pytest.fixture(autouse=True)
def _rows(store: Store) -> None:
    add_rows(store, "train", questions(4))
    of = add_rows(store, "valid", questions(3, "V"))
    with store.write() as db:
        for index in (1, 2):
            predict(db, run_key(of.id, "o4-mini-2025-04-16", index), ["a", "b", "c"])


def test_rows_effort_runs_and_grader_are_those_of_the_job_and_its_base(store: Store) -> None:
    job = a_job(store)
    made = follow_up(store, job, "ft:m")
    request = made.request
    assert (request.dataset, request.models, request.efforts, request.runs) == ("valid", ("ft:m",), ("low",), 2)
    assert (request.then_grade, made.missing, made.ungraded) == (job.grader_version, "", "")


def test_nothing_is_written_where_the_grader_is_kept(store: Store) -> None:
    job, kept = a_job(store), a_job(store, JUDGE, known=False)
    other = Store(store.path)
    with other.write():
        assert follow_up(store, job, "ft:m").grader is not None
    other.close()
    assert follow_up(store, kept, "ft:m").grader is not None


def test_the_prompt_goes_as_it_went_to_the_job_however_many_tasks_came_since(store: Store) -> None:
    job = a_job(store)
    with store.write() as db:
        add_task(db, "launch", "launch n", {"job": job.id, "request": {"as_developer": True}})
        for _ in range(1001):
            add_task(db, "launch", "launch another", {"job": job.id + 1, "request": {"as_developer": False}})
    assert follow_up(store, job, "ft:m").request.as_developer


def test_a_grader_that_only_the_job_shows_is_kept_with_its_rule(store: Store) -> None:
    job = a_job(store, EXACT | {"operation": "eq"}, known=False)
    made = follow_up(store, job, "ft:m")
    assert made.grader is not None
    with store.read() as db:
        assert [(one.type, one.spec["operation"]) for one in list_graders(db)] == [("string_check", "eq")]
    assert follow_up(store, job, "ft:m").grader == made.grader


def test_a_grader_that_was_deleted_here_still_grades_its_job(store: Store) -> None:
    job = a_job(store)
    with store.write() as db:
        delete_grader(db, str(EXACT["name"]))
    request = follow_up(store, job, "ft:m").request
    planned = plan(store, request, HERE, None)
    assert planned.grading is not None
    assert planned.grading.grader.version == job.grader_version


@pytest.mark.parametrize(("name", "said"), [(None, "does not say which rows"), ("gone", "gone, is no dataset here")])
def test_rows_that_are_not_here_are_named(store: Store, name: str | None, said: str) -> None:
    assert said in follow_up(store, a_job(store, validation_dataset=name), "ft:m").missing


def test_a_job_without_a_reward_is_not_graded_and_says_so(store: Store) -> None:
    with store.write() as db:
        number = add_job(db, NewJob("here", "openai", "s", "mark", "n", "supervised", "m", validation_dataset="valid"))
        job = get_job(db, number)
    made = follow_up(store, job, "ft:m")
    assert (made.grader, made.request.then_grade) == (None, "")
    assert "no grader" in made.ungraded


def test_models_are_the_finished_one_and_then_the_newest_checkpoints(store: Store) -> None:
    job = a_job(store)
    with store.write() as db:
        put_checkpoints(db, job.id, [JobCheckpoint(f"c{step}", step, f"ft:{step}", 0.0) for step in (5, 20, 10)])
        db.execute("UPDATE job SET fine_tuned_model = 'ft:20'")
        assert models_of(db, get_job(db, job.id)) == [(None, "ft:20"), (10, "ft:10"), (5, "ft:5")]


def test_what_a_judge_will_cost_is_said_before_anything_begins(store: Store) -> None:
    request = follow_up(store, a_job(store, JUDGE | {"model": "j"}), "ft:m").request
    planned = plan(store, request, HERE, None)
    assert planned.grading is not None
    assert planned.grading.questions == 6
    assert any("at most 6 questions to j through here, about $" in one for one in planned.warnings)
    elsewhere = plan(store, request, HERE, None, NamedProfile("other", Profile(base_url="https://y.test/v1")))
    assert any("through other, at an unknown price" in one for one in elsewhere.warnings)


def test_an_unknown_grader_is_refused_before_anything_begins(store: Store) -> None:
    with pytest.raises(UsageError, match="no grader"):
        plan(store, PredictRequest("valid", ("m",), then_grade="nobody"), HERE, None)
    with store.read() as db:
        assert list_tasks(db) == []


def test_the_grading_is_queued_once_and_with_what_was_confirmed(store: Store) -> None:
    request = follow_up(store, a_job(store, JUDGE | {"model": "j"}), "ft:m").request
    planned = plan(store, request, HERE, None)
    task = start(store, planned)
    with store.write() as db:
        document = get_task(db, task).request
        for one in planned.runs:
            predict(db, one.key, ["x", "y", "z"])
        first, again = (queue_grading(db, task, document) for _time in range(2))
        graded = [one for one in list_tasks(db) if one.kind == "grade"]
    assert first == again == graded[0].id
    assert len(graded) == 1
    assert graded[0].progress.total == 6
    assert (graded[0].request["profile"], graded[0].request["after"]) == ("here", task)


def test_a_model_stands_beside_its_base_asked_in_the_same_way(store: Store) -> None:
    job = a_job(store)
    with store.write() as db:
        rows = get_dataset(db, "valid").id
        own = tuple(predict(db, run_key(rows, "ft:m", index), ["a"])[0] for index in (1, 2))
        for other in ({"effort": "high"}, {"prompt": "f" * 64}):
            predict(db, run_key(rows, "o4-mini-2025-04-16", 1, **other), ["a"])
        predict(db, run_key(rows, "ft:m:ckpt-step-5"), ["a"])
        base = tuple(run for (run,) in db.execute("SELECT id FROM run WHERE model LIKE 'o4%' AND effort = 'low'"
                                                  " AND prompt = '' ORDER BY id"))  # fmt: skip
        assert len(base) == 2
        assert beside_base(db, job, "ft:m") == (base, own)
        assert beside_base(db, job, "ft:never-asked").own == ()
        assert beside_base(db, a_job_elsewhere(job), "ft:m") == ((), ())


def a_job_elsewhere(job: StoredJob) -> StoredJob:
    """The same job as a service shows it that does not say which rows it was validated on."""
    return replace(job, validation_dataset=None)
