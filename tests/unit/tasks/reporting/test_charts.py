"""Pictures as SVG: marks stand where the numbers say."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.tasks.reporting import charts

_SVG = "{http://www.w3.org/2000/svg}"


def marks(svg: str, kind: str) -> list[ElementTree.Element]:
    """The marks of one kind, in the order they are drawn."""
    return ElementTree.fromstring(svg).findall(f"{_SVG}{kind}")


def test_the_dot_of_a_mean_stands_between_the_ends_of_its_interval() -> None:
    svg = charts.bars([charts.Bar("a", 0.5, 0.4, 0.6), charts.Bar("b", 0.75)], 0, 1, said="means")
    first, second = (float(dot.attrib["cx"]) for dot in marks(svg, "circle"))
    interval = [line for line in marks(svg, "line") if "stroke" in line.attrib and line.get("y1") == line.get("y2")]
    low, high = float(interval[0].attrib["x1"]), float(interval[0].attrib["x2"])
    assert low < first < high < second
    assert first - low == pytest.approx(high - first, abs=0.02)
    assert len(interval) == 1


def test_an_interval_beyond_the_range_still_fits() -> None:
    svg = charts.bars([charts.Bar("a", 0.95, 0.8, 1.2)], 0, 1, said="means")
    ends = [float(line.attrib[name]) for line in marks(svg, "line") for name in ("x1", "x2")]
    assert min(ends) >= 0
    assert max(ends) <= charts.WIDTH


def test_outlines_are_as_high_as_their_shares() -> None:
    svg = charts.histograms(
        [0, 0.5, 1], [charts.Counted("a", [1, 3]), charts.Counted("b", [50, 50])], x_label="score", said="x"
    )
    lines = marks(svg, "polyline")
    heights = [[float(point.split(",")[1]) for point in line.attrib["points"].split()] for line in lines[:2]]
    floor = heights[0][0]
    first = [floor - heights[0][1], floor - heights[0][3]]
    second = [floor - heights[1][1], floor - heights[1][3]]
    assert first[1] == pytest.approx(3 * first[0], abs=0.1)
    assert second[0] == pytest.approx(second[1], abs=0.1) == pytest.approx(2 * first[0], abs=0.1)


def test_points_are_thinned_where_there_are_too_many() -> None:
    points = [(number / 10_000, 0.5) for number in range(10_000)]
    svg = charts.scatter(points, x_label="x", y_label="y", said="s")
    assert 1_000 <= len(marks(svg, "circle")) <= charts.MOST_POINTS


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_few_and_within(low: float, width: float) -> None:
    high = low + width
    found = charts.ticks(low, high)
    assert len(found) <= 7
    slack = 1e-6 * max(1.0, abs(low), abs(high))
    assert all(low - slack <= tick <= high + slack for tick in found)


@pytest.mark.parametrize("values", [[], [(0.5, 0.5)], [(0.0, float("nan")), (1.0, 1.0)]])
def test_few_points_make_a_picture_too(values: list[tuple[float, float]]) -> None:
    assert charts.scatter(values, x_label="x", y_label="y", said="s").startswith("<svg")
