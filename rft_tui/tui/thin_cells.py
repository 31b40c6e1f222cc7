"""The cells last sent to the terminal, and the shortest bytes that turn them into the next picture.

A row is two lists, characters and styles. A wide character takes its cell and leaves an empty one behind it; marks of
no width stand with the character before them.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

GAP = 5
"""Unchanged cells between two changed runs up to which it is shorter to send them than to move the cursor."""

SCROLL_ROWS = 4
"""Rows that must move together before the terminal is asked to scroll."""

SCROLL_GAIN = 200
"""Cells that scrolling must save."""

UNKNOWN = "\0"
"""What a cell holds of which nothing is known; never sent."""

Codes = tuple[str, str, str]
"""SGR codes of foreground, background and attributes."""

_ATTRIBUTES = ("bold", "dim", "italic", "underline", "blink", "blink2", "reverse", "conceal", "strike")


_BLANKS: dict[Style | None, Style | None] = {}


_UNSEEN_ON_BLANKS = frozenset(("", "1", "2", "3"))
"""Codes of attributes that a blank looks the same with: none, bold, dim, italic."""


def blank_style(style: Style | None) -> Style | None:
    """What can be seen of a style on blanks: the ground, unless lines or reverse video show the colour as well."""
    if style not in _BLANKS:
        plain = style is None or not (style.underline or style.reverse or style.strike or style.overline)
        _BLANKS[style] = Style(bgcolor=style.bgcolor) if plain and style is not None else style
    return _BLANKS[style]


class Row:
    """One line of the screen."""

    __slots__ = ("characters", "styles")

    def __init__(self, characters: list[str], styles: list[Style | None]) -> None:
        self.characters = characters
        self.styles = styles

    @classmethod
    def unknown(cls, width: int) -> Row:
        """A line of which nothing is known, so that every cell counts as changed."""
        return cls([UNKNOWN] * width, [None] * width)

    def copy(self) -> Row:
        """A line that can be changed on its own."""
        return Row(self.characters[:], self.styles[:])

    def put(self, x: int, segments: Iterable[Segment], first: int, last: int) -> None:
        """Write segments that begin at cell `x`, only into cells from `first` up to `last` (excluded)."""
        characters, styles = self.characters, self.styles
        last = min(last, len(characters))
        for text, style, control in segments:
            if control:
                continue
            if x >= last:
                return
            if text.isascii():
                if text.isspace():
                    style = blank_style(style)
                begin, end = max(x, first), min(x + len(text), last)
                if begin < end:
                    characters[begin:end] = text[begin - x : end - x]
                    styles[begin:end] = [style] * (end - begin)
                x += len(text)
                continue
            for character in text:
                size = cell_len(character)
                if size == 0:
                    if first < x <= last:
                        characters[x - 1] += character
                    continue
                if first <= x and x + size <= last:
                    characters[x] = character
                    styles[x] = style
                    if size == 2:
                        characters[x + 1] = ""
                        styles[x + 1] = style
                x += size


def changed_cells(before: Row, after: Row) -> int:
    """How many cells differ."""
    if before.characters == after.characters and before.styles == after.styles:
        return 0
    return sum(
        one != other or style != other_style
        for one, other, style, other_style in zip(
            before.characters, after.characters, before.styles, after.styles, strict=True
        )
    )


def best_scroll(before: list[Row], after: list[Row], changed: list[int]) -> tuple[int, int, int] | None:
    """(first row, last row, rows up; down is negative) of the scroll that saves most; None where it would not pay."""
    if len(changed) < SCROLL_ROWS:
        return None
    top, bottom = changed[0], changed[-1]
    here = sum(changed_cells(before[y], after[y]) for y in range(top, bottom + 1))
    best: tuple[int, int, int] | None = None
    least = here - SCROLL_GAIN
    keys = {tuple(row.characters): y for y, row in enumerate(before[top : bottom + 1], top)}
    shifts = {
        shift
        for y in (top, (top + bottom) // 2, bottom)
        if (source := keys.get(tuple(after[y].characters))) is not None and (shift := source - y) != 0
    }
    for shift in shifts:
        first, last = top, bottom
        cells = 0
        for y in range(first, last + 1):
            source = y + shift
            row = before[source] if first <= source <= last else None
            cells += changed_cells(row, after[y]) if row else len(after[y].characters)
        if cells < least:
            least, best = cells, (first, last, shift)
    return best


class Encoder:
    """Turns changed cells into bytes, remembering the style that the terminal is in."""

    def __init__(self, color_system: ColorSystem | None) -> None:
        self._color_system = color_system
        self._codes: dict[Style | None, Codes] = {}
        self._current: Codes | None = None

    def encode(self, y: int, before: Row, after: Row, out: list[str]) -> None:
        """Append what turns one line into the other."""
        width = len(after.characters)
        x = 0
        at: int | None = None
        while x < width:
            if self._same(before, after, x):
                x += 1
                continue
            if after.characters[x] == "" and x:
                x -= 1
            if at is not None and 0 < x - at <= GAP and self._plain(after, at, x):
                self._write(after, at, x, out)
            elif at != x:
                out.append(f"\x1b[{y + 1};{x + 1}H")
            end = x + 1
            while end < width and (not self._same(before, after, end) or after.characters[end] == ""):
                end += 1
            self._write(after, x, end, out)
            at = end if self._plain(after, x, end) else None
            x = end

    @staticmethod
    def _same(before: Row, after: Row, x: int) -> bool:
        """Whether a cell needs no bytes: it is as it was, or nothing is known of what it should be."""
        return after.characters[x] == UNKNOWN or (
            before.characters[x] == after.characters[x] and before.styles[x] == after.styles[x]
        )

    @staticmethod
    def _plain(row: Row, first: int, last: int) -> bool:
        """Whether the terminal surely ends where we think it does: no characters whose width terminals differ about."""
        return all(
            len(one) == 1 and one != UNKNOWN and (one < "\u0300" or "─" <= one <= "▟" or "⠀" <= one <= "⣿")
            for one in row.characters[first:last]
        )

    def _write(self, row: Row, first: int, last: int, out: list[str]) -> None:
        begin = first
        while begin < last:
            style = row.styles[begin]
            end = begin + 1
            while end < last and (row.styles[end] is style or row.styles[end] == style):
                end += 1
            text = "".join(row.characters[begin:end])
            self._switch(style, out, blank=text.isspace())
            out.append(text)
            begin = end

    def _switch(self, style: Style | None, out: list[str], *, blank: bool) -> None:
        codes = self._codes.get(style)
        if codes is None:
            codes = self._codes[style] = self._codes_of(style)
        current = self._current
        if codes == current:
            return
        if blank and current is not None and current[1] == codes[1] and {current[2], codes[2]} <= _UNSEEN_ON_BLANKS:
            return
        if current is None or current[2] != codes[2]:
            out.append(f"\x1b[{';'.join(['0', *(code for code in codes if code)])}m")
        else:
            parts = [
                new or default
                for old, new, default in ((current[0], codes[0], "39"), (current[1], codes[1], "49"))
                if old != new
            ]
            out.append(f"\x1b[{';'.join(parts)}m")
        self._current = codes

    def _codes_of(self, style: Style | None) -> Codes:
        if style is None:
            return "", "", ""
        system = self._color_system
        foreground = background = ""
        if system is not None:
            if style.color is not None and not style.color.is_default:
                foreground = ";".join(style.color.downgrade(system).get_ansi_codes())
            if style.bgcolor is not None and not style.bgcolor.is_default:
                background = ";".join(style.bgcolor.downgrade(system).get_ansi_codes(foreground=False))
        attributes = ";".join(str(number) for number, name in enumerate(_ATTRIBUTES, 1) if getattr(style, name))
        return foreground, background, attributes

    def finish(self, out: list[str]) -> None:
        """Leave the terminal in its plain style."""
        if self._current not in (None, ("", "", "")):
            out.append("\x1b[0m")
        self._current = None
