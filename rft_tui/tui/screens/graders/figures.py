"""What a probe set says of an edit in figures: spans for the lines under it."""

from __future__ import annotations

from rft_tui.safetext import one_line
from rft_tui.tasks.retesting.figures import RetestSummary
from rft_tui.tasks.retesting.orders import OrderFigures
from rft_tui.tasks.retesting.probes import ProbeChoice, ProbeKind
from rft_tui.tui.paint import Line, line_length
from rft_tui.tui.score_words import shown_score
from rft_tui.tui.task_words import counted

KIND_WORDS: dict[ProbeKind, str] = {
    "mistakes": "last mistakes",
    "pinned": "pinned",
    "filter": "filter",
    "marks": "marked",
    "random": "random sample",
    "run": "run",
    "orders": "expected orders",
}

DRAWN_WORDS: dict[ProbeKind, str] = {
    "mistakes": "those you judged last, then the lowest scores",
    "random": "drawn by question, runs together",
    "run": "drawn by question, runs together",
    "pinned": "pinned first",
    "marks": "by question",
}
"""How rows are chosen where not all of them are shown."""


def probe_kind(word: object) -> ProbeKind | None:
    """The kind of a probe set that a word names; None for anything else."""
    return next((kind for kind in KIND_WORDS if kind == word), None)


def probe_words(choice: ProbeChoice, rows: int, total: int, orders: int) -> str:
    """What is in a probe set, such as ``100 of 360 last mistakes``; `orders` counts expected orders."""
    if choice.kind == "orders":
        return counted(orders, "expected order")
    name = KIND_WORDS[choice.kind]
    if choice.text:
        name = one_line(choice.text, 30) if choice.kind == "run" else f"/{one_line(choice.text, 30)}"
    if rows < total:
        return f"{rows} of {total:,} {name}"
    return name if choice.kind in ("run", "filter") else f"{rows} {name}"


def drawn_words(choice: ProbeChoice) -> str:
    """How the rows that are shown were chosen, where not all are."""
    if choice.kind == "filter":
        return "the lowest scores first" if choice.asks_grades else "by question"
    return DRAWN_WORDS.get(choice.kind, "").removeprefix("drawn ")


def shown_figure(value: float | None) -> str:
    """A mean or a rate in few cells."""
    return "–" if value is None else shown_score(value)


def figures_of(summary: RetestSummary, our_threshold: float | None = None) -> list[Line]:
    """The figures of a retest, each on its own; errors alone where nothing has a score.

    `our_threshold` is where a pass begins for a grader that does not say so itself.
    """
    if not summary.scored and summary.errors:
        return errors_of(summary)
    mean: Line = [("mean ", "text.dim")]
    if summary.mean_before is not None:
        mean.append((f"{shown_figure(summary.mean_before)} → ", "text.normal"))
    mean.append((shown_figure(summary.mean_after), "text.normal bold"))
    passed: Line = [("pass ", "text.dim")]
    if our_threshold is not None:
        passed.append((f"≥ {shown_figure(our_threshold)} (ours) ", "text.dim"))
    if summary.passed_before is not None:
        passed.append((f"{summary.passed_before} → ", "text.normal"))
    is_part = summary.passed_before is not None and (
        summary.compared < summary.scored or summary.errors or summary.errors_before
    )
    both = " both scored" if is_part else ""
    passed += [(f"{summary.passed_after}", "text.normal bold"), (f" of {summary.compared}{both}", "text.dim")]
    flips: Line = [
        ("flips ", "text.dim"),
        (f"▲{summary.flips_up}", "state.good" if summary.flips_up else "text.dim"),
        (" ", "text.dim"),
        (f"▼{summary.flips_down}", "state.bad" if summary.flips_down else "text.dim"),
    ]
    figures = [mean, flips, passed]
    if summary.judged:
        was = "" if summary.agree_before is None else f" (was {summary.agree_before}/{summary.judged})"
        agrees = f"{summary.agree_after}/{summary.judged}"
        figures.append([("agrees with you ", "text.dim"), (agrees, "text.normal bold"), (was, "text.dim")])
    return figures + errors_of(summary)


def errors_of(summary: RetestSummary) -> list[Line]:
    """How many grades are errors, and how many were, where that differs."""
    if summary.errors == summary.errors_before == 0:
        return []
    style = "state.bad" if summary.errors else "text.dim"
    line: Line = [(f"{'✗ ' if summary.errors else ''}{counted(summary.errors, 'error')}", style)]
    if summary.errors_before != summary.errors:
        line.append((f" (was {summary.errors_before})", "text.dim"))
    return [line]


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
