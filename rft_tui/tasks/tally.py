"""The figures of grades that are not stored, the same as the store gives for those that are."""

from __future__ import annotations

from rft_tui.analysis.means import mean_of_item_means
from rft_tui.model import Band, BandEdges, Grade, ScoreRule
from rft_tui.store.summary import BINS, ScoreSummary


class Tally:
    """Counts grades one by one; `summary` may be asked for at any time. It holds one line for each item."""

    def __init__(self, rule: ScoreRule, edges: BandEdges | None = None) -> None:
        self._rule = rule
        self._edges = edges or BandEdges()
        self._items: dict[str, tuple[float, int]] = {}
        self._bands = dict.fromkeys(Band, 0)
        self._counts = [0] * BINS
        self._graded = self._scored = self._mistakes = self._ruled = self._passed = 0

    def add(self, row_id: str, grade: Grade) -> None:
        """Count the grade of a prediction for the item with this row id."""
        self._graded += 1
        if grade.passed is not None:
            self._ruled += 1
            self._passed += grade.passed
        score = grade.score
        if score is None:
            return
        rule = self._rule
        self._scored += 1
        self._mistakes += score < rule.high
        self._bands[self._edges.band(score, rule)] += 1
        span = (rule.high - rule.low) or 1.0
        place = (score - rule.low) * BINS / span
        self._counts[int(min(max(place, 0), BINS - 1))] += 1
        total, count = self._items.get(row_id, (0.0, 0))
        self._items[row_id] = (total + score, count + 1)

    def summary(self) -> ScoreSummary:
        """The figures so far."""
        rule = self._rule
        span = (rule.high - rule.low) or 1.0
        means = [total / count for total, count in self._items.values()]
        origin = means[0] if means else 0.0
        total = sum(mean - origin for mean in means)
        squares = sum((mean - origin) ** 2 for mean in means)
        return ScoreSummary(
            self._graded,
            self._scored,
            self._graded - self._scored,
            self._mistakes,
            self._passed if self._ruled else None,
            mean_of_item_means(len(means), total, squares, origin),
            dict(self._bands),
            tuple(rule.low + span * number / BINS for number in range(BINS + 1)),
            tuple(self._counts),
        )
