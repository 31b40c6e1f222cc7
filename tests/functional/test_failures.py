"""When something fails: it is said, the app goes on, and nothing a person typed is lost without a word."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from rft_tui.errors import StoreError
from rft_tui.settings import CACHE_FILE
from rft_tui.store.database import Store
from tests.functional.driver import SIZES, Driver, running, stored

MOMENT_S = 0.5
"""How long a key may take while another process holds the cache."""


@contextmanager
def locked(folder: Path) -> Iterator[sqlite3.Connection]:
    """Another connection in the middle of writing."""
    with closing(sqlite3.connect(folder / CACHE_FILE, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")


async def timed(app: Driver, *keys: str) -> float:
    start = time.monotonic()
    for key in keys:
        app._key(key)
    await app.pilot.pause(0)
    await app.pilot.pause(0)
    return (time.monotonic() - start) / len(keys)


@pytest.mark.parametrize("size", SIZES)
async def test_a_busy_cache_delays_nothing_and_loses_nothing(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        with locked(demo):
            assert await timed(app, "a") < MOMENT_S
            await app.cursor_on(1).see_in("footer", "the cache is busy: 1 kept here until it can be stored")
            assert await timed(app, "x", "w", "j", "k") < MOMENT_S
            await app.cursor_on(3).see_in("footer", " ").press("m").see_in("footer", "4 kept here").is_sound()
            assert stored(demo, "SELECT count(*) FROM verdict_log") == [0]
        await app.see_in("footer", "everything is stored")
        await (
            app.stores("SELECT value FROM verdict_log ORDER BY id", "right", "wrong", "grader", "both")
            .press("k")
            .see_in("item", "verdict ")
        )


async def test_notes_tags_and_undo_wait_too(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("a", "k")
        with locked(demo):
            await app.press("i").type("why").press("enter").see_in("footer", "1 kept here")
            await app.press("t", "1", "esc").press("space").press("u").see_in("footer", "kept here")
        await app.see_in("footer", "everything is stored").stores(
            "SELECT kind FROM verdict_log ORDER BY id", "verdict", "note", "tag", "undo"
        )
        await app.stores("SELECT verdict, note, tags FROM review", ("right", "why", ""))
        await app.stores("SELECT count(*) FROM mark", 1)


async def test_leaving_with_a_busy_cache_stores_what_waits(demo: Path) -> None:
    with closing(sqlite3.connect(demo / CACHE_FILE, isolation_level=None, check_same_thread=False)) as other:
        async with running(demo) as app:
            other.execute("BEGIN IMMEDIATE")
            await app.press("a", "x").see_in("footer", "2 kept here")
            other.execute("ROLLBACK")
            await app.press("q")
    assert stored(demo, "SELECT value FROM verdict_log ORDER BY id") == ["right", "wrong"]


async def test_reading_goes_on_while_another_writes(demo: Path) -> None:
    async with running(demo) as app:
        with locked(demo):
            for key in ("j", "M", "s", ">", "1", "enter", "2", "3", "f", "v", "]"):
                assert await timed(app, key) < MOMENT_S, key
                await app.is_sound()


class Broken:
    """A store whose writing or reading fails from now on."""

    def __init__(self, store: Store, patch: pytest.MonkeyPatch) -> None:
        self.store = store
        self.patch = patch

    def writing(self) -> None:
        self.patch.setattr(self.store, "write", self._fails)

    def reading(self) -> None:
        self.patch.setattr(self.store, "read", self._fails)
        self.patch.setattr(self.store, "connect", self._raises)

    def _raises(self) -> sqlite3.Connection:
        raise StoreError("cache.db: the disk is full [red]\x1b[31m", hint="Free some space and try again.")

    @contextmanager
    def _fails(self, *_given: object) -> Iterator[sqlite3.Connection]:
        yield self._raises()


SAID = "✗ cache.db: the disk is full [red]␛[31m"


@pytest.mark.parametrize(
    "keys",
    ["a", "x", "0", "t1", "space", "u", ("i", "n", "o", "enter"), ("o", "n", "enter"), ("t", "+", "n", "enter")],
)
async def test_what_cannot_be_written_is_said(
    demo: Path, keys: str | tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(demo) as app:
        await app.press("j").do(Broken(app.app.workspace.store, monkeypatch).writing)
        await app.press(*((keys,) if keys == "space" else keys)).see_in("footer", SAID)
        monkeypatch.undo()
        await app.press("esc", "esc", "g", "m").stores("SELECT verdict FROM review", "both").cursor_on(1)


@pytest.mark.parametrize(
    "keys", ["j", "r", "M", "s", ">", "z", "V", "C", ("/", "f", "enter"), ("R", "up", "enter"), "1"]
)
async def test_what_cannot_be_read_is_said(demo: Path, keys: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(demo) as app:
        await app.do(Broken(app.app.workspace.store, monkeypatch).reading).press(*keys)
        await app.see_in("footer", SAID).is_sound()
        monkeypatch.undo()
        await app.press("3", "r").on("Review").press("a").stores("SELECT verdict FROM review", "right")


@pytest.mark.parametrize("keys", [("2",), ("2", "r"), ("2", "j"), ("1", "enter"), ("1", "enter", "j")])
async def test_what_a_worker_cannot_read_is_said(
    demo: Path, keys: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(demo) as app:
        await app.press(*keys[:-1]).do(Broken(app.app.workspace.store, monkeypatch).reading).press(keys[-1])
        await app.see_in("footer", SAID)
        monkeypatch.undo()
        await app.press("r").is_sound().press("3", "r", "a").stores("SELECT verdict FROM review", "right")


async def test_an_unexpected_worker_error_is_said_and_logged(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(demo) as app:
        monkeypatch.setattr("rft_tui.tui.screens.runs.screen.run_lines", lambda *_given: 1 / 0)
        await app.press("2").see_in("footer", "runs.read failed: ZeroDivisionError; the log has the details")
        monkeypatch.undo()
        await app.press("r").counts(16)


async def test_another_process_that_stored_something_is_said(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(demo) as app:
        with closing(sqlite3.connect(demo / CACHE_FILE)) as db, db:
            db.execute("INSERT INTO mark VALUES (1)")
        await app.do(app.app._look_again).see_in("footer", "the cache has changed · r reads it again")
        await app.press("r").not_see("the cache has changed").do(app.app._look_again)
        await app.not_see("the cache has changed")


async def test_own_work_in_the_background_is_no_news(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("2").counts(16).press("G").type("word_overlap").press("enter").see_in("footer", "were there")
        await app.press("1").press("x", "ctrl+u").type("one=60 two=20").press("enter").see_in("footer", "made ")
        await app.do(app.app._look_again).see_in("footer", "made ")


@pytest.mark.parametrize("screen", ["3", "2", "1"])
async def test_a_click_that_cannot_be_answered_is_said(
    demo: Path, screen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(demo) as app:
        await app.press(screen, "enter" if screen == "1" else "home").until(lambda: app.table.count > 3, "no rows")
        Broken(app.app.workspace.store, monkeypatch).reading()
        await app.pilot.click(app.table, offset=(5, 4))
        await app.see_in("footer", SAID).cursor_on(3)
        monkeypatch.undo()
        await app.press("j").cursor_on(4).is_sound()
