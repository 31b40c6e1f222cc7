"""The mean on the human scale from few labels and many judge scores: PPI++, and Rogan–Gladen for two labels.

PPI++ (arXiv 2301.09633, 2311.01453): what the judge says of the answers without a label, put right by how it errs on
those with one. Rogan & Gladen 1978: a share of passes put right by known error rates (variance: arXiv 2511.21140).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from statistics import NormalDist

from rft_tui.analysis.intervals import LEVEL, Interval
from rft_tui.analysis.least_squares import Coefficient
from rft_tui.analysis.student_t import t_quantile

FEW_LABELS = 50
"""Labels below which t with n - 1 degrees of freedom stands for 1.96."""

LEAST_INFORMATIVE = 1.2
"""Sensitivity and specificity must add up to more, or the judge says too little for a correction."""


@dataclass(frozen=True, slots=True)
class CorrectedMean:
    """Three estimates of one mean: with the correction, from the labels alone, and what the judge alone would say.

    `weight` is how far the judge is trusted (λ, 0 to 1).
    """

    labels: int
    unlabelled: int
    weight: float
    corrected: Coefficient
    labels_only: Coefficient
    judge_only: Coefficient


@dataclass(frozen=True, slots=True)
class CorrectedShare:
    """A share of passes put right; `share` lies within 0 to 1, and so does the interval."""

    judged: float
    share: float
    standard_error: float
    interval: Interval


def corrected_mean(
    labels: Sequence[float],
    judged: Sequence[float],
    unlabelled: Sequence[float],
    *,
    weight: float | None = None,
    items: tuple[Sequence[str], Sequence[str]] | None = None,
) -> CorrectedMean | None:
    """PPI++ from labels, the judge's scores of the same answers, and its scores of answers without a label.

    θ = λ mean(unlabelled) + mean(y - λ f), Var = λ² Var(f) / N + Var(y - λ f) / n; λ is the best one, clipped to
    [0, 1], unless `weight` gives it. `items` names the item of each labelled and of each unlabelled answer: the answers
    to one item are one draw, so that errors come from the items' sums (the clustered variance of Miller, arXiv
    2411.00640). None for fewer than 2 labels, or 2 labelled items, or 2 scores without; ValueError where labels and
    judged have different lengths.
    """
    if len(labels) != len(judged):
        raise ValueError("every label needs the judge's score of the same answer")
    count, others = len(labels), len(unlabelled)
    if count < 2 or others < 2:
        return None
    trust = _best_weight(labels, judged, unlabelled) if weight is None else weight
    rest = [label - trust * score for label, score in zip(labels, judged, strict=True)]
    mine, theirs = items or ([f"label {place}" for place in range(count)], [f"{place}" for place in range(others)])
    if len(set(mine)) < 2:
        return None
    every, all_items = [*judged, *unlabelled], [*mine, *theirs]
    shared = [trust * score for score in unlabelled]
    return CorrectedMean(
        count, others, trust,
        _estimate(trust * _mean(unlabelled) + _mean(rest), _error((rest, mine), (shared, theirs)), len(set(mine))),
        _estimate(_mean(labels), _error((labels, mine)), len(set(mine))),
        _estimate(_mean(every), _error((every, all_items)), len(set(all_items))),
    )  # fmt: skip


def corrected_share(
    passed: float, count: int, sensitivity: float, positives: int, specificity: float, negatives: int
) -> CorrectedShare | None:
    """Rogan–Gladen: (p + q0 - 1) / (q0 + q1 - 1), with delta-method variance, from the judge's share of passes.

    `sensitivity` (q1) was measured on `positives` right answers and `specificity` (q0) on `negatives` wrong ones. None
    where q0 + q1 <= `LEAST_INFORMATIVE`; ValueError for shares outside 0 to 1 and counts below 1.
    """
    if not all(0 <= share <= 1 for share in (passed, sensitivity, specificity)):
        raise ValueError("shares lie within 0 to 1")
    if min(count, positives, negatives) < 1:
        raise ValueError("shares need one answer or more")
    if sensitivity + specificity <= LEAST_INFORMATIVE:
        return None
    power = sensitivity + specificity - 1
    share = (passed + specificity - 1) / power
    variance = (
        passed * (1 - passed) / count
        + share**2 * sensitivity * (1 - sensitivity) / positives
        + (1 - share) ** 2 * specificity * (1 - specificity) / negatives
    ) / power**2
    half = NormalDist().inv_cdf((1 + LEVEL) / 2) * sqrt(variance)
    low, middle, high = (min(1.0, max(0.0, value)) for value in (share - half, share, share + half))
    return CorrectedShare(passed, middle, sqrt(variance), Interval(low, high))


def _best_weight(labels: Sequence[float], judged: Sequence[float], unlabelled: Sequence[float]) -> float:
    """λ with the least variance, Cov(y, f) / ((1 + n / N) Var f), with Var f of all answers; clipped to [0, 1]."""
    spread = _variance([*judged, *unlabelled])
    if not spread:
        return 0.0
    mine, theirs = _mean(labels), _mean(judged)
    together = fsum((y - mine) * (f - theirs) for y, f in zip(labels, judged, strict=True)) / (len(labels) - 1)
    return min(1.0, max(0.0, together / ((1 + len(labels) / len(unlabelled)) * spread)))


def _error(*parts: tuple[Sequence[float], Sequence[str]]) -> float:
    """The standard error of a sum of means, each of values with the items that they belong to."""
    sums: dict[str, float] = {}
    for values, items in parts:
        middle, groups = _mean(values), len(set(items))
        scale = sqrt(groups / (groups - 1)) / len(values) if groups > 1 else 0.0
        for value, item in zip(values, items, strict=True):
            sums[item] = sums.get(item, 0.0) + (value - middle) * scale
    return sqrt(fsum(one * one for one in sums.values()))


def _estimate(value: float, error: float, count: int) -> Coefficient:
    side = (1 + LEVEL) / 2
    half = error * (t_quantile(side, count - 1) if count < FEW_LABELS else NormalDist().inv_cdf(side))
    return Coefficient(value, error, Interval(value - half, value + half))


def _mean(values: Sequence[float]) -> float:
    return fsum(values) / len(values)


def _variance(values: Sequence[float]) -> float:
    middle = _mean(values)
    return fsum((value - middle) ** 2 for value in values) / (len(values) - 1)
