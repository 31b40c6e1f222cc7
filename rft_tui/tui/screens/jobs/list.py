"""Jobs as rows of a table, and what the summary beside it says of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rft_tui.analysis.job_alarms import JobAlarm
from rft_tui.safetext import one_line
from rft_tui.store.job_lines import JobLine
from rft_tui.store.tasks import StoredTask
from rft_tui.tasks.jobs.job_view import JobView
from rft_tui.tui.paint import Line, fit, fit_right, line_length, wrap_line
from rft_tui.tui.plot import draw_plot, whole_view
from rft_tui.tui.screens.jobs.charts import charts_of
from rft_tui.tui.screens.jobs.details import fact
from rft_tui.tui.screens.jobs.figures import figures
from rft_tui.tui.screens.jobs.words import (
    ALARM_SIGNS,
    METHOD_WORDS,
    alarm_mark,
    clock,
    ends,
    freshness,
    name_of,
    short_day,
    shown_score,
    status_span,
    steps_of,
)

COLUMNS = (("base model", 16), ("step", 7), ("measure", 7), ("train", 6), ("valid", 5), ("created", 7))
"""Columns at the right of state and name that are always there, and their widths."""

MEASURES = {"reinforcement": "reward", "supervised": "loss", "dpo": "loss"}
"""What the figures of training and validation are: a reward is to rise, a loss to fall."""

STATUS = 12
"""Cells of the state."""

NAME, MOST_NAME = 14, 30
"""Cells that names have at least, and beyond which columns are not given up for them."""

LABEL = 11
"""Cells of the names in the summary."""

CHART_LINES = 9
"""Lines of the small chart."""


class JobsSource:
    """Jobs as rows of a table; what is the same for all of them is not shown in each.

    Where all have rewards, or all a loss, the heading says so; else a column tells which of them it is.

    `words` stand there while there are none.
    """

    def __init__(
        self,
        lines: list[JobLine],
        alarms: Mapping[int, Sequence[JobAlarm]],
        words: Sequence[Line] = (),
    ) -> None:
        self.lines = lines
        self._alarms = alarms
        self._words = list(words)
        self._several = {
            "profile": len({line.profile for line in lines}) > 1,
            "method": len({line.method for line in lines}) > 1,
            "base model": len({line.model for line in lines}) > 1,
        }
        self._measures = {MEASURES[line.method] for line in lines if line.method in MEASURES}
        longest = max(
            (len(name_of(line)) + 4 * line.simulated + 6 * line.pilot + 3 * (line.id in alarms) for line in lines),
            default=0,
        )
        self._name = max(NAME, min(longest, MOST_NAME))

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.lines)

    def page(self, first: int, count: int) -> list[JobLine]:
        """Some of them."""
        return self.lines[first : first + count]

    def _columns(self, width: int) -> list[tuple[str, int]]:
        """As many columns as leave room for the name, those that tell jobs apart first."""
        several = len(self._measures) > 1
        columns = [column for column in COLUMNS if several or column[0] != "measure"]
        columns.insert(1, ("method", 7))
        columns.insert(len(columns) - 1, ("profile", 10))
        order = [(name,) for name in sorted(self._several, key=lambda name: self._several[name])]
        for names in (*order, ("created",), ("valid",), ("measure", "train"), ("step",)):
            if width - STATUS - sum(size + 1 for _name, size in columns) - 2 >= self._name:
                break
            columns = [column for column in columns if column[0] not in names]
        return columns

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        columns = self._columns(width)
        room = self._room(columns, width)
        head = f" {fit('status', STATUS)} {fit('job', room)}"
        words = {"train": next(iter(self._measures))} if len(self._measures) == 1 else {}
        return [(head + "".join(f" {_fit(name, words.get(name, name), size)}" for name, size in columns), "text.dim")]

    @staticmethod
    def _room(columns: list[tuple[str, int]], width: int) -> int:
        return max(1, width - STATUS - sum(size + 1 for _name, size in columns) - 2)

    def paint(self, row: JobLine, width: int) -> Line:
        """One job."""
        columns = self._columns(width)
        room = self._room(columns, width)
        word, style = status_span(row.status)
        said, alarm_style = alarm_mark(self._alarms.get(row.id, ()))
        marks: Line = [(f" {said}", alarm_style)] if said else []
        marks += [(" SIM", "state.warning bold")] if row.simulated else []
        marks += [(" pilot", "text.dim")] if row.pilot else []
        while line_length(marks) > room // 2:
            marks.pop()
        values = {
            "base model": (one_line(row.model, 40) or "–", "text.dim"),
            "method": (METHOD_WORDS.get(row.method, one_line(row.method, 7)) or "–", "text.dim"),
            "profile": (one_line(row.profile, 20), "text.dim"),
            "step": (steps_of(row), "text.normal"),
            "measure": (MEASURES.get(row.method, "–"), "text.dim"),
            "train": (shown_score(row.train), "text.normal"),
            "valid": (shown_score(row.valid), "text.normal"),
            "created": (short_day(row.created), "text.dim"),
        }
        return [
            (" " + fit(word, STATUS) + " ", style),
            (fit(name_of(row), room - line_length(marks)), "text.dim" if row.has_ended else "text.normal"),
            *marks,
            *((" " + _fit(name, values[name][0], size), values[name][1]) for name, size in columns),
        ]

    def empty(self) -> list[Line]:
        """Why there are none."""
        return self._words


def _fit(name: str, text: str, size: int) -> str:
    return fit(text, size) if name in ("base model", "method", "profile", "measure") else fit_right(text, size)


def summary(line: JobLine, view: JobView | None, tasks: tuple[StoredTask, ...], width: int) -> list[Line]:
    """What the pane says of the job under the cursor: state, figures, a small chart, alarms."""
    word, style = status_span(line.status)
    head: Line = [(word, f"{style} bold"), (f"  {steps_of(line)}" if line.step is not None else "", "text.normal")]
    if line.simulated:
        head.append(("  SIMULATED", "state.warning bold"))
    lines: list[Line] = [*wrap_line([(name_of(line), "text.normal bold")], width), *wrap_line(head, width)]
    said, said_style = freshness(tasks, line)
    for text, text_style in ((ends(view) if view else "", "text.normal"), (said, said_style)):
        if text:
            lines += wrap_line([(text, text_style)], width)
    if line.message:
        bad = "state.bad" if line.status == "failed" else "state.warning"
        lines += wrap_line([(one_line(line.message, 600), bad)], width)
    if view is None:
        return [*lines, [], [("reading …", "text.faint")]]
    lines += _chart(view, width)
    lines += _alarms(view, width)
    lines += [[], *figures(view, width), []]
    for name, value in _facts(line, view):
        if value:
            lines += fact(name, value, width, label=LABEL)
    return lines


def _chart(view: JobView, width: int) -> list[Line]:
    charts = charts_of(view)
    if not charts or width < 20:
        return []
    chart = charts[0]
    whole = whole_view(chart.curves, low=chart.low, high=chart.high, end=chart.end)
    legend: Line = [(chart.title, "text.dim")]
    for curve in chart.curves:
        legend += [("  ", "text.dim"), (curve.sign, f"{curve.style} bold"), (f" {curve.name}", "text.dim")]
    return [[], legend, *draw_plot(chart.curves, width, CHART_LINES, whole)]


def _alarms(view: JobView, width: int) -> list[Line]:
    lines: list[Line] = []
    for alarm in view.alarms:
        sign, style = ALARM_SIGNS[alarm.severity]
        lines += wrap_line([(f"{sign} ", f"{style} bold"), (one_line(alarm.message, 300), style)], width)
    return [[], *lines] if lines else []


def _facts(line: JobLine, view: JobView) -> list[tuple[str, str]]:
    remote = view.remote
    return [
        ("id", line.label),
        ("method", line.method + (" · pilot" if line.pilot else "")),
        ("base", line.model),
        ("model", line.fine_tuned_model or ""),
        ("profile", line.profile),
        ("training", view.job.dataset or ""),
        ("validation", view.job.validation_dataset or ""),
        ("created", clock(line.created) if line.created else ""),
        ("ended", clock(remote.finished_at) if remote is not None and remote.finished_at else ""),
        ("archive", line.archive or ""),
    ]
