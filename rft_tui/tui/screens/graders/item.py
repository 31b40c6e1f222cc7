"""One row of the probe set in full: what the version gives it, and what the text gives it now."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import ClassVar

from rft_tui.model import BandEdges, Grade, ScoreRule
from rft_tui.safetext import one_line
from rft_tui.store.review import ReviewItem
from rft_tui.store.verdicts import ReviewState
from rft_tui.tasks.retesting.probes import ProbeRow
from rft_tui.tui.actions import GLOBAL
from rft_tui.tui.paint import Line, wrap_line, wrap_text
from rft_tui.tui.screens.over_reading import ReadingScreen
from rft_tui.tui.screens.review.item import ItemView, compose_item, score_lines

FIELD_LINES = 40
"""Lines of a field that are shown."""


def unstored_item(row: ProbeRow) -> ReviewItem:
    """A row behind which no prediction is stored, as an item."""
    place = row.place
    name = f"answer {place.place} of {place.of}" if place is not None else "an answer"
    return ReviewItem(
        row.prediction, 0, row.item, row.row_id, "", 0, row.run, row.run_index, name, "", "", False, [], "",
        row.reference, row.fields, row.output_text, None, row.error_kind, row.error_message, None, None, None, None,
        None, ReviewState(), None, (),
    )  # fmt: skip


class GradedItem(ReadingScreen):
    """The item as in Review, with the steps and sub-scores of both versions; of an expected order, its fields."""

    scope: ClassVar[str] = GLOBAL

    def __init__(
        self,
        item: ReviewItem,
        old: Grade | None,
        new: Grade | None,
        rules: tuple[ScoreRule, ScoreRule],
        names: tuple[str, str],
        row: ProbeRow | None = None,
    ) -> None:
        super().__init__()
        self._row = row
        self._item, self._old, self._new, self._rules, self._names = item, old, new, rules, names

    def on_mount(self) -> None:
        """Show it."""
        super().on_mount()
        self.pane.show(self._lines)

    def _lines(self, width: int) -> list[Line]:
        before, after = (
            ItemView(rule, rule.shown_threshold, BandEdges(), name)
            for rule, name in zip(self._rules, self._names, strict=True)
        )
        item = replace(self._item, grade=self._new, baseline_score=self._old.score if self._old else None)
        was = replace(self._item, grade=self._old, baseline_score=None)
        if self._row is None:
            lines = compose_item(item, after, width)
        else:
            now: Line = [(self._names[1], "text.accent bold")]
            lines = [*_fields(item, width), *_answer(item, width), [], now, *score_lines(item, after, width)]
        return [*lines, [], [(self._names[0], "text.accent bold")], *score_lines(was, before, width)]

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """Whose prediction it is; what is compared."""
        item, place = self._item, self._row.place if self._row is not None else None
        who: Line = [(f"{one_line(item.model, 40)} · run {item.run_index}", "text.accent bold")]
        words: Line = [*self.tabs(), (" ▸Prediction", "text.accent bold")]
        if place is not None:
            who = [(f"order {place.order} · answer {place.place} of {place.of}", "text.accent bold")]
            words = [*self.tabs(), (" ▸Expected order", "text.accent bold")]
        return (who, []), (words, [(" → ".join(self._names), "text.dim")])

    def text_to_take(self) -> tuple[str, str] | None:
        """The question and both answers."""
        item = self._item
        parts = [("question", item.question), ("reference", item.reference), ("prediction", item.output_text)]
        return "\n\n".join(f"# {name}\n\n{text}" for name, text in parts if text) + "\n", ".md"


def _fields(item: ReviewItem, width: int) -> list[Line]:
    """The fields of an item, each under its name."""
    lines: list[Line] = []
    for name, value in item.fields.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        lines += [[(one_line(name, 80), "text.dim")], *wrap_text(text, width, limit=FIELD_LINES), []]
    return lines or [[("no fields", "text.faint")], []]


def _answer(item: ReviewItem, width: int) -> list[Line]:
    empty: list[Line] = [[("(empty)", "text.faint")]]
    lines = wrap_text(item.output_text, width, "text.normal bold") if item.output_text else empty
    return [*wrap_line([(item.model, "text.dim")], width), *lines]
