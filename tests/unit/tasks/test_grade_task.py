"""The task `grade`: what it counts, how it goes on, and which errors are graded anew."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any, cast

import pytest

from rft_tui.model import Grade, GradeError, JsonObject
from rft_tui.providers.calls import ModelCall, ModelReply
from rft_tui.providers.profiles import NamedProfile
from rft_tui.store import database
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader, add_external_grader
from rft_tui.store.grades import add_grades, count_ungraded, iter_gradable
from rft_tui.store.runs import list_runs
from rft_tui.store.tasks import CANCEL, PAUSE, StoredTask, TaskState, change_settings, end_task, queue_again
from rft_tui.tasks.background import outage
from rft_tui.tasks.background.bench import Bench
from rft_tui.tasks.background.control import Control, TaskEnd
from rft_tui.tasks.background.services import Services
from rft_tui.tasks.background.writing import StoreWriter
from rft_tui.tasks.grade import grade_runs
from rft_tui.tasks.graders import ensure_grader
from rft_tui.tasks.judging import task as grade_task
from rft_tui.tasks.judging.task import grade, start_grading
from tests.unit.judges import judged_spec
from tests.unit.store.building import dataset, failed, item, predict, run_key
from tests.unit.tasks.desk import A, B, take, task_of
from tests.unit.tasks.judge_service import Service, error, profile, said


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage, "HOLD_S", (0.002,))
    monkeypatch.setattr("rft_tui.tasks.grade.BATCH", 1)


class OneService:
    """Gives every task the same scripted service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def profile(self, _name: str, *, judge: bool = False) -> NamedProfile:
        assert judge
        return profile(concurrency=2)

    async def open(self, _profile: NamedProfile, _concurrency: int | None = None) -> Service:
        return self._service


def lexical(call: ModelCall) -> ModelReply:
    """Full marks for a yes."""
    return said({"result": float("Answer: yes" in str(call.messages)), "steps": []})


def fill(store: Store, texts: list[str | None], name: str = "mine") -> int:
    """A dataset with one run of these answers (None: an error); the number of the run."""
    with store.write() as db:
        of = dataset(db, name, [item(f"Q{number}?") for number in range(len(texts))])
        return predict(db, run_key(of.id), [failed() if text is None else text for text in texts])[0]


def judge_grader(store: Store, **others: Any) -> StoredGrader:
    return ensure_grader(store, judged_spec(**others))


def begin(store: Store, of: StoredGrader, runs: list[int], **others: Any) -> int:
    return start_grading(store, of, runs, profile(), item_timeout_s=10, **others)


async def do(store: Store, control: Control, service: Service) -> TaskEnd:
    writer = StoreWriter(store)
    try:
        end = await grade(Bench(store, writer, cast("Services", OneService(service))), control)
        with store.write() as db:
            end_task(
                db, control.task.id, control.owner, end.state, control.progress, message=end.message, error=end.error
            )
        return end
    finally:
        writer.close()


async def run(store: Store, of: StoredGrader, runs: list[int], service: Service, **others: Any) -> StoredTask:
    task = begin(store, of, runs, **others)
    await do(store, take(store, A), service)
    return task_of(store, task)


def grades(store: Store, of: StoredGrader) -> list[tuple[float | None, str | None]]:
    with store.read() as db:
        return db.execute(
            "SELECT score, error_kind FROM grade WHERE grader = ? ORDER BY prediction", [of.id]
        ).fetchall()


async def test_everything_is_graded_and_counted(store: Store) -> None:
    run_number, service = fill(store, ["yes", "no", None, "yes"]), Service(lexical)
    of = judge_grader(store)
    task = await run(store, of, [run_number], service)
    assert (task.state, task.title, task.progress.total) == ("done", f"grade with {of.label}", 4)
    progress = task.progress
    assert (progress.done, progress.errors, progress.requests) == (3, {"prediction": 1}, 2)
    assert (progress.cached, progress.cost, progress.input_tokens, progress.output_tokens) == (1, 2.0, 20, 10)
    assert grades(store, of) == [(1.0, None), (0.0, None), (None, "prediction"), (1.0, None)]
    again = await run(store, of, [run_number], service)
    assert (again.state, again.progress.total, len(service.calls)) == ("done", 0, 2)


async def test_equal_rows_elsewhere_are_taken_over_and_counted(store: Store) -> None:
    of, service = judge_grader(store), Service(lexical)
    await run(store, of, [fill(store, ["yes", "no"])], service)
    task = await run(store, of, [fill(store, ["yes", "no"], "copy")], service)
    assert (task.state, task.progress.total, task.progress.done, len(service.calls)) == ("done", 2, 2, 2)


async def test_equal_questions_come_from_the_cache(store: Store) -> None:
    number = fill(store, ["yes"] * 5)
    service = Service(lexical)
    task = await run(store, judge_grader(store), [number], service)
    assert (len(service.calls), task.progress.requests, task.progress.cached) == (1, 1, 4)
    assert task.progress.done == 5


@pytest.mark.parametrize("after", [1, 3, 6])
async def test_another_worker_goes_on_and_pays_nothing_twice(store: Store, after: int) -> None:
    number, of = fill(store, [f"yes {n}" for n in range(8)]), judge_grader(store)
    task = begin(store, of, [number])
    control = take(store, A)
    answers = 0

    def script(call: ModelCall) -> ModelReply:
        nonlocal answers
        answers += 1
        if answers == after:
            control.wished("lost")
        return lexical(call)

    service = Service(script, limit=1)
    await do(store, control, service)
    paid = {str(call.messages) for call in service.calls}
    other = Service(lexical)
    with store.write() as db:
        queue_again(db, task)
        assert end_task(db, task, "nobody", TaskState.FAILED, control.progress) is False
    assert (await do(store, take(store, B, gone=[A]), other)).state is TaskState.DONE
    assert not paid & {str(call.messages) for call in other.calls}
    assert len(service.calls) + len(other.calls) == 8
    assert [score for score, _kind in grades(store, of)] == [1.0] * 8
    assert task_of(store, task).progress.done == 8


@pytest.mark.parametrize(("wished", "state"), [(PAUSE, "paused"), (CANCEL, "cancelled"), ("leave", "queued")])
async def test_wishes(store: Store, wished: str, state: str) -> None:
    number, of = fill(store, [f"yes {n}" for n in range(8)]), judge_grader(store)
    task = begin(store, of, [number])
    control = take(store, A)
    answers = 0

    def script(call: ModelCall) -> ModelReply:
        nonlocal answers
        answers += 1
        if answers == 3:
            control.wished(wished)
        return lexical(call)

    service = Service(script, limit=1)
    end = await do(store, control, service)
    assert (end.state, task_of(store, task).state) == (state, state)
    assert len(grades(store, of)) < 8


async def test_errors_of_the_service_are_graded_anew_and_others_are_not(store: Store) -> None:
    number, of = fill(store, ["yes", "no", None]), judge_grader(store)
    bad = Service(lambda call: error("refusal") if "Answer: no" in str(call.messages) else said("not JSON, no number"))
    task = await run(store, of, [number], bad)
    assert task.progress.errors == {
        "model_grader_parse_error": 1, "model_grader_refusal_error": 1, "prediction": 1,
    }  # fmt: skip
    good = Service(lexical)
    again = await run(store, of, [number], good)
    assert (again.progress.total, again.progress.done, len(good.calls)) == (2, 2, 2)
    found = grades(store, of)
    assert found == [(1.0, None), (0.0, None), (None, "prediction")]


async def test_errors_of_python_graders_stay(store: Store) -> None:
    number = fill(store, ["yes"])
    spec: JsonObject = {"type": "python", "name": "p", "source": "def grade(sample, item):\n    return 1 / 0\n"}
    of = ensure_grader(store, spec)
    with store.write() as db:
        one = next(iter_gradable(db))
        error_of = Grade(None, error=GradeError("python_grader_runtime_error", "by zero"))
        add_grades(db, of.id, [(one.prediction, one.item, one.run, error_of)])
    task = await run(store, of, [number], Service())
    assert (task.progress.total, grades(store, of)) == (0, [(None, "python_grader_runtime_error")])


class TestStops:
    @pytest.mark.parametrize(("kind", "state"), [("auth", "failed"), ("not_found", "failed"), ("quota", "paused")])
    async def test_what_no_question_can_pass(self, store: Store, kind: str, state: str) -> None:
        number, of = fill(store, [f"yes {n}" for n in range(20)]), judge_grader(store)
        task = await run(store, of, [number], Service(lambda _call: error(kind, "the key", stops=kind), limit=2))
        assert (task.state, task.message, grades(store, of)) == (state, "the key", [])
        assert task.error is not None
        assert task.error["kind"] == "service"

    async def test_a_cap_pauses_and_a_higher_one_goes_on(self, store: Store) -> None:
        number, of = fill(store, [f"yes {n}" for n in range(12)]), judge_grader(store)
        service = Service(lexical, limit=1)
        task = await run(store, of, [number], service, spend_cap=4.0)
        assert task.state is TaskState.PAUSED
        assert "spend cap of $4" in task.message
        assert (task.progress.cost, task.progress.done) == (4.0, 4)
        with store.write() as db:
            change_settings(db, task.id, {"spend_cap": 100.0})
            queue_again(db, task.id)
        await do(store, take(store, A), service)
        found = task_of(store, task.id)
        assert (found.state, found.progress.done, found.progress.cost) == ("done", 12, 12.0)
        assert len(service.calls) == 12

    async def test_a_grader_that_is_gone_or_cannot_run(self, store: Store) -> None:
        number = fill(store, ["yes"])
        with store.write() as db:
            external = add_external_grader(db, "theirs")
        begin(store, external, [number])
        with pytest.raises(Exception, match="known by its scores alone"):
            await do(store, take(store, A), Service())
        task = begin(store, judge_grader(store), [number])
        with store.write() as db:
            request = json.dumps(task_of(store, task).request | {"grader": 99})
            db.execute("UPDATE task SET request = ? WHERE id = ?", [request, task])
        with pytest.raises(Exception, match="not in the cache any more"):
            await do(store, take(store, A), Service())


async def test_a_busy_cache_is_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 5)
    number, of = fill(store, [f"yes {n}" for n in range(6)]), judge_grader(store)
    task = begin(store, of, [number])
    tries: list[int] = []
    real = grade_runs

    def counting(*values: Any, **others: Any) -> Any:
        tries.append(1)
        if len(tries) == 3:
            other.execute("ROLLBACK")
        return real(*values, **others)

    monkeypatch.setattr(grade_task, "grade_runs", counting)
    other = sqlite3.connect(store.path, isolation_level=None, check_same_thread=False)
    control = take(store, A)
    other.execute("BEGIN IMMEDIATE")
    writer = StoreWriter(store)
    service = Service(lexical)
    end = await asyncio.wait_for(grade(Bench(store, writer, cast("Services", OneService(service))), control), 10)
    writer.close()
    other.close()
    assert (end.state, len(tries), len(service.calls)) == (TaskState.DONE, 3, 6)
    assert (task, control.progress.done, control.progress.failed) == (control.task.id, 6, 0)


def test_nothing_is_queued_for_an_unknown_profile(store: Store, tmp_path: Path) -> None:
    number, of = fill(store, ["yes"]), judge_grader(store)
    begin(store, of, [number], concurrency=3)
    with store.read() as db:
        assert count_ungraded(db, of.id, [number]) == 1
        assert [one.done for one in list_runs(db)] == [1]
    with pytest.raises(Exception, match="there is no profile"):
        Services(tmp_path, tmp_path).profile("nowhere", judge=True)
