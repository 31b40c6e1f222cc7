"""Charts: cursor, zoom and smoothing, the legend in the room there is, and which curves a job's charts hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.analysis.job_alarms import JobAlarm
from rft_tui.store.jobs import StoredJob
from rft_tui.tasks.jobs.curves import GraderCurves, JobSeries
from rft_tui.tasks.jobs.job_view import JobView
from rft_tui.tui.paint import line_length, plain
from rft_tui.tui.plot import Curve
from rft_tui.tui.screens.jobs.charts import chart_of_alarm, charts_of
from rft_tui.tui.widgets.chart import NARROWEST, Chart, ChartData


def chart(curves: int = 1, steps: int = 40, end: float | None = None) -> Chart:
    """A chart of rising lines and, last, of marks at every fifth step."""
    made = [Curve(f"curve number {at}", [(x, x / 100 + at) for x in range(1, steps + 1)], at) for at in range(curves)]
    made.append(Curve("valid", [(x, 0.5) for x in range(5, steps + 1, 5)], curves, is_marks=True))
    shown = Chart("chart")
    shown.show(ChartData("reward", tuple(made), 0.0, 1.0, end))
    return shown


def job(number: int = 1, **others: object) -> StoredJob:
    """A job of which only its name and its steps matter."""
    parts: dict[str, object] = {"name": f"job{number}", "total_steps": 50, "method": "reinforcement"} | others
    empty: dict[str, object] = dict.fromkeys(StoredJob.__dataclass_fields__, None)
    return StoredJob(**(empty | {"id": number, "status": "running", "model": "m", "prompt": ""} | parts))  # type: ignore[arg-type]


def series(value: float = 0.5) -> JobSeries:
    """A little of everything but errors."""
    points = [(step, value) for step in range(1, 6)]
    graders = {"a": GraderCurves(points, points[:1], points), "b": GraderCurves(points)}
    return JobSeries(points, points[:1], completion_tokens=points, reasoning_tokens=points, graders=graders)


def test_the_cursor_comes_in_at_the_nearer_end_and_stays_inside() -> None:
    shown = chart()
    shown.move(-1)
    assert shown.cursor == 40
    shown.move(5)
    assert shown.cursor == 40
    shown.move(-100)
    assert shown.cursor == 1
    assert shown.clear_cursor()
    assert not shown.clear_cursor()
    shown.move(1)
    assert shown.cursor == 1


@given(st.lists(st.sampled_from(["in", "out", "left", "right", "jump", "smooth", "clear", "grow"]), max_size=40))
def test_whatever_is_pressed_the_cursor_is_measured_and_in_view(keys: list[str]) -> None:
    shown = chart(2, end=60)
    for key in keys:
        match key:
            case "in":
                shown.zoom(0.5)
            case "out":
                shown.zoom(2.0)
            case "left":
                shown.move(-3)
            case "right":
                shown.move(2)
            case "jump":
                shown.go_to(20)
            case "smooth":
                shown.turn_smoothing()
            case "clear":
                shown.clear_cursor()
            case _:
                shown.show(chart(2, 45, end=60).data)
        view = shown.view
        assert view.right - view.left >= NARROWEST
        assert view.high > view.low
        if shown.cursor is not None:
            assert shown.cursor in shown.steps
            assert view.left <= shown.cursor <= view.right


def test_a_growing_curve_moves_nothing_else() -> None:
    before, after = chart(steps=20, end=50), chart(steps=21, end=50)
    assert before.view == after.view
    assert before.view.right == 50


def test_zoom_shows_the_end_and_marks_stay_as_measured() -> None:
    shown = chart()
    shown.zoom(0.5)
    assert shown.view.right == 40
    assert shown.view.left == 20
    shown.turn_smoothing()
    shown.move(-1)
    assert "curve number 0 0.40" in plain(shown.legend(100)[0])
    assert "valid 0.50" in plain(shown.legend(100)[0])
    assert "lines over 5 steps, values as measured" in plain([span for line in shown.legend(100) for span in line])


@given(st.integers(4, 300), st.lists(st.sampled_from([0.5, 2.0]), min_size=1, max_size=8), st.integers(1, 300))
def test_a_zoomed_axis_has_whole_ends(steps: int, factors: list[float], at: int) -> None:
    shown = chart(steps=steps)
    shown.go_to(min(at, steps))
    for factor in factors:
        shown.zoom(factor)
        assert shown.view.left == int(shown.view.left)
        assert shown.view.right == int(shown.view.right)


@given(st.integers(1, 8), st.integers(20, 140))
def test_the_legend_fits(curves: int, width: int) -> None:
    lines = chart(curves).legend(width)
    assert 1 <= len(lines) <= 2
    assert all(line_length(line) <= width for line in lines)
    if width >= 100 and curves <= 4:
        assert "curve number 0" in plain(lines[0])


def test_a_job_has_charts_of_what_was_measured_only() -> None:
    charts = charts_of(JobView(job(), series=series()))
    assert [one.title for one in charts] == ["reward", "grader a", "grader b", "tokens", "grader latency, s"]
    assert [(curve.name, curve.is_marks) for curve in charts[0].curves] == [("train", False), ("valid", True)]
    assert [curve.sign for curve in charts[3].curves] == ["━", "╍"]
    assert charts[0].end == 50
    assert charts_of(JobView(job())) == []


def test_one_grader_alone_has_no_chart_of_its_own() -> None:
    one = series()
    del one.graders["b"]
    assert "grader a" not in [chart.title for chart in charts_of(JobView(job(), series=one))]


def test_another_job_is_drawn_in_other_ways() -> None:
    charts = charts_of(JobView(job(), series=series()), JobView(job(2, total_steps=80), series=series(0.9)))
    assert [curve.name for curve in charts[0].curves] == ["train", "valid", "train job2", "valid job2"]
    for one in charts:
        assert len({curve.sign for curve in one.curves}) == len(one.curves)
        assert len({curve.style for curve in one.curves}) == len(one.curves)
        assert one.end == 80


def test_errors_are_per_cent_and_zero_ones_are_not_there() -> None:
    one = series()
    one.graders["a"].errors["other_error"] = [(1, 0.02)]
    errors = next(chart for chart in charts_of(JobView(job(), series=one)) if chart.title == "grader errors %")
    assert [(curve.name, list(curve.points)) for curve in errors.curves] == [("other a", [(1, 2.0)])]


@pytest.mark.parametrize(("name", "title"), [("gap", "reward"), ("tokens", "tokens"), ("silent", "reward")])
def test_an_alarm_leads_to_a_chart_that_is_there(name: str, title: str) -> None:
    charts = charts_of(JobView(job(), series=series()))
    assert charts[chart_of_alarm(JobAlarm(name, "warning", 1, "", ""), charts)].title == title
