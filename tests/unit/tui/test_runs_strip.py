"""The strip of runs and of steps in Review."""

from __future__ import annotations

from rft_tui.model import BandEdges, ScoreRule
from rft_tui.store.review import Sibling
from rft_tui.tui.paint import line_length
from rft_tui.tui.screens.review_item import ItemView, runs_strip

VIEW = ItemView(ScoreRule(), 0.5, BandEdges())


def text(siblings: tuple[Sibling, ...], current: int, width: int = 60) -> str:
    line = runs_strip(siblings, current, VIEW, width)
    assert line_length(line) <= width + 1
    return "".join(part for part, _style in line)


def test_runs_go_by_their_index() -> None:
    assert text((Sibling(7, 1, 1.0, None), Sibling(8, 2, 0.0, None)), 8) == "runs  1 █1.00 [2 ▁.00]"


def test_steps_go_by_step_and_sample() -> None:
    steps = (Sibling(1, 1, 0.0, None, 0), Sibling(2, 2, 0.5, None, 0), Sibling(3, 1, None, "other_error", 10))
    assert text(steps, 3) == "steps  0 ▁.00  0·2 ▅.50 [10 ·err]"


def test_the_step_on_screen_is_always_in_sight() -> None:
    steps = tuple(Sibling(number, 1, number / 40, None, 5 * number) for number in range(41))
    for current in range(41):
        shown = text(steps, current, 36)
        assert f"[{5 * current} " in shown
        assert shown.startswith("steps …" if current > 3 else "steps  ") or current < 4
