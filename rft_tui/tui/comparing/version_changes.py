"""The lists of changes between two grader versions: of each changed item the answer that they judge most unlike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rft_tui.store.kept_lists import put_list

if TYPE_CHECKING:
    import sqlite3

    from rft_tui.store.database import Store
    from rft_tui.tasks.comparing.comparison import ItemChange, PairFigures

_SCORES = "SELECT score FROM grade WHERE grader = ? AND prediction = ?"


def keep_version_changes(store: Store, pair: PairFigures, before: int, after: int) -> None:
    """Put the changes into the lists ``regressions`` and ``improvements``, one prediction for each item.

    `before` and `after` are the ids of the versions. Both scored the same answers, so that there is nothing to be set
    beside one of them but its other score. Raises StoreError.
    """
    wanted = (("regressions", pair.regressions, -1), ("improvements", pair.improvements, 1))
    with store.read() as db:
        lists = {
            name: [most_changed(db, one, before, after, sign) for one in changes] for name, changes, sign in wanted
        }
    with store.write() as db:
        for name, predictions in lists.items():
            put_list(db, name, predictions)


def most_changed(db: sqlite3.Connection, change: ItemChange, before: int, after: int, sign: int) -> int:
    """The item's prediction whose score changed most in the direction of `sign`, the first of several."""
    both = set(change.predictions_before)
    shared = sorted(one for one in change.predictions_after if one in both) or list(change.predictions_after)
    return max(shared, key=lambda one: sign * _moved(db, one, before, after))


def _moved(db: sqlite3.Connection, prediction: int, before: int, after: int) -> float:
    first, second = (_score(db.execute(_SCORES, [grader, prediction]).fetchone()) for grader in (before, after))
    return 0.0 if first is None or second is None else second - first


def _score(row: Sequence[float | None] | None) -> float | None:
    return None if row is None else row[0]
