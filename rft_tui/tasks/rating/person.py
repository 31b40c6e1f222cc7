"""What the person says of predictions, read as right or wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from rft_tui.model import Verdict
from rft_tui.store.said import Said, iter_said
from rft_tui.tasks.diff_graders import passes
from rft_tui.tasks.retesting.probes import person_right


@dataclass(frozen=True, slots=True)
class PersonSays:
    """A verdict with its note, on a prediction of a run.

    `right` is what it says in agreement of grader and person, None where it says nothing.
    """

    run: int
    verdict: Verdict
    note: str
    right: bool | None


def person_says(
    db: sqlite3.Connection, reviewer: str, predictions: Sequence[int] | None = None
) -> dict[int, PersonSays]:
    """What the reviewer says of some predictions (None: of all) by number; those without a verdict are left out."""
    return {said.prediction: _says(said) for said in iter_said(db, reviewer, predictions)}


def _says(said: Said) -> PersonSays:
    passed = None if said.seen is None else passes(said.seen, said.rule, None)
    return PersonSays(said.run, said.verdict, said.note, person_right(said.verdict, passed))
