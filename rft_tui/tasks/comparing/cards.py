"""Cards: what stands behind a number of a comparison."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rft_tui.analysis.detectable import effect_words

if TYPE_CHECKING:
    from rft_tui.analysis.intervals import Interval
    from rft_tui.analysis.model_mean import ModelMean
    from rft_tui.tasks.comparing.comparison import Comparison, OperandFigures, PairFigures

SEEDED = "seed from a hash of the data: the same data give the same digits"

METHODS = {
    "t": "mean of item means, 95 % t interval over items",
    "wilson": "mean of item means; near an end of the range Wilson's interval with the effective number of items",
    "clusters": "mean of item means, 95 % t interval over groups of items",
    "one-sided": "mean of item means; all items are alike, so a one-sided bound",
}
"""How an interval of a mean was made, in words."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a number is: its `key` in the comparison, a title, its value in words, and lines of (name, text).

    The names are ``items``, ``runs``, ``grader``, ``prompt``, ``effort``, ``model``, ``method``, ``source``, ``seed``,
    and ``note`` as often as there is something to be said.
    """

    key: str
    title: str
    value: str
    lines: tuple[tuple[str, str], ...]


def cards(comparison: Comparison) -> dict[str, Card]:
    """A card for every number, by its key.

    Keys of an operand's numbers are ``operands.PLACE.NAME`` with the names ``mean``, ``run_noise``, ``bands``,
    ``histogram``, ``pass_rate``, ``pass_at``, ``pass_all``, ``best_of``, ``learnable``, ``agreement``, ``lengths``,
    ``reasoning``, ``errors``, ``cost``; those of a pair's ``pairs.PLACE.NAME`` with ``difference``, ``p_t``,
    ``p_sign_flip``, ``wins``, ``detectable``, ``mcnemar``, ``length_adjusted``, ``regressions``. PLACE counts from 0.
    A number that there is none of has no card.
    """
    found = {}
    for place, figures in enumerate(comparison.operands):
        for name, title, value, method, source in _of_operand(figures):
            key = f"operands.{place}.{name}"
            lines = _behind(comparison, (figures,), method, source, seeded=name in _SEEDED)
            found[key] = Card(key, f"{title} · {figures.label}", value, (*lines, *_notes(comparison, (place,))))
    for place, pair in enumerate(comparison.pairs):
        both = (comparison.operands[pair.first], comparison.operands[pair.second])
        for name, title, value, method, source in _of_pair(pair, len(comparison.pairs)):
            key = f"pairs.{place}.{name}"
            lines = _behind(comparison, both, method, source, seeded=name in _SEEDED)
            notes = _notes(comparison, (pair.first, pair.second))
            found[key] = Card(key, f"{title} · {both[1].label} − {both[0].label}", value, (*lines, *notes))
    return found


_SEEDED = frozenset({"pass_at", "pass_all", "best_of", "agreement", "p_sign_flip"})


def _of_operand(one: OperandFigures) -> Iterator[tuple[str, str, str, str, str]]:
    """(name, title, value, method, source) of each number of an operand."""
    if one.mean is not None:
        yield "mean", "mean", mean_words(one.mean), METHODS[one.mean.method], "Miller, arXiv 2411.00640"
        if one.mean.run_noise is not None:
            said = f"± {one.mean.run_noise:.4f}; spread of runs {one.mean.run_spread or 0.0:.4f} (no error bar)"
            method = "standard error if these same items ran again: sqrt(mean variance within items / (runs · items))"
            yield "run_noise", "run noise", said, method, "Miller, arXiv 2411.00640"
        share = one.mean.error_share
        said = f"{one.mean.errors:,} of all runs of items ({share:.1%})"
        method = "excluded from the mean; its bounds count each as the lowest and as the highest score"
        yield "errors", "errors", said, method, "never a score of 0"
    said = ", ".join(f"{count:,} {band.value.replace('_', '-')}" for band, count in one.bands.items())
    yield (
        "bands",
        "bands",
        said,
        "predictions by score; edges belong to the band above",
        "full, ≥ .8, ≥ .3 of the range",
    )
    said = " ".join(map(str, one.histogram.counts))
    yield "histogram", "histogram", said, "predictions in ten bins over the range, the same for all", "counts"
    if one.pass_rate is not None:
        yield "pass_rate", "pass rate", f"{one.pass_rate:.1%}", "share of graded predictions that passed", "the grader"
    yield from _of_runs(one)
    for name, title, spread in (
        ("lengths", "characters", one.lengths),
        ("reasoning", "reasoning tokens", one.reasoning),
    ):
        if spread.mean is not None:
            said = f"mean {spread.mean:,.0f}, median {spread.median or 0:,.0f} ({spread.known:,} predictions)"
            yield (
                name,
                title,
                said,
                "over predictions with a score",
                "as the service counted" if name == "reasoning" else "",
            )
    if one.cost is not None:
        method = "sum over all predictions of the runs, when they were asked"
        yield "cost", "cost", f"${one.cost:,.4f}", method, "price table of that time"


def _of_runs(one: OperandFigures) -> Iterator[tuple[str, str, str, str, str]]:
    if one.several is None:
        return
    own = "the grader's own threshold" if one.own_threshold else "half the range, our default"
    passes = f"a run passes from {one.threshold:g} ({own}); interval by bootstrap over items (BCa)"
    tries = one.several.tries
    said = ", ".join(f"k={each.k} {each.any_passes:.3f}" for each in tries)
    yield "pass_at", "pass@k", said, f"one of k runs passes: 1 − C(n−c,k)/C(n,k); {passes}", "arXiv 2107.03374"
    said = ", ".join(f"k={each.k} {each.all_pass:.3f}" for each in tries)
    yield "pass_all", "pass^k", said, f"all k runs pass: C(c,k)/C(n,k); {passes}", "arXiv 2406.12045"
    said = ", ".join(f"k={each.k} {each.best:.3f}" for each in tries)
    method = "expected best score of k runs: Σ C(i−1,k−1) x(i) / C(n,k); interval by bootstrap over items (BCa)"
    yield "best_of", "best of k", said, method, "order statistics"
    if one.several.learnable is not None:
        said = f"{one.several.learnable:.1%} ({one.several.sometimes:,} of {one.several.repeated:,} items)"
        method = "items where some runs pass and some do not: only they give a group-relative learner a signal"
        yield "learnable", "learnable share", said, f"{method}; {passes}", "Wilson's interval"
    if one.several.agreement is not None:
        method = "share of pairs of runs of an item that both pass or both fail"
        yield "agreement", "agreement of runs", f"{one.several.agreement:.1%}", f"{method}; {passes}", ""


def _of_pair(pair: PairFigures, pairs: int) -> Iterator[tuple[str, str, str, str, str]]:
    """(name, title, value, method, source) of each number of a pair."""
    paired = pair.paired
    miller = "Miller, arXiv 2411.00640"
    said = f"{paired.difference:+.4f}{_interval(paired.interval)}"
    yield "difference", "paired difference", said, "mean of the items' differences, 95 % t interval", miller
    if paired.p_t is not None:
        said = f"{_p(paired.p_t)}" + ("" if pair.p_adjusted is None or pairs < 2 else f"; Holm {_p(pair.p_adjusted)}")
        method = f"t test of the items' differences; Holm over {pairs} comparisons" if pairs > 1 else "t test"
        yield "p_t", "p t", said, method, miller
    if pair.sign_flip is not None:
        flips = "all signs" if pair.sign_flip.exact else f"{pair.sign_flip.resamples:,} draws of signs"
        yield (
            "p_sign_flip",
            "p flip",
            f"{_p(pair.sign_flip.p)}",
            f"permutation test by {flips}",
            "exact to 16 items",
        )
    said = f"{paired.wins:,} wins, {paired.ties:,} ties, {paired.losses:,} losses"
    yield "wins", "wins, ties, losses", said, f"items; a tie differs by at most {paired.tie:.3g}", ""
    if paired.smallest_detectable is not None:
        said = effect_words(paired.smallest_detectable) + "".join(f"; {fix.words}" for fix in pair.fixes)
        runs = "σ²/N of the differences" if paired.is_shared else "σ²/N of both"
        method = f"2.8 · sqrt((ω² + {runs}) / M): what α .05 finds with power .80"
        yield "detectable", "smallest detectable difference", said, method, miller
    if paired.mcnemar_p is not None:
        yield "mcnemar", "p McNemar", f"{_p(paired.mcnemar_p)}", "exact, items that only one passed", "McNemar 1947"
    adjusted = pair.length_adjusted
    if adjusted is not None and adjusted.at_equal_length is not None:
        said = f"{adjusted.at_equal_length.value:+.4f}{_interval(adjusted.at_equal_length.interval)}"
        method = "differences regressed on differences of log characters, value at equal length, HC3 errors"
        yield "length_adjusted", "difference at equal length", said, method, "idea of arXiv 2404.04475"
    said = f"{len(pair.regressions):,} regressions, {len(pair.improvements):,} improvements"
    yield "regressions", "changes", said, f"items that differ by more than {paired.tie:.3g}", ""


def mean_words(mean: ModelMean) -> str:
    """A mean with its standard error and interval."""
    error = "" if mean.standard_error is None else f" ± {mean.standard_error:.4f}"
    return f"{mean.mean:.4f}{error}{_interval(mean.clipped)}"


def _interval(interval: Interval | None) -> str:
    return "" if interval is None else f" [{interval.low:.4f}, {interval.high:.4f}]"


def _behind(
    comparison: Comparison, figures: tuple[OperandFigures, ...], method: str, source: str, *, seeded: bool
) -> Iterator[tuple[str, str]]:
    """The lines that every card has: items, runs, grader version, prompt, effort, model, method."""
    left_out = max((one.count for one in comparison.left_out), default=0)
    yield "items", f"{len(comparison.items):,} in common" + (f", {left_out:,} left out" if left_out else "")
    operands = [one.operand for one in figures]
    yield "runs", "; ".join(_runs(one) for one in figures)
    yield "grader", _joined(f"{one.grader.name}@{one.grader.version[:8]}" for one in operands)
    yield "prompt", _joined(", ".join(one.prompts) for one in operands)
    yield "effort", _joined(", ".join(effort or "default" for effort in one.efforts) for one in operands)
    yield "model", _joined(_models(one) for one in figures)
    if comparison.cluster:
        method = f"{method}; items go together by {comparison.cluster}"
    yield "method", method
    if source:
        yield "source", source
    if seeded:
        yield "seed", SEEDED


def _runs(one: OperandFigures) -> str:
    ids = ", ".join(map(str, one.operand.run_ids[:20])) + (" …" if len(one.operand.run_ids) > 20 else "")
    return f"{one.runs} ({'run' if len(one.operand.run_ids) == 1 else 'runs'} {ids})"


def _models(one: OperandFigures) -> str:
    served = [name for name in one.operand.served_models if name not in one.operand.models]
    return ", ".join(one.operand.models) + (f" (answered as {', '.join(served)})" if served else "")


def _joined(texts: Iterator[str]) -> str:
    return "; ".join(dict.fromkeys(texts))


def _notes(comparison: Comparison, places: tuple[int, ...]) -> list[tuple[str, str]]:
    return [("note", note.text) for note in comparison.notes if note.operand is None or note.operand in places]


def _p(value: float) -> str:
    """A p value to four decimals, never 0."""
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"
