"""Lines of runs as rows of a table, and what the pane says of one."""

from __future__ import annotations

from rft_tui.model import BandEdges
from rft_tui.safetext import one_line
from rft_tui.store.graders import StoredGrader
from rft_tui.store.run_figures import RunLine
from rft_tui.store.summary import ScoreSummary
from rft_tui.tui.paint import Line, fit, fit_right
from rft_tui.tui.screens.review_bars import band_strip
from rft_tui.tui.screens.review_item import ItemView

COLUMNS = (("done", 9), ("errors", 6), ("mean ± SE", 13), ("pass", 5), ("tokens", 8), ("s/call", 6))
"""Columns at the right of the names, and their widths."""


class RunsSource:
    """Lines of runs as rows of a table."""

    def __init__(self, lines: list[RunLine], *, reading: bool = False) -> None:
        self.lines = lines
        self._reading = reading

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self.lines)

    def page(self, first: int, count: int) -> list[RunLine]:
        """Some of them."""
        return self.lines[first : first + count]

    def _columns(self, width: int) -> tuple[tuple[str, int], ...]:
        """As many columns as leave room for the name."""
        columns: tuple[tuple[str, int], ...] = COLUMNS
        while len(columns) > 2 and width - sum(size + 1 for _name, size in columns) < 26:
            columns = columns[:-1]
        return columns

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        columns = self._columns(width)
        room = width - sum(size + 1 for _name, size in columns) - 1
        head = fit(" dataset · model · run", room) + "".join(" " + fit_right(name, size) for name, size in columns)
        return [(head, "text.dim")]

    def paint(self, row: RunLine, width: int) -> Line:
        """One line: a group in full, a run under it by its index."""
        columns = self._columns(width)
        room = width - sum(size + 1 for _name, size in columns) - 1
        if row.run is None:
            name: Line = [(fit(f" {_group_name(row)}", room), "text.normal bold")]
        else:
            name = [(fit(f"   run {row.run.run_index}", room), "text.dim")]
        values = _values(row)
        return [*name, *((" " + fit_right(values[column][0], size), values[column][1]) for column, size in columns)]

    def empty(self) -> list[Line]:
        """What to do when there are no runs."""
        if self._reading:
            return [[(" reading …", "text.faint")]]
        return [
            [(" No runs yet.", "text.normal")],
            [(" rft-tui import FILE brings predictions in that were made elsewhere;", "text.dim")],
            [(" rft-tui demo shows how it looks with some.", "text.dim")],
        ]


def _group_name(row: RunLine) -> str:
    group = row.group
    name = f"{group.dataset} · {group.model} ×{len(group.runs)}"
    if group.effort not in ("", "none", "default"):
        name += f" · {group.effort}"
    if group.prompt_name:
        name += f" · {group.prompt_name}"
    return one_line(name + (" · SIMULATED" if group.simulated else ""))


def _values(row: RunLine) -> dict[str, tuple[str, str]]:
    summary = row.summary
    mean = summary.mean if summary else None
    shown = "–"
    if mean is not None and mean.mean is not None:
        shown = f"{mean.mean:.2f}" + (f" ± {mean.standard_error:.2f}" if mean.standard_error is not None else "")
    rate = summary.pass_rate if summary else None
    return {
        "done": (
            f"{row.done:,}/{row.items:,}",
            "text.normal" if row.done + row.errors >= row.items else "state.warning",
        ),
        "errors": (f"{row.errors:,}" if row.errors else "–", "state.bad" if row.errors else "text.faint"),
        "mean ± SE": (shown, "text.normal" if mean else "text.faint"),
        "pass": (f"{rate:.0%}" if rate is not None else "–", "text.normal" if rate is not None else "text.faint"),
        "tokens": (f"{row.tokens:,}" if row.tokens else "–", "text.dim"),
        "s/call": (f"{row.latency_s:.1f}" if row.latency_s is not None else "–", "text.dim"),
    }


def details(row: RunLine, figures: list[tuple[StoredGrader, ScoreSummary]] | None, width: int) -> list[Line]:
    """What the pane says of a line: what made it, and every grader's figures."""
    group = row.group
    facts = [
        ("dataset", group.dataset),
        ("model", group.model),
        ("effort", group.effort or "–"),
        ("prompt", group.prompt_name or "none"),
        ("runs", ", ".join(map(str, row.runs))),
        ("done", f"{row.done:,} of {row.items:,}, {row.errors:,} errors"),
    ]
    if row.run is not None and row.run.source:
        facts.append(("source", row.run.source))
    lines: list[Line] = [
        [(fit(name, 10), "text.dim"), (one_line(value, width - 10), "text.normal")] for name, value in facts
    ]
    lines.append([])
    if figures is None:
        return [*lines, [("reading …", "text.faint")]]
    if not figures:
        return [*lines, [("no grades yet", "text.faint")]]
    for grader, summary in figures:
        mean = summary.mean
        view = ItemView(grader.rule, grader.rule.shown_threshold, BandEdges())
        shown = "–" if mean.mean is None else f"{mean.mean:.2f}"
        error = "" if mean.standard_error is None else f" ± {mean.standard_error:.2f}"
        lines.append([(one_line(grader.label, width - 16), "text.normal bold")])
        lines.append([(f"  mean {shown}", "text.normal"), (error, "text.dim"),
                      (f"   {summary.mistakes:,} mistakes", "text.dim"),
                      (f"   {summary.errors:,} errors" if summary.errors else "", "state.bad")])  # fmt: skip
        lines.append([("  ", "text.dim"), *band_strip(summary, view, narrow=width < 44)])
    return lines
