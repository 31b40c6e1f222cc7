"""What a second rater said: which of two answers is better, and its critiques. Shown and counted, never applied."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rft_tui.safetext import storable
from rft_tui.store.datasets import now
from rft_tui.store.grades import runs_clause

CHUNK = 500
"""Predictions asked for at once."""


@dataclass(frozen=True, slots=True)
class PairRating:
    """What a rater says of two predictions of one item.

    `outcome` is 1 where `first` is better in both orders of asking, -1 where `second` is, else 0. `swapped` is 0 where
    the orders agree; else how many times more the answer in the first place was preferred (negative: the second place).
    `reason` speaks of the better answer as the first one.
    """

    first: int
    second: int
    outcome: int
    swapped: int
    reason: str
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class StoredCritique:
    """What a rater said of a disagreement about a prediction, when a grader version had scored it."""

    prediction: int
    rater: str
    service: str
    version: str
    text: str
    simulated: bool
    at: str


@dataclass(frozen=True, slots=True)
class KnownRater:
    """A rater whose judgement of pairs is kept, and how many pairs that are."""

    rater: str
    service: str
    pairs: int
    simulated: bool


def put_ratings(db: sqlite3.Connection, rater: str, service: str, ratings: Iterable[PairRating]) -> None:
    """Keep what a rater says of pairs; a newer judgement takes the place of an older one."""
    moment = now()
    db.executemany(
        "INSERT OR REPLACE INTO pair_rating (rater, service, first, second, outcome, swapped, reason, simulated, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (storable(rater), service, one.first, one.second, one.outcome, one.swapped, storable(one.reason),
             int(one.simulated), moment)
            for one in ratings
        ],
    )  # fmt: skip


def get_ratings(
    db: sqlite3.Connection, rater: str, service: str, runs: Sequence[int] | None = None
) -> list[PairRating]:
    """What a rater says of pairs whose predictions are both of the runs (None: of all), in the order of the pairs."""
    where, values = runs_clause("one.run", runs)
    also, more = runs_clause("other.run", runs)
    rows = db.execute(
        "SELECT first, second, outcome, swapped, reason, pair_rating.simulated FROM pair_rating"
        " JOIN prediction AS one ON one.id = first JOIN prediction AS other ON other.id = second"
        f" WHERE rater = ? AND service = ?{where}{also} ORDER BY first, second",
        [storable(rater), service, *values, *more],
    )
    return [
        PairRating(first, second, outcome, swapped, reason, bool(simulated))
        for first, second, outcome, swapped, reason, simulated in rows
    ]


def known_raters(db: sqlite3.Connection) -> list[KnownRater]:
    """Everyone who has judged pairs, the one with the newest judgement first."""
    rows = db.execute(
        "SELECT rater, service, count(*), max(simulated) FROM pair_rating GROUP BY rater, service"
        " ORDER BY max(at) DESC, rater"
    )
    return [KnownRater(rater, service, pairs, bool(simulated)) for rater, service, pairs, simulated in rows]


def put_critique(
    db: sqlite3.Connection, rater: str, service: str, version: str, prediction: int, text: str, *, simulated: bool
) -> StoredCritique:
    """Keep a critique; a newer one of the same rater takes the place of an older one."""
    moment = now()
    db.execute(
        "INSERT OR REPLACE INTO critique (rater, service, version, prediction, text, simulated, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [storable(rater), service, version, prediction, storable(text), int(simulated), moment],
    )
    return StoredCritique(prediction, rater, service, version, text, simulated, moment)


def get_critiques(
    db: sqlite3.Connection, predictions: Sequence[int], version: str | None = None
) -> dict[int, list[StoredCritique]]:
    """The critiques about some predictions and a grader version (None: any), the newest first, by prediction."""
    found: dict[int, list[StoredCritique]] = {}
    for begun in range(0, len(predictions), CHUNK):
        chunk = predictions[begun : begun + CHUNK]
        where, values = ("", []) if version is None else (" AND version = ?", [version])
        rows = db.execute(
            "SELECT prediction, rater, service, version, text, simulated, at FROM critique"
            f" WHERE prediction IN ({','.join('?' * len(chunk))}){where} ORDER BY id DESC",
            [*chunk, *values],
        )
        for prediction, rater, service, of, text, simulated, at in rows:
            critique = StoredCritique(prediction, rater, service, of, text, bool(simulated), at)
            found.setdefault(prediction, []).append(critique)
    return found
