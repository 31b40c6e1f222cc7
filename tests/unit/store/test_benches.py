"""Results of the bench: kept by version, the last few of each, and never half."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from rft_tui.store.benches import KEPT, bench_document, keep_bench, newest_of
from rft_tui.store.database import Store

VERSION = "a" * 32


def document(version: str = VERSION, *, failed: int = 0, **more: Any) -> dict[str, Any]:
    """A small document as `tasks.bench_document` makes it."""
    return {
        "ok": not failed,
        "grader": {"name": "exact", "type": "string_check", "version": version},
        "partial": False,
        "items": 20,
        "seed": 42,
        "limits": {"echo": 0.3},
        "summary": [
            {"check": "padding", "checked": 20, "failed": failed},
            {"check": "echo", "checked": 19, "failed": 0},
        ],
        "probes": [],
    } | more


def count(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM bench_result").fetchone()[0])


def test_the_newest_of_a_version_comes_back_with_what_it_covered(store: Store) -> None:
    with store.write() as db:
        keep_bench(db, document(failed=3))
        number = keep_bench(db, document(simulated=True), "mine")
        keep_bench(db, document("b" * 32))
        assert newest_of(db, "c" * 32) is None
        found = newest_of(db, VERSION)
    assert found is not None
    assert (found.id, found.name, found.ok, found.checks, found.failures) == (number, "mine", True, 39, 0)
    assert (found.simulated, found.partial, found.items) == (True, False, 20)
    assert found.summary == (("padding", 20, 0), ("echo", 19, 0))
    assert found.limits == {"echo": 0.3}
    with store.read() as db:
        assert bench_document(db, number) == document(simulated=True)
        assert bench_document(db, 99) is None


def test_the_last_few_of_a_version_are_kept(store: Store) -> None:
    with store.write() as db:
        other = keep_bench(db, document("b" * 32))
        numbers = [keep_bench(db, document(failed=failed)) for failed in range(KEPT + 4)]
        kept = [row[0] for row in db.execute("SELECT id FROM bench_result ORDER BY id")]
    assert kept == [other, *numbers[-KEPT:]]


def test_the_newest_whole_one_outlives_partial_ones(store: Store) -> None:
    with store.write() as db:
        whole = keep_bench(db, document())
        for _ in range(KEPT + 2):
            last = keep_bench(db, document(partial=True))
        newest, newest_whole = newest_of(db, VERSION), newest_of(db, VERSION, whole=True)
        assert newest is not None
        assert newest_whole is not None
        assert (newest.id, newest.partial, newest_whole.id) == (last, True, whole)
        assert count(db) == KEPT + 1


def test_a_name_of_half_a_pair_does_not_stop_it(store: Store) -> None:
    with store.write() as db:
        keep_bench(db, document(), "a\ud800b")
        found = newest_of(db, VERSION)
    assert found is not None
    assert found.name == "a\ufffdb"


def test_what_cannot_be_written_as_json_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(ValueError, match="JSON"), store.write() as db:
        keep_bench(db, document(seconds=float("nan")))
    with store.read() as db:
        assert count(db) == 0
