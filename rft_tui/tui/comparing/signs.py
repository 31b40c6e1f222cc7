"""What stands for an operand in pictures and tables: a letter, a filling and a colour."""

from __future__ import annotations

from rft_tui.tui.paint import Line, fit

FILLS = ("█", "⣿", "▒", "⢕")
"""What bars are filled with, in the order of the operands, so that they stay apart without colours."""

STEPS = ("▁▂▃▄▅▆▇█", "⣀⣤⣶⣿", "▒", "⢀⢄⢔⢕")
"""The tops of such bars, from the lowest to a full cell."""

MOST = len(FILLS)
"""Operands that one picture of bars shows."""


def letter(number: int) -> str:
    """What an operand is called: ``A`` is the baseline; beyond ``Z`` numbers follow."""
    return chr(ord("A") + number) if number < 26 else f"#{number + 1}"


def color(number: int) -> str:
    """The style of an operand."""
    return f"curve.{number}"


def sign(number: int) -> Line:
    """The letter and the filling of an operand."""
    return [(f"{letter(number)} ", f"{color(number)} bold"), (FILLS[number % MOST], color(number))]


def bar_cell(number: int, height: float, row: int) -> str:
    """The cell of an upright bar in a row, counted from the floor; `height` in cells."""
    steps = STEPS[number % MOST]
    part = height - row
    if part >= 1:
        return steps[-1]
    count = round(part * len(steps))
    if count <= 0:  # something is never drawn as nothing
        return steps[0] if row == 0 and height > 0 else " "
    return steps[count - 1]


def name_of(number: int, name: str, width: int) -> Line:
    """The letter and the name of an operand in so many cells."""
    return [(fit(letter(number), 2), f"{color(number)} bold"), (fit(name, max(0, width - 2)), "text.normal")]
