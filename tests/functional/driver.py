"""A fluent driver of the app for tests: keys in, composed lines, cursor and store out; it waits for what holds.

Steps are collected and run by ``await``: ``await app.press("j").see("gout").cursor_on(1)``. Nothing sleeps: each step
lets the app work until its queues are empty, and what is looked for is looked for until it holds or time is up.
"""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import time
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from textual import events
from textual.driver import Driver as TextualDriver
from textual.geometry import Region
from textual.message_pump import MessagePump
from textual.pilot import Pilot
from textual.worker import WorkerState

from rft_tui.settings import CACHE_FILE
from rft_tui.tui.app import RftApp
from rft_tui.tui.keymap import TEXTUAL_NAMES
from rft_tui.tui.widgets.table import Table
from rft_tui.tui.widgets.text_pane import TextPane
from rft_tui.workspace import open_workspace

NARROW = (80, 24)
WIDE = (120, 40)
SIZES = (NARROW, WIDE)

PATIENCE_S = 2.0
"""How long something may take to hold on a busy machine."""

SELDOM = (50_000, 20, 50)
"""When garbage is collected while an app runs: collecting as often as usual takes a quarter of the tests' time."""

Step = Callable[[], Awaitable[None]]


class Driver:
    """An app under test. Methods that do or look for something return the driver, to be awaited."""

    def __init__(self, app: RftApp, pilot: Pilot[None], folder: Path) -> None:
        self.app = app
        self.pilot = pilot
        self.folder = folder
        self.steps: list[Step] = []

    def __await__(self) -> Generator[Any, None, Driver]:
        return self._run().__await__()

    async def _run(self) -> Driver:
        while self.steps:
            await self.steps.pop(0)()
        return self

    def _then(self, step: Step) -> Driver:
        self.steps.append(step)
        return self

    # Doing

    def press(self, *keys: str) -> Driver:
        """Press keys, named as people write them: ``j``, ``esc``, ``?``, ``ctrl+d``, ``enter``."""

        async def step() -> None:
            for key in keys:
                self._key(key)
                await self.settle()

        return self._then(step)

    def type(self, text: str) -> Driver:
        """Type a text, character by character, without waiting between them."""

        async def step() -> None:
            for character in text:
                self._key("space" if character == " " else character)
            await self.settle()

        return self._then(step)

    def burst(self, *keys: str, paste: str = "") -> Driver:
        """Press keys as a slow link brings them: all at once, without a pause, a pasted text behind them."""

        async def step() -> None:
            for key in keys:
                self._key("space" if key == " " else key)
            if paste:
                event = events.Paste(paste)
                event.set_sender(self.app)
                self.app.post_message(event)
            await self.settle()

        return self._then(step)

    def _key(self, key: str) -> None:
        character = " " if key == "space" else key if len(key) == 1 else None
        event = events.Key(TEXTUAL_NAMES.get(key, key), character)
        event.set_sender(self.app)
        self.app.post_message(event)

    def paste(self, text: str) -> Driver:
        """Paste a text, as a terminal with bracketed paste sends it."""

        async def step() -> None:
            event = events.Paste(text)
            event.set_sender(self.app)
            self.app.post_message(event)
            await self.settle()

        return self._then(step)

    def resize(self, size: tuple[int, int]) -> Driver:
        """Change the size of the terminal."""

        async def step() -> None:
            await self.pilot.resize_terminal(*size)
            await self.settle()

        return self._then(step)

    def do(self, action: Callable[[], object]) -> Driver:
        """Do something beside the keyboard, in its turn."""

        async def step() -> None:
            action()
            await self.settle()

        return self._then(step)

    async def settle(self) -> None:
        """Let the app work until nothing is queued and no worker runs; a worker that waits for a lock may go on."""
        end = time.monotonic() + 0.4
        for _ in range(2):
            await self.pilot.pause(0)
        while time.monotonic() < end and self._is_busy():
            await self.pilot.pause(0.002)

    def _is_busy(self) -> bool:
        pumps: list[MessagePump] = [self.app]
        if self.app.is_running:
            pumps += self.app.screen.walk_children(with_self=True)
        if any(pump.message_queue_size for pump in pumps):
            return True
        return any(worker.state in (WorkerState.PENDING, WorkerState.RUNNING) for worker in self.app.workers)

    # Looking

    def until(self, holds: Callable[[], bool], what: str) -> Driver:
        """Wait until something holds."""

        async def step() -> None:
            end = time.monotonic() + PATIENCE_S
            while not holds():
                assert time.monotonic() < end, f"{what}\n{self.text}"
                await self.pilot.pause(0.005)

        return self._then(step)

    def see(self, *texts: str) -> Driver:
        """Wait until all of these stand on the screen."""
        return self.until(lambda: _all_in(self.text, texts), f"not seen: {texts}")

    def not_see(self, *texts: str) -> Driver:
        """Wait until none of these stands on the screen."""
        return self.until(lambda: not _any_in(self.text, texts), f"still seen: {texts}")

    def see_in(self, part: str, *texts: str) -> Driver:
        """Wait until all of these stand in one part: ``header``, ``footer``, ``list`` or ``item``."""
        return self.until(lambda: _all_in("\n".join(self.part(part)), texts), f"not in the {part}: {texts}")

    def not_see_in(self, part: str, *texts: str) -> Driver:
        """Wait until none of these stands in one part."""
        return self.until(lambda: not _any_in("\n".join(self.part(part)), texts), f"still in the {part}: {texts}")

    def cursor_on(self, position: int) -> Driver:
        """Wait until the list's cursor stands on a row, counted from 0."""
        return self.until(lambda: self.table.cursor == position, f"cursor not on {position}")

    def counts(self, rows: int) -> Driver:
        """Wait until the list holds so many rows."""
        return self.until(lambda: self.table.count == rows, f"not {rows} rows")

    def stores(self, query: str, *expected: Any) -> Driver:
        """Wait until another connection reads these values as the rows of a query (one column: bare values)."""
        return self.until(lambda: self.stored(query) == list(expected), f"{query}: not {expected}")

    def on(self, word: str) -> Driver:
        """Wait until a screen is the one that is shown: Data, Runs, Review, Graders, Compare, Jobs."""
        return self.until(
            lambda: _any_in("\n".join(self.part("header")), tuple(f"▸{number} {word}" for number in "123456")),
            f"not on {word}",
        )

    def stored(self, query: str) -> list[Any]:
        """What another connection reads."""
        return stored(self.folder, query)

    @property
    def table(self) -> Table:
        """The list of the screen that is shown."""
        table: Table = self.app.screen.table  # type: ignore[attr-defined]
        return table

    @property
    def lines(self) -> list[str]:
        """The composed screen, line by line."""
        screen = self.app.screen
        return [strip.text for strip in screen._compositor.render_strips(screen.size)]

    @property
    def text(self) -> str:
        """The composed screen."""
        return "\n".join(self.lines)

    def part(self, name: str) -> list[str]:
        """The lines of one part of the screen."""
        screen = self.app.screen
        if name == "header":
            return self.lines[:2]
        if name == "footer":
            return self.lines[-1:]
        widgets = [one for one in screen.query(Table if name == "list" else TextPane) if one.display]
        return [line for widget in widgets for line in self._cut(widget.region)]

    def _cut(self, region: Region) -> list[str]:
        screen = self.app.screen
        strips = screen._compositor.render_strips(screen.size)[region.y : region.bottom]
        return [strip.crop(region.x, region.right).text for strip in strips]

    def is_sound(self) -> Driver:
        """Every line is as wide as the screen, and nothing on it could command a terminal or hide itself."""

        async def step() -> None:
            screen = self.app.screen
            for strip in screen._compositor.render_strips(screen.size):
                assert strip.cell_length == cell_len(strip.text) == screen.size.width, repr(strip.text)
                bad = [] if strip.text.isprintable() else [hex(ord(one)) for one in strip.text if is_unsafe(one)]
                assert not bad, f"{bad} in {strip.text!r}"

        return self._then(step)


def _all_in(text: str, wanted: tuple[str, ...]) -> bool:
    return all(one in text for one in wanted)


def _any_in(text: str, wanted: tuple[str, ...]) -> bool:
    return any(one in text for one in wanted)


def is_unsafe(character: str) -> bool:
    """Whether a character commands a terminal, turns the direction of text, or is half of a pair."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def stored(folder: Path, query: str) -> list[Any]:
    """The rows of a query, read by a connection of its own; bare values where there is one column."""
    with closing(sqlite3.connect(folder / CACHE_FILE)) as db:
        rows = db.execute(query).fetchall()
    return [row[0] if len(row) == 1 else row for row in rows]


@asynccontextmanager
async def running(
    folder: Path, size: tuple[int, int] = WIDE, *, driver_class: type[TextualDriver] | None = None, thin: bool = True
) -> AsyncIterator[Driver]:
    """The app over the workspace of a folder, from its start to its end; with `driver_class` it writes to that."""
    collection = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    loop, threads = asyncio.get_running_loop(), ThreadPoolExecutor()
    loop.set_default_executor(threads)
    workspace = open_workspace(folder)
    app = RftApp(workspace)
    app.thin_output = thin
    if driver_class is not None:
        app.driver_class = driver_class
    try:
        async with app.run_test(headless=driver_class is None, size=size) as pilot:
            driver = Driver(app, pilot, folder)
            await driver.settle()
            yield driver
            assert not driver.steps, "steps were not awaited"
            app.leave()
    finally:
        with ThreadPoolExecutor() as other:
            await loop.run_in_executor(other, threads.shutdown)
        workspace.store.close()
        gc.set_threshold(*collection)
