"""Where the predictions of a file belong: which prompt comes off their inputs, and which items they answer.

Everything is decided by content. Rows come as a stream, once for each question asked of them, and are looked up in the
store by the hash of their input, so neither a file nor a dataset is ever held in memory.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rft_tui.datasets.conversation import value_text
from rft_tui.datasets.plain import fields_of_row, reference_key
from rft_tui.interchange.prompting import PromptCandidate, guessed
from rft_tui.interchange.rows import input_of, row_of
from rft_tui.model import JsonObject
from rft_tui.store.inputs import StandingItem, datasets_with, items_with

ReadRows = Callable[[], Iterator[tuple[JsonObject, str]]]
"""Begins a file anew and yields its rows in the plain shape, each with its input id."""

_PROBES = 8
_PROBE_CHARACTERS = 200_000


@dataclass(slots=True)
class _Tally:
    """What one pass counted for one way of reading the inputs."""

    candidate: PromptCandidate | None
    carried: int = 0
    matched: int = 0
    datasets: Counter[int] = field(default_factory=Counter)


@dataclass(slots=True)
class _Pass:
    tallies: list[_Tally]
    rows: int = 0
    probes: list[JsonObject] = field(default_factory=list)


class Placed(NamedTuple):
    """A row without its prompt, its input id, and the version of the prompt, empty where it carries none."""

    row: JsonObject
    input_id: str
    prompt: str


@dataclass(frozen=True, slots=True)
class Landing:
    """How the rows of one file are placed: the prompt that comes off, and datasets, the best one first.

    `given` says that a person named the prompt: then it belongs to the run whether or not an input carries it.
    `carried` of `rows` rows carry the prompt.
    """

    candidate: PromptCandidate | None
    given: bool
    datasets: tuple[int, ...]
    rows: int
    carried: int

    def place(self, row: JsonObject, input_id: str) -> Placed:
        """The row as an item would have it; `input_id` is the row's as it stands."""
        candidate = self.candidate
        if candidate is None:
            return Placed(row, input_id, "")
        bare = candidate.take_off(row)
        if bare is not None:
            return Placed(bare, input_of(bare), candidate.prompt.version)
        return Placed(row, input_id, candidate.prompt.version if self.given else "")

    def dataset_of(self, db: sqlite3.Connection, input_id: str) -> int | None:
        """The first of the datasets that has the input, None where none has."""
        if not self.datasets:
            return None
        having = set(datasets_with(db, input_id))
        return next((dataset for dataset in self.datasets if dataset in having), None)


def find_landing(
    db: sqlite3.Connection,
    read: ReadRows,
    candidates: Sequence[PromptCandidate],
    *,
    given: PromptCandidate | None,
    dataset: int | None,
    prompt_name: str,
) -> Landing:
    """Decide for a file: as its inputs stand, without a known prompt, or without a beginning that they share.

    The reading under which most rows have an item wins, the plainer one where two are equal; `given` leaves no choice
    of the prompt, and `dataset` none of the first dataset.
    """
    ways = [given] if given is not None else list(candidates)
    first = _count(db, read(), [None, *ways], dataset)
    tallies = first.tallies
    if given is None and first.probes:
        guesses = guessed(db, first.probes, prompt_name)
        known = {way.text for way in ways if way is not None}
        guesses = [guess for guess in guesses if guess.text not in known]
        if guesses:
            tallies += _count(db, read(), list(guesses), dataset).tallies
    plain = tallies[0]
    if given is not None:
        best = tallies[1]
    else:
        best = max(tallies, key=lambda tally: tally.matched)
        if best.matched == 0:
            best = _most_carried(tallies, first.rows)
    datasets = best.datasets if best is plain else best.datasets + plain.datasets
    ranked = sorted(datasets, key=lambda one: (one != dataset, -datasets[one], one))
    return Landing(best.candidate, given is not None, tuple(ranked), first.rows, best.carried)


def _most_carried(tallies: Sequence[_Tally], rows: int) -> _Tally:
    """The known prompt that most rows carry, if more than half do; else the inputs stay as they stand."""
    carried = max(tallies[1:], key=lambda tally: tally.carried, default=tallies[0])
    return carried if carried.carried * 2 > rows else tallies[0]


def _count(
    db: sqlite3.Connection,
    rows: Iterator[tuple[JsonObject, str]],
    ways: Sequence[PromptCandidate | None],
    dataset: int | None,
) -> _Pass:
    """Count for each way of reading how many rows carry the prompt and how many then have an item."""
    done = _Pass([_Tally(way) for way in ways])
    for row, input_id in rows:
        done.rows += 1
        found = False
        for tally in done.tallies:
            bare = row if tally.candidate is None else tally.candidate.take_off(row)
            if bare is None:
                continue
            tally.carried += 1
            having = datasets_with(db, input_id if bare is row else input_of(bare))
            tally.datasets.update(having)
            if having if dataset is None else dataset in having:
                found = True
                tally.matched += 1
        if not found and len(done.probes) < _PROBES and _is_short(row):
            done.probes.append(row)
    return done


def _is_short(row: JsonObject) -> bool:
    return sum(len(str(message.get("content"))) for message in row["messages"]) <= _PROBE_CHARACTERS


class Found(NamedTuple):
    """The item that a row answers, and whether its reference is the row's own."""

    item: StandingItem
    same_reference: bool


def find_item(db: sqlite3.Connection, placed: Placed, dataset: int, run: int) -> Found | None:
    """The item of a dataset that a placed row answers.

    Of several with the same input: the one with the same row, then one with the same reference, then one that has no
    prediction in the run yet, then the first.
    """
    standing = items_with(db, placed.input_id, dataset, run)
    if not standing:
        return None
    row = row_of(placed.input_id, placed.row)
    key = reference_key(placed.row)
    reference = value_text(fields_of_row(placed.row).get(key)) if key is not None else None
    best = min(standing, key=lambda one: (one.row_id != row, one.reference != reference, one.taken, one.item))
    return Found(best, best.row_id == row or reference is None or best.reference == reference)
