"""Plots: where dots and marks stand, that every line has its width, and that nothing is drawn outside."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.tui.braille import DotGrid
from rft_tui.tui.paint import line_length, plain
from rft_tui.tui.plot import AXIS, DASHES, MARKS, Curve, View, draw_plot, nice_step, shown_number, whole_view

numbers = st.floats(-1e9, 1e9, allow_nan=False)
points = st.lists(st.tuples(st.integers(0, 500).map(float), numbers), max_size=80).map(
    lambda found: sorted({x: (x, y) for x, y in found}.values())
)


def picture(lines: list[str]) -> list[str]:
    """The picture without axes."""
    return [line[AXIS + 1 :] for line in lines[:-1]]


@given(st.lists(points, max_size=4), st.integers(1, 130), st.integers(1, 40), st.none() | st.integers(-5, 600))
def test_every_line_fits_whatever_is_drawn(
    series: list[list[tuple[float, float]]], width: int, height: int, cursor: int | None
) -> None:
    curves = [Curve(f"c{at}", one, at, at % 2 == 1) for at, one in enumerate(series)]
    lines = draw_plot(curves, width, height, whole_view(curves), cursor)
    assert len(lines) <= height
    if width >= AXIS + 5 and height >= 3:
        assert len(lines) == height
        assert all(line_length(line) == width for line in lines)


def test_a_rising_line_goes_from_one_corner_to_the_other() -> None:
    curve = Curve("up", [(float(x), float(x)) for x in range(41)])
    lines = [plain(line) for line in draw_plot([curve], 48, 11, whole_view([curve]))]
    shown = picture(lines)
    assert shown[-1][0] != " "
    assert shown[0][-1] != " "
    assert shown[0][0] == shown[-1][-1] == " "
    starts = [len(row) - len(row.lstrip()) for row in shown]
    assert starts == sorted(starts, reverse=True)
    assert all(row.strip() for row in shown)


def test_a_gap_between_far_points_is_bridged() -> None:
    curve = Curve("two", [(0.0, 0.0), (100.0, 1.0)])
    lines = picture([plain(line) for line in draw_plot([curve], 60, 9, View(0, 100, 0, 1))])
    columns = {place for row in lines for place, sign in enumerate(row) if sign != " "}
    assert columns == set(range(60 - AXIS - 1))


def test_marks_stand_at_their_values_and_over_lines() -> None:
    line = Curve("train", [(float(x), 0.5) for x in range(11)], 0)
    marks = Curve("valid", [(0.0, 1.0), (10.0, 0.0)], 1, is_marks=True)
    shown = picture([plain(one) for one in draw_plot([line, marks], 40, 8, View(0, 10, 0, 1))])
    assert shown[0][0] == marks.sign == MARKS[0]
    assert shown[-1].rstrip()[-1] == MARKS[0]


def test_lines_and_marks_differ_without_colours() -> None:
    points = [(float(x), 0.5) for x in range(200)]
    rows = [
        picture([plain(one) for one in draw_plot([Curve("c", points, 0, False, at)], 60, 6, View(0, 199, 0, 1))])
        for at in range(len(DASHES))
    ]
    assert len({tuple(one) for one in rows}) == len(DASHES)
    lines, marks = ([Curve("c", points, 0, kind, at).sign for at in range(4)] for kind in (False, True))
    assert len({*lines, *marks}) == 8


@given(st.floats(-1e6, 1e6), st.floats(0.001, 1e6), st.integers(3, 60))
def test_the_upright_axis_has_its_ends_and_no_crowd(low: float, room: float, rows: int) -> None:
    view = whole_view([Curve("c", [(0.0, low), (1.0, low + room)])])
    lines = [plain(line) for line in draw_plot([], 40, rows + 1, view)][:-1]
    marked = [place for place, line in enumerate(lines) if line[AXIS] in "┤┼"]
    assert marked[0] == 0
    assert marked[-1] == rows - 1
    assert all(after - before >= 2 for before, after in pairwise(marked))


def test_round_numbers_stand_at_their_rows() -> None:
    lines = [plain(line) for line in draw_plot([], 60, 22, View(1, 50, 0, 1))]
    assert [line[:AXIS].strip() for line in lines if line[:AXIS].strip()] == [
        "1.00", "0.80", "0.60", "0.40", "0.20", "0.00"
    ]  # fmt: skip
    floor = lines[-1][AXIS + 1 :]
    assert floor.split() == ["1", "20", "40"]
    assert floor.startswith("1 ")


def test_the_end_that_will_come_is_part_of_the_view() -> None:
    curve = Curve("c", [(1.0, 0.2), (10.0, 0.4)])
    assert whole_view([curve], end=50).right == 50
    assert whole_view([curve], end=5).right == 10


def test_the_cursor_is_an_upright_line_behind_the_curve() -> None:
    curve = Curve("c", [(float(x), 0.0) for x in range(11)])
    shown = picture([plain(one) for one in draw_plot([curve], 40, 8, View(0, 10, 0, 1), 5)])
    column = shown[0].index("│")
    assert [row[column] for row in shown[:-1]] == ["│"] * (len(shown) - 1)
    assert shown[-1][column] not in "│ "


def test_not_a_number_is_left_out() -> None:
    curve = Curve("c", [(0.0, math.nan), (1.0, math.inf), (2.0, 0.5)])
    lines = [plain(line) for line in draw_plot([curve], 40, 8, whole_view([curve]))]
    assert len(lines) == 8


@pytest.mark.parametrize("values", [(5e-324, 0.0), (1.6e308, -1.6e308), (1e-320,), (1.0, 1.0 + 2**-52), (1e16, 1e16)])
def test_no_value_is_too_large_or_too_small_to_be_drawn(values: tuple[float, ...]) -> None:
    curve = Curve("c", [(float(x), value) for x, value in enumerate(values)])
    lines = draw_plot([curve], 40, 8, whole_view([curve]))
    assert [line_length(line) for line in lines] == [40] * 8


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.00"), (0.42157, "0.42"), (0.0123, "0.012"), (12.34, "12.3"), (812.0, "812"), (12_345.0, "12k"),
     (-0.5, "-0.50"), (2.5e7, "2e7"), (0.0001, "1e-4")],
)  # fmt: skip
def test_numbers_are_short(value: float, text: str) -> None:
    assert shown_number(value) == text
    assert len(shown_number(value)) < AXIS


@given(st.floats(1e-9, 1e9))
def test_steps_are_round_and_enough(wanted: float) -> None:
    step = nice_step(wanted)
    assert step >= wanted * (1 - 1e-6)
    assert step <= wanted * 2.5 * (1 + 1e-6)


def test_braille_dots_are_where_they_are_set() -> None:
    grid = DotGrid(2, 1)
    grid.dot(0, 0, 0)
    grid.dot(3, 3, 1)
    grid.dot(9, 9, 1)
    assert grid.row(0) == [("⠁", 0), ("⢀", 1)]


def test_the_axis_below_has_whole_numbers_and_some_in_the_middle() -> None:
    few = draw_plot([Curve("c", [(1, 0.0), (2, 1.0), (3, 0.5)])], 80, 8, View(1, 3, 0, 1))
    assert plain(few[-1]).split() == ["1", "2", "3"]
    narrow = draw_plot([Curve("c", [(1, 0.0), (50, 1.0)])], 28, 8, View(1, 50, 0, 1))
    assert plain(narrow[-1]).split() == ["1", "20", "40"]
