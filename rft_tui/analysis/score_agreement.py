"""How a judge's scores stand to a person's: bias and its limits, error, calibration, and pay for length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import fsum, isfinite, log, sqrt

from rft_tui.analysis.intervals import Interval
from rft_tui.analysis.least_squares import Coefficient, Line, fit_line, mean_of
from rft_tui.analysis.rank_correlation import kendall_tau_b, spearman

LIMITS = 1.96
"""Standard deviations around the mean bias that hold about 95 % of single answers (Bland & Altman 1986)."""

BINS = 10
"""Bins of the judge's score in a calibration."""


@dataclass(frozen=True, slots=True)
class ScorePair:
    """The scores of one answer, both as shares of their range; `length` in whatever unit, None where unknown."""

    item: str
    judge: float
    person: float
    length: float | None = None


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """The answers whose judge score lies from `low` to below `high` (the last bin has its end), and both means."""

    low: float
    high: float
    answers: int
    judge: float
    person: float


@dataclass(frozen=True, slots=True)
class ScoreAgreement:
    """All figures of a judge's scores against a person's.

    `bias` is judge less person with its t interval over items, `limits` are bias ± 1.96 s of single answers (None with
    one answer), `by_length` is the line of bias over log length: a slope above 0 says that the judge overpays for
    length.
    """

    answers: int
    items: int
    bias: Coefficient
    limits: Interval | None
    mean_absolute_error: float
    spearman: float | None
    kendall: float | None
    bins: tuple[CalibrationBin, ...]
    by_length: Line | None


def score_agreement(pairs: Iterable[ScorePair], bins: int = BINS) -> ScoreAgreement | None:
    """All figures; None without a pair. Bins without an answer are left out, and so are scores that are not finite."""
    every = [pair for pair in pairs if isfinite(pair.judge) and isfinite(pair.person)]
    if not every:
        return None
    biases = [pair.judge - pair.person for pair in every]
    by_item: dict[str, list[float]] = {}
    for pair, bias in zip(every, biases, strict=True):
        by_item.setdefault(pair.item, []).append(bias)
    judge, person = [pair.judge for pair in every], [pair.person for pair in every]
    long = [
        (log(pair.length), bias) for pair, bias in zip(every, biases, strict=True) if pair.length and pair.length > 0
    ]
    return ScoreAgreement(
        len(every),
        len(by_item),
        mean_of([fsum(of_item) / len(of_item) for of_item in by_item.values()]),
        _limits(biases),
        fsum(map(abs, biases)) / len(every),
        spearman(judge, person),
        kendall_tau_b(judge, person),
        _calibration(every, bins),
        fit_line([length for length, _bias in long], [bias for _length, bias in long]),
    )


def _limits(biases: list[float]) -> Interval | None:
    if len(biases) < 2:
        return None
    middle = fsum(biases) / len(biases)
    spread = sqrt(fsum((bias - middle) ** 2 for bias in biases) / (len(biases) - 1))
    return Interval(middle - LIMITS * spread, middle + LIMITS * spread)


def _calibration(pairs: list[ScorePair], bins: int) -> tuple[CalibrationBin, ...]:
    """Scores outside of 0 to 1 count with the bin at their end."""
    within: dict[int, list[ScorePair]] = {}
    for pair in pairs:
        within.setdefault(min(bins - 1, max(0, int(pair.judge * bins))), []).append(pair)
    return tuple(
        CalibrationBin(
            place / bins, (place + 1) / bins, len(held),
            fsum(pair.judge for pair in held) / len(held), fsum(pair.person for pair in held) / len(held),
        )
        for place, held in sorted(within.items())
    )  # fmt: skip
