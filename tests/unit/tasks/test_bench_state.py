"""How a grader version stands with the bench: never, passed, failed, in part; how long ago; in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rft_tui.store.benches import keep_bench
from rft_tui.store.database import Store
from rft_tui.tasks.bench_state import BenchState, Standing, ago, bench_state
from tests.unit.store.test_benches import VERSION, document

LATER = timedelta(hours=2, minutes=5)


def stands(store: Store, *documents: dict[str, Any]) -> BenchState:
    """How the version stands two hours after these results, one after the other."""
    with store.write() as db:
        for one in documents:
            keep_bench(db, one)
        return bench_state(db, VERSION, "exact@aaaa", now=datetime.now(UTC) + LATER)


def test_never(store: Store) -> None:
    state = stands(store)
    assert (state.standing, state.passed, state.result) == (Standing.NEVER, False, None)
    assert state.short == "– never"
    assert state.sentence == "exact@aaaa was never benched: rft-tui grader bench exact@aaaa"
    assert state.as_json() == {"state": "never"}


def test_passed(store: Store) -> None:
    state = stands(store, document(failed=2), document())
    assert (state.standing, state.passed) == (Standing.PASSED, True)
    assert state.short == "✓ 2 h ago"
    assert state.sentence == "exact@aaaa passes the bench (2 h ago, 39 checks on 20 items)"
    assert state.age_s == pytest.approx(LATER.total_seconds(), abs=60)


def test_failed_names_the_kinds_that_do_not_hold(store: Store) -> None:
    state = stands(store, document(), document(failed=12))
    assert (state.standing, state.passed) == (Standing.FAILED, False)
    assert state.short == "✗ 1 of 2"
    assert state.sentence == "exact@aaaa fails the bench (2 h ago, 39 checks on 20 items): padding 12 of 20"
    made = state.as_json()
    assert (made["state"], made["failures"], made["checks"], made["failing"]) == ("failed", 12, 39, ["padding"])
    assert "simulated" not in made


def test_what_fails_most_comes_first_and_many_are_counted(store: Store) -> None:
    summary = [{"check": f"p{at}", "checked": 10, "failed": at} for at in range(7)]
    state = stands(store, document(failed=1, summary=summary))
    assert state.sentence.endswith("p6 6 of 10, p5 5 of 10, p4 4 of 10, p3 3 of 10 and 2 more")


def test_some_probes_alone_are_no_pass(store: Store) -> None:
    state = stands(store, document(partial=True))
    assert (state.standing, state.passed) == (Standing.PARTIAL, False)
    assert state.sentence.startswith("exact@aaaa was benched in part only (2 h ago")
    assert state.as_json()["partial"] is True


def test_a_part_that_holds_takes_nothing_from_a_whole_one(store: Store) -> None:
    assert stands(store, document(), document(partial=True)).standing is Standing.PASSED


def test_a_whole_one_that_failed_is_not_mended_by_a_part(store: Store) -> None:
    assert stands(store, document(failed=1), document(partial=True)).standing is Standing.FAILED


def test_a_part_that_fails_counts(store: Store) -> None:
    assert stands(store, document(), document(partial=True, failed=1)).standing is Standing.FAILED


def test_a_bench_that_checked_nothing_is_no_pass(store: Store) -> None:
    state = stands(store, document(ok=False, summary=[]))
    assert (state.standing, state.short) == (Standing.FAILED, "✗ nothing checked")
    assert "found nothing to check" in state.sentence


def test_simulated_and_other_limits_are_said(store: Store) -> None:
    state = stands(store, document(simulated=True, limits={"echo": 0.5, "empty": 0.3}, items=1))
    assert "SIMULATED 2 h ago" in state.sentence
    assert state.sentence.endswith("on 1 item, limits echo=0.5)")
    assert state.as_json()["simulated"] is True


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "just now"), (59, "just now"), (60, "1 min ago"), (3599, "59 min ago"), (3600, "1 h ago"),
     (47 * 3600, "47 h ago"), (48 * 3600, "2 days ago")],
)  # fmt: skip
def test_ago(seconds: float, words: str) -> None:
    assert ago(seconds) == words


def test_a_time_that_is_none_is_no_reason_to_fail(store: Store) -> None:
    with store.write() as db:
        keep_bench(db, document())
        db.execute("UPDATE bench_result SET at = 'yesterday'")
        assert bench_state(db, VERSION, "exact").age_s == 0
