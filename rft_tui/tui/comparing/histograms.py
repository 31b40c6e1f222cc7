"""Histograms of several operands over one another: the same edges, a bar for each in every bin, the counts below."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rft_tui.tui.comparing.signs import FILLS, MOST, bar_cell, color, letter
from rft_tui.tui.paint import Line, fit, fit_right
from rft_tui.tui.score_words import shown_score

AXIS = 5
"""Cells of the shares at the left."""


def draw_histograms(
    edges: Sequence[float],
    counts: Sequence[Sequence[int]],
    width: int,
    height: int,
    shown: Callable[[float], str] = shown_score,
) -> list[Line]:
    """Bars as shares of each operand's values, `height` lines of them, then the edges and each operand's counts.

    `edges` are one more than the counts of every operand, written as `shown` says. Bars of the first four are drawn;
    counts stand for all.
    """
    bins = len(edges) - 1
    if bins < 1:
        return []
    drawn = counts[:MOST]
    room = (width - AXIS - len(shown(edges[-1]))) // bins
    bar = max(1, (room - 1) // max(1, len(drawn)))
    while bar * len(drawn) + 1 > room and len(drawn) > 1:
        drawn = drawn[:-1]
    if room < 2 or height < 2:
        return [[("too narrow for a histogram", "text.faint")]]
    shares = [[count / (sum(one) or 1) for count in one] for one in drawn]
    top = _round_share(max((share for one in shares for share in one), default=0.0))
    lines: list[Line] = []
    for row in range(height - 1, -1, -1):
        label = f"{top:.0%}" if row == height - 1 else ""
        line: Line = [(fit_right(label, AXIS - 1), "text.dim"), ("┤" if label else "│", "text.faint")]
        for place in range(bins):
            for number, one in enumerate(shares):
                line.append((bar_cell(number, one[place] / top * height, row) * bar, color(number)))
            line.append((" " * (room - bar * len(shares)), "text.normal"))
        lines.append(line)
    lines.append([(fit_right("0", AXIS - 1), "text.dim"), ("┼" + "─" * (room * bins), "text.faint")])
    lines.append(_edges(edges, room, shown))
    return lines + [_counts(number, one, room, number < len(drawn)) for number, one in enumerate(counts)]


def _round_share(most: float) -> float:
    """The top of the axis: the least round share that holds the highest bar."""
    return next((top for top in (0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.75) if most <= top), 1.0)


def _edges(edges: Sequence[float], room: int, shown: Callable[[float], str]) -> Line:
    """The lower edge of every bin that has room, and the upper one of the last."""
    longest = max(len(shown(edge)) for edge in edges)
    every = -(-(longest + 1) // room)
    cells = "".join(
        fit(shown(edge), room * min(every, len(edges) - 1 - place))
        for place, edge in enumerate(edges[:-1])
        if place % every == 0
    )
    return [(" " * AXIS, "text.dim"), (cells, "text.dim"), (shown(edges[-1]), "text.dim")]


def _counts(number: int, counts: Sequence[int], room: int, is_drawn: bool) -> Line:
    """An operand's sign and its counts, each below its bin."""
    said = "".join(fit(_short(count, room - 1), room) for count in counts)
    fill = FILLS[number] if is_drawn else " "
    return [
        (fit(letter(number), 2), f"{color(number)} bold"),
        (fill, color(number)),
        (" " * (AXIS - 3) + said, "text.normal"),
    ]


def _short(count: int, room: int) -> str:
    """A count in so many cells."""
    if not count:
        return "·"
    text = str(count)
    return text if len(text) <= room else f"{count // 1000}k"
