"""What a probe set says of an edit in figures: spans for the lines under it."""

from __future__ import annotations

from rft_tui.tasks.retesting.figures import RetestSummary
from rft_tui.tasks.retesting.orders import OrderFigures
from rft_tui.tui.paint import Line, line_length
from rft_tui.tui.task_words import counted


def shown_figure(value: float | None) -> str:
    """A mean or a rate in few cells."""
    return "–" if value is None else f"{value:.2f}".replace("0.", ".", 1)


def figures_of(summary: RetestSummary) -> list[Line]:
    """The figures of a retest, each on its own; errors alone where nothing has a score."""
    if not summary.scored and summary.errors:
        return errors_of(summary)
    mean: Line = [("mean ", "text.dim")]
    if summary.mean_before is not None:
        mean.append((f"{shown_figure(summary.mean_before)} → ", "text.normal"))
    mean.append((shown_figure(summary.mean_after), "text.normal bold"))
    passed: Line = [("pass ", "text.dim")]
    if summary.passed_before is not None:
        of = "" if summary.scored_before == summary.scored else f" of {summary.scored_before}"
        passed.append((f"{summary.passed_before}{of} → ", "text.normal"))
    passed += [(f"{summary.passed_after}", "text.normal bold"), (f" of {summary.scored}", "text.dim")]
    flips: Line = [
        ("flips ", "text.dim"),
        (f"▲{summary.flips_up}", "state.good" if summary.flips_up else "text.dim"),
        (" ", "text.dim"),
        (f"▼{summary.flips_down}", "state.bad" if summary.flips_down else "text.dim"),
    ]
    figures = [mean, passed, flips]
    if summary.judged:
        was = "" if summary.agree_before is None else f" (was {summary.agree_before}/{summary.judged})"
        agrees = f"{summary.agree_after}/{summary.judged}"
        figures.append([("agrees with you ", "text.dim"), (agrees, "text.normal bold"), (was, "text.dim")])
    return figures + errors_of(summary)


def errors_of(summary: RetestSummary) -> list[Line]:
    """How many grades are errors, where some are."""
    return [[(f"✗ {counted(summary.errors, 'error')}", "state.bad")]] if summary.errors else []


def order_figures_of(figures: OrderFigures) -> list[Line]:
    """How many expected orders the grader keeps."""
    if not figures.known:
        return []
    style = "state.good bold" if figures.kept == figures.known else "state.bad bold"
    line: Line = [("orders kept ", "text.dim"), (f"{figures.kept}/{figures.known}", style)]
    if figures.was is not None:
        line.append((f" (was {figures.was}/{figures.known})", "text.dim"))
    shown = [line]
    if figures.known < figures.orders:
        shown.append([(f"{counted(figures.orders - figures.known, 'order')} not known yet", "text.dim")])
    return shown


def laid_out(figures: list[Line], width: int) -> list[Line]:
    """Figures behind one another, as many on a line as fit."""
    lines: list[Line] = [[]]
    for figure in figures:
        if lines[-1] and line_length(lines[-1]) + 3 + line_length(figure) > width:
            lines.append([])
        lines[-1] += [("   ", "text.dim"), *figure] if lines[-1] else figure
    return lines
