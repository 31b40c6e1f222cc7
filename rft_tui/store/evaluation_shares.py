"""How the outputs of a job's evaluations look, step by step, where they are kept here."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from itertools import groupby
from threading import Lock

from rft_tui.analysis.patterns import Pattern, patterns_of
from rft_tui.store.evaluations import runs_of_job
from rft_tui.store.jobs import StoredJob

SHOWN: dict[Pattern, str] = {
    Pattern.LIST: "answers_with_lists",
    Pattern.PADDING: "padded_answers",
    Pattern.ECHO: "answers_repeating_the_question",
}
"""The patterns whose growth makes rising rewards suspicious, by the names of their series."""

MOST_ANSWERS = 400
"""Answers of a step that are looked at: the first rows in each, which are the same rows at every step."""

LONGEST_ANSWER = 20_000
"""Characters of an answer, a question and a reference that are looked at."""

_KEPT_STEPS = 2_000

Shares = dict[Pattern, float]

_known: OrderedDict[tuple[object, ...], Shares] = OrderedDict()
_lock = Lock()


def pattern_shares(db: sqlite3.Connection, job: StoredJob) -> dict[str, list[tuple[int, float]]]:
    """The share of answers with each pattern at each step, 0 to 1; empty where no outputs are kept.

    A step whose outputs have not changed is not read again.
    """
    found: dict[str, list[tuple[int, float]]] = {name: [] for name in SHOWN.values()}
    file = db.execute("PRAGMA database_list").fetchone()[2]
    for step, runs in groupby(runs_of_job(db, job), key=lambda one: one[0]):
        numbers = [run for _step, _sample, run in runs]
        shares = _shares(db, str(file), numbers)
        for pattern, name in SHOWN.items():
            if pattern in shares:
                found[name].append((step, shares[pattern]))
    return found


def _shares(db: sqlite3.Connection, file: str, runs: list[int]) -> Shares:
    marks = ",".join("?" * len(runs))
    last = db.execute(f"SELECT count(*), max(id), max(answer) FROM prediction WHERE run IN ({marks})", runs).fetchone()
    key = (file, *runs, *last)
    with _lock:
        if key in _known:
            _known.move_to_end(key)
            return _known[key]
    shares = _counted(db, runs, marks)
    if file:
        with _lock:
            _known[key] = shares
            while len(_known) > _KEPT_STEPS:
                _known.popitem(last=False)
    return shares


def _counted(db: sqlite3.Connection, runs: list[int], marks: str) -> Shares:
    """The shares over the first answers of some runs; empty without one."""
    counts = dict.fromkeys(SHOWN, 0)
    total = 0
    rows = db.execute(
        f"SELECT substr(answer.output_text, 1, ?), substr(input.question, 1, ?), substr(item.reference, 1, ?)"
        " FROM prediction JOIN answer ON answer.id = prediction.answer JOIN item ON item.id = prediction.item"
        f" JOIN input ON input.id = item.input WHERE prediction.run IN ({marks}) AND prediction.error_kind IS NULL"
        " ORDER BY item.position, prediction.run LIMIT ?",
        [LONGEST_ANSWER, LONGEST_ANSWER, LONGEST_ANSWER, *runs, MOST_ANSWERS],
    )
    for text, question, reference in rows:
        total += 1
        for pattern in patterns_of(text or "", question or "", reference or ""):
            if pattern in counts:
                counts[pattern] += 1
    return {pattern: count / total for pattern, count in counts.items()} if total else {}
