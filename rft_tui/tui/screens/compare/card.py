"""Cards: what stands behind the numbers of a line, as a text to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rft_tui.safetext import one_line
from rft_tui.tui.paint import Line, fit, wrap_line, wrap_text
from rft_tui.tui.screens.over_reading import ReadingScreen

if TYPE_CHECKING:
    from rft_tui.tasks.comparing.cards import Card

LABEL = 9
"""Cells of the names."""


class CardsScreen(ReadingScreen):
    """The cards of a line, one below the other; esc leaves."""

    title_word: ClassVar[str] = "Compare"

    def __init__(self, cards: Sequence[Card], *, simulated: bool) -> None:
        super().__init__()
        self.cards = list(cards)
        self.simulated = simulated

    def on_mount(self) -> None:
        """Show the cards."""
        super().on_mount()
        self.pane.show(self._lines)

    def _lines(self, width: int) -> list[Line]:
        lines: list[Line] = []
        shared = _shared(self.cards)
        if shared:
            lines.append([("behind all of these", "text.dim")])
            lines += [part for name, text in shared for part in _fact(name, text, width)]
        for card in self.cards:
            title: Line = [(one_line(card.title, 200), "text.accent bold")]
            lines += [[]] if lines else []
            lines += wrap_line([*title, (f"  {one_line(card.value, 400)}", "text.normal bold")], width)
            own = (fact for fact in card.lines if fact not in shared)
            lines += [part for name, text in own for part in _fact(name, text, width)]
        return lines

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """What is shown."""
        name: Line = [("what stands behind the numbers", "text.accent bold")]
        if self.simulated:
            name.append((" SIMULATED", "state.warning bold"))
        return (name, []), (self.tabs(), [(f"{self.hint_key('back')} back", "text.dim")])

    def text_to_take(self) -> tuple[str, str] | None:
        """The cards in full."""
        parts = [
            f"# {card.title}: {card.value}\n" + "".join(f"{name}: {text}\n" for name, text in card.lines)
            for card in self.cards
        ]
        return "\n".join(parts), ".md"


def _shared(cards: Sequence[Card]) -> list[tuple[str, str]]:
    """The facts that every card has, if there are several."""
    if len(cards) < 2:
        return []
    return [fact for fact in cards[0].lines if all(fact in card.lines for card in cards[1:])]


def _fact(name: str, text: str, width: int) -> list[Line]:
    style = "state.warning" if name == "note" else "text.normal"
    parts = wrap_text(text, max(8, width - LABEL - 2), style, limit=40)
    label = fit(name, LABEL)
    return [
        [("  ", "text.dim"), (label if number == 0 else " " * LABEL, "text.dim"), *part]
        for number, part in enumerate(parts)
    ]
