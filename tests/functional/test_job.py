"""One job on the screen: chart and figures, alarms, events, checkpoints, documents, and how it follows the cache."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rft_tui.providers.backends.reading import read_event
from rft_tui.store.datasets import get_dataset
from rft_tui.store.job_events import add_events
from rft_tui.store.jobs import StoredJob
from rft_tui.store.tasks import TaskProgress
from rft_tui.tui.screens.compare.screen import CompareScreen
from rft_tui.tui.screens.jobs.job import JobScreen
from rft_tui.tui.screens.jobs.panes import EventsSource
from rft_tui.tui.widgets.table import PAGE, PAGES_KEPT
from tests.functional.driver import NARROW, SIZES, WIDE, Driver, running
from tests.functional.jobs_made import BEGAN, MODEL, add_steps, message_event, put_job, step_event
from tests.functional.tasks_made import queue, work, worker_store
from tests.unit.store.building import predict, run_key


@pytest.fixture(autouse=True)
def launched(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The workspaces for which a worker was asked; none is started."""
    folders: list[Path] = []
    monkeypatch.setattr(
        "rft_tui.tasks.background.launching.ensure_worker", lambda _store, folder: folders.append(folder)
    )
    return folders


def screen_of(app: Driver) -> JobScreen:
    screen = app.app.screen
    assert isinstance(screen, JobScreen)
    return screen


def opened(app: Driver) -> Driver:
    return app.press("6").counts(1).press("enter").see("▸Job", "reward  ━ train")


def answered(folder: Path, model: str) -> list[int]:
    """Two runs of a model on the validation rows of the demo; their ids."""
    with worker_store(folder) as store, store.write() as db:
        rows = get_dataset(db, "val")
        return [predict(db, run_key(rows.id, model, index), ["a"] * rows.rows)[0] for index in (1, 2)]


def longer(share: float) -> float:
    """Tokens that grow to four times as many."""
    return 300 * (1 + 8 * share)


async def test_wide_shows_all_at_once(empty: Path) -> None:
    put_job(empty, simulated=True)
    async with running(empty, WIDE) as app:
        await opened(app).is_sound()
        await app.see_in("header", "tuned SIMULATED", "reinforcement", "▸ running", "30/50", "ends about")
        await app.see_in("header", "not watched · as of", "chart 1/5")
        await app.see("reward   ━ 0.54 ○ 0.52  gap 0.0", "reasoning tokens  300", "grader errors     0.0 %", "step")
        await app.see("graders               train  valid", "exact                  0.54   0.52", "phrase")
        await app.see("▸events 31", "Step 30/50", "1.00┤", "0.60┤", "○")


async def test_narrow_stacks_and_turns(empty: Path) -> None:
    put_job(empty, curves={"tokens": longer}, checkpoints=(20, 30))
    async with running(empty, NARROW) as app:
        await opened(app).is_sound().see("▸figures", "gap 0.0", "1.00┤", "! 1/2 rewards rise while")
        for word in ("▸alarms !2", "▸events 31", "▸checkpoints 2", "▸files 2", "▸request", "▸details", "▸figures"):
            await app.press("tab").see(word).is_sound()
        await app.press("shift+tab").see("▸details").resize(WIDE).see("▸details").resize(NARROW).see("▸details")


async def test_charts_turn_and_only_those_with_data(empty: Path) -> None:
    put_job(empty, curves={"errors": lambda share: share / 10})
    async with running(empty) as app:
        await opened(app)
        titles = ("grader exact", "grader phrase", "tokens  ━ reasoning 300  ╍ completion 500",
                  "grader errors %  ━ other exact 6.00", "step time, s", "reward")  # fmt: skip
        for title in titles:
            await app.press("v").see(title).is_sound()
        await app.press("V").see("step time, s").see_in("header", "chart 6/6")
    async with running(empty) as app:
        await app.see("▸Job", "step time, s")


async def test_other_methods_have_loss_and_accuracy(empty: Path) -> None:
    put_job(empty, steps=0, raw={"method": {"type": "supervised", "supervised": {}}})
    with worker_store(empty) as store, store.write() as db:
        for step in range(1, 11):
            data = {"step": step, "total_steps": 10, "train_loss": 2 - step / 10,
                    "train_mean_token_accuracy": step / 10,
                    **({"valid_loss": 1.5, "valid_mean_token_accuracy": 0.5} if step % 5 == 0 else {})}  # fmt: skip
            event = message_event(f"s{step}", f"Step {step}/10: training loss=1", at=step) | {"type": "metrics"}
            add_events(db, 1, [read_event(event | {"data": data})])
    async with running(empty) as app:
        await app.press("6").counts(1).press("enter").see("loss  ━ train 1.00  ○ valid 1.50", "loss     ━ 1.00")
        await app.press("v").see("accuracy  ━ train 1.00  ○ valid 0.50").press("v").see("loss  ━ train")


async def test_cursor_zoom_and_smoothing(empty: Path) -> None:
    put_job(empty)
    async with running(empty) as app:
        await opened(app).press("h").see("reward  step 30  ━ train 0.54  ○ valid 0.52")
        await app.press("left", "h").see("step 28  ━ train 0.52  ○ valid –").press("l").see("step 29")
        await app.press("+").until(lambda: screen_of(app).chart.view.right < 50, "not zoomed").is_sound()
        await app.press("-", "-").until(lambda: screen_of(app).chart.view.right == 50, "not whole")
        await (
            app.press("m")
            .see("lines over 5 steps, values as measured", "━ train 0.53")
            .press("m")
            .see("over 15 steps")
            .press("m")
        )
        await app.not_see("over 15").press("m").press("esc").not_see("step 29").press("esc").counts(1)
    async with running(empty) as app:
        await app.press("enter").see("over 5 steps")


async def test_an_alarm_leads_to_its_chart_and_step(empty: Path) -> None:
    put_job(empty, curves={"tokens": longer, "errors": lambda _share: 0.05})
    async with running(empty) as app:
        await opened(app).see("! 1/3 rewards rise while answers", "Compare the scores at equal length", "a shows it")
        await (
            app.press("a")
            .see("tokens  step 15")
            .see("! 1/3")
            .press("a")
            .see("! 2/3 answers")
            .press("a")
            .see("grader errors %  step 1", "✗ 3/3 5.0%")
        )
        await app.see("pause the job and mend the grader").press("esc")
        await app.press("tab", "tab", "tab", "tab", "tab").see("▸alarms ✗3", "! growing", "quiet: the reward rises")
        await app.see_in("list", "the padding probe of the bench to the grader.", "✗ errors")
        rows = [number for number, row in enumerate(app.part("list")[1:]) if "✗ errors" in row]
        await app.press(*"j" * rows[0], "enter").see("grader errors %  step 1").press("G", "enter")
        await app.see_in("footer", "this alarm does not ring")


async def test_an_alarm_says_what_to_do_on_a_narrow_screen(empty: Path) -> None:
    put_job(empty, curves={"tokens": longer})
    async with running(empty, NARROW) as app:
        await opened(app).see("! 1/2 rewards rise while answers", "a shows it", "Compare the scores at equal length")
        await app.see("to the grader.").is_sound()


@pytest.mark.parametrize("size", SIZES)
async def test_a_zoomed_chart_follows_its_cursor_and_goes_back(empty: Path, size: tuple[int, int]) -> None:
    put_job(empty)
    async with running(empty, size) as app:
        await opened(app).press("h", "+", "+").is_sound()
        view = screen_of(app).chart.view
        assert view.right - view.left < 10
        assert view.left <= 30 <= view.right
        await app.see("reward  step 30").not_see("1.00┤")
        await app.press(*"h" * 20).see("step 10").is_sound()
        view = screen_of(app).chart.view
        assert view.left <= 10 <= view.right
        await app.press("esc").not_see("step 10").until(lambda: screen_of(app).chart.view.right == 50, "not whole")


async def test_an_alarm_is_switched_off_and_stays_off(empty: Path) -> None:
    put_job(empty, curves={"errors": lambda _share: 0.05})
    async with running(empty) as app:
        await opened(app).see("5.0% of grader calls").press("O").type("errors").press("enter")
        await app.not_see("5.0% of grader").see_in("footer", "the alarm errors is off")
    async with running(empty) as app:
        await app.see("▸Job", "reward").not_see("5.0% of grader")
        await app.press("O").type("errors").see("off · more than 2 %").press("enter").see("5.0% of grader calls")


async def test_events_filter_and_levels(empty: Path) -> None:
    put_job(
        empty, messages=(message_event("w", "a warning came", "warn", 40), message_event("e", "it broke", "error", 41))
    )
    async with running(empty) as app:
        await opened(app).counts(33).see("✗ it broke", "! a warning came")
        await app.press("L").counts(3).see("no numbers", "Created fine-tuning job").press("L").counts(2)
        await app.see("warnings and errors").press("/").type("BROKE").counts(1).press("enter").see("/BROKE")
        await app.press("/", "ctrl+u").type("nothing").see("no event fits").press("esc").counts(1)
        await (
            app.press("esc")
            .counts(33)
            .see("▸Job")
            .press("/")
            .type("step 7/")
            .counts(1)
            .press("enter", "esc")
            .counts(33)
        )


async def test_enter_shows_the_events_own_json(empty: Path) -> None:
    put_job(empty, messages=(message_event("m", "hello", at=40),))
    async with running(empty) as app:
        await opened(app).press("enter").see("▸Event 32", '"message": "hello"', '"id": "m"').is_sound()
        text = app.app.screen.text_to_take()  # type: ignore[attr-defined]
        assert json.loads(text[0])["message"] == "hello"
        await app.press("6").see("▸Job", "▸events").press("6").counts(1).not_see("▸Job")


async def test_checkpoints_are_copied_opened_and_run(demo: Path) -> None:
    put_job(demo, status="succeeded", made_here=True, checkpoints=(10, 20, 30))
    async with running(demo) as app:
        await opened(app).press("tab").see("▸checkpoints 3").counts(3).see("0.53 best").press("j")
        taken = screen_of(app).text_to_take()
        assert taken is not None
        assert taken[0] == f"{MODEL}:ckpt-step-20"
        await app.press("enter").see("▸Checkpoint at step 20", "full_valid_mean_reward").press("esc", "P")
        await app.see("▸New run").press("g").see(f"{MODEL}:ckpt-step-20", "  val ").press("esc").see("▸checkpoints")


@pytest.mark.parametrize("size", SIZES)
async def test_archiving_is_seen_while_it_goes_on(empty: Path, size: tuple[int, int]) -> None:
    put_job(empty, status="succeeded")
    async with running(empty, size) as app:
        await opened(app).press("A").see_in("footer", "archives tuned").see_in("header", "archive")
        work(empty, TaskProgress(total=280, done=120), "reading the outputs of step 20", kinds=["archive"])
        await app.see_in("header", "120/280").is_sound()
        await app.press("T").see("archive tuned", "120/280").is_sound().press("esc").see("▸Job")


@pytest.mark.parametrize("size", SIZES)
async def test_a_finished_model_is_compared_with_its_base(demo: Path, size: tuple[int, int]) -> None:
    put_job(demo, status="succeeded", made_here=True, checkpoints=(10, 20))
    async with running(demo, size) as app:
        await opened(app).press("C").see_in("footer", "P runs it on val first: nothing to compare yet")
        own = answered(demo, MODEL)
        await app.press("C").see_in("footer", "2 n asks its base on val first", "without a prompt")
        base = answered(demo, "o4-mini-2025-04-16")
        await app.press("C").on("Compare").is_sound()
        screen = app.app.work_screen("compare")
        assert isinstance(screen, CompareScreen)
        assert screen.state.operands == [base, own]


@pytest.mark.parametrize(
    ("status", "said"),
    [("succeeded", "! ended at step 30 of 50;"), ("failed", "! 2 checkpoints are left and may be usable")],
)
async def test_an_end_before_the_last_step_is_said(empty: Path, status: str, said: str) -> None:
    put_job(empty, status=status, checkpoints=(10, 20))
    async with running(empty, NARROW) as app:
        await opened(app).see("▸figures", said).is_sound()


@pytest.mark.parametrize("size", SIZES)
async def test_documents_say_whose_they_are(empty: Path, size: tuple[int, int]) -> None:
    put_job(empty, simulated=True)
    async with running(empty, size) as app:
        await opened(app)
        if size == NARROW:
            await app.press("tab", "tab").see("▸events")
        await app.press("enter").see("▸Event 31").see_in("header", "tuned SIMULATED")


async def test_the_request_is_shown_to_the_letter(empty: Path) -> None:
    put_job(empty, made_here=True)
    async with running(empty) as app:
        await (
            opened(app).press("tab", "tab", "tab").see("▸request", "what was sent, to the letter", '"suffix": "tuned"')
        )
        taken = screen_of(app).text_to_take()
        assert taken is not None
        with worker_store(empty) as store, store.read() as db:
            assert json.loads(taken[0]) == json.loads(db.execute("SELECT request FROM job").fetchone()[0])
        await app.press("enter").see("▸Request", '"suffix": "tuned"').press("esc", "tab")
        await app.see("▸details", "reasoning_effort", "ftjob-one", "file-train").press("G").see("experiment", "e1")


async def test_a_job_from_elsewhere_shows_what_the_service_shows(empty: Path) -> None:
    put_job(empty)
    async with running(empty) as app:
        await opened(app).press("tab", "tab", "tab").see("not created here; as the service shows it", '"ftjob-one"')


async def test_it_follows_the_cache_and_keeps_the_place(empty: Path) -> None:
    number = put_job(empty)
    queue(empty, "watch tuned", "watch", request={"job": number, "profile": "openai"}, total=50)
    async with running(empty) as app:
        await opened(app).see_in("header", "as of").not_see_in("header", "not watched", "watch tuned")
        await app.press("j", "j").cursor_on(2).press("h").see("step 30  ━")
        add_steps(empty, number, 31, 34)
        await app.do(app.app._look_again).see("34/50", "▸events 35", "step 30  ━").cursor_on(6)
        await app.press("g").cursor_on(0).press("esc").see("━ train 0.57")
        add_steps(empty, number, 35, 35)
        await app.do(app.app._look_again).see("35/50", "Step 35/50").cursor_on(0)


async def test_a_late_event_changes_its_step(empty: Path) -> None:
    number = put_job(empty)
    async with running(empty) as app:
        await opened(app).press("h").see("step 30  ━ train 0.54")
        with worker_store(empty) as store, store.write() as db:
            late = step_event(30, 50, train=lambda _share: 0.9) | {"id": "late"}
            add_events(db, number, [read_event(late)])
        await app.do(app.app._look_again).see("step 30  ━ train 0.90")


async def test_a_service_that_is_away_is_said(empty: Path) -> None:
    number = put_job(empty)
    queue(empty, "watch tuned", "watch", request={"job": number, "profile": "openai"}, total=50)
    with worker_store(empty) as store, store.write() as db:
        db.execute("UPDATE task SET state = 'running', message = 'waiting for the service: no route'")
    async with running(empty) as app:
        await opened(app).see_in("header", "service away · as of")


async def test_another_job_lies_over_it(empty: Path) -> None:
    put_job(empty, "ftjob-other", suffix="other", steps=20, raw={"created_at": BEGAN - 5},
            curves={"train": lambda _share: 0.9, "valid": lambda _share: 0.8})  # fmt: skip
    put_job(empty)
    async with running(empty) as app:
        await app.press("6").counts(2).press("enter").see("▸Job", "reward  ━ train").press("D").see("other", "running")
        await (
            app.press("enter").see("╍ train other 0.90", "× valid other 0.80").see_in("header", "with other").is_sound()
        )
        await app.press("D").see("no other job").press("enter").not_see("╍ train other")


async def test_jobs_with_nothing_in_common_are_said(empty: Path) -> None:
    put_job(empty, "ftjob-dpo", suffix="other", steps=0, raw={"created_at": BEGAN - 5, "method": {"type": "dpo"}})
    with worker_store(empty) as store, store.write() as db:
        data = {"step": 1, "total_steps": 2, "train_loss": 0.7}
        add_events(db, 1, [read_event(message_event("s", "Step 1/2") | {"type": "metrics", "data": data})])
    put_job(empty)
    async with running(empty) as app:
        await app.press("6").counts(2).press("enter").see("▸Job", "reward  ━ train").press("D").see("other")
        await app.press("enter").see_in("footer", "nothing in common to draw: reinforcement and dpo")
        await app.not_see_in("header", "with other")


async def test_chart_and_smoothing_belong_to_a_job(empty: Path) -> None:
    put_job(empty, "ftjob-other", suffix="other", raw={"created_at": BEGAN - 5})
    put_job(empty)
    async with running(empty) as app:
        await app.press("6").counts(2).press("enter").see("▸Job", "reward  ━ train").press("v", "m")
        await app.see("grader exact", "over 5 steps").press("esc").counts(2).press("enter").see("over 5 steps")
        await app.see("grader exact").press("esc").counts(2).press("j", "enter").see("▸Job", "reward  ━ train")
        await app.not_see("over 5 steps")


async def test_files_that_were_sent_from_here_have_names_and_sizes(empty: Path) -> None:
    put_job(empty, status="succeeded", raw={"result_files": ["step-10", "step-9"]})
    with worker_store(empty) as store, store.write() as db:
        db.execute(
            "INSERT INTO upload (service, purpose, sha256, bytes, name, state, remote_id, begun_at, at) VALUES"
            " ('https://api.openai.com/v1', 'fine-tune', 'ab', 4321, 'train.jsonl', 'done', 'file-train', '', '')"
        )
    async with running(empty, WIDE) as app:
        await opened(app).press("tab", "tab").see("▸files 4", "4,321  file-train  train.jsonl")
        rows = [row.split()[-1] for row in app.part("list") if " result " in row]
        assert rows == ["step-9", "step-10"]


async def test_alone_there_is_nothing_to_lay_over(empty: Path) -> None:
    put_job(empty)
    async with running(empty) as app:
        await opened(app).press("D").see_in("footer", "no other job has curves")


async def test_r_asks_the_service_for_this_job(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = put_job(empty, steps=0)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")

    async def refresh(_store: Any, _profile: Any, job: StoredJob) -> StoredJob:
        add_steps(empty, number, 1, 12)
        return job

    monkeypatch.setattr("rft_tui.tasks.jobs.reaching.refresh_job", refresh)
    async with running(empty) as app:
        await app.press("6").counts(1).press("enter").see("no curves yet", "nothing has been measured")
        await (
            app.press("v")
            .see_in("footer", "nothing has been measured")
            .press("r")
            .see_in("footer", "tuned is up to date")
        )
        await app.see("12/50").stores("SELECT kind FROM task", "watch")


async def test_ten_thousand_events_take_a_few_pages(empty: Path) -> None:
    number = put_job(empty, steps=0)
    with worker_store(empty) as store, store.write() as db:
        add_events(db, number, [read_event(step_event(step, 10_000)) for step in range(1, 10_000)])
    async with running(empty) as app:
        await opened(app).counts(10_000).see("9,999/10,000").press("G").cursor_on(9_999).see("Created fine-tuning job")
        source = app.table.source
        assert isinstance(source, EventsSource)
        assert isinstance(source.positions, range)
        for _page in range(30):
            await app.press("pageup")
        assert len(app.table._pages) <= PAGES_KEPT
        assert all(len(page) <= PAGE for page in app.table._pages.values())


@pytest.mark.parametrize("size", SIZES)
async def test_keys_of_the_job_do_not_leave_anything_behind(empty: Path, size: tuple[int, int]) -> None:
    put_job(empty, checkpoints=(10,))
    async with running(empty, size) as app:
        await opened(app).press("?").see("The next chart", "Lay another job's curves").press("esc")
        await app.press("1").on("Data").press("6").see("▸Job").press("T").see("▸Tasks").press("esc").see("▸Job")
        await app.press("p").see_in("footer", "y pauses tuned").press("n").see_in("footer", "nothing was done")
        await app.press("esc").counts(1)


async def test_the_end_rings_where_it_is_wanted(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = put_job(empty)
    task = queue(empty, "watch tuned", "watch", request={"job": number, "profile": "openai"}, total=50)
    work(empty, TaskProgress(total=50, done=30))
    told: list[tuple[str, str]] = []
    monkeypatch.setattr("rft_tui.tui.cache_watch.tell", lambda way, text, _write: told.append((way, text)))
    async with running(empty) as app:
        await opened(app)
        with worker_store(empty) as store, store.write() as db:
            db.execute("UPDATE task SET state = 'done', message = 'ftjob-one succeeded' WHERE id = ?", [task])
            db.execute("UPDATE job SET status = 'succeeded' WHERE id = ?", [number])
        await app.do(app.app._look_again).see("✓ succeeded")
        assert [way for way, _text in told] == ["off"]
        assert "ftjob-one succeeded" in told[0][1]
