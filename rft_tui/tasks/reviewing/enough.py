"""When labels are too few, or too much alike, for a figure: then words stand in its place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rft_tui.analysis.agreement import ENOUGH_LABELS, Measured

if TYPE_CHECKING:
    from rft_tui.analysis.agreement import Agreement

FEWEST = 10
"""Labels below which there is a table and no figure."""


def figures_that_hold(found: Agreement | None) -> Agreement | None:
    """The same without κ where it would say more than is known: of few labels, or where a rater gives only one label.

    Then κ is 0 or undefined whatever the raters think, and resampling finds no width.
    """
    if found is None or (found.pairs >= FEWEST and not is_one_sided(found)):
        return found
    none = Measured(None, None)
    return replace(found, kappa=none, linear=none, quadratic=none)


def is_one_sided(found: Agreement) -> bool:
    """Whether one of the raters gives the same label every time."""
    rows = [sum(row) for row in found.table.counts]
    columns = [sum(column) for column in zip(*found.table.counts, strict=True)]
    return found.pairs in rows or found.pairs in columns


def too_few(labels: int) -> str:
    """Says that labels are too few, and how many to give."""
    least, better = ENOUGH_LABELS
    noun = "label is" if labels == 1 else "labels are"
    return f"{labels} {noun} too few for figures: give {least - labels} more, better {better - labels}"
