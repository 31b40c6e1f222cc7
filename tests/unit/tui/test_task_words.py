"""Tasks in few words: what fits, what is said, money and times."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.cli.task_lines import task_line
from rft_tui.store.tasks import StoredTask, TaskProgress, TaskState
from rft_tui.tui.paint import line_length, plain
from rft_tui.tui.task_words import about_cost, at_most, duration, how_it_ended, moment, money, short_count, strip


def a_task(number: int = 1, **changes: Any) -> StoredTask:
    """A task as the store has it."""
    values: dict[str, Any] = {
        "id": number, "kind": "predict", "title": "predict smollm2 on train", "request": {}, "settings": {},
        "state": TaskState.RUNNING, "wish": "", "progress": TaskProgress(total=80, done=42, errors={"x": 1}, rate=12.0,
        eta_s=3.2, cost=0.021), "message": "", "error": None, "owner": "me", "beat": 1, "simulated": False,
        "created_at": "2026-11-22T08:00:00.000+00:00", "started_at": None, "ended_at": None,
    }  # fmt: skip
    return StoredTask(**(values | changes))


def test_a_task_that_never_began_says_why_and_counts_nothing() -> None:
    failed = a_task(state=TaskState.FAILED, message="no key", progress=TaskProgress())
    assert how_it_ended(failed)[0] == "✗ predict smollm2 failed: no key"


def test_the_more_room_the_more_is_said() -> None:
    said = [plain(strip([a_task()], room)) for room in (80, 45, 30, 18, 5)]
    assert said == [
        "predict smollm2 43/80 · 12/s · ends in 3 s · 1 error · $0.02",
        "predict smollm2 43/80 · 12/s · 1 error",
        "predict 43/80 · 12/s · 1 error",
        "predict 43/80 12/s",
        "43/80",
    ]
    assert strip([], 80) == []


def test_the_running_one_comes_first_and_the_others_are_counted() -> None:
    waiting = a_task(1, state=TaskState.QUEUED, title="predict other on val")
    shown = plain(strip([waiting, a_task(2), a_task(3, simulated=True)], 90))
    assert shown.startswith("SIMULATED predict smollm2 43/80")
    assert shown.endswith("+2")
    assert "waits for the worker" in plain(strip([waiting], 60))


def test_what_has_nothing_to_count_yet_shows_no_count() -> None:
    waiting = a_task(kind="archive", title="archive healthy", state=TaskState.QUEUED, progress=TaskProgress())
    assert plain(strip([waiting], 80)) == "archive healthy queued · waits for the worker"


@given(st.integers(14, 200), st.text(max_size=200), st.integers(0, 10**6), st.text(max_size=80), st.booleans())
def test_it_fits_wherever_the_count_fits(room: int, title: str, total: int, message: str, simulated: bool) -> None:
    task = a_task(title=title, message=message, simulated=simulated, progress=TaskProgress(total=total))
    shown = strip([task], room)
    count = f"0/{total:,}" if total else "running"
    assert line_length(shown) <= max(room, len(count) + 10 * simulated)
    assert count in plain(shown)
    assert ("SIMULATED" in plain(shown)) >= simulated


def test_a_wish_is_said_while_it_is_not_yet_so() -> None:
    assert "pausing" in plain(strip([a_task(wish="pause")], 100))
    assert "rate limit: waits 20 s" in plain(strip([a_task(message="rate limit: waits 20 s")], 100))


@pytest.mark.parametrize(
    ("state", "given", "said", "style"),
    [
        (TaskState.DONE, {}, "✓ predict smollm2: 42 done, 1 error, $0.02", "state.warning"),
        (TaskState.DONE, {"progress": TaskProgress(total=2, done=2, cached=2)},
         "✓ predict smollm2: 2 done (2 from the cache), 0 errors", "state.good"),
        (TaskState.FAILED, {"message": "no key"}, "✗ predict smollm2: 42 done, 1 error, $0.02 · failed: no key",
         "state.bad"),
        (TaskState.PAUSED, {}, "‖ predict smollm2: 42 done, 1 error, $0.02 · paused", "state.warning"),
    ],
)  # fmt: skip
def test_how_a_task_ended(state: TaskState, given: dict[str, Any], said: str, style: str) -> None:
    assert how_it_ended(a_task(state=state, **given)) == (said, style)


def test_money_times_and_counts() -> None:
    assert [money(one) for one in (0, 0.00001, 0.0003, 0.021, 1234.5)] == [
        "$0", "<$0.0001", "$0.0003", "$0.02", "$1,234.50",
    ]  # fmt: skip
    assert [duration(one) for one in (0.4, 3, 120, 4800, 86_400 * 5)] == ["0 s", "3 s", "2 min", "80 min", "5 days"]
    assert duration(4 * 3600 + 1200) == "4 h 20 min"
    assert [short_count(one) for one in (12, 61_400, 999_600, 2_340_000)] == ["12", "61k", "1.0M", "2.3M"]
    assert moment("no time") == "no time"
    assert moment("2026-11-22T08:00:00.000+00:00").startswith("2026-11-2")


def test_work_for_a_job_says_how_it_stands_and_counts_no_errors() -> None:
    progress = TaskProgress(total=3, done=1, rate=0.1)
    sending = a_task(kind="launch", title="launch mine", progress=progress, message="sending the training file: 45%")
    assert plain(strip([sending], 100)) == "launch mine 1/3 · sending the training file: 45%"
    watching = a_task(kind="watch", title="watch mine", progress=TaskProgress(), message="queued")
    assert plain(strip([watching], 100)) == "watch mine running · queued"
    done = a_task(kind="watch", title="watch mine", state=TaskState.DONE, message="ftjob-1 succeeded")
    assert how_it_ended(done)[0] == "✓ watch mine: ftjob-1 succeeded"
    failed = a_task(kind="watch", title="watch mine", state=TaskState.DONE, message="ftjob-1 failed: bad_file: line 3")
    assert how_it_ended(failed) == ("✗ watch mine: ftjob-1 failed: bad_file: line 3", "state.bad")
    assert task_line(failed) == "✗ watch mine 43/80 · ftjob-1 failed: bad_file: line 3"
    ended = a_task(kind="watch", title="watch mine", state=TaskState.DONE, message="ftjob-1 cancelled")
    assert how_it_ended(ended) == ("! watch mine: ftjob-1 cancelled", "state.warning")


def test_what_asking_takes() -> None:
    assert at_most(1, 0.5, through="here") == "at most 1 question through here, about $0.50"
    assert at_most(1200, None, simulated=True) == "at most 1,200 SIMULATED questions, unknown price"
    assert (about_cost(0.0), about_cost(None)) == ("about $0", "unknown price")
