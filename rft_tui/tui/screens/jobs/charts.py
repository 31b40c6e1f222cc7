"""The charts of a job, one for each thing that was measured; with another job's curves over them if wanted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rft_tui.analysis.job_alarms import JobAlarm, Point
from rft_tui.safetext import one_line
from rft_tui.tasks.jobs.curves import GraderCurves, JobSeries
from rft_tui.tasks.jobs.job_view import JobView
from rft_tui.tui.plot import Curve
from rft_tui.tui.screens.jobs.words import name_of
from rft_tui.tui.widgets.chart import ChartData

REWARD, LOSS, TOKENS, ERRORS, STEP = "reward", "loss", "tokens", "grader errors %", "step time, s"
"""Titles of charts that alarms lead to."""

ALARM_CHARTS = {"tokens": TOKENS, "growing": TOKENS, "errors": ERRORS, "silent": STEP}
"""The chart on which an alarm rang; the others rang on the reward or the loss."""

WHOLE, BROKEN, DOTTED, MIXED = range(4)
"""Kinds of lines."""


class Measure(NamedTuple):
    """One curve before it is drawn."""

    name: str
    points: list[Point]
    is_marks: bool = False


class Measures(NamedTuple):
    """The curves of one chart."""

    title: str
    curves: list[Measure]
    low: float | None = None
    high: float | None = None


def charts_of(view: JobView, other: JobView | None = None) -> list[ChartData]:
    """The charts that have data, the most important first; `other` is drawn in broken lines and other marks."""
    theirs = {} if other is None else {one.title: one.curves for one in _measured(other)}
    beside = "" if other is None else f" {one_line(name_of(other.job), 12)}"
    charts = []
    for one in _measured(view):
        curves = list(_drawn(one.curves, 0, (WHOLE, DOTTED) if other else (WHOLE, BROKEN, DOTTED, MIXED)))
        others = [measure._replace(name=f"{measure.name}{beside}") for measure in theirs.get(one.title, [])]
        curves += _drawn(others, len(curves), (BROKEN, MIXED), mark=1)
        charts.append(ChartData(one.title, tuple(curves), one.low, one.high, _end(view, other)))
    return charts


def have_common(view: JobView, other: JobView) -> bool:
    """Whether anything was measured of both jobs."""
    return not {one.title for one in _measured(view)}.isdisjoint(one.title for one in _measured(other))


def chart_of_alarm(alarm: JobAlarm, charts: list[ChartData]) -> int:
    """Which chart shows why an alarm rang."""
    wanted = ALARM_CHARTS.get(alarm.name, REWARD)
    return next((place for place, chart in enumerate(charts) if chart.title == wanted), 0)


def _end(view: JobView, other: JobView | None) -> float | None:
    ends = [one.job.total_steps for one in (view, other) if one is not None and one.job.total_steps]
    return float(max(ends)) if ends else None


def _drawn(measures: list[Measure], color: int, lines: tuple[int, ...], mark: int = 0) -> Iterator[Curve]:
    """Curves with a colour and a kind of line or a mark each."""
    drawn = marked = 0
    for number, (name, points, is_marks) in enumerate(measures):
        pattern = mark + marked if is_marks else lines[drawn % len(lines)]
        drawn, marked = drawn + (not is_marks), marked + is_marks
        yield Curve(name, points, color + number, is_marks, pattern)


def _measured(view: JobView) -> Iterator[Measures]:
    """Everything that was measured."""
    series = view.series
    yield from _pair(REWARD, series.train_reward, series.valid_reward, view)
    yield from _pair(LOSS, series.train_loss, series.valid_loss, view, low=0.0, high=None)
    yield from _pair("accuracy", series.train_accuracy, series.valid_accuracy, view)
    if len(series.graders) > 1:
        for name, grader in series.graders.items():
            yield from _pair(f"grader {one_line(name, 40)}", grader.train, grader.valid, view)
    tokens = [("reasoning", series.reasoning_tokens), ("completion", series.completion_tokens)]
    yield from _several(TOKENS, [Measure(name, points) for name, points in tokens])
    yield from _several(ERRORS, list(_errors(series)))
    yield from _several("grader latency, s", list(_latency(series.graders)))
    yield from _several(STEP, [Measure("whole step", series.step_seconds)])


def _pair(
    title: str, train: list[Point], valid: list[Point], view: JobView, low: float | None = -1, high: float | None = -1
) -> Iterator[Measures]:
    """Training as a line and validation as marks, in the range of the reward unless another one is said."""
    curves = [Measure("train", train), Measure("valid", valid, is_marks=True)]
    curves = [one for one in curves if one.points]
    if curves:
        yield Measures(title, curves, view.low if low == -1 else low, view.high if high == -1 else high)


def _several(title: str, curves: list[Measure]) -> Iterator[Measures]:
    curves = [one for one in curves if one.points]
    if curves:
        yield Measures(title, curves, 0.0)


def _errors(series: JobSeries) -> Iterator[Measure]:
    """The share of calls that failed, by kind and, where there are several, by grader."""
    for name, grader in series.graders.items():
        for kind, points in grader.errors.items():
            whose = f" {one_line(name, 20)}" if len(series.graders) > 1 else ""
            yield Measure(
                f"{kind.removesuffix('_error').replace('_', ' ')}{whose}",
                [(step, value * 100) for step, value in points],
            )


def _latency(graders: dict[str, GraderCurves]) -> Iterator[Measure]:
    for name, grader in graders.items():
        yield Measure(one_line(name, 40), grader.latency)
