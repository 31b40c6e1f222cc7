"""How the outputs of a job's evaluations look, step by step, where they are kept here."""

from __future__ import annotations

import sqlite3
from itertools import groupby

from rft_tui.store.evaluations import runs_of_job
from rft_tui.store.jobs import StoredJob

_LISTS = (
    "answer.output_text LIKE '%;%' OR answer.output_text LIKE '% and %'"
    " OR answer.output_text LIKE '%' || char(10) || '- %' OR answer.output_text LIKE '%' || char(10) || '2. %'"
)
"""An answer that may name several things: the signs that lists have in text."""


def list_shares(db: sqlite3.Connection, job: StoredJob) -> list[tuple[int, float]]:
    """The share of answers that look like lists at each step, 0 to 1; empty where no outputs are kept."""
    found = []
    for step, runs in groupby(runs_of_job(db, job), key=lambda one: one[0]):
        numbers = [run for _step, _sample, run in runs]
        marks = ",".join("?" * len(numbers))
        row = db.execute(
            f"SELECT avg({_LISTS}) FROM prediction JOIN answer ON answer.id = prediction.answer"
            f" WHERE prediction.run IN ({marks}) AND prediction.error_kind IS NULL",
            numbers,
        ).fetchone()
        if row[0] is not None:
            found.append((step, float(row[0])))
    return found
