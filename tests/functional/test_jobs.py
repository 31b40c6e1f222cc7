"""The list of jobs: what stands in it, the summary beside it, and what can be done with a job from there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rft_tui.errors import ServiceError
from rft_tui.providers.backends.reading import read_event
from rft_tui.settings import WORKSPACE_FILE
from rft_tui.simulator.running import running_simulator
from rft_tui.store.job_events import add_events
from rft_tui.store.jobs import StoredJob, get_job
from tests.functional.driver import NARROW, SIZES, WIDE, running
from tests.functional.jobs_made import BEGAN, MODEL, add_steps, message_event, put_job
from tests.functional.tasks_made import worker_store
from tests.functional.workspaces import HOSTILE


@pytest.fixture(autouse=True)
def launched(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The workspaces for which a worker was asked; none is started, and there is a key."""
    folders: list[Path] = []
    monkeypatch.setattr(
        "rft_tui.tasks.background.launching.ensure_worker", lambda _store, folder: folders.append(folder)
    )
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    return folders


@pytest.mark.parametrize("size", SIZES)
async def test_an_empty_list_says_how_jobs_come(empty: Path, size: tuple[int, int]) -> None:
    async with running(empty, size) as app:
        await app.press("6").on("Jobs").see("No jobs yet.", "n makes one", "r fetches those").is_sound()
        await app.press("enter").see_in("footer", "there is no job here")
        await app.press("p").see_in("footer", "there is no job here")


async def test_newest_first_with_last_values_and_marks(empty: Path) -> None:
    put_job(empty, "ftjob-new", suffix="second", status="succeeded", raw={"created_at": BEGAN + 100}, simulated=True)
    put_job(empty, "ftjob-old", suffix="first", steps=10)
    put_job(empty, "ftjob-bad", suffix="third", steps=0, status="failed",
            raw={"created_at": BEGAN + 200, "error": {"code": "bad_file", "message": "line 3"}})  # fmt: skip
    async with running(empty, WIDE) as app:
        await app.press("6").counts(3).is_sound()
        rows = app.part("list")[1:4]
        assert [row.split()[:3] for row in rows] == [
            ["✗", "failed", "third"], ["✓", "succeeded", "second"], ["▸", "running", "first"]
        ]  # fmt: skip
        assert "SIM" in rows[1]
        assert "SIM" not in rows[0] + rows[2]
        assert rows[1].split()[3:8] == ["SIM", "o4-mini", "30/50", "0.54", "0.52"]
        await app.see_in("header", "SIMULATED", "3 jobs · 1 going on").see_in("item", "bad_file: line 3")
        await app.press("j").see_in("item", "second", "SIMULATED", "0.54").not_see_in("item", "bad_file")
        await app.press("j").see_in("item", "first", "not watched · as of", "val").cursor_on(2)


@pytest.mark.parametrize("size", SIZES)
async def test_rewards_and_losses_are_told_apart(empty: Path, size: tuple[int, int]) -> None:
    put_job(empty, suffix="first")
    async with running(empty, size) as app:
        await app.press("6").counts(1)
        assert app.part("list")[0].split()[-4:] == ["step", "reward", "valid", "created"]
    put_job(
        empty, "ftjob-two", suffix="second", steps=0, raw={"method": {"type": "supervised"}, "created_at": BEGAN + 9}
    )
    with worker_store(empty) as store, store.write() as db:
        data = {"step": 1, "total_steps": 2, "train_loss": 1.25, "valid_loss": 1.5}
        add_events(db, 2, [read_event(message_event("s", "Step 1/2", at=1) | {"type": "metrics", "data": data})])
    async with running(empty, size) as app:
        await app.counts(2).see_in("list", "1.25").is_sound()
        heading, second, first = app.part("list")[:3]
        assert heading.split()[-5:-1] == ["step", "measure", "train", "valid"]
        assert second.split()[-4:-1] == ["loss", "1.25", "1.50"]
        assert first.split()[-4:-1] == ["reward", "0.54", "0.52"]


async def test_the_summary_has_a_chart_and_alarms(empty: Path) -> None:
    put_job(empty, curves={"tokens": lambda share: 200 + 2000 * share})
    async with running(empty, WIDE) as app:
        await app.press("6").counts(1).see_in("item", "reward", "━ train", "○ valid", "1.00┤", "0.50┤", "○")
        await app.see_in("item", "! rewards rise while answers", "ends about", "by its pace")
        await app.resize(NARROW).not_see("1.00┤").press("i").see_in("item", "1.00┤").is_sound().press("esc").counts(1)


async def test_a_filter_keeps_words_and_esc_brings_all_back(empty: Path) -> None:
    for name in ("alpha", "beta", "gamma"):
        put_job(empty, f"ftjob-{name}", suffix=name, steps=1)
    async with running(empty) as app:
        await app.press("6").counts(3).press("/").type("bet").counts(1).see_in("list", "beta")
        await app.press("enter").see_in("header", "/bet").press("/").type("zzz").see("no job fits the filter")
        await app.press("esc").counts(1).press("/", "ctrl+u", "enter").counts(3)


async def test_the_list_follows_the_cache(empty: Path) -> None:
    number = put_job(empty, steps=10)
    async with running(empty) as app:
        await app.press("6").counts(1).see_in("list", "10/50")
        add_steps(empty, number, 11, 17)
        await app.do(app.app._look_again).see_in("list", "17/50").not_see_in("footer", "the cache has changed")
        put_job(empty, "ftjob-two", suffix="other", steps=3, raw={"created_at": BEGAN + 9})
        await app.do(app.app._look_again).counts(2).cursor_on(1)


async def test_a_restart_finds_the_job(empty: Path) -> None:
    for place, name in enumerate(("alpha", "beta", "gamma")):
        put_job(empty, f"ftjob-{name}", suffix=name, steps=1, raw={"created_at": BEGAN - place})
    async with running(empty) as app:
        await app.press("6").counts(3).press("j", "j").cursor_on(2)
    async with running(empty) as app:
        await app.on("Jobs").counts(3).cursor_on(2).press("enter").see("▸Job", "gamma")
    async with running(empty) as app:
        await app.see("▸Job", "gamma").press("esc").counts(3).cursor_on(2)
    async with running(empty) as app:
        await app.on("Jobs").not_see("▸Job")


@pytest.mark.parametrize(
    ("status", "key", "verb", "said"),
    [("running", "p", "pause", "pauses tuned at step 30/50"), ("paused", "R", "resume", "lets tuned go on"),
     ("running", "x", "cancel", "ends tuned for good at step 30/50")],
)  # fmt: skip
async def test_steering_takes_another_key(
    empty: Path, monkeypatch: pytest.MonkeyPatch, status: str, key: str, verb: str, said: str
) -> None:
    put_job(empty, status=status)
    asked: list[str] = []

    async def control(_store: Any, _profile: Any, job: StoredJob, wish: str) -> StoredJob:
        asked.append(wish)
        return job

    monkeypatch.setattr("rft_tui.tasks.jobs.reaching.control_job", control)
    async with running(empty) as app:
        await app.press("6").counts(1).press(key).see_in("footer", f"y {said}")
        await app.press(key).see_in("footer", "nothing was done")
        assert not asked
        await app.press(key, "y").see_in("footer", f"was asked to {verb}; the service still says {status}")
        assert asked == [verb]


@pytest.mark.parametrize(("status", "key"), [("running", "p"), ("paused", "R"), ("running", "x")])
async def test_the_whole_question_stands_in_a_narrow_terminal(empty: Path, status: str, key: str) -> None:
    put_job(empty, "simulated-one", status=status, suffix="answers-with-a-long-name", simulated=True)
    async with running(empty, NARROW) as app:
        await app.press("6").counts(1).press(key).see_in("footer", "step 30/50", "-name", "else no").is_sound()


async def test_what_cannot_be_done_says_why(empty: Path) -> None:
    put_job(empty, status="succeeded")
    put_job(empty, "ftjob-two", suffix="runs", raw={"created_at": BEGAN - 1})
    async with running(empty) as app:
        await app.press("6").counts(2)
        for key in "pRx":
            await app.press(key).see_in("footer", "tuned has ended: succeeded")
        await app.press("j", "R").see_in("footer", "runs is running, not paused")
        await app.press("P").see_in("footer", "runs has made no model yet")


async def test_archiving_is_queued(empty: Path, launched: list[Path]) -> None:
    put_job(empty)
    async with running(empty) as app:
        await app.press("6").counts(1).press("A").see_in("footer", "task 1 archives tuned")
        await app.stores("SELECT kind, state FROM task", ("archive", "queued"))
        assert launched[-1] == empty


async def test_the_model_is_run_as_its_base_was(demo: Path) -> None:
    put_job(demo, status="succeeded", made_here=True)
    async with running(demo) as app:
        await app.press("6").counts(1).press("P").see("▸New run", "3 runs × 40 items").press("G")
        await app.see("then grade by").press("g")
        await app.see("ft:o4-mini:acme:tuned:abc", "  val ", "low")
        await app.press("esc").on("Jobs").counts(1)


@pytest.mark.parametrize("size", SIZES)
async def test_the_form_of_a_jobs_model_begins_at_its_top(demo: Path, size: tuple[int, int]) -> None:
    put_job(demo, status="succeeded", made_here=True)
    async with running(demo, size) as app:
        await app.press("6").counts(1).press("P").see("▸New run", "▸ dataset ", " profile ", MODEL)


@pytest.mark.parametrize("size", SIZES)
async def test_validation_data_that_is_not_here_is_said(demo: Path, size: tuple[int, int]) -> None:
    put_job(demo, status="succeeded")
    number = put_job(demo, "ftjob-file", status="succeeded", made_here=True, suffix="filed")
    with worker_store(demo) as store, store.write() as db:
        db.execute("UPDATE job SET validation_dataset = 'held-out.jsonl' WHERE id = ?", [number])
    async with running(demo, size) as app:
        await app.press("6").counts(2).press("/").type("filed").press("enter").counts(1).press("P")
        await app.see("▸ dataset ").see_in(
            "footer", "dataset: the job's validation data, held-out.jsonl, is no dataset"
        )
        await app.press("esc").on("Jobs").press("/", "ctrl+u").type("tuned").press("enter").counts(1).press("P")
        await app.see("▸ dataset ").see_in("footer", "the job does not say which rows it was validated on")


@pytest.mark.parametrize("size", SIZES)
async def test_alarms_are_marked_in_the_list(empty: Path, size: tuple[int, int]) -> None:
    put_job(empty, "ftjob-calm", suffix="calm", raw={"created_at": BEGAN + 3}, simulated=True)
    put_job(empty, "ftjob-warn", suffix="warned", raw={"created_at": BEGAN + 2}, simulated=True,
            curves={"tokens": lambda share: 200 + 2000 * share})  # fmt: skip
    put_job(empty, "ftjob-bad", suffix="broken", raw={"created_at": BEGAN + 1},
            curves={"errors": lambda _share: 0.3})  # fmt: skip
    async with running(empty, size) as app:
        await app.press("6").counts(3).see_in("list", "✗1").is_sound()
        calm, warned, broken = app.part("list")[1:4]
        assert "!" not in calm
        assert "!2 SIM" in warned
        assert "✗1" in broken


async def test_a_new_job_opens_the_form(empty: Path) -> None:
    put_job(empty)
    async with running(empty) as app:
        await app.press("6").counts(1).press("n").see("▸New job").press("esc").counts(1)
        await app.press("N").see("▸New job", "o4-mini").press("esc").counts(1)


@pytest.mark.parametrize("size", SIZES)
async def test_one_like_a_job_from_elsewhere_says_what_is_not_here(empty: Path, size: tuple[int, int]) -> None:
    number = put_job(empty, status="succeeded", made_here=True)
    with worker_store(empty) as store, store.write() as db:
        db.execute("UPDATE job SET archive = '/elsewhere/archives/ftjob-one' WHERE id = ?", [number])
    async with running(empty, size) as app:
        await app.press("6").counts(1).press("N").see("▸New job", "base model            o4-mini")
        await app.see("there is no dataset or file of that name").is_sound().press("esc").counts(1)


async def test_an_empty_list_has_no_empty_pane(empty: Path) -> None:
    async with running(empty, NARROW) as app:
        await app.press("6").see("No jobs yet.").press("l").see("No jobs yet.").press("h").see("No jobs yet.")


async def test_the_service_is_asked_for_its_list(empty: Path, launched: list[Path]) -> None:
    from openai import OpenAI

    from tests.unit.simulator.jobs_helpers import STRING_CHECK, send_rows

    with running_simulator(job_seconds=1000) as simulator, OpenAI(base_url=simulator.base_url, api_key="-") as client:
        (empty / WORKSPACE_FILE).write_text(
            f'[profiles.here]\nbase_url = "{simulator.base_url}"\napi_key_env = ""\nbackend = "openai"\n'
        )
        train, valid = send_rows(client, range(10)), send_rows(client, range(10, 14))
        made = client.fine_tuning.jobs.create(
            model="simulated-qwen-coder-0.5b", training_file=train, validation_file=valid, suffix="fetched",
            method={"type": "reinforcement", "reinforcement": {"grader": STRING_CHECK}},  # type: ignore[arg-type]
        )  # fmt: skip
        async with running(empty) as app:
            await app.press("6").see("No jobs yet.").press("r").counts(1).see_in("footer", "here: 1 job, 1 new")
            await app.see_in("list", "fetched").stores("SELECT kind FROM task", "watch")
            assert app.stored("SELECT remote_id FROM job") == [made.id]
            assert launched[-1] == empty


async def test_a_service_that_is_away_is_said(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_given: Any, **_named: Any) -> set[int]:
        raise ServiceError("the service cannot be reached", outcome="connection")

    monkeypatch.setattr("rft_tui.tasks.jobs.reaching.refresh_list", refuse)
    put_job(empty)
    async with running(empty) as app:
        await app.press("6").counts(1).press("r").see_in("footer", "openai: the service cannot be reached").counts(1)


async def test_a_profile_without_a_key_is_said(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    async with running(empty) as app:
        await app.press("6").see("No jobs yet.").press("r").see_in("footer", "openai:", "OPENAI_API_KEY")


async def test_a_launched_job_is_the_one_under_the_cursor(empty: Path) -> None:
    from rft_tui.tui.screens.jobs.form_messages import JobLaunched

    for place in range(3):
        put_job(empty, f"ftjob-{place}", suffix=f"name{place}", steps=1, raw={"created_at": BEGAN + place})
    with worker_store(empty) as store, store.read() as db:
        number = get_job(db, "ftjob-1").id
    async with running(empty) as app:
        await app.press("6").counts(3).cursor_on(0)
        await app.do(lambda: app.app.screen.post_message(JobLaunched(number, 1, ""))).cursor_on(1)


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_texts_stay_texts(empty: Path, size: tuple[int, int]) -> None:
    for place, text in enumerate(HOSTILE):
        bad = {"code": text[:100], "message": text[:5000]}
        put_job(empty, f"id{place} {text[:200]}", suffix=text, steps=0, status="failed" if place % 2 else text[:40],
                raw={"model": text[:300] or "m", "error": bad, "metadata": {text[:60]: text[:500]}})  # fmt: skip
    async with running(empty, size) as app:
        await app.press("6").counts(len(HOSTILE)).is_sound()
        for _place in HOSTILE:
            await app.press("j").is_sound()
        await app.press("enter").see("▸Job").is_sound()
        for _pane in range(6):
            await app.press("tab").is_sound()
        await app.press("enter").is_sound().press("esc", "esc").counts(len(HOSTILE))


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (20, 5), (40, 10), (99, 24), (200, 60)])
async def test_any_size(empty: Path, size: tuple[int, int]) -> None:
    put_job(empty, curves={"tokens": lambda share: 200 + 2000 * share})
    async with running(empty, WIDE) as app:
        await app.press("6").counts(1).resize(size).is_sound()
        for keys in ("i", "esc", "enter", "v", "l", "+", "tab", "tab", "a", "enter", "esc", "esc", "esc"):
            await app.press(keys).is_sound()
        await app.resize(WIDE).is_sound()
