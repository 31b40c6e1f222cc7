"""The difference between two models at equal length: is a gain more than longer answers?

The difference of item means is regressed on the difference of mean log lengths: the line's value at zero is what would
be left if both answered at the same length. The idea is AlpacaEval's length control (arXiv 2404.04475), not its model.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, isfinite, sqrt

from rft_tui.analysis.item_spread import NO_SPREAD
from rft_tui.analysis.least_squares import Coefficient, fit_line, mean_of

KEPT = 0.5
"""The share of the raw gain that must be left at equal length; below, it is flagged."""

FURTHEST = 2.0
"""Standard deviations that equal length may lie from the mean change of length before it is an extrapolation."""

_LARGEST = 700.0


@dataclass(frozen=True, slots=True)
class LengthAdjusted:
    """A difference as it is, and at equal length; both of items that have a difference and lengths.

    `raw` is the mean difference with its t interval. `at_equal_length` is the line's value where lengths are equal and
    `slope` the gain per unit of log length, with HC3 errors; both None where there are fewer than 3 items or lengths
    change alike everywhere. `mean_log_length` is the mean difference of log lengths: 0.69 is twice as long.
    `extrapolation` says why the value at equal length is read outside of what was seen; "" where it is not.
    `left_out` counts the items that lack one of both.
    """

    items: int
    left_out: int
    raw: Coefficient
    at_equal_length: Coefficient | None
    slope: Coefficient | None
    mean_log_length: float
    extrapolation: str

    @property
    def is_flagged(self) -> bool:
        """Whether a gain is bought with length.

        It is when the raw gain is significant, longer answers score more, and less than half of it is left.
        """
        if self.at_equal_length is None or self.slope is None:
            return False
        gained, sloped = self.raw.interval, self.slope.interval
        is_bought = self.at_equal_length.value < KEPT * self.raw.value
        return gained is not None and gained.low > 0 and sloped is not None and sloped.low > 0 and is_bought


def length_adjusted(
    differences: Mapping[str, float], log_lengths: Mapping[str, float], clusters: Mapping[str, str] | None = None
) -> LengthAdjusted | None:
    """The difference at equal length, from each item's difference of scores and of mean log lengths (B less A).

    Items without both, or with a number that is not finite, are left out; None where none is left.
    `clusters` names the group of items that belong together; items that it does not name stand alone.
    """
    common = [
        (gain, log_lengths[item], (clusters is None or item not in clusters, (clusters or {}).get(item, item)))
        for item, gain in differences.items()
        if item in log_lengths and isfinite(gain) and isfinite(log_lengths[item])
    ]
    if not common:
        return None
    gains, changes, groups = zip(*common, strict=True)
    line, change = fit_line(changes, gains, groups), mean_of(changes)
    left_out = len(differences.keys() | log_lengths.keys()) - len(common)
    at_equal_length, slope = (line.intercept, line.slope) if line else (None, None)
    extrapolation = _extrapolation(change, len(common))
    return LengthAdjusted(
        len(common), left_out, _raw(gains, groups), at_equal_length, slope, change.value, extrapolation
    )  # fmt: skip


def _raw(gains: Sequence[float], groups: Sequence[Hashable]) -> Coefficient:
    """The mean gain; without an interval where all items gain the same."""
    found = mean_of(gains, groups)
    if found.standard_error is not None and found.standard_error <= NO_SPREAD * max(map(abs, gains)):
        return Coefficient(found.value, None, None)
    return found


def _extrapolation(change: Coefficient, items: int) -> str:
    """Why equal length was hardly seen: it lies further than `FURTHEST` standard deviations from the mean change."""
    if change.standard_error is None or not change.value:
        return ""
    spread = change.standard_error * sqrt(items)
    if abs(change.value) <= FURTHEST * spread:
        return ""
    away = f"{abs(change.value) / spread:.1f} standard deviations" if spread else "beyond every item"
    times = exp(min(abs(change.value), _LARGEST))
    how = "longer" if change.value > 0 else "shorter"
    return f"nearly all answers grew {how} (by a factor of {times:.2g}): equal length lies {away} away from the mean"
