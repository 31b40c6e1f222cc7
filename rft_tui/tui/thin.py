"""A writer that sends only the cells that changed: on a slow link bytes are time.

It stands in for Textual's own writer (`App._display`, private, so Textual is pinned), remembers the cells last sent,
sends runs of changed cells with one style sequence a change of style, and lets the terminal scroll rows that moved.
What it cannot know (a resize, another program on the terminal) makes it forget and send everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.screen import Screen
from textual.strip import Strip

from rft_tui.tui.thin_cells import Encoder, Row, best_scroll, changed_cells


class ThinOutput(App[None]):
    """An app whose pictures are sent as differences, unless `thin_output` is off."""

    thin_output: bool = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._sent: list[Row] = []
        self._encoder: Encoder | None = None

    def forget_screen(self) -> None:
        """Send everything with the next picture."""
        self._sent = []

    async def _on_resize(self, event: events.Resize) -> None:
        self.forget_screen()
        await super()._on_resize(event)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        driver = self._driver
        can_write = self._running and not self._closed and not self._batch_count and not self.is_headless
        picture = renderable if isinstance(renderable, LayoutUpdate | ChopsUpdate) else None
        if not (self.thin_output and can_write) or picture is None or driver is None or driver.is_inline:
            if can_write:
                self.forget_screen()
            super()._display(screen, renderable)
            return
        try:
            sequence = self._difference(picture)
            if sequence or self.focused is not None:
                x, y = self.screen.outer_size.clamp_offset(self.cursor_position)
                self._begin_update()
                driver.write(f"{sequence}\x1b[{y + 1};{x + 1}H" if self.focused is not None else sequence)
                self._end_update()
                driver.flush()
        finally:
            self.post_display_hook()

    def _difference(self, update: LayoutUpdate | ChopsUpdate) -> str:
        """The bytes that turn what was sent into the update's picture."""
        width, height = self.size
        if len(self._sent) != height or len(self._sent[0].characters) != width:
            self._sent = [Row.unknown(width) for _ in range(height)]
        if self._encoder is None:
            self._encoder = Encoder(self.console._color_system)
        after = self._sent[:]
        touched: set[int] = set()
        for y, x, strip_segments, first, last in _pieces(update):
            if not 0 <= y < height:
                continue
            if y not in touched:
                touched.add(y)
                after[y] = after[y].copy()
            after[y].put(x, strip_segments, first, last)
        changed = [y for y in sorted(touched) if changed_cells(self._sent[y], after[y])]
        if not changed:
            return ""
        out: list[str] = []
        scroll = best_scroll(self._sent, after, changed)
        if scroll is not None:
            self._scroll(*scroll, width, out)
            changed = list(range(scroll[0], scroll[1] + 1))
        for y in changed:
            self._encoder.encode(y, self._sent[y], after[y], out)
            self._sent[y] = after[y]
        self._encoder.finish(out)
        return "".join(out)

    def _scroll(self, first: int, last: int, rows: int, width: int, out: list[str]) -> None:
        """Let the terminal move rows inside margins; the rows that come in are unknown."""
        letter = "S" if rows > 0 else "T"
        out.append(f"\x1b[0m\x1b[{first + 1};{last + 1}r\x1b[{abs(rows)}{letter}\x1b[r")
        before = self._sent
        self._sent = [
            (before[y + rows] if first <= y + rows <= last else Row.unknown(width)) if first <= y <= last else before[y]
            for y in range(len(before))
        ]


def _pieces(update: LayoutUpdate | ChopsUpdate) -> Iterator[tuple[int, int, Strip, int, int]]:
    """(row, cell where the segments begin, segments, first cell, last cell excluded) of everything in an update."""
    if isinstance(update, LayoutUpdate):
        region = update.region
        for y, line in enumerate(update.strips, region.y):
            x = region.x
            for part in line:
                length = part.cell_length
                yield y, x, part, x, x + length
                x += length
        return
    for y, x1, x2 in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or x > x2 or end <= x1:
                continue
            yield y, x, strip, max(x, x1), min(end, x2)
