"""Texts as an editor shows them, with one kind of line end, and changes brought back into their own spelling."""

from __future__ import annotations

import re

from rft_tui.graders.text_change import difference

_LINE_END = re.compile("\r\n|\r|\n")


def shown_text(text: str) -> str:
    """The text with every line end as one sign."""
    return _LINE_END.sub("\n", text) if "\r" in text else text


def respelled(original: str, edited: str) -> str:
    """What was made of a text in an editor, in the text's own line ends: those that were not touched stay as they are.

    New lines end as the first line of the text does.
    """
    if "\r" not in original:
        return edited
    change = difference(shown_text(original), edited)
    start = _place(original, change.start)
    end = _place(original, change.end)
    first = _LINE_END.search(original)
    line_end = first.group() if first else "\n"
    made = original[:start] + change.inserted.replace("\n", line_end) + original[end:]
    return made if shown_text(made) == edited else edited.replace("\n", line_end)


def _place(original: str, position: int) -> int:
    """Where a place of the shown text stands in the original: each line end of two signs before it counts once more."""
    place, found = position, original.find("\r\n")
    while 0 <= found < place:
        place += 1
        found = original.find("\r\n", found + 2)
    return place
