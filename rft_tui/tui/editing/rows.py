"""Breaking a line of text into rows of a pane: at blanks where there are some, else anywhere."""

from __future__ import annotations

from rich.cells import cell_len

from rft_tui.tui.widgets.line_input import signs

_CODE_BREAKS = " ,;()[]{}+*/=|&"
"""Signs behind which a line of code may be broken."""


def painted(text: str) -> str:
    """The text with one printable sign for every character, tabs as an arrow: places in it stay the same."""
    if text.isascii() and text.isprintable():
        return text
    return signs(text.replace("\t", "→"))


def row_starts(text: str, width: int, *, code: bool = False) -> list[int]:
    """Where the rows of a line begin, each at most `width` cells; the first is 0. Code breaks behind signs too."""
    width = max(2, width)
    breaks = _CODE_BREAKS if code else " "
    if text.isascii():
        return _starts(text, width, breaks)
    shown = painted(text)
    return _starts(shown, width, breaks) if cell_len(shown) == len(shown) else _wide_starts(shown, width)


def _starts(text: str, width: int, breaks: str) -> list[int]:
    starts, position, length = [0], 0, len(text)
    while length - position > width:
        end = position + width
        least = position + width // 2
        position = next((at for at in range(end, least, -1) if text[at - 1] in breaks), end)
        starts.append(position)
    return starts


def _wide_starts(text: str, width: int) -> list[int]:
    starts, used, blank = [0], 0, 0
    widths = {character: cell_len(character) for character in set(text)}
    for position, character in enumerate(text):
        cells = widths[character]
        if used + cells > width:
            start = blank if blank > starts[-1] else position
            starts.append(start)
            used = cell_len(text[start:position])
        used += cells
        if character == " ":
            blank = position + 1
    return starts
