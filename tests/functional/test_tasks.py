"""Tasks on the screens: the strip in every header, the list that steers them, and how their end is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from rft_tui.model import Answer
from rft_tui.store.answers import NewPrediction, ensure_answer, put_prediction
from rft_tui.store.tasks import TaskProgress, TaskState
from tests.functional.driver import NARROW, SIZES, WIDE, running
from tests.functional.jobs_made import put_job
from tests.functional.tasks_made import end, half_done, queue, work, worker_store


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The workspaces for which a worker was asked; none is started."""
    folders: list[Path] = []
    monkeypatch.setattr(
        "rft_tui.tasks.background.launching.ensure_worker", lambda _store, folder: folders.append(folder)
    )
    return folders


@pytest.mark.parametrize("size", SIZES)
async def test_every_header_says_what_goes_on(demo: Path, launched: list[Path], size: tuple[int, int]) -> None:
    queue(demo)
    work(demo, half_done())
    async with running(demo, size) as app:
        for key in "321":
            await app.press(key).see_in("header", "43/80", "1 error").is_sound()
        if size == WIDE:
            await app.see_in("header", "predict smollm2 43/80 · 12/s · ends in 3 s · 1 error · $0.02")


async def test_a_task_moves_the_strip_and_says_nothing_else(demo: Path, launched: list[Path]) -> None:
    queue(demo)
    async with running(demo) as app:
        await app.press("2").counts(16).see_in("header", "predict smollm2 0/80", "waits for the worker")
        before = app.part("footer")
        work(demo, half_done())
        await app.do(app.app._look_again).see_in("header", "43/80")
        work(demo, half_done(done=60, rate=2.5))
        await app.do(app.app._look_again).see_in("header", "61/80", "2.5/s")
        assert app.part("footer") == before


async def test_the_end_is_said_and_the_strip_goes(demo: Path, launched: list[Path]) -> None:
    task = queue(demo)
    work(demo, half_done())
    async with running(demo) as app:
        await app.see_in("header", "43/80")
        end(demo, task, TaskState.DONE, half_done(done=79, cached=9))
        await app.do(app.app._look_again).not_see_in("header", "/80 ·")
        await app.see_in("footer", "✓ predict smollm2: 79 done (9 from the cache), 1 error, $0.02 · T shows tasks")
        await app.press("j").not_see_in("footer", "79 done")


async def test_several_tasks_are_counted_and_simulated_is_loud(demo: Path, launched: list[Path]) -> None:
    queue(demo, simulated=True)
    queue(demo, "grade with rubric@12ab", "grade")
    queue(demo, "predict other on val")
    work(demo, half_done())
    async with running(demo) as app:
        await app.see_in("header", "SIMULATED predict smollm2 43/80", "+2")
        await app.resize(NARROW).see_in("header", "SIMULATED", "43/80", "+2").is_sound()


async def test_unfinished_tasks_find_a_worker_at_the_start(demo: Path, launched: list[Path]) -> None:
    async with running(demo) as app:
        await app.settle()
    assert not launched
    queue(demo)
    async with running(demo) as app:
        await app.until(lambda: launched == [demo], "no worker was asked for")


async def test_a_task_that_stands_still_finds_a_worker(demo: Path, launched: list[Path]) -> None:
    queue(demo)
    async with running(demo) as app:
        await app.until(lambda: len(launched) == 1, "no worker at the start")
        for _ in range(3):
            await app.do(app.app._look_again)
        await app.until(lambda: len(launched) == 2, "no worker for the task that stands still")


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_steers_a_task(demo: Path, launched: list[Path], size: tuple[int, int]) -> None:
    queue(demo, total=80)
    async with running(demo, size) as app:
        await app.press("T").see("▸Tasks", "1 task, 1 open", "… queued").is_sound()
        await app.press("p").see_in("footer", "task 1 pauses").stores("SELECT state FROM task", "paused")
        await app.press("p").see_in("footer", "task 1 is paused").see("‖ paused")
        launched.clear()
        await app.press("R").see_in("footer", "task 1 goes on").stores("SELECT state FROM task", "queued")
        assert launched == [demo]
        await app.press("+").see_in("footer", "at most 24").stores("SELECT settings FROM task", '{"concurrency": 24}')
        await app.press("-").see_in("footer", "at most 16")
        await app.press("c", "ctrl+u").type("7").press("enter").see_in("footer", "at most 7 at once")
        await app.press("m").type("2.5").press("enter").see_in("footer", "stops at $2.50")
        await app.stores("SELECT settings FROM task", '{"concurrency": 7, "spend_cap": 2.5}')
        await app.press("m", "ctrl+u").type("lots").press("enter").see_in("footer", "'lots' is no amount")
        await app.press("esc").on("Review")


@pytest.mark.parametrize("key", ["x", "n", "esc", "enter"])
async def test_cancelling_takes_another_key(demo: Path, launched: list[Path], key: str) -> None:
    queue(demo)
    async with running(demo) as app:
        await app.press("T", "x").see_in("footer", "y ends task 1 (predict smollm2); 80 are left undone")
        await app.press(key).see_in("footer", "nothing was done").stores("SELECT state FROM task", "queued")
        await app.press("x", "y").stores("SELECT state FROM task", "cancelled").see("– cancelled")
        await app.press("x").see_in("footer", "task 1 has ended")


async def test_a_question_stays_while_something_else_is_said(demo: Path, launched: list[Path]) -> None:
    queue(demo)
    other = queue(demo, "predict other on val")
    async with running(demo) as app:
        await app.press("T", "j", "x").see_in("footer", "y ends task 1")
        with worker_store(demo) as store, store.write() as db:
            db.execute("UPDATE task SET state = 'cancelled' WHERE id = ?", [other])
        await app.do(app.app._look_again).see("– cancelled").see_in("footer", "y ends task 1")
        await app.press("y").stores("SELECT count(*) FROM task WHERE state = 'cancelled'", 2)


async def test_what_went_wrong_stands_in_the_details(demo: Path, launched: list[Path]) -> None:
    task = queue(demo)
    work(demo, half_done())
    error = {"title": "", "message": "the key was refused", "hint": "Set OPENAI_API_KEY.", "kind": "service"}
    end(demo, task, TaskState.FAILED, half_done(), message="the key was refused", error=error)
    async with running(demo) as app:
        await app.press("T").see("✗ failed", "✗ the key was refused", "Set OPENAI_API_KEY.", "1  time_out")
        await app.resize(NARROW).press("i").see("the key was refused").is_sound().press("esc").see("task")


async def test_a_task_opens_in_review(demo: Path, launched: list[Path]) -> None:
    task = queue(demo, request={"profile": "simulated", "runs": [4, 5, 6]})
    work(demo, half_done())
    end(demo, task, TaskState.DONE, half_done(done=80))
    async with running(demo) as app:
        await app.press("2").counts(16).press("T", "enter").on("Review").see("smollm2 ×3").press("2").on("Runs")


async def test_work_for_a_job_opens_the_job(empty: Path) -> None:
    other, number = put_job(empty, "ftjob-other", suffix="other"), put_job(empty)
    queue(empty, "watch other", "watch", request={"job": other, "profile": "openai"})
    queue(empty, "watch tuned", "watch", request={"job": number, "profile": "openai"})
    async with running(empty) as app:
        await app.press("T").see("▸Tasks", "watch tuned").press("enter").see("▸Job").see_in("header", "tuned")
        await app.press("T").see("▸Tasks").press("j", "enter").see("▸Job").see_in("header", "other")
        await app.press("T").see("▸Tasks").press("j", "enter").see("▸Job").see_in("header", "other")
        await app.press("esc").counts(2)


async def test_screens_close_the_list(demo: Path, launched: list[Path]) -> None:
    async with running(demo) as app:
        await app.press("2", "T").see("No tasks yet.").press("1").on("Data").press("2").on("Runs").counts(16)
        await app.press("T", "T").on("Runs")


async def test_predictions_that_come_in_are_shown(demo: Path, launched: list[Path]) -> None:
    queue(demo)
    work(demo, half_done())
    async with running(demo) as app:
        await app.press("2").counts(16).see_in("list", "79/80").press("3").on("Review")
        with worker_store(demo) as store, store.write() as db:
            item = db.execute("SELECT item FROM prediction WHERE error_kind IS NOT NULL AND run = 4").fetchone()[0]
            answer = Answer("tokyo")
            put_prediction(db, NewPrediction(4, 1, item, ensure_answer(db, "key", answer)[0], answer))
        work(demo, half_done(done=43))
        place = app.table.cursor
        await app.do(app.app._look_again).see_in("header", "44/80", "r reads more").cursor_on(place)
        await app.press("r").not_see("r reads more").press("2").see_in("list", "80/80      –  ~0.52")


async def test_a_sum_of_figures_fits_any_width(demo: Path, launched: list[Path]) -> None:
    queue(
        demo, "predict a-very-long-model-name-that-goes-on, and-another-one on train", simulated=True, total=1_000_000
    )
    work(demo, TaskProgress(total=1_000_000, done=999_990, errors={"x": 7}, rate=0.1, eta_s=86_400.0, cost=1234.5),
         "rate limit: waits 20 s")  # fmt: skip
    async with running(demo) as app:
        for width in (40, 60, 80, 100, 140):
            await app.resize((width, 24)).see_in("header", "999,997").is_sound()
