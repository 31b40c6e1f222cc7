"""The strip of runs and of steps in Review."""

from __future__ import annotations

from rft_tui.model import BandEdges, ScoreRule
from rft_tui.store.review import Sibling
from rft_tui.tui.paint import line_length
from rft_tui.tui.screens.review.item import ItemView
from rft_tui.tui.screens.review.strip import STEP_ROWS, runs_strip, steps_lines

VIEW = ItemView(ScoreRule(), 0.5, BandEdges())


def text(siblings: tuple[Sibling, ...], current: int, width: int = 60) -> str:
    line = runs_strip(siblings, current, VIEW, width)
    assert line_length(line) <= width + 1
    return "".join(part for part, _style in line)


def rows(siblings: tuple[Sibling, ...], current: int, width: int = 60) -> list[str]:
    lines = steps_lines(siblings, current, VIEW, width)
    assert all(line_length(line) <= width for line in lines)
    return ["".join(part for part, _style in line) for line in lines]


def test_runs_go_by_their_index() -> None:
    assert text((Sibling(7, 1, 1.0, None), Sibling(8, 2, 0.0, None)), 8) == "runs  1 █1.00 [2 ▁.00]"


def test_steps_go_by_step_and_sample() -> None:
    steps = (Sibling(1, 1, 0.0, None, 0), Sibling(2, 2, 0.5, None, 0), Sibling(3, 1, None, "other_error", 10))
    assert rows(steps, 3) == ["steps    0 ▁.00  0·2 ▅.50  [10 ·err]"]


def test_steps_stand_below_each_other() -> None:
    steps = tuple(Sibling(number, 1, 0.5, None, 5 * number) for number in range(6))
    assert rows(steps, 4, 40) == ["steps   0 ▅.50   5 ▅.50  10 ▅.50 ", "       15 ▅.50 [20 ▅.50] 25 ▅.50 "]


def test_the_step_on_screen_is_always_in_sight() -> None:
    steps = tuple(Sibling(number, 1, number / 40, None, 5 * number) for number in range(41))
    for current in range(41):
        shown = rows(steps, current, 40)
        assert len(shown) == STEP_ROWS
        assert any(f"[{5 * current} " in row for row in shown)
        assert shown[0].startswith("steps…") == ("0 ▁.00" not in shown[0])
        assert shown[-1].endswith("…") == ("200 █1.00" not in shown[-1])
