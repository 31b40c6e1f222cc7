"""Thin output: the terminal shows, cell for cell, what the plain writer would have shown and what was composed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from textual import events, messages
from textual.drivers.headless_driver import HeadlessDriver

from tests.functional.driver import NARROW, SIZES, WIDE, Driver, running
from tests.functional.workspaces import HOSTILE, make_demo_workspace, make_hostile
from tests.integration.emulator import Cell, Emulator

KEYS = (
    "j", "j", "pagedown", "j", "end", "home", "a", "u", "t", "2", "esc", "/", "v", "i", "t", "enter", "?", "down", "r",
    "esc", "M", ">", "<", "s", "S", "l", "j", "h", "f", "v", "z", "esc", "esc", "R", "down", "enter", ":", "esc", "1",
    "enter", "j", "l", "esc", "2", "j", "3", "k",
)  # fmt: skip


class EmulatorDriver(HeadlessDriver):
    """A driver whose terminal is an emulator in this process."""

    answers = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        assert self._size is not None
        self.emulator = Emulator(self._size)
        self.sent = 0

    @property
    def is_headless(self) -> bool:
        return False

    def start_application_mode(self) -> None:
        super().start_application_mode()
        if self.answers:
            self.send_message(messages.TerminalSupportsSynchronizedOutput())

    def write(self, data: str) -> None:
        before = self.emulator.asked
        self.sent += len(data.encode())
        self.emulator.feed(data)
        if self.answers and self.emulator.asked > before:
            self.send_message(messages.TerminalSupportsSynchronizedOutput())


class SilentDriver(EmulatorDriver):
    """A terminal that answers nothing."""

    answers = False


async def shots(
    folder: Path, size: tuple[int, int], *, thin: bool, kind: type[EmulatorDriver]
) -> tuple[list[list[list[Cell]]], int]:
    """The cells after each key, and the bytes that were sent for all of them."""
    taken: list[list[list[Cell]]] = []
    async with running(folder, size, driver_class=kind, thin=thin) as app:
        terminal = app.app._driver
        assert isinstance(terminal, kind)
        await same_text(app, terminal)
        begun = terminal.sent
        for key in KEYS:
            await app.press(key)
            await same_text(app, terminal)
            taken.append(terminal.emulator.cells())
        return taken, terminal.sent - begun


async def same_text(app: Driver, terminal: EmulatorDriver) -> None:
    """Wait until the terminal shows what was composed."""
    await app.settle()
    await app.until(
        lambda: terminal.emulator.lines == [normalize("NFC", line) for line in app.lines],
        f"the terminal shows something else:\n{terminal.emulator.text}",
    )


@pytest.fixture(scope="module")
def workspaces(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("thin")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        return {
            "demo": make_demo_workspace(folder / "demo"),
            "hostile": make_hostile(folder / "hostile", HOSTILE),
        }


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("name", ["demo", "hostile"])
async def test_the_picture_is_the_same(
    workspaces: dict[str, Path], name: str, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    taken: dict[str, list[list[list[Cell]]]] = {}
    sent: dict[str, int] = {}
    ways: dict[str, tuple[bool, type[EmulatorDriver]]] = {
        "plain": (False, EmulatorDriver),
        "thin": (True, EmulatorDriver),
    }
    if (name, size) == ("demo", NARROW):
        ways["unanswered"] = (True, SilentDriver)
    for way, (thin, kind) in ways.items():
        folder = Path(shutil.copytree(workspaces[name], tmp_path / way / "workspace"))
        taken[way], sent[way] = await shots(folder, size, thin=thin, kind=kind)
    for way in list(ways)[1:]:
        for number, key in enumerate(KEYS):
            wrong = [
                (y, x, one, other)
                for y, rows in enumerate(zip(taken[way][number], taken["plain"][number], strict=True))
                for x, (one, other) in enumerate(zip(*rows, strict=True))
                if one != other
            ]
            assert not wrong, f"{way}, after key {number} ({key}): {len(wrong)} cells, the first {wrong[0]}"
        assert sent[way] < sent["plain"] / 2


@pytest.mark.parametrize("kind", [EmulatorDriver, SilentDriver])
async def test_bursts_and_resizes_end_in_the_right_picture(
    workspaces: dict[str, Path], kind: type[EmulatorDriver], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(workspaces["demo"], tmp_path / "demo"))
    async with running(folder, WIDE, driver_class=kind) as app:
        terminal = app.app._driver
        assert isinstance(terminal, kind)
        await app.type("jjjjjjjjkkGgjjjaxwu")
        await same_text(app, terminal)
        for size in (NARROW, (100, 30), WIDE):
            terminal.emulator = Emulator(size)
            await app.resize(size)
            await same_text(app, terminal)
            await app.type("jjj").press("1", "2", "3")
            await same_text(app, terminal)


async def test_an_idle_app_writes_nothing(workspaces: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(workspaces["demo"], tmp_path / "demo"))
    async with running(folder, driver_class=EmulatorDriver) as app:
        terminal = app.app._driver
        assert isinstance(terminal, EmulatorDriver)
        await app.press("j")
        await same_text(app, terminal)
        before = terminal.sent
        await app.do(app.app._look_again).do(app.app.save_session).do(app.app.refresh)
        await app.do(lambda: app.app.post_message(events.Callback(lambda: None)))
        assert terminal.sent == before
