"""One job: its figures, a chart, the alarms that ring, and below them its events, checkpoints, files or documents."""

from __future__ import annotations

from typing import ClassVar

from textual.containers import Container, Horizontal
from textual.widget import Widget

from rft_tui.analysis.job_alarms import JobAlarm
from rft_tui.safetext import one_line
from rft_tui.tui.actions import JOB, Action
from rft_tui.tui.paint import Line, line_length
from rft_tui.tui.screens.jobs.charts import chart_of_alarm, charts_of
from rft_tui.tui.screens.jobs.figures import figures
from rft_tui.tui.screens.jobs.lower import JobLower
from rft_tui.tui.screens.jobs.panes import AlarmLines
from rft_tui.tui.screens.jobs.words import ends, freshness, name_of, simulated_mark, status_span, steps_of
from rft_tui.tui.widgets.bars import Rule
from rft_tui.tui.widgets.chart import SMOOTHING, Chart, ChartData
from rft_tui.tui.widgets.text_pane import TextPane

FIGURES_CELLS = 36
"""Cells of the figures at the left of the chart."""

LEAST_NAME = 12
"""Cells of the job's name in the header, at the least."""

LEAST_ROWS = 10
"""Rows of the body below which there is no chart."""


class JobScreen(JobLower):
    """A job as it goes on; keys across move in the chart, keys up and down in what stands below."""

    scope: ClassVar[str] = JOB

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.figures = TextPane(id="job-figures")
        self.rule = Rule(classes="rule")
        self.chart = Chart("job-chart")
        self.alarm_lines = AlarmLines()
        self.charts: list[ChartData] = []
        self.chart_place = 0
        self._alarm_place = -1

    def body(self) -> Widget:
        """Figures and chart, alarms, and what stands below."""
        self.upper = Horizontal(self.figures, self.rule, self.chart)
        self.lower = Container(self.table, self.pane)
        stacked = Container(self.upper, self.alarm_lines, self.tabs_line, self.lower, classes="body")
        stacked.styles.layout = "vertical"
        return stacked

    def on_mount(self) -> None:
        """Lay out, take up how the job was looked at if it was the last one, and read."""
        if self.job_session.get("looked_at") != self.number:
            self.job_session.update(looked_at=self.number, chart="", smoothing=1)
        if (window := self.job_session.get("smoothing")) in SMOOTHING:
            self.chart.set_smoothing(int(window))
        self.pane_name = "figures" if self.is_narrow else "events"
        self.lay_out()
        super().on_mount()
        self.read_again()

    def on_resize(self) -> None:
        """Lay out for another size."""
        self.lay_out()
        super().on_resize()

    def lay_out(self) -> None:
        """Figures beside the chart, or on a narrow screen below it like everything else."""
        narrow, rows = self.is_narrow, self.app.size.height - 3
        if not narrow and self.pane_name == "figures":
            self.pane_name = "events"
        self.figures.display = self.rule.display = not narrow
        self.figures.styles.width = FIGURES_CELLS
        self.chart.styles.width = "1fr"
        self.chart.styles.height = self.figures.styles.height = "100%"
        self.upper.display = rows >= LEAST_ROWS
        self.upper.styles.height = max(LEAST_ROWS - 2, rows * (12 if narrow else 13) // 24)
        self.lower.styles.height = "1fr"
        self.show_pane()
        self._show_alarms()

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """The job, how far it is and as of when; which chart is shown."""
        view = self.view
        if view is None:
            return ([("reading …", "text.faint")], []), (self.tabs(), [])
        job = view.job
        word, style = status_span(job.status)
        narrow = self.is_narrow
        parts: list[tuple[str, str]] = [
            (word, f"{style} bold"), (steps_of(job), "text.normal"), (ends(view, short=narrow), "text.normal")
        ]  # fmt: skip
        seen = freshness(self.rft.tasks.open, job, short=narrow)
        mark = simulated_mark(job)
        others = line_length([*mark, *parts, seen]) + 3 * len(parts) + 3
        line: Line = [(name_of(job, max(LEAST_NAME, min(60, self.app.size.width - others))), "text.accent bold"), *mark]
        if not narrow:
            parts += [(job.method, "text.dim"), (one_line(job.model, 40), "text.dim")]
            parts += [(job.remote_id, "text.dim")] if job.remote_id and job.name else []
        for text, span_style in parts:
            if text and text != "–":
                line += [(" · ", "text.faint"), (text, span_style)]
        right: Line = []
        if self.charts:
            right = [(f"chart {self.chart_place + 1}/{len(self.charts)}", "text.dim")]
            if self.other is not None:
                right.insert(0, (f"with {name_of(self.other.job)}  ", "text.accent"))
        if not narrow:
            right.append((f" · {one_line(self.rft.workspace.name, 30)}", "text.dim"))
        return (line, [seen] if seen[0] else []), ([*self.tabs(), (" ▸Job", "text.accent bold")], right)

    def why_not(self, action: Action) -> str | None:
        """Keys of the chart need one."""
        if action.id in ("left", "right", "sort", "sort_reverse"):
            return f"{action.label}: not in a job"
        if action.id.startswith("chart.") and not self.charts:
            return "nothing has been measured yet"
        if action.id == "chart.alarm" and not (self.view and self.view.alarms):
            return "no alarm rings"
        return super().why_not(action)

    # Showing

    def show_job(self) -> None:
        """Show the job as it was read."""
        view = self.view
        if view is None:
            return
        title = self.charts[self.chart_place].title if self.charts else str(self.job_session.get("chart", ""))
        self.charts = charts_of(view, self.other)
        self.chart_place = next((place for place, one in enumerate(self.charts) if one.title == title), 0)
        self._show_chart()
        if self.figures.display:
            self.figures.show(lambda width: figures(view, width), keep_place=True)
        self._show_alarms()
        super().show_job()

    def _show_chart(self) -> None:
        self.chart.show(self.charts[self.chart_place] if self.charts else ChartData("no curves yet", ()))
        self.refresh_bars()

    def _show_alarms(self) -> None:
        alarms = () if self.view is None else self.view.alarms
        place = max(0, self._alarm_place)
        self.alarm_lines.show(alarms, place, self.hint_key("chart.alarm"), self.app.size.width)

    # The chart

    def _turn(self, count: int) -> None:
        self.chart_place = (self.chart_place + count) % len(self.charts)
        self.job_session["chart"] = self.charts[self.chart_place].title
        self.rft.remember()
        self._show_chart()

    def do_chart_next(self) -> None:
        """The next chart."""
        self._turn(1)

    def do_chart_previous(self) -> None:
        """The chart before."""
        self._turn(-1)

    def do_chart_later(self) -> None:
        """The cursor to the next step."""
        self.chart.move(1)

    def do_chart_earlier(self) -> None:
        """The cursor to the step before."""
        self.chart.move(-1)

    def do_chart_nearer(self) -> None:
        """Fewer steps."""
        self.chart.zoom(0.5)

    def do_chart_farther(self) -> None:
        """More steps."""
        self.chart.zoom(2.0)

    def do_chart_smooth(self) -> None:
        """The next window of smoothing."""
        window = self.chart.turn_smoothing()
        self.job_session["smoothing"] = window
        self.rft.remember()
        self.say(
            "as measured" if window == 1 else f"lines are means over {window} steps; marks as measured", "text.dim"
        )

    def do_chart_alarm(self) -> None:
        """To the chart and the step of the next alarm."""
        alarms = self.view.alarms if self.view is not None else ()
        if alarms:
            self.go_to_alarm(alarms[(self._alarm_place + 1) % len(alarms)])

    def go_to_alarm(self, alarm: JobAlarm) -> None:
        """Show the chart on which an alarm rang, the cursor on its step, and what to do."""
        if self.charts:
            self.chart_place = chart_of_alarm(alarm, self.charts)
            self._show_chart()
            self.chart.go_to(alarm.step)
        alarms = self.view.alarms if self.view is not None else ()
        self._alarm_place = alarms.index(alarm) if alarm in alarms else -1
        self._show_alarms()

    def do_back(self) -> None:
        """The cursor and the zoom away, then the filter, then back to the list."""
        self.footer.say(None)
        if not self.chart.clear_cursor() and not self.clear_filter():
            self.leave_job()
