"""Runs with their figures, grouped as people compare them: what the Runs screen and `run list` show."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from rft_tui.store.graders import StoredGrader
from rft_tui.store.runs import RunGroup, StoredRun, list_runs, run_groups
from rft_tui.store.summary import ScoreSummary, summarise


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run, or a group of runs that differ only in their index, with its figures under one grader.

    `run` is None for a group's own line; `summary` is None where the grader has graded nothing of it; `parts` are the
    runs behind the line.
    """

    group: RunGroup
    run: StoredRun | None
    items: int
    done: int
    errors: int
    tokens: int
    latency_s: float | None
    summary: ScoreSummary | None
    parts: tuple[StoredRun, ...] = ()

    @property
    def missing(self) -> int:
        """Items that are asked for and have no prediction yet."""
        return sum(part.missing for part in self.parts)

    @property
    def cost(self) -> float | None:
        """What the answers cost in US dollars when they were asked; None where no price was known."""
        known = [part.cost for part in self.parts if part.cost is not None]
        return sum(known) if known else None

    @property
    def cached(self) -> int:
        """Predictions whose answer was there already."""
        return sum(part.cached for part in self.parts)

    @property
    def served_models(self) -> tuple[str, ...]:
        """Names under which the service answered, where they are not the one that was asked."""
        names = dict.fromkeys(name for part in self.parts for name in part.served_models)
        return tuple(name for name in names if name != self.group.model)

    @property
    def runs(self) -> tuple[int, ...]:
        """The runs that the line stands for."""
        return self.group.runs if self.run is None else (self.run.id,)


def run_lines(db: sqlite3.Connection, grader: StoredGrader | None) -> list[RunLine]:
    """A line for each group, followed by its runs; figures by the grader, if there is one."""
    stored = {run.id: run for run in list_runs(db)}
    lines: list[RunLine] = []
    for group in run_groups(db):
        runs = [stored[run] for run in group.runs]
        lines.append(_line(group, None, runs, _figures(db, grader, group.runs)))
        lines += [_line(group, run, [run], _figures(db, grader, [run.id])) for run in runs]
    return lines


def models_of_runs(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """(model, profile) of every model that has runs here, the newest first."""
    return db.execute("SELECT model, profile FROM run GROUP BY model ORDER BY max(id) DESC").fetchall()


def _line(group: RunGroup, run: StoredRun | None, runs: Sequence[StoredRun], summary: ScoreSummary | None) -> RunLine:
    seconds = [(one.latency_s, one.done) for one in runs if one.latency_s is not None and one.done]
    total = sum(count for _latency, count in seconds)
    return RunLine(
        group,
        run,
        sum(one.items for one in runs),
        sum(one.done for one in runs),
        sum(one.errors for one in runs),
        sum(one.output_tokens or one.reasoning_tokens for one in runs),
        sum(latency * count for latency, count in seconds) / total if total else None,
        summary,
        tuple(runs),
    )


def error_kinds(db: sqlite3.Connection, runs: Sequence[int]) -> dict[str, int]:
    """How many predictions of some runs are errors, by kind, the most frequent first."""
    rows = db.execute(
        f"SELECT error_kind, count(*) FROM prediction WHERE run IN ({','.join('?' * len(runs))})"
        " AND error_kind IS NOT NULL GROUP BY error_kind ORDER BY count(*) DESC, error_kind",
        list(runs),
    )
    return dict(rows)


@dataclass(frozen=True, slots=True)
class ErrorExample:
    """Errors of one kind in some runs: how many, and what the service said of one of them."""

    kind: str
    count: int
    message: str


def error_examples(db: sqlite3.Connection, runs: Sequence[int]) -> list[ErrorExample]:
    """The errors of some runs by kind, the most frequent first, each with one message."""
    found = []
    for kind, count in error_kinds(db, runs).items():
        marks = ",".join("?" * len(runs))
        row = db.execute(
            "SELECT answer.error_message FROM prediction JOIN answer ON answer.id = prediction.answer"
            f" WHERE prediction.run IN ({marks}) AND prediction.error_kind = ? LIMIT 1",
            [*runs, kind],
        ).fetchone()
        found.append(ErrorExample(kind, count, row[0] or ""))
    return found


def _figures(db: sqlite3.Connection, grader: StoredGrader | None, runs: Sequence[int]) -> ScoreSummary | None:
    if grader is None:
        return None
    summary = summarise(db, grader.id, grader.rule, runs)
    return summary if summary.graded else None
