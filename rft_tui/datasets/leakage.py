"""Inputs that stand in two files: what a model trains on must not be what it is judged by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rft_tui.datasets.duplicates import identity_key
from rft_tui.datasets.near_duplicates import NearIndex, Sketch, Sketcher
from rft_tui.datasets.rows import row_problem
from rft_tui.model import Item, Problem


@dataclass(frozen=True, slots=True)
class OtherRows:
    """The rows of another file or dataset to compare with: its name, and its items with their lines."""

    name: str
    items: Iterable[tuple[int, Item]]


class Leakage:
    """The inputs of one other file, exact and by sketch."""

    def __init__(self, other: OtherRows, sketcher: Sketcher | None) -> None:
        self._name = other.name
        self._inputs: dict[int, int] = {}
        self._near = NearIndex()
        for line, item in other.items:
            first = self._inputs.setdefault(identity_key(item.input_id), line)
            if sketcher is not None and first == line:
                sketch = sketcher.sketch(item.question)
                if sketch is not None:
                    self._near.add(line, sketch)

    def see(self, line: int, item: Item, sketch: Sketch | None) -> Problem | None:
        """The problem of an item whose input, or nearly the same text, stands in the other file."""
        other_line = self._inputs.get(identity_key(item.input_id))
        if other_line is not None:
            said = f"the input stands in {self._name} too, line {other_line}"
            return row_problem(line, "leakage", said)
        near = self._near.find(sketch) if sketch is not None else None
        if near is None:
            return None
        said = f"the question is nearly the same as in {self._name}, line {near.line} ({near.share:.0%} in common)"
        return row_problem(line, "near_leakage", said, severity="warning")
