"""What a second rater and gold say of a grader: as the document's keys, and as sections for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rft_tui.cli import text
from rft_tui.cli.text import Column, counted, table
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line

if TYPE_CHECKING:
    from rft_tui.analysis.intervals import Interval
    from rft_tui.analysis.ranking import Ranking
    from rft_tui.cli.grader_bench_rater import SecondLook
    from rft_tui.store.scored_answers import ScoredAnswer
    from rft_tui.tasks.rating.divergence import DivergenceReport
    from rft_tui.tasks.rating.report import RatingReport

SHOWN_WRONG = 5
"""Wrongly ordered pairs that are shown."""

FEW_ITEMS = 10
"""Items below which an interval is said to rest on few."""

_TEXT = 50
_REASON = 140
_KEPT = 1_000


def second_json(look: SecondLook) -> JsonObject:
    """The keys ``second_rater`` and ``divergence``; each null with a reason beside it where there is nothing."""
    made: JsonObject = {
        "second_rater": None if look.rating is None else _rating_json(look.rating),
        "divergence": None if look.divergence is None else _divergence_json(look.divergence),
    }
    if look.rating is None:
        made["second_rater_reason"] = look.rating_reason
    if look.divergence is None:
        made["divergence_reason"] = look.divergence_reason
    simulated = any(one is not None and one.simulated for one in (look.rating, look.divergence))
    return made | ({"simulated": True} if simulated else {})


def second_lines(look: SecondLook, *, is_asked: bool, show_all: bool = False) -> list[str]:
    """Both as lines; what was not asked for and is not there is not mentioned."""
    lines: list[str] = []
    if look.rating is not None:
        lines += ["", *_rating_lines(look.rating, show_all=show_all)]
    elif is_asked:
        lines += ["", f"second rater: {look.rating_reason}"]
    if look.divergence is not None:
        lines += ["", *_divergence_lines(look.divergence)]
    elif look.is_told:
        lines += ["", f"best of k: {look.divergence_reason}"]
    return lines


def _rating_json(report: RatingReport) -> JsonObject:
    asking = report.asking
    made: JsonObject = {
        "rater": report.rater,
        "is_a_model": True,
        "served_models": list(asking.models),
        "pairs": len(report.rated),
        "items": report.items,
        "ranking": _ranking_json(report.ranking),
        "ties": report.ties,
        "swapped": report.swapped,
        "position_consistency": report.consistency,
        "first_place": report.first_place,
        "errors": asking.errors,
        "not_asked": asking.unasked,
        "asked": asking.asked,
        "cached": asking.cached,
        "cost": asking.cost,
        "stopped": asking.stopped or None,
        "wrong": [
            {
                "item": one.pair.asked.row_id,
                "better": _answer_json(one.better_and_worse[0]),
                "worse": _answer_json(one.better_and_worse[1]),
                "reason": one.rating.reason,
            }
            for one in report.wrong
        ],
        "person": None
        if report.person is None
        else {"rater": _ranking_json(report.person.rater), "grader": _ranking_json(report.person.grader)},
    }
    return made | ({"simulated": True} if report.simulated else {})


def _ranking_json(ranking: Ranking) -> JsonObject:
    return {
        "accuracy": ranking.accuracy,
        "ci": _interval_json(ranking.interval),
        "pairs": ranking.pairs,
        "items": ranking.items,
        "ties": ranking.ties,
    }


def _answer_json(answer: ScoredAnswer) -> JsonObject:
    return {
        "prediction": answer.prediction,
        "run": answer.run,
        "score": answer.score,
        "answer": one_line(answer.text, _KEPT),
    }


def _interval_json(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.low, interval.high]


def _divergence_json(report: DivergenceReport) -> JsonObject:
    result = report.result
    assert result is not None  # a report without one is given as its reason
    made: JsonObject = {
        "gold": report.gold,
        "items": report.items,
        "points": [
            {"k": point.k, "kl": point.divergence, "proxy": point.proxy, "gold": point.gold} for point in result.points
        ],
        "proxy_gain": result.proxy_gain,
        "gold_gain": result.gold_gain,
        "gold_gain_ci": _interval_json(result.gold_interval),
        "ratio": result.ratio,
        "ratio_ci": _interval_json(result.ratio_interval),
        "flagged": result.is_flagged,
        "left_out": {
            "items_with_little_gold": report.few_gold,
            "items_with_few_runs": report.few_runs,
            "answers_without_gold": report.without_gold,
            "answers_without_score": report.without_score,
        },
    }
    return made | ({"simulated": True} if report.simulated else {})


def _rating_lines(report: RatingReport, *, show_all: bool) -> Iterator[str]:
    mark = "  SIMULATED" if report.simulated else ""
    ranking, asking = report.ranking, report.asking
    yield f"Second rater {one_line(report.rater, _TEXT)} (a model, not a person){mark}"
    if ranking.accuracy is None:
        yield "  it holds neither answer of any pair for better"
    else:
        alike = f", {ranking.ties:,} scored alike count half" if ranking.ties else ""
        yield (
            f"  the grader orders {_accuracy(ranking)} of {counted(ranking.pairs, 'pair')} as the rater does"
            f" ({counted(ranking.items, 'item')}{alike})"
        )
    if report.rated:
        first = "" if report.first_place is None else f"; {report.first_place:.0%} of preferences for the first place"
        yield (
            f"  of {counted(len(report.rated), 'pair')}: {report.ties:,} called the same, {report.swapped:,} judged"
            f" otherwise when turned and counted as the same{first}"
        )
    if report.person is not None:
        of_rater, of_grader = report.person.rater, report.person.grader
        yield (
            f"  where the person tells two answers apart ({counted(of_rater.pairs, 'pair')}): the rater agrees on"
            f" {_accuracy(of_rater)}, the grader on {_accuracy(of_grader)}"
        )
    for kind, count in asking.errors.items():
        yield f"  {counted(count, 'pair')} without an answer: {kind}"
    if asking.unasked:
        why = f": {one_line(asking.stopped, _REASON)}" if asking.stopped else ""
        yield f"  {counted(asking.unasked, 'pair')} not asked{why}"
    cost = "unknown price" if asking.cost is None else text.money(asking.cost)
    yield f"  {counted(asking.asked, 'question')} asked, {asking.cached:,} answers kept from before, {cost}"
    shown = report.wrong if show_all else report.wrong[:SHOWN_WRONG]
    for one in shown:
        better, worse = one.better_and_worse
        yield (
            f"  wrong order, {one.pair.asked.row_id[:8]}: {text.score(better.score)} {one_line(better.text, _TEXT)}"
            f" | should be above | {text.score(worse.score)} {one_line(worse.text, _TEXT)}"
        )
        if one.rating.reason:
            yield f"    {one_line(one.rating.reason, _REASON)}"
    if len(report.wrong) > len(shown):
        yield f"  and {len(report.wrong) - len(shown):,} more in the wrong order"


def _divergence_lines(report: DivergenceReport) -> Iterator[str]:
    result = report.result
    assert result is not None  # a report without one is given as its reason
    mark = "  SIMULATED" if report.simulated else ""
    yield f"Best of k by the grader, gold is {one_line(report.gold, _TEXT)}{mark}"
    columns = (
        Column("  k", right=True),
        Column("KL", right=True),
        Column("grader", right=True),
        Column("gold", right=True),
    )
    rows = [
        (point.k, f"{point.divergence:.3f}", text.score(point.proxy), text.score(point.gold)) for point in result.points
    ]
    yield from table(columns, rows)
    gold = f"{result.gold_gain:+.3f}{_span(result.gold_interval)}"
    yield f"  the grader gains {result.proxy_gain:+.3f}, gold {gold}"
    if result.ratio is None:
        yield "  the grader tells no two runs of an item apart"
    else:
        said = "FLAGGED: it pays for something else" if result.is_flagged else "not flagged"
        yield f"  gold follows by {result.ratio:.2f}{_span(result.ratio_interval, 2)}: {said}"
    few = f" ({FEW_ITEMS} or more would say more)" if report.items < FEW_ITEMS else ""
    yield f"  {report.said}{few}"
    if report.without_gold or report.without_score:
        without = f"{counted(report.without_gold, 'answer')} without gold, {report.without_score:,} without a score"
        yield f"  left out: {without}"


def _accuracy(ranking: Ranking) -> str:
    interval = ranking.interval
    span = "" if interval is None else f" [{interval.low:.0%}, {interval.high:.0%}]"
    return f"{text.share(ranking.accuracy)}{span}"


def _span(interval: Interval | None, digits: int = 3) -> str:
    return "" if interval is None else f" [{interval.low:.{digits}f}, {interval.high:.{digits}f}]"
