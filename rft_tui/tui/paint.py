"""Lines of styled text, measured in terminal cells: how everything on our screens is made.

A line is a list of spans (text, style name). Text must have gone through `safetext` before it comes here.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip

from rft_tui.safetext import shown
from rft_tui.tui.theme import Theme

Span: TypeAlias = tuple[str, str]
"""Text, and what it is: ``text.normal``, ``state.bad``, ``band.partial bold`` …"""

Line: TypeAlias = list[Span]

_WORD = re.compile(" +|[^ ]+")

TAB = 4
"""Cells between tab stops in shown text."""


def line_length(line: Line) -> int:
    """Cells that a line takes."""
    return sum(cell_len(text) for text, _name in line)


def fit(text: str, width: int) -> str:
    """The text in exactly `width` cells: cut with an ellipsis, or filled with blanks."""
    if width <= 0:
        return ""
    length = len(text) if text.isascii() else cell_len(text)
    if length == width:
        return text
    if length < width:
        return text + " " * (width - length)
    return set_cell_size(text, width - 1) + "…"


def fit_middle(text: str, width: int) -> str:
    """The text in at most `width` cells, cut in its middle: of names whose ends tell them apart two thirds of it stay.

    ``ft:o4-mini:acme:tuned:abc:ckpt-step-30`` becomes ``ft:o4-…:abc:ckpt-step-30``.
    """
    length = cell_len(text)
    if length <= width:
        return text
    if width < 2:
        return fit(text, width)
    head = set_cell_size(text, (width - 1) // 3)
    room, tail = width - 1 - cell_len(head), ""
    for sign in reversed(text):
        if cell_len(sign + tail) > room:
            break
        tail = sign + tail
    return f"{head}…{tail}"


def fit_right(text: str, width: int) -> str:
    """The text at the right end of `width` cells."""
    length = cell_len(text)
    return " " * (width - length) + text if length < width else fit(text, width)


def crop(line: Line, width: int) -> Line:
    """The line cut to `width` cells, the last cell an ellipsis where something was lost."""
    if line_length(line) <= width:
        return line
    out: Line = []
    left = width
    for text, name in line:
        length = cell_len(text)
        if length < left:
            out.append((text, name))
            left -= length
            continue
        out.append((fit(text + " " if length == left else text, left), name))
        break
    return out


def justify(left: Line, right: Line, width: int) -> Line:
    """`left` at the left end and `right` at the right end of the width; where both do not fit, `left` is cut."""
    room = width - line_length(right)
    if room < 1:
        return crop(right, width)
    left = crop(left, max(0, room - 1))
    return [*left, (" " * (room - line_length(left)), "text.normal"), *right]


def flat(text: str) -> str:
    """The text with nothing in it that could leave its line, whoever forgot to make it safe."""
    return shown(text).replace("\n", "␊").replace("\t", "␉")


def strip_of(line: Line, width: int, theme: Theme, surface: str = "background") -> Strip:
    """The line as Textual paints it: cut or filled to the width, every span on the surface."""
    style = theme.style
    if not all(text.isprintable() for text, _name in line):
        line = [(text if text.isprintable() else flat(text), name) for text, name in line]
    segments = [Segment(text, style(name, surface)) for text, name in crop(line, width) if text]
    used = sum(cell_len(segment.text) for segment in segments)
    if used < width:
        segments.append(Segment(" " * (width - used), style("text.normal", surface)))
    return Strip(segments, width)


def plain(line: Line) -> str:
    """The text of a line without its styles."""
    return "".join(text for text, _name in line)


def expand_tabs(text: str) -> str:
    """Tabs as blanks up to the next stop."""
    return text.expandtabs(TAB) if "\t" in text else text


def wrap_line(line: Line, width: int) -> list[Line]:
    """One styled line broken at blanks into lines of at most `width` cells; longer words are broken anywhere."""
    width = max(1, width)
    if line_length(line) <= width:
        return [line]
    out: list[Line] = [[]]
    used = 0
    for text, name in line:
        for word in _words(text):
            length = cell_len(word)
            if used + length > width and used and not word.isspace():
                _strip_end(out[-1])
                out.append([])
                used = 0
            if used == 0 and word.isspace() and len(out) > 1:
                continue
            start = 0
            while length > width - used:
                if word.isspace():
                    start, length = len(word), 0
                    break
                end = _cut(word, start, width - used)
                out[-1].append((word[start:end], name))
                length -= cell_len(word[start:end])
                start = end
                out.append([])
                used = 0
            if start < len(word):
                out[-1].append((word[start:], name))
                used += length
    if not out[-1] and len(out) > 1:
        out.pop()
    return [_joined(one) for one in out]


def wrap_text(text: str, width: int, name: str = "text.normal", limit: int = 2000) -> list[Line]:
    """Text from elsewhere as lines of at most `width` cells, made safe; at most `limit` lines, the rest counted."""
    bound = limit * max(8, width)
    cut = len(text) - bound
    if cut > 0:
        text = text[:bound]
    lines: list[Line] = []
    for raw in expand_tabs(shown(text)).split("\n"):
        lines += wrap_line([(raw, name)], width) if raw else [[]]
        if len(lines) > limit:
            del lines[limit:]
            cut = max(cut, 1)
            break
    if cut > 0:
        lines.append([(f"… {cut:,} characters and more; all of it can be opened in the editor", "text.faint")])
    return lines


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _cut(word: str, start: int, cells: int) -> int:
    """Where the longest piece of a word from `start` in at most `cells` cells ends; at least one character."""
    if word.isascii():
        return start + max(1, cells)
    used = 0
    for position in range(start, len(word)):
        used += cell_len(word[position])
        if used > cells and position > start:
            return position
    return len(word)


def _strip_end(line: Line) -> None:
    while line and line[-1][0].isspace():
        line.pop()


def _joined(line: Line) -> Line:
    out: Line = []
    for text, name in line:
        if out and out[-1][1] == name:
            out[-1] = (out[-1][0] + text, name)
        else:
            out.append((text, name))
    return out
