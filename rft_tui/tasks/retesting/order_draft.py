"""An expected order in the making: the answers to an item that are known, moved until each is better than the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rft_tui.graders.bench.ordering import MAX_ANSWERS
from rft_tui.model import Grade, JsonObject
from rft_tui.store.database import Store
from rft_tui.store.datasets import StoredItem, get_item
from rft_tui.store.probes import answers_to
from rft_tui.tasks.retesting.orders_file import KeptOrder, keep_order, orders_of
from rft_tui.tasks.retesting.probes import ProbeRow, graded_now

if TYPE_CHECKING:
    from rft_tui.graders.judge import Judge

MOST_KNOWN = 500
"""Answers to an item that are listed."""

REFERENCE, RUN, TYPED, KEPT = "reference", "run", "typed", "kept"
"""Where an answer comes from."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An answer, where it comes from, its grade (None where there is none), and whether it belongs to the order."""

    text: str
    origin: str
    grade: Grade | None = None
    is_in: bool = True

    @property
    def score(self) -> float | None:
        """Its score, None without one."""
        return self.grade.score if self.grade is not None else None


class OrderDraft:
    """The lines of an order, the best first, with those that were dropped between them; every step can be undone."""

    def __init__(
        self, path: Path, item: StoredItem, lines: Sequence[OrderLine], kept: Sequence[KeptOrder], replaces: int
    ) -> None:
        self.path = path
        self.item = item
        self.lines = list(lines)
        self.kept = tuple(kept)
        self.replaced = next((one for one in kept if one.number == replaces), None)
        self._before: list[list[OrderLine]] = []

    @property
    def answers(self) -> tuple[str, ...]:
        """The answers of the order, the best first."""
        return tuple(line.text for line in self.lines if line.is_in)

    @property
    def is_changed(self) -> bool:
        """Whether something was moved, dropped or typed."""
        return bool(self._before)

    def rank(self, place: int) -> int:
        """Where a line stands in the order, from 1; 0 for one that was dropped."""
        return sum(line.is_in for line in self.lines[: place + 1]) if self.lines[place].is_in else 0

    def is_above_next(self, place: int) -> bool:
        """Whether a line of the order scores more than the next one, as far as both are graded."""
        following = next((line for line in self.lines[place + 1 :] if line.is_in), None)
        mine = self.lines[place]
        if following is None or not mine.is_in or mine.grade is None or following.grade is None:
            return True
        return mine.score is not None and following.score is not None and mine.score > following.score

    def move(self, place: int, by: int) -> int:
        """Move a line up (-1) or down (1); its place then."""
        to = max(0, min(place + by, len(self.lines) - 1))
        if to != place:
            self._keep()
            self.lines.insert(to, self.lines.pop(place))
        return to

    def drop(self, place: int) -> None:
        """Drop a line from the order, or take it in again."""
        self._keep()
        self.lines[place] = replace(self.lines[place], is_in=not self.lines[place].is_in)

    def add(self, text: str, after: int) -> tuple[int, bool]:
        """Put a new answer below a line, or find it among those that are there; its place, and whether it is new."""
        known = next((place for place, line in enumerate(self.lines) if line.text == text), None)
        if known is not None:
            if not self.lines[known].is_in:
                self.drop(known)
            return known, False
        self._keep()
        place = min(after + 1, len(self.lines))
        self.lines.insert(place, OrderLine(text, TYPED))
        return place, True

    def undo(self) -> bool:
        """Take back the last step; whether there was one."""
        if not self._before:
            return False
        grades = {line.text: line.grade for line in self.lines}
        self.lines = [replace(line, grade=line.grade or grades.get(line.text)) for line in self._before.pop()]
        return True

    def take_grades(self, grades: Mapping[str, Grade]) -> None:
        """These are the grades of some answers."""
        self.lines = [replace(line, grade=grades.get(line.text, line.grade)) for line in self.lines]

    def keep(self) -> None:
        """Write the order into its file. Raises what `keep_order` raises."""
        keep_order(self.path, self.item.row_id, self.answers, self.replaced)

    def _keep(self) -> None:
        self._before.append(list(self.lines))


def begin_order(
    store: Store, path: Path, item: int, spec: JsonObject | None, judge: Judge | None = None, replaces: int = 0
) -> OrderDraft:
    """The answers to an item: its reference and what all runs answered, equal texts once, the highest scores first.

    Where an order of the item is kept, its answers stand first and in their order, and the others are dropped; of
    several, number `replaces` is taken. `judge` should ask nobody. Raises InputError for a file that cannot be read.
    """
    with store.read() as db:
        of = get_item(db, item)
        said = [text for text, _prediction in answers_to(db, of.row_id, MOST_KNOWN)]
    kept = orders_of(path, of.row_id)
    chosen = next((one for one in kept if one.number == replaces), kept[0] if kept else None)
    before = chosen.answers if chosen is not None else ()
    reference = [of.reference] if of.reference else []
    texts = list(dict.fromkeys([*before, *reference, *said]))
    grades = grades_of(texts, of, spec, judge) if spec is not None else {}
    origins = dict.fromkeys(said, RUN) | dict.fromkeys(before, KEPT) | dict.fromkeys(reference, REFERENCE)
    origins |= {text: RUN for text in said if text not in reference}
    lines = [OrderLine(text, origins[text], grades.get(text), not before or text in before) for text in texts]
    first = len(before) or len(reference)
    rest = sorted(lines[first:], key=lambda line: -line.score if line.score is not None else float("inf"))
    lines = [*lines[:first], *rest]
    lines = [replace(line, is_in=line.is_in and place < MAX_ANSWERS) for place, line in enumerate(lines)]
    return OrderDraft(path, of, lines, kept, chosen.number if chosen is not None else 0)


def grades_of(
    answers: Sequence[str], item: StoredItem, spec: JsonObject, judge: Judge | None = None
) -> dict[str, Grade]:
    """What a grader says of some answers to an item, as far as that is known soon and without asking a model."""
    rows = [
        ProbeRow(number, item.id, item.row_id, 0, 0, "", answer, item.reference, item.fields, {}, None, None, None)
        for number, answer in enumerate(answers)
    ]
    return {answers[number]: grade for number, grade in graded_now(rows, spec, judge).items()}
