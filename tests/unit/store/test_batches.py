from __future__ import annotations

import sqlite3

import pytest

from rft_tui.store.asking import claim, task_owner
from rft_tui.store.batches import (
    AGAIN,
    KEPT,
    LEFT,
    BatchLine,
    BatchState,
    add_batch,
    close_batch,
    count_claimed_by_others,
    end_lines,
    free_stray_claims,
    line_at,
    move_batch,
    open_batches,
    open_lines,
    outcomes_of,
    tries_of,
)
from rft_tui.store.database import Store
from rft_tui.store.owners import this_process
from rft_tui.store.tasks import add_task


def made(db: sqlite3.Connection, task: int, mark: str, *keys: str) -> int:
    """A batch with a line for each key."""
    lines = [BatchLine(key, number, 0, 7, number) for number, key in enumerate(keys, 1)]
    return add_batch(db, task, model="m", endpoint="/v1/responses", mark=mark, lines=lines, expected_tokens=5)


def test_a_batch_goes_through_its_states(store: Store) -> None:
    with store.write() as db:
        task = add_task(db, "batch", "t", {})
        first, second = made(db, task, "x", "a", "b"), made(db, task, "y", "c")
        moved = move_batch(db, first, BatchState.RUNNING, remote="batch_1", message="\ud800")
        assert (moved.state, moved.remote, moved.lines, moved.expected_cost) == (BatchState.RUNNING, "batch_1", 2, None)
        assert moved.message == "\N{REPLACEMENT CHARACTER}"
        assert [batch.id for batch in open_batches(db, task)] == [first, second]
        assert open_batches(db, task + 1) == []
        assert close_batch(db, first, BatchState.DONE).remote == "batch_1"
        assert [batch.id for batch in open_batches(db, task)] == [second]
        with pytest.raises(ValueError, match="no columns"):
            move_batch(db, second, BatchState.DONE, task="1")
        with pytest.raises(sqlite3.IntegrityError):
            made(db, task, "x", "d")


def test_outcomes_of_lines_are_stored_once(store: Store) -> None:
    with store.write() as db:
        task = add_task(db, "batch", "t", {})
        batch = made(db, task, "x", "a", "b", "c")
        end_lines(db, batch, [("a", KEPT), ("b", AGAIN), ("nobody", KEPT)])
        end_lines(db, batch, [("a", AGAIN)])
        assert list(open_lines(db, batch)) == ["c"]
        assert open_lines(db, batch)["c"] == BatchLine("c", 3, 0, 7, 3)
        assert line_at(db, batch, 2) == BatchLine("b", 2, 0, 7, 2)
        assert line_at(db, batch, 4) is None
        close_batch(db, batch, BatchState.DONE)
        assert outcomes_of(db, batch) == {"a": KEPT, "b": AGAIN, "c": LEFT}
        other = add_task(db, "batch", "t", {})
        for number, owner in enumerate((task, task, other)):
            end_lines(db, made(db, owner, f"y{number}", "b", "a"), [("b", AGAIN)])
        assert tries_of(db, task, ["a", "b", "z"]) == {"b": 3}


def test_claims_without_a_line_are_freed(store: Store) -> None:
    with store.write() as db:
        task = add_task(db, "batch", "t", {})
        owner = task_owner(task)
        assert claim(db, ["a", "b", "c", "stray"], owner) == {"a", "b", "c", "stray"}
        assert claim(db, ["mine"], this_process()) == {"mine"}
        batch = made(db, task, "x", "a", "b", "c")
        end_lines(db, batch, [("a", KEPT)])
        assert count_claimed_by_others(db, ["a", "mine", "none"], owner) == 1
        free_stray_claims(db, task, owner)
        assert [row[0] for row in db.execute("SELECT key FROM asking ORDER BY key")] == ["b", "c", "mine"]
        close_batch(db, batch, BatchState.REFUSED)
        assert [row[0] for row in db.execute("SELECT key FROM asking")] == ["mine"]
