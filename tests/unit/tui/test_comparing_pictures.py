"""Pictures of comparisons, line by line: they read without colours, and fit their width."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.tui.comparing.error_bars import Estimate, draw_differences, draw_means, interval_words
from rft_tui.tui.comparing.histograms import draw_histograms
from rft_tui.tui.comparing.numbers import change, p_words, score, share, three, whole
from rft_tui.tui.comparing.scale import Scale, wide_scale
from rft_tui.tui.comparing.scatter import draw_lengths, draw_scatter, draw_sorted
from rft_tui.tui.comparing.signs import STEPS, bar_cell, letter
from rft_tui.tui.paint import Line, line_length, plain

SCORES = st.floats(0, 1, allow_nan=False)
WIDTHS = st.sampled_from([8, 24, 41, 78, 118])
HEIGHTS = st.integers(1, 16)


def texts(lines: Sequence[Line]) -> list[str]:
    return [plain(line).rstrip() for line in lines]


def test_two_histograms_over_the_same_edges() -> None:
    lines = draw_histograms([0.0, 0.25, 0.5, 0.75, 1.0], [[4, 0, 2, 2], [1, 1, 2, 4]], 40, 4)
    assert texts(lines) == [
        " 50%┤███                     ⣿⣿⣿",
        "    │███                     ⣿⣿⣿",
        "    │███           ███⣿⣿⣿ ███⣿⣿⣿",
        "    │███⣿⣿⣿    ⣿⣿⣿ ███⣿⣿⣿ ███⣿⣿⣿",
        "   0┼────────────────────────────",
        "     .00    .25    .50    .75    1.00",
        "A █  4      ·      2      2",
        "B ⣿  1      1      2      4",
    ]


def test_the_fifth_operand_has_its_counts_though_no_bar() -> None:
    counts = [[1, 3], [2, 2], [4, 0], [0, 4], [1, 1]]
    assert texts(draw_histograms([0.0, 500.0, 1000.0], counts, 30, 2, lambda edge: f"{edge:.0f}")) == [
        "100%┤    ▒▒    ▄▄    ⢕⢕",
        "    │▄▄⣿⣿▒▒    ██⣿⣿  ⢕⢕",
        "   0┼────────────────────",
        "     0         500       1000",
        "A █  1         3",
        "B ⣿  2         2",
        "C ▒  4         ·",
        "D ⢕  ·         4",
        "E    1         1",
    ]


def test_means_stand_on_one_axis_with_their_intervals() -> None:
    estimates = [
        Estimate(0, "base", 0.52, 0.47, 0.58),
        Estimate(1, "tuned", 0.61, 0.55, 0.67),
        Estimate(2, "one run", 0.9),
        Estimate(3, "none", None),
    ]
    assert texts(draw_means(estimates, 60)) == [
        "A base     ██████████████├─●┤              .52 [.47, .58]",
        "B tuned    ⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿├─●─┤           .61 [.55, .67]",
        "C one run  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒●    .90",
        "D none     no score",
        "           0.0           .5            1.0",
    ]


def test_differences_stand_around_zero() -> None:
    lines = draw_differences([Estimate(1, "tuned", 0.09, 0.02, 0.16), Estimate(2, "other", -0.03, -0.1, 0.04)], 60)
    assert texts(lines) == [
        "B tuned           │ ├──────●─────┤     +.09 [+.02, +.16]",
        "C other  ├──────●─┼───┤                −.03 [−.10, +.04]",
        "         −.1     0.0       +.1     +.2",
    ]
    styles = [style for _text, style in lines[0]], [style for _text, style in lines[1]]
    assert "state.good bold" in styles[0]
    assert not any(style.startswith("state.") for style in styles[1])


def test_an_estimate_without_interval_has_no_words_for_one() -> None:
    assert interval_words(None, 1.0) == ""
    assert interval_words(-0.1, 0.2, signed=True) == "[−.10, +.20]"


def test_pictures_count_ties_as_the_table_beside_them_does() -> None:
    points = [(0.5, 0.54), (0.5, 0.46), (0.5, 0.6), (0.2, 0.7), (0.9, 0.1), (0.5, 0.55)]
    assert texts(draw_scatter(points, 30, 8, 0, 1, 1, 0.05))[-1].split() == ["▲", "2", "▼", "1", "═", "3"]
    styles = [{style for _text, style in line} for line in draw_sorted([0.04, 0.04], 40, 9, 0.05)]
    assert not any({"state.good", "state.bad"} & used for used in styles)


def test_scatter_counts_both_sides_of_the_diagonal() -> None:
    lines = draw_scatter([(0, 1), (1, 0), (0.5, 0.5), (0.2, 0.2), (0.9, 0.1)], 30, 8, 0, 1)
    assert texts(lines) == [
        "  1.00┤⠁                  ⢀ ⠂⠈",
        "      │               ⠄⠐ ⠁",
        "   B ↑│         ⡀⠠⠂⠂⠈",
        "      │    ⢀ ⠄⠐",
        "   .00┤⡀⠠ ⠁                ⠂ ⢀",
        "       .00      A →       1.00",
        "       ▲ 1  ▼ 2  ═ 2",
    ]


def test_sorted_differences_fall_from_gain_to_loss() -> None:
    assert texts(draw_sorted([0.5, 0.25, 0, -0.25, -0.5, -0.5], 30, 6)) == [
        "  +.50┤⣿⣿⣿⣿",
        "      │⣿⣿⣿⣿⣶⣶⣶⡆",
        "     0┤⠿⠿⠿⠿⠿⠿⠿⠧⠤⠤⠤⢤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤",
        "      │           ⢸⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿",
        "  −.50┤               ⢸⣿⣿⣿⣿⣿⣿⣿",
        "       gains  6 items   losses",
    ]


def test_the_line_over_lengths_is_drawn_over_the_dots() -> None:
    points = [(0.0, 0.0), (100.0, 1.0), (90.0, 0.0)]
    assert texts(draw_lengths(points, (0.0, 0.01), Scale(0, 100, 30), 6, 0, 1, 1, "characters")) == [
        "  1.00┤                    ━━━",
        "      │              ━━━━━━",
        "   B ↑│         ━━━━━",
        "      │   ━━━━━━",
        "   .00┤━━━                 ⡀",
        "       0     characters    100",
    ]


@pytest.mark.parametrize(
    "lines", [draw_histograms([0, 1], [[1]], 6, 3), draw_scatter([], 10, 3, 0, 1), draw_sorted([], 40, 9)]
)
def test_without_room_or_data_a_picture_says_so(lines: list[Line]) -> None:
    assert len(lines) == 1
    assert texts(lines)[0].startswith("too ")


@given(st.lists(st.tuples(SCORES, SCORES), max_size=40), WIDTHS, HEIGHTS)
def test_pictures_of_items_fit(pairs: list[tuple[float, float]], width: int, height: int) -> None:
    room = max(width, 30)
    lines = draw_scatter(pairs, room, height, 0, 1) + draw_sorted([b - a for a, b in pairs], room, height)
    assert all(line_length(line) <= room for line in lines)
    scale = wide_scale([a * 1e4 for a, _b in pairs], room)
    assert all(line_length(line) <= room for line in draw_lengths(pairs, (0.1, 1e-4), scale, height, 0, 1, 0, "tokens"))


@given(st.lists(st.lists(st.integers(0, 100_000), min_size=10, max_size=10), min_size=1, max_size=7), WIDTHS, HEIGHTS)
def test_histograms_fit_and_keep_every_count(counts: list[list[int]], width: int, height: int) -> None:
    lines = draw_histograms([place / 10 for place in range(11)], counts, width, height)
    assert all(line_length(line) <= max(width, 30) for line in lines)
    if width >= 78 and height > 1:
        assert len(lines) == height + 2 + len(counts)
        assert all(str(count) in plain(lines[height + 2]) for count in counts[0] if 0 < count < 1000)


@given(st.lists(st.tuples(SCORES, st.floats(0, 0.5)), min_size=1, max_size=6), WIDTHS)
def test_bars_fit(values: list[tuple[float, float]], width: int) -> None:
    estimates = [Estimate(n, f"model {n}", mean, mean - half, mean + half) for n, (mean, half) in enumerate(values)]
    for lines in (draw_means(estimates, width), draw_differences(estimates, width)):
        assert all(line_length(line) <= width for line in lines)


@given(st.floats(0.01, 12), st.integers(0, 3))
def test_a_bar_is_as_high_as_its_value(height: float, number: int) -> None:
    cells = [bar_cell(number, height, row) for row in range(14)]
    assert cells[0] != " "
    full = sum(cell == STEPS[number][-1] for cell in cells)
    assert abs(full - height) <= 1
    assert cells == sorted(cells, key=lambda cell: cell == " ")


@given(st.lists(st.floats(-1e6, 1e6), max_size=9), st.integers(12, 110))
def test_axes_hold_their_values(values: list[float], cells: int) -> None:
    scale = wide_scale(values, cells)
    assert all(0 <= scale.cell(value) < cells for value in values)
    assert line_length(scale.floor()) == cells
    near = (scale.high - scale.low) * 1e-6
    assert all(scale.low - near <= value <= scale.high + near for value in values)


def test_numbers_in_few_cells() -> None:
    assert [p_words(p) for p in (None, 0.0004, 0.0341, 0.9999)] == ["–", "<.001", ".034", "1.00"]
    assert [three(value) for value in (None, 0.0634, -0.5, 1.25)] == ["–", ".063", "−.500", "1.250"]
    assert (score(None), score(-0.25), change(-0.004), share(0.414), whole(1234.4)) == (
        "–",
        "−.25",
        "+.00",
        "41%",
        "1,234",
    )
    assert [letter(number) for number in (0, 25, 26)] == ["A", "Z", "#27"]
