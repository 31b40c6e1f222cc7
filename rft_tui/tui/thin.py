"""A writer that sends only the cells that changed: on a slow link bytes are time.

It stands in for Textual's own writer (`App._display`, private, so Textual is pinned), remembers the cells last sent,
sends runs of changed cells with one style sequence a change of style, and lets the terminal scroll rows that moved.
What it cannot know (a resize, another program on the terminal) makes it forget and send everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import Any

from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.driver import Driver
from textual.screen import Screen
from textual.strip import Strip
from textual.timer import Timer

from rft_tui.tui.thin_cells import Encoder, Row, best_scroll, changed_cells

ANSWER_TIMEOUT_S = 5.0
"""How long the terminal may take to say that a picture has arrived, before the next is sent all the same."""

UNANSWERED = 2
"""Pictures without an answer after which the terminal is not asked any more."""

SAME_MOMENT_S = 0.02
"""Pictures closer together than this belong to one key and do not wait for one another."""

ASK = "\x1b[?2026$p"
"""Asks for the state of synchronised output: terminals that know it answer, and so tell what they have read."""


class ThinOutput(App[None]):
    """An app whose pictures are sent as differences, unless `thin_output` is off.

    Only one picture is on its way at a time: the next one, of whatever the screen is by then, follows when the terminal
    has answered. So a key that is held down on a slow link leaves no queue of old pictures behind.
    """

    thin_output: bool = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._sent: list[Row] = []
        self._wanted: list[Row] = []
        self._encoder: Encoder | None = None
        self._on_its_way: Timer | None = None
        self._unanswered = 0
        self._sent_at = 0.0

    def forget_screen(self) -> None:
        """Send everything with the next picture."""
        self._sent = []
        self._wanted = []

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
            self._take(picture)
            if self._on_its_way is None or monotonic() - self._sent_at < SAME_MOMENT_S:
                self._send(driver)
        finally:
            self.post_display_hook()

    def _take(self, update: LayoutUpdate | ChopsUpdate) -> None:
        """Put an update into the picture that is wanted."""
        width, height = self.size
        if len(self._sent) != height or len(self._sent[0].characters) != width:
            self._sent = [Row.unknown(width) for _ in range(height)]
            self._wanted = self._sent[:]
        for y, x, segments, first, last in _pieces(update):
            if 0 <= y < height:
                if self._wanted[y] is self._sent[y]:
                    self._wanted[y] = self._wanted[y].copy()
                self._wanted[y].put(x, segments, first, last)

    def _send(self, driver: Driver) -> None:
        """Send what turns the last picture into the wanted one, and ask the terminal to say when it has read it."""
        sequence = self._difference()
        if not sequence:
            return
        if self.focused is not None:
            x, y = self.screen.outer_size.clamp_offset(self.cursor_position)
            sequence += f"\x1b[{y + 1};{x + 1}H"
        asks = self._sync_available and self._unanswered < UNANSWERED and self._on_its_way is None
        self._begin_update()
        driver.write(sequence)
        self._end_update()
        if asks:
            driver.write(ASK)
            self._on_its_way = self.set_timer(ANSWER_TIMEOUT_S, self._not_answered)
        driver.flush()
        self._sent_at = monotonic()

    def on_terminal_supports_synchronized_output(self) -> None:
        """The terminal has read the last picture: send what has changed since."""
        if self._on_its_way is not None:
            self._on_its_way.stop()
            self._unanswered = 0
            self._go_on()

    def _not_answered(self) -> None:
        self._unanswered += 1
        self._go_on()

    def _go_on(self) -> None:
        self._on_its_way = None
        if self._driver is not None and self._running and not self._closed and self._wanted:
            self._send(self._driver)

    def _difference(self) -> str:
        """The bytes that turn what was sent into what is wanted, which is then taken as sent."""
        if self._encoder is None:
            self._encoder = Encoder(self.console._color_system)
        sent, wanted = self._sent, self._wanted
        changed = [y for y in range(len(wanted)) if wanted[y] is not sent[y] and changed_cells(sent[y], wanted[y])]
        if not changed:
            return ""
        out: list[str] = []
        scroll = best_scroll(sent, wanted, changed)
        if scroll is not None:
            self._scroll(*scroll, len(wanted[0].characters), out)
            changed = list(range(scroll[0], scroll[1] + 1))
        for y in changed:
            self._encoder.encode(y, self._sent[y], wanted[y], out)
        self._sent = wanted[:]
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
