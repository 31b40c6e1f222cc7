from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from rft_tui.errors import ServiceError
from rft_tui.model import Answer, JsonObject
from rft_tui.providers.batch import BatchLimits
from rft_tui.store.answers import AskedAnswer, put_answer, raw_body
from rft_tui.store.asking import claim, task_owner
from rft_tui.store.database import Store
from rft_tui.store.owners import this_process
from rft_tui.store.runs import run_keys
from rft_tui.store.tasks import CANCEL, TaskState, change_settings, wish
from rft_tui.tasks.background.control import Control
from rft_tui.tasks.background.writing import StoreWriter
from tests.unit.tasks.batches import Desk, FakeBatches, Killed, answered, desk_with, not_run, refused, said

QUESTIONS = [f"question {number}" for number in range(12)]


@pytest.fixture
def service() -> FakeBatches:
    return FakeBatches()


@pytest.fixture
def desk(tmp_path: Path, service: FakeBatches) -> Iterator[Desk]:
    with desk_with(tmp_path, service) as made:
        yield made


def predictions(desk: Desk) -> list[tuple[Any, ...]]:
    """Question, text and error of every prediction, in the order of runs and items."""
    return desk.rows(
        "SELECT item.question, answer.output_text, prediction.error_kind FROM prediction"
        " JOIN item ON item.id = prediction.item JOIN answer ON answer.id = prediction.answer"
        " ORDER BY prediction.run, item.position"
    )


async def test_predictions_come_through_batches_of_limited_size(desk: Desk, service: FakeBatches) -> None:
    desk.fill([*QUESTIONS, "question 3"])
    task = desk.start(runs=2)
    end = await desk.run(task, limits=BatchLimits(lines=5))
    assert end.state is TaskState.DONE
    assert [len(batch["lines"]) for batch in service.batches.values()] == [5, 5, 5, 5, 4]
    assert predictions(desk) == [(one, f"to {one}", None) for one in [*QUESTIONS, "question 3"]] * 2
    progress = desk.task(task).progress
    assert (progress.total, progress.done, progress.cached, progress.requests) == (26, 26, 2, 24)
    assert (progress.input_tokens, progress.output_tokens, progress.in_flight) == (240, 120, 0)
    assert progress.cost == pytest.approx(24 * (10 * 2 + 5 * 8) / 1e6 / 2)
    assert desk.rows("SELECT sum(cached), sum(cost) > 0 FROM prediction") == [(0, 1)]
    assert desk.files == []
    assert desk.owners() == []
    assert [name for name, _content in service.files.values()] == ["output"] * 5, "input files are removed"
    assert {batch["metadata"]["rft_tui_task"] for batch in service.batches.values()} == {str(task)}
    before = len(service.calls)
    assert (await desk.run(desk.start(runs=2))).state is TaskState.DONE
    assert service.calls[before:] == ["GET batches"], "what is known is not asked again"


async def test_files_stay_within_their_size_and_hold_one_model(desk: Desk, service: FakeBatches) -> None:
    desk.fill(QUESTIONS)
    await desk.run(desk.start(models=("m", "n"), runs=2), limits=BatchLimits(size=1500))
    sizes = [sum(len(json.dumps(line, separators=(",", ":"))) + 1 for line in one["lines"])
             for one in service.batches.values()]  # fmt: skip
    assert max(sizes) <= 1500
    assert [len({line["body"]["model"] for line in one["lines"]}) for one in service.batches.values()] == [1] * len(
        sizes
    )
    assert len(predictions(desk)) == 48


async def test_a_question_larger_than_a_file_is_an_error_of_its_item(desk: Desk, service: FakeBatches) -> None:
    desk.fill(["short", "long " * 500, "brief"])
    task = desk.start()
    assert (await desk.run(task, limits=BatchLimits(size=1000))).state is TaskState.DONE
    assert [row[2] for row in predictions(desk)] == [None, "bad_request", None]
    assert desk.task(task).progress.errors == {"bad_request": 1}


async def test_what_expired_or_broke_is_asked_again_and_then_kept_as_an_error(desk: Desk, service: FakeBatches) -> None:
    desk.fill(QUESTIONS)
    seen: dict[str, int] = {}

    def answer(line: JsonObject) -> JsonObject | None:
        question = line["body"]["input"][0]["content"]
        seen[question] = seen.get(question, 0) + 1
        match question:
            case "question 1":
                return not_run(line) if seen[question] == 1 else answered(line)
            case "question 2":
                return refused(line, 500) if seen[question] < 3 else answered(line)
            case "question 3":
                return not_run(line)
            case "question 4":
                return refused(line, 429, code="rate_limit_exceeded")
            case "question 5":
                return None
            case "question 6":
                return refused(line, 400, param="input")
            case "question 7":
                return answered(line, said("") | {"status": "incomplete", "incomplete_details": {"reason": "length"}})
            case "question 8":
                return answered(line, {"nothing": "readable"})
            case "question 9":
                return refused(line, 404, code="model_not_found")
        return answered(line)

    service.answer = answer
    task = desk.start()
    end = await desk.run(task)
    assert end.state is TaskState.DONE
    assert [row[2] for row in predictions(desk)] == [
        None, None, None, "timeout", "rate_limit", "server", "bad_request", "incomplete", "malformed", "not_found",
        None, None,
    ]  # fmt: skip
    assert {number: seen[f"question {number}"] for number in range(10)} == {
        0: 1, 1: 2, 2: 3, 3: 3, 4: 3, 5: 3, 6: 1, 7: 1, 8: 3, 9: 1,
    }  # fmt: skip
    assert len(service.batches) == 3
    progress = desk.task(task).progress
    assert (progress.done, progress.failed) == (5, 7)
    assert desk.owners() == []


async def test_lines_of_no_use_are_passed_over(desk: Desk, service: FakeBatches) -> None:
    desk.fill(QUESTIONS)

    def spoil(content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)[::-1]
        unknown = lines[0].replace(json.loads(lines[0])["custom_id"].encode(), b"f" * 32)
        odd = [b"[]\n", b"\xff\xfe\n", b'{"custom_id": 3}\n', b"[" * 50_000 + b"\n", b"\n", b'{"custom_id":"']
        return b"".join([*lines, lines[0], lines[1], unknown, *odd])

    service.spoil = spoil
    end = await desk.run(desk.start())
    assert end.state is TaskState.DONE
    assert "5 unreadable, 1 that nobody asked, 2 repeated" in end.message
    assert predictions(desk) == [(one, f"to {one}", None) for one in QUESTIONS]


async def test_a_key_that_the_service_repeats_is_not_kept(
    desk: Desk, service: FakeBatches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-key")
    desk.fill(QUESTIONS)
    service.answer = lambda line: answered(line, said("your key is sk-very-secret-key"))
    assert (await desk.run(desk.start())).state is TaskState.DONE
    assert {row[1] for row in predictions(desk)} == {"your key is ‹key›"}
    assert b"very-secret" not in b"".join(
        raw_body(desk.store.connection(), row[0]) or b"" for row in desk.rows("SELECT id FROM answer")
    )


async def test_a_file_that_is_refused_names_the_item(desk: Desk, service: FakeBatches) -> None:
    desk.fill(QUESTIONS)

    def finish(batch: JsonObject, lines: list[JsonObject]) -> str:
        batch["errors"] = {"data": [{"code": "bad", "message": "no such\x1b[31m thing", "param": None, "line": 3}]}
        return "failed"

    service.finish = finish
    task = desk.start()
    end = await desk.run(task)
    assert end.state is TaskState.FAILED
    assert "refused a batch of 12 lines: line 3 of d, run 1: no such␛[31m thing" in end.message
    assert desk.owners() == []
    service.finish = lambda _batch, _lines: "completed"
    assert (await desk.run(task)).state is TaskState.DONE
    assert len(predictions(desk)) == 12


async def test_a_full_queue_is_met_with_smaller_files(desk: Desk, service: FakeBatches) -> None:
    desk.fill([f"q{number}" for number in range(400)])

    def finish(batch: JsonObject, lines: list[JsonObject]) -> str:
        if len(lines) <= 100:
            return "completed"
        batch["errors"] = {"data": [{"code": "token_limit_exceeded", "message": "too much", "line": None}]}
        return "failed"

    service.finish = finish
    assert (await desk.run(desk.start())).state is TaskState.DONE
    sizes = [len(one["lines"]) for one in service.batches.values() if one["status"] == "completed"]
    assert sizes == [100, 100, 100, 100]


async def test_a_service_without_batches_is_said(desk: Desk, service: FakeBatches) -> None:
    def before(name: str) -> None:
        raise ServiceError("HTTP 404", outcome="not_found")

    desk.fill(QUESTIONS)
    service.before = before
    with pytest.raises(ServiceError, match="this service has no batches"):
        await desk.run(desk.start())
    assert service.calls == ["GET batches"]
    assert desk.owners() == []


async def test_what_would_befall_every_line_ends_the_task(desk: Desk, service: FakeBatches) -> None:
    desk.fill(QUESTIONS)
    service.answer = lambda line: refused(line, 404, code="model_not_found")
    task = desk.start()
    end = await desk.run(task)
    assert (end.state, predictions(desk)) == (TaskState.FAILED, [])
    service.answer = lambda line: refused(line, 429, code="insufficient_quota")
    assert (await desk.run(task)).state is TaskState.PAUSED
    service.answer = answered
    assert (await desk.run(task)).state is TaskState.DONE
    assert len(predictions(desk)) == 12


async def test_caps_hold_before_anything_is_sent(desk: Desk, service: FakeBatches) -> None:
    desk.fill(QUESTIONS)
    task = desk.start(spend_cap=0.001)
    end = await desk.run(task)
    assert end.state is TaskState.PAUSED
    assert "the cap leaves no room" in end.message
    assert "POST batches" not in service.calls
    assert desk.owners() == []
    with desk.store.write() as db:
        change_settings(db, task, {"spend_cap": 0.003})
    assert (await desk.run(task)).state is TaskState.DONE
    sizes = [len(one["lines"]) for one in service.batches.values()]
    assert sizes[0] == 2
    assert sum(sizes) == 12, "what answers really took makes room for more"
    assert (await desk.run(desk.start(runs=2, token_cap=200))).state is TaskState.PAUSED


def when(name: str, control: Control, what: str) -> Callable[[str], None]:
    """Wish something when a request of a name comes."""
    return lambda called: control.wished(what) if called == name else None


async def test_a_pause_leaves_the_batches_at_work(desk: Desk, service: FakeBatches) -> None:
    desk.fill(QUESTIONS)
    task = desk.start()
    control = desk.take(task)
    service.after = when("GET batches one", control, "pause")
    service.looks = 3
    end = await desk.do(control)
    assert end.state is TaskState.PAUSED
    assert predictions(desk) == []
    key = service.asked[0]["custom_id"]
    with desk.store.write() as db:
        assert claim(db, [key], "nobody|1|1") == set(), "another predict does not ask what is under way"
    service.after = lambda _name: None
    assert (await desk.run(task)).state is TaskState.DONE
    assert len(service.batches) == 1
    assert len(predictions(desk)) == 12
    with desk.store.write() as db:
        assert claim(db, [key], "nobody|1|1") == {key}


async def test_a_cancellation_keeps_what_was_answered(desk: Desk, service: FakeBatches) -> None:
    desk.fill(QUESTIONS)
    task = desk.start()
    control = desk.take(task)
    service.looks = 1000
    service.after = when("GET batches one", control, "cancel")
    service.answer = lambda line: answered(line) if line["custom_id"] < "8" else None
    end = await desk.do(control)
    some = len([line for line in service.asked if line["custom_id"] < "8"])
    assert end.state is TaskState.CANCELLED
    assert "POST batches one cancel" in service.calls
    assert 0 < len(predictions(desk)) == some < 12
    assert desk.owners() == []
    assert desk.files == []
    service.looks, service.answer, service.after = 1, answered, lambda _name: None
    assert (await desk.run(task)).state is TaskState.DONE
    assert len(service.asked) == 12 + 12 - some


async def test_a_paused_task_is_cancelled_at_the_service_too(desk: Desk, service: FakeBatches) -> None:
    desk.fill(QUESTIONS)
    task = desk.start()
    control = desk.take(task)
    service.after = when("GET batches one", control, "pause")
    service.looks = 1000
    assert (await desk.do(control)).state is TaskState.PAUSED
    service.after = lambda _name: None
    with desk.store.write() as db:
        assert wish(db, task, CANCEL).state is TaskState.QUEUED
    assert (await desk.run(task)).state is TaskState.CANCELLED
    assert "POST batches one cancel" in service.calls
    assert (len(predictions(desk)), len(service.batches)) == (12, 1)
    unsent = desk.start(runs=2)
    with desk.store.write() as db:
        assert wish(db, unsent, CANCEL).state is TaskState.CANCELLED


async def test_a_cancellation_at_the_service_pauses_the_task(desk: Desk, service: FakeBatches) -> None:
    desk.fill(QUESTIONS)
    service.finish = lambda _batch, _lines: "cancelled"
    service.answer = lambda line: not_run(line, "batch_cancelled")
    task = desk.start()
    end = await desk.run(task)
    assert end.state is TaskState.PAUSED
    assert "12 of its lines have no answer" in end.message
    assert predictions(desk) == []


async def test_a_cancelled_task_whose_service_is_away_says_what_may_still_run(desk: Desk, service: FakeBatches) -> None:
    desk.fill(QUESTIONS)
    control = desk.take(desk.start())
    service.looks = 1000

    def before(name: str) -> None:
        if name == "GET batches one":
            control.wished("cancel")
            raise ServiceError("nobody there", outcome="connection")

    service.before = before
    end = await desk.do(control)
    assert end.state is TaskState.CANCELLED
    assert "batch/1 may still run at the service" in end.message
    service.before, service.looks = lambda _name: None, 1
    assert (await desk.run(control.task.id)).state is TaskState.DONE, "who resumes it finds the batch"
    assert len(service.batches) == 1


@pytest.mark.parametrize("lost", ["upload", "POST batches", "GET batches one", "download", "GET files"])
async def test_a_lost_answer_is_looked_for_before_it_is_asked_again(
    desk: Desk, service: FakeBatches, lost: str
) -> None:
    desk.fill(QUESTIONS)
    failures = {lost: 2, "upload": 1} if lost == "GET files" else {lost: 1}

    def after(name: str) -> None:
        if failures.get(name, 0) > 0:
            failures[name] -= 1
            raise ServiceError("the connection broke", outcome="connection")

    service.after = after
    service.files["old"] = ("other.jsonl", b"")
    assert (await desk.run(desk.start(), limits=BatchLimits(lines=7))).state is TaskState.DONE
    assert not any(failures.values())
    assert service.calls.count("upload") == 2
    assert len(service.batches) == 2
    assert len(service.asked) == 12
    assert len(predictions(desk)) == 12


async def test_what_is_gone_at_the_service_is_asked_again(desk: Desk, service: FakeBatches) -> None:
    desk.fill(QUESTIONS)
    gone = ["download", "GET batches one"]

    def before(name: str) -> None:
        if gone and name == gone[0]:
            gone.pop(0)
            raise ServiceError("no such thing", outcome="not_found")

    service.before = before
    assert (await desk.run(desk.start())).state is TaskState.DONE
    assert len(service.batches) == 3
    assert len(predictions(desk)) == 12


class KillingWriter(StoreWriter):
    """A writer whose process may end before or after each thing that it is asked to do."""

    def __init__(self, writer: StoreWriter, tick: Callable[[], None]) -> None:
        self._writer = writer
        self._tick = tick

    async def do(self, work: Any, seal: Any = None, counted: Any = None) -> Any:
        self._tick()
        result = await self._writer.do(work, seal, counted)
        self._tick()
        return result


async def test_an_end_at_any_moment_loses_nothing_and_asks_nothing_twice(desk: Desk, service: FakeBatches) -> None:
    desk.fill([*QUESTIONS, "question 3"])
    random = Random(4)
    left = 0

    def tick() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    hit: set[str] = set()

    def called(name: str) -> None:
        try:
            tick()
        except Killed:
            hit.add(name)
            raise

    service.before = service.after = called
    seen: dict[str, int] = {}

    def answer(line: JsonObject) -> JsonObject:
        seen[line["custom_id"]] = seen.get(line["custom_id"], 0) + 1
        return not_run(line) if line["custom_id"] < "4" and seen[line["custom_id"]] == 1 else answered(line)

    service.answer = answer
    kills = 0
    writer = desk.writer
    for runs in range(1, 9):
        task = desk.start(runs=runs)
        for life in range(100):
            left = random.randrange(4, 24) + life
            desk.writer = KillingWriter(writer, tick)
            try:
                end = await desk.run(task, limits=BatchLimits(lines=5))
            except Killed:
                kills += 1
            else:
                assert end.state is TaskState.DONE
                break
        desk.writer = writer
        progress = desk.task(task).progress
        assert (progress.done, progress.total) == (13, 13)
        assert progress.requests == 12
    assert kills > 60
    assert hit >= {"upload", "POST batches", "GET batches one", "download", "GET files", "DELETE files one"}
    assert predictions(desk) == [(one, f"to {one}", None) for one in [*QUESTIONS, "question 3"]] * 8
    expired = [key for key in seen if key < "4"]
    assert len(service.asked) == 96 + len(expired)
    assert {key: count for key, count in seen.items() if count > 1} == dict.fromkeys(expired, 2)
    assert desk.files == []
    assert desk.owners() == []


async def test_what_somebody_else_asks_is_waited_for(desk: Desk, service: FakeBatches, tmp_path: Path) -> None:
    number = desk.fill(QUESTIONS)
    task = desk.start()
    run = desk.rows("SELECT id FROM run")[0][0]
    with desk.store.write() as db:
        hashes = [row[0] for row in db.execute("SELECT hash FROM input ORDER BY id")]
        key = run_keys(db, [run])[run].answer_key(hashes[0])
        assert claim(db, [key], this_process()) == {key}
    looked = 0

    def after(name: str) -> None:
        nonlocal looked
        looked += name == "DELETE files one"
        if looked == 1 and name == "DELETE files one":
            with Store(tmp_path / ".rft" / "cache.db").write() as db:
                put_answer(db, AskedAnswer(key, Answer("from elsewhere")), None)
                db.execute("DELETE FROM asking WHERE key = ?", [key])

    service.after = after
    assert (await desk.run(task)).state is TaskState.DONE
    assert number == 1
    assert len(service.asked) == 11
    assert predictions(desk)[0] == ("question 0", "from elsewhere", None)


def test_a_task_holds_its_claims_until_it_ends(desk: Desk) -> None:
    desk.fill(QUESTIONS)
    task = desk.start()
    with desk.store.write() as db:
        assert claim(db, ["k"], task_owner(task)) == {"k"}
        assert claim(db, ["k"], "x") == set()
        for state, mine in (("running", set()), ("paused", set()), ("failed", {"k"})):
            db.execute("UPDATE task SET state = ? WHERE id = ?", [state, task])
            assert claim(db, ["k"], "x") == mine
