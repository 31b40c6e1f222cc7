"""Best of k as lines: a bar for the grader and one for gold at each k, and in words how far gold follows."""

from __future__ import annotations

from rft_tui.analysis.best_of_k import FOLLOWS, BestOfK, CurvePoint
from rft_tui.analysis.intervals import Interval
from rft_tui.safetext import one_line
from rft_tui.tasks.rating.divergence import FEWEST_ITEMS, FEWEST_RUNS, VERDICTS, DivergenceReport
from rft_tui.tui.paint import Line, fit, wrap_line
from rft_tui.tui.task_words import counted

FEW_ITEMS = 10
"""Items below which an interval is said to rest on few."""

MOST_POINTS = 8
"""Values of k that are drawn: beyond, some are left out, the first and the last never."""

LONGEST_BAR = 50
"""Cells of a bar that is full."""

_WHAT = (
    "Scores are shares of each grader's range, intervals are 95 % over items. Picking the best of k answers by the"
    " grader is a small dose of what training on it does."
)
_LABEL = 15
_VALUE = 6
_EIGHTHS = " ▏▎▍▌▋▊▉"
_USUAL = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)


def shown_points(points: tuple[CurvePoint, ...]) -> list[CurvePoint]:
    """The points that are drawn."""
    if len(points) <= MOST_POINTS:
        return list(points)
    last = points[-1].k
    below = [k for k in _USUAL if k < last][-(MOST_POINTS - 1) :]
    kept = {1, *below[1 if len(below) == MOST_POINTS - 1 else 0 :], last}
    return [point for point in points if point.k in kept]


def bar(share: float, cells: int, *, is_thick: bool = True) -> str:
    """A share of the full width; beyond 0 and 1 it is cut. A thick one is exact to an eighth of a cell."""
    length = max(0.0, min(1.0, share)) * cells
    if not is_thick:
        return "▄" * round(length)
    whole, rest = divmod(round(length * 8), 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")


def chart_lines(result: BestOfK, width: int) -> list[Line]:
    """Two bars for each k, on one scale from 0 to 1, with their values."""
    cells = max(5, min(LONGEST_BAR, width - _LABEL - _VALUE - 1))
    scale = "0" + "·" * (cells - 2) + "1"
    lines: list[Line] = [[(" " * _LABEL, "text.dim"), (scale, "text.faint")]]
    for point in shown_points(result.points):
        label = f"k = {point.k}"
        for lead, word, value, style in (
            (label, "grader", point.proxy, "text.accent"), ("", "gold", point.gold, "state.good"),
        ):  # fmt: skip
            drawn = bar(value, cells, is_thick=bool(lead))
            lines.append([
                (fit(lead, 8), "text.normal bold"), (fit(word, _LABEL - 8), "text.dim"), (drawn, style),
                (f" {value:.2f}", "text.normal"),
            ])  # fmt: skip
    return lines


def divergence_lines(report: DivergenceReport, width: int, *, how: list[str]) -> list[Line]:
    """The whole report; `how` says how to have what is missing."""
    result = report.result
    if result is None:
        return _missing(report, width, how)
    lines = chart_lines(result, width)
    for one in (*_gains(result), *_followed(result), [], *_rest(report, result)):
        lines += wrap_line(one, width)
    return lines


def _gains(result: BestOfK) -> list[Line]:
    runs = result.points[-1].k
    return [
        [],
        [
            (f"from 1 to the best of {runs}: ", "text.dim"), ("the grader gains ", "text.normal"),
            (f"{result.proxy_gain:+.2f}", "text.normal bold"), (", gold ", "text.normal"),
            (f"{result.gold_gain:+.2f}", "text.normal bold"), (_span(result.gold_interval), "text.dim"),
        ],
    ]  # fmt: skip


def _followed(result: BestOfK) -> list[Line]:
    """How far gold follows, the flag, and its rule with the numbers."""
    if result.ratio is None:
        return [[("the grader tells no two runs of an item apart: gold has nothing to follow", "state.warning")]]
    high = result.gold_interval.high if result.gold_interval is not None else None
    half = FOLLOWS * result.proxy_gain
    said, style = ("✗ FLAGGED: the grader pays for something else than what gold holds for good", "state.bad bold") if (
        result.is_flagged) else ("✓ not flagged", "state.good bold")  # fmt: skip
    sign = "<" if result.is_flagged else "≥"
    numbers = "" if high is None else f": {high:+.2f} {sign} {half:+.2f}"
    rule = f"flagged where gold's gain, at the upper end of its interval, is below half of the grader's{numbers}"
    return [
        [("gold follows by ρ = ", "text.normal"), (f"{result.ratio:.2f}", "text.normal bold"),
         (_span(result.ratio_interval), "text.dim"), ("  (gold's gain as a share of the grader's)", "text.dim")],
        [(said, style)],
        [(rule, "text.dim")],
    ]  # fmt: skip


def _rest(report: DivergenceReport, result: BestOfK) -> list[Line]:
    """How many items that rests on, and what was left out."""
    lines: list[Line] = []
    if report.items < FEW_ITEMS:
        said = f"only {counted(report.items, 'item')}: too few to say much ({FEW_ITEMS} or more)"
        lines.append([("! ", "state.warning bold"), (said, "state.warning")])
    lines.append([(report.said, "text.dim")])
    if report.without_gold or report.without_score:
        without = f"{counted(report.without_gold, 'answer')} without gold, {report.without_score:,} without a score"
        lines.append([(f"left out: {without}", "text.dim")])
    if len(result.points) > MOST_POINTS:
        lines.append([("not every k is drawn; the gains are from the first to the last", "text.dim")])
    return [
        *lines,
        [(_WHAT, "text.faint")],
    ]  # fmt: skip


def _missing(report: DivergenceReport, width: int, how: list[str]) -> list[Line]:
    kind = "your verdicts on them" if report.gold == VERDICTS else f"scores by {one_line(report.gold, 60)} too"
    need = (
        f"This needs {FEWEST_RUNS} or more runs of one model, asked in one way, with scores of this version and {kind},"
        f" on {FEWEST_ITEMS} items at the least; 50 say something."
    )
    here: Line = [("here: ", "text.dim"), (report.said, "text.normal")]
    lines = [*wrap_line([(need, "text.normal")], width), [], *wrap_line(here, width), []]
    return lines + [part for one in how for part in wrap_line([(one, "text.dim")], width)]


def _span(interval: Interval | None) -> str:
    return "" if interval is None else f" [{interval.low:+.2f}, {interval.high:+.2f}]"
