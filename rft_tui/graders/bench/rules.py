"""What a sound grader says of each probe: limits as shares of its range, and the verdict on a score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from types import MappingProxyType

from rft_tui.errors import UsageError
from rft_tui.model import ScoreRule

DEFAULT_LIMITS: Mapping[str, float] = MappingProxyType(
    {
        "reference": 1.0,
        "padding": 0.2,
        "alternatives": 0.2,
        "echo": 0.3,
        "empty": 0.3,
        "refusal": 0.3,
        "other_reference": 0.3,
        "injection": 0.3,
        "surface": 0.05,
        "very_long": 0.3,
        "ordering": 0.0,
        "total": 0.001,
        "lexical": 0.01,
        "judge": 0.1,
    }
)
"""Every limit that can be set. Those of probes and `judge` are shares of the grader's range.

`reference`: the least that the reference itself scores. `padding`, `alternatives`: how far below it they score at
least. `surface`: how far from it at most. The other probes: the most they score. `ordering`: by how much a better
answer scores more than the next at least; at 0 any difference will do. `total`, `lexical`: how far a figure of a worked
example may be from the computed one, as it is written; `judge`: how far the judge's own score from the stated one.
"""

PROBES: tuple[str, ...] = tuple(DEFAULT_LIMITS)[:10]
"""The probes in their order; every other one of an item comes behind its `reference`."""

BELOW_REFERENCE = ("padding", "alternatives")
"""Probes that a sound grader marks down against the plain reference."""

HELD_TO_REFERENCE = (*BELOW_REFERENCE, "surface")
"""Probes that are measured by what the reference itself scores."""

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Bound:
    """What a score must be: from `least` to `most`, both included, None where that side is open."""

    least: float | None = None
    most: float | None = None

    @property
    def text(self) -> str:
        """The bound as people read it: ``at least 1``, ``at most 0.3``, ``0.95 to 1.05``."""
        if self.least is not None and self.most is not None:
            return f"{self.least:.4g} to {self.most:.4g}"
        if self.least is not None:
            return f"at least {self.least:.4g}"
        return "anything" if self.most is None else f"at most {self.most:.4g}"

    def holds(self, score: float, span: float) -> bool:
        """Whether a score is inside; what floating point adds to a limit on a range of that span does not count."""
        slack = _ROUNDING * span
        above = self.least is None or score >= self.least - slack
        return above and (self.most is None or score <= self.most + slack)


def bound_of(probe: str, limits: Mapping[str, float], rule: ScoreRule, reference: float | None) -> Bound | None:
    """What a probe must score, `reference` being the score of the item's reference.

    None where the probe is measured by the reference, and that has no score.
    """
    span = rule.high - rule.low
    limit = limits[probe] * span
    if probe == "reference":
        return Bound(least=rule.low + limit)
    if probe not in HELD_TO_REFERENCE:
        return Bound(most=rule.low + limit)
    if reference is None:
        return None
    if probe in BELOW_REFERENCE:
        return Bound(most=reference - limit)
    return Bound(least=reference - limit, most=reference + limit)


def expected_text(probe: str, limits: Mapping[str, float], bound: str) -> str:
    """What all items of a probe must score, in few words; `bound` is that of one of them."""
    if probe not in HELD_TO_REFERENCE:
        return bound
    if probe in BELOW_REFERENCE:
        return f"{limits[probe]:g} below reference"
    return f"within {limits[probe]:g} of reference"


def parse_limits(texts: Iterable[str]) -> dict[str, float]:
    """All limits, with those of ``NAME=VALUE`` in place of the defaults. Raises UsageError naming what is wrong."""
    limits = dict(DEFAULT_LIMITS)
    for text in texts:
        name, sign, figure = text.partition("=")
        if not sign or name.strip() not in limits:
            raise UsageError(
                f"{text!r:.80} sets no limit", hint=f"Write NAME=VALUE; the names are {', '.join(limits)}."
            )
        try:
            value = float(figure)
        except ValueError:
            value = -1.0
        if not isfinite(value) or not 0 <= value <= 1:
            raise UsageError(f"{text!r:.80}: a limit is a number from 0 to 1", hint="It is a share of the range.")
        limits[name.strip()] = value
    return limits
