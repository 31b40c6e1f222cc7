"""Figures over many grades: mean of item means with its standard error, bands, histogram, pass rate.

One pass in SQL each; formulas as in `rft_tui.analysis.means`, fed with sums.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rft_tui.analysis.means import MeanEstimate, mean_of_item_means
from rft_tui.model import Band, BandEdges, ScoreRule
from rft_tui.store.grades import runs_clause

BINS = 10
"""Bins of the histogram over the grader's range."""


@dataclass(frozen=True, slots=True)
class ScoreSummary:
    """What one grader version says of some runs.

    `counts` are the histogram's, one for each of BINS equal bins over the range (`edges` are BINS + 1); scores outside
    the range count in the outer bins. `passed` counts grades the grader itself calls passed, None where it has no rule.
    """

    graded: int
    scored: int
    errors: int
    mistakes: int
    passed: int | None
    mean: MeanEstimate
    bands: dict[Band, int] = field(default_factory=dict)
    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()

    @property
    def pass_rate(self) -> float | None:
        """Share of the scored grades that passed by the grader's own rule."""
        return self.passed / self.scored if self.passed is not None and self.scored else None

    def as_json(self) -> dict[str, Any]:
        """The keys that every command with scores gives."""
        return {
            "bands": {band.value: self.bands[band] for band in Band},
            "histogram": {"edges": list(self.edges), "counts": list(self.counts)},
        }


def summarise(
    db: sqlite3.Connection,
    grader: int,
    rule: ScoreRule,
    runs: Sequence[int] | None = None,
    edges: BandEdges | None = None,
) -> ScoreSummary:
    """Figures of one version over the runs (None: all)."""
    edges = edges or BandEdges()
    where, values = runs_clause("run", runs)
    span = (rule.high - rule.low) or 1.0
    formatting, partial = rule.low + edges.formatting * span, rule.low + edges.partial * span
    totals = db.execute(
        "SELECT count(*), count(score), count(passed), ifnull(sum(passed), 0), ifnull(sum(score < ?), 0),"
        " ifnull(sum(score >= ?), 0), ifnull(sum(score >= ? AND score < ?), 0),"
        " ifnull(sum(score >= ? AND score < ?), 0), ifnull(sum(score < ?), 0)"
        f" FROM grade WHERE grader = ?{where}",
        [rule.high, rule.high, formatting, rule.high, partial, formatting, partial, grader, *values],
    ).fetchone()
    graded, scored, ruled, passed, mistakes = totals[:5]
    bins = tuple(rule.low + span * number / BINS for number in range(BINS + 1))
    counts = [0] * BINS
    for number, count in db.execute(
        f"SELECT {' + '.join(['(score >= ?)'] * (BINS - 1))} AS bin, count(*)"
        f" FROM grade WHERE grader = ? AND score IS NOT NULL{where} GROUP BY bin",
        [*bins[1:-1], grader, *values],
    ):
        counts[number] = count
    return ScoreSummary(
        graded,
        scored,
        graded - scored,
        mistakes,
        passed if ruled else None,
        _item_mean(db, grader, where, values),
        dict(zip((Band.FULL, Band.FORMATTING, Band.PARTIAL, Band.OFF_BASE), totals[5:], strict=True)),
        bins,
        tuple(counts),
    )


def _item_mean(db: sqlite3.Connection, grader: int, where: str, values: list[int]) -> MeanEstimate:
    """Mean of the item means; the sums are taken around a first value so that no digits are lost."""
    means = f"(SELECT avg(score) - ? AS mean FROM grade WHERE grader = ? AND score IS NOT NULL{where} GROUP BY item)"
    first = db.execute(
        f"SELECT avg(score) FROM (SELECT score FROM grade WHERE grader = ? AND score IS NOT NULL{where} LIMIT 1000)",
        [grader, *values],
    ).fetchone()[0]
    origin = first or 0.0
    items, total, squares = db.execute(
        f"SELECT count(*), ifnull(sum(mean), 0), ifnull(sum(mean * mean), 0) FROM {means}", [origin, grader, *values]
    ).fetchone()
    return mean_of_item_means(items, total, squares, origin)
