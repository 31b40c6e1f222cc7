"""What can be compared, as rows of a table: groups of runs, or grader versions; marked ones have their letter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rft_tui.safetext import one_line
from rft_tui.store.graders import StoredGrader
from rft_tui.store.runs import RunGroup
from rft_tui.tui.comparing.signs import color, letter
from rft_tui.tui.paint import Line, fit, fit_right

MEAN = 6
"""Cells of the mean."""


@dataclass(frozen=True, slots=True)
class OperandLine:
    """A line of the list: the run ids or the grader id that it stands for, its name and what is dim behind it."""

    ids: tuple[int, ...]
    name: str
    beside: str
    simulated: bool = False


def group_lines(groups: Sequence[RunGroup], indexes: Mapping[int, int] | None = None) -> list[OperandLine]:
    """The groups of runs; the dataset stands behind the name, effort and prompt where they tell groups apart.

    With the run indexes by run id, the runs of a group of several stand below it.
    """
    asked = Counter((group.dataset, group.model) for group in groups)
    lines = []
    for group in groups:
        parts = [f"{group.model} ×{len(group.runs)}"]
        if asked[group.dataset, group.model] > 1:
            parts += [group.effort] if group.effort not in ("", "none", "default") else []
            parts += [group.prompt_name or "no prompt"]
        lines.append(OperandLine(group.runs, one_line(" · ".join(parts), 200), group.dataset, group.simulated))
        if indexes is not None and len(group.runs) > 1:
            lines += [OperandLine((run,), f"  run {indexes.get(run, 0)}", "") for run in group.runs]
    return lines


def version_lines(graders: Sequence[StoredGrader]) -> list[OperandLine]:
    """The grader versions, the newest first."""
    return [OperandLine((one.id,), one_line(one.label, 200), "") for one in reversed(graders)]


class OperandsSource:
    """Lines to mark; `place_of` tells the place of a line's operand, `mean_of` its mean."""

    def __init__(
        self,
        lines: Sequence[OperandLine],
        title: str,
        place_of: Callable[[Sequence[int]], int | None],
        mean_of: Callable[[int], str],
        words: Sequence[Line] = (),
    ) -> None:
        self.lines = list(lines)
        self._title = title
        self._place_of = place_of
        self._mean_of = mean_of
        self._words = list(words)

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self.lines)

    def page(self, first: int, count: int) -> list[OperandLine]:
        """Some of them."""
        return self.lines[first : first + count]

    def heading(self, width: int) -> Line:
        """What the lines are."""
        return [(fit(f"   {self._title}", width - MEAN - 1) + fit_right("mean", MEAN), "text.dim")]

    def paint(self, row: OperandLine, width: int) -> Line:
        """One line; its letter if it is marked."""
        place = self._place_of(row.ids)
        line: Line = [("   ", "text.normal")]
        if place is not None:
            line = [(f" {fit(letter(place), 2)}", f"{color(place)} bold")]
        line += [("SIM ", "state.warning bold")] if row.simulated else []
        room = width - MEAN - 4 - 4 * row.simulated
        beside = f"  {one_line(row.beside, 60)}"
        name = row.name if len(row.name) + len(beside) <= room else fit(row.name, max(12, room - len(beside)))
        line.append((fit(name, min(len(name), room)), "text.normal bold" if place is not None else "text.normal"))
        line.append((fit(beside, max(0, room - min(len(name), room))), "text.dim"))
        mean = "" if place is None else self._mean_of(place)
        line.append((fit_right(mean, MEAN), "text.normal bold"))
        return line

    def empty(self) -> list[Line]:
        """What to do when there are none."""
        return self._words
