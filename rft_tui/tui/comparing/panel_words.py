"""What panels say alike: names of operands, what was left out, and the notes of a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rft_tui.tui.comparing.rows import Row, said
from rft_tui.tui.comparing.signs import letter
from rft_tui.tui.task_words import counted

if TYPE_CHECKING:
    from rft_tui.tasks.comparing.comparison import Comparison

ELSEWHERE = ("left_out", "default_grader", "simulated", "one_run", "detectable")
"""Kinds of notes that stand elsewhere on the screen: in the header, or in the tables."""

LEAST_NAME = 12
"""Cells that a name has at least."""


def label_cells(comparison: Comparison, most: int) -> int:
    """Cells for the letter and the name of every operand."""
    longest = max((len(one.label) for one in comparison.operands), default=0) + 3
    return max(LEAST_NAME, min(longest, most, 40))


def left_out_words(comparison: Comparison) -> str:
    """How many items are compared, and what of each operand is not."""
    parts = []
    for number, one in enumerate(comparison.left_out):
        if not one.count:
            continue
        why = [
            f"{len(items):,} {word}"
            for items, word in ((one.missing, "not asked"), (one.ungraded, "not graded"), (one.errors, "only errors"))
            if items
        ]
        parts.append(f"{letter(number)} lacks {one.count:,} ({', '.join(why)})")
    items = counted(len(comparison.items), "common item")
    return f"{items} · left out: {'; '.join(parts)}" if parts else f"{items} · none left out"


def short_words(comparison: Comparison) -> str:
    """The same in few words: how many items are compared, and how many are not."""
    items = counted(len(comparison.items), "common item")
    left_out = {
        item for one in comparison.left_out for kind in (one.missing, one.ungraded, one.errors) for item in kind
    }
    return f"{items} · {len(left_out):,} left out" if left_out else f"{items} · none left out"


def nothing_common(comparison: Comparison, width: int) -> list[Row]:
    """What stands in place of all figures where no item has a score of every operand."""
    return [
        *said("no item has a score of every operand: there is nothing to compare", width, "state.bad", "✗ "),
        *said(left_out_words(comparison), width),
        *said("Operands are compared on the items that all of them answered: mark groups of one dataset.", width),
    ]


def note_rows(comparison: Comparison, width: int, *, warnings_only: bool = False) -> list[Row]:
    """The notes, warnings first; what was left out stands before them."""
    rows = [] if warnings_only else said(left_out_words(comparison), width)
    for note in sorted(comparison.notes, key=lambda one: not one.is_warning):
        if note.kind in ELSEWHERE or (warnings_only and not note.is_warning):
            continue
        whose = "" if note.operand is None else f"{letter(note.operand)}: "
        style, sign = ("state.warning", "! ") if note.is_warning else ("text.dim", "· ")
        rows += said(whose + note.text, width, style, sign)
    return rows
