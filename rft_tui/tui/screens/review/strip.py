"""All answers to one item side by side: its runs, or its steps in a job."""

from __future__ import annotations

from rft_tui.model import ScoreRule
from rft_tui.store.review import Sibling
from rft_tui.tui.paint import Line, line_length
from rft_tui.tui.screens.review.item import BLOCKS, ItemView, band_style, short_score

STEPS_LABEL = "steps"
"""What stands before the answers of a model that was still learning."""

STEP_ROWS = 2
"""Rows of them at most."""


def runs_strip(siblings: tuple[Sibling, ...], current: int, view: ItemView, width: int) -> Line:
    """All runs of the item: index, bar and score of each; the one on screen is bold and in brackets.

    Where there are more than fit, those up to the one on screen come first.
    """
    line: Line = [("runs ", "text.dim")]
    parts = [_in_strip(one, one.prediction == current, view) for one in siblings]
    here = next((place for place, one in enumerate(siblings) if one.prediction == current), 0)
    first, needed = 0, line_length(line) + 2 + sum(map(line_length, parts[: here + 1]))
    while first < here and needed > width:
        needed -= line_length(parts[first])
        first += 1
    line += [("…", "text.dim")] if first else []
    for spans in parts[first:]:
        if line_length(line) + line_length(spans) > width:
            line.append(("…", "text.dim"))
            break
        line += spans
    return line


def is_learning(siblings: tuple[Sibling, ...]) -> bool:
    """Whether these are answers to an item at the steps of a job."""
    return any(one.step is not None for one in siblings)


def steps_lines(siblings: tuple[Sibling, ...], current: int, view: ItemView, width: int) -> list[Line]:
    """An item's answers at the steps of a job, in columns: step, bar and score of each, the one on screen in brackets.

    Where there are more than fit into STEP_ROWS rows, those around the one on screen; ``…`` stands for the others.
    """
    parts = [_in_strip(one, one.prediction == current, view) for one in siblings]
    cell = max(map(line_length, parts), default=1)
    in_row = max(1, (width - len(STEPS_LABEL) - 2) // cell)
    rows = [parts[start : start + in_row] for start in range(0, len(parts), in_row)]
    here = next((place for place, one in enumerate(siblings) if one.prediction == current), 0) // in_row
    first = max(0, min(here - STEP_ROWS // 2, len(rows) - STEP_ROWS))
    lines: list[Line] = []
    for number, row in enumerate(rows[first : first + STEP_ROWS]):
        label = STEPS_LABEL if number == 0 else " " * len(STEPS_LABEL)
        line: Line = [(label, "text.dim"), ("…" if number == 0 and first else " ", "text.dim")]
        for spans in row:
            line += [(" " * (cell - line_length(spans)), "text.dim"), *spans]
        lines.append(line)
    if first + STEP_ROWS < len(rows):
        lines[-1].append(("…", "text.dim"))
    return lines


def _in_strip(one: Sibling, is_here: bool, view: ItemView) -> Line:
    """One run in the strip; of a step's samples but the first, the step and the sample."""
    score = short_score(one.score, one.error_kind).removeprefix("0") if one.score != 0 else ".00"
    opening, closing = ("[", "]") if is_here else (" ", " ")
    name = str(one.run_index) if one.step is None else str(one.step)
    if one.step is not None and one.run_index > 1:
        name += f"·{one.run_index}"
    return [
        (f"{opening}{name} ", "text.normal bold" if is_here else "text.dim"),
        (_block(one.score, view.rule) + score, band_style(one.score, view) + (" bold" if is_here else "")),
        (closing, "text.normal bold" if is_here else "text.dim"),
    ]


def _block(score: float | None, rule: ScoreRule) -> str:
    """A bar of one cell, as high as the score in its range."""
    if score is None:
        return "·"
    share = (score - rule.low) / ((rule.high - rule.low) or 1.0)
    return BLOCKS[max(0, min(7, int(share * 7 + 0.5)))]
