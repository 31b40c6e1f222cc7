"""The real command in a real pseudo-terminal: it starts, stores, and leaves the terminal as it found it."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import termios
from contextlib import closing
from pathlib import Path

import pytest

from rft_tui.logs import log_path
from rft_tui.settings import CACHE_FILE
from rft_tui.store.database import Store
from tests.functional.driver import stored
from tests.functional.workspaces import HOSTILE, make_demo_workspace, make_hostile
from tests.integration.emulator import SYNC_ANSWER, Terminal

ROOT = Path(__file__).resolve().parents[2]
SIZES = ((80, 24), (120, 40))
TIMES = 20
"""How often the app is killed."""


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("terminal")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        return make_demo_workspace(folder / "sample")


@pytest.fixture
def demo(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "sample"))


def opened(folder: Path, size: tuple[int, int] = (120, 40)) -> Terminal:
    """The app, with Review on the screen."""
    terminal = Terminal("-m", "rft_tui", folder, size=size)
    try:
        terminal.see("▸3 Review", "reference", "prediction", "a right")
    except BaseException:
        terminal.kill()
        terminal.hang_up()
        raise
    return terminal


def sound(folder: Path) -> bool:
    store = Store(folder / CACHE_FILE)
    try:
        return store.integrity() == []
    finally:
        store.close()


@pytest.mark.parametrize("size", SIZES)
def test_starts_and_quits_with_the_terminal_as_it_was(demo: Path, size: tuple[int, int]) -> None:
    with Terminal("-c", "", size=size) as other:
        before = other.modes()
        other.wait()
    with opened(demo, size) as terminal:
        assert (terminal.emulator.alternate, terminal.modes()[3] & termios.ICANON) == (True, 0)
        terminal.send("q")
        assert terminal.wait() == 0
        assert (terminal.emulator.alternate, terminal.emulator.cursor_shown) == (False, True)
        assert terminal.modes() == before
        assert "\x1b[?1003l" in terminal.output or "\x1b[?1000h" not in terminal.output
        assert "Traceback" not in terminal.output


@pytest.mark.parametrize("size", SIZES)
def test_keys_of_a_real_terminal(demo: Path, size: tuple[int, int]) -> None:
    with opened(demo, size) as terminal:
        terminal.send("\x1b[B\x1b[Bj")
        terminal.see("4/149")
        terminal.send("/")
        terminal.see("enter keep")
        terminal.send("femur")
        terminal.see("3 of 240")
        terminal.send("\x1b")
        terminal.see("149 of 240", "a right")
        terminal.send("i")
        terminal.until(lambda: "a right" not in terminal.emulator.text, "nothing asks for the note")
        terminal.send("\x1b[200~pasted [b]\x1b[201~\r")
        terminal.see("note pasted [b]")
        terminal.send("1")
        terminal.see("▸1 Data")
        terminal.send("?")
        terminal.see("type to filter")
        terminal.send("\x1b")
        terminal.until(lambda: "type to filter" not in terminal.emulator.text, "help stays")
        terminal.resize((100, 30))
        terminal.see("▸1 Data")
        terminal.send("q")
        assert terminal.wait() == 0
    assert stored(demo, "SELECT note FROM review") == ["pasted [b]"]


def test_an_idle_app_writes_nothing(demo: Path) -> None:
    """Not even the question whether another process has stored something, which is asked every two seconds, shows."""
    with opened(demo) as terminal:
        terminal.send("j")
        terminal.see("2/149")
        terminal.read_until_quiet(0.6)
        before = terminal.bytes
        assert not terminal.read(2.6)
        assert terminal.bytes == before


def test_hostile_texts_reach_the_terminal_as_text(tmp_path: Path) -> None:
    folder = make_hostile(tmp_path / "hostile", HOSTILE)
    with opened(folder, (80, 24)) as terminal:
        for _ in range(26):
            terminal.send("j")
            terminal.read_until_quiet(0.03)
        terminal.send("1")
        terminal.see("▸1 Data")
        terminal.send("2")
        terminal.see("2 Runs")
        terminal.send("q")
        assert terminal.wait() == 0
        for command in ("\x1b]0;title", "\x1b[31mred", "\x9b", "\x90", "\u202e", "\u2066", "\x1b[2J"):
            assert command not in terminal.output


def test_killed_after_the_kth_verdict_keeps_exactly_k(demo: Path) -> None:
    """Twenty times on one workspace: what was on the screen is in the cache, and undo goes on after a restart."""
    given: list[str] = []
    keys = {"a": "right", "x": "wrong", "w": "grader", "b": "label", "m": "both", "0": "skip"}
    for number in range(TIMES):
        with opened(demo) as terminal:
            place = int(terminal.find(r"(\d+)/149")[1])
            for step in range(number % 3 + 1):
                key = list(keys)[len(given) % len(keys)]
                terminal.send(key)
                terminal.see(f"{place + step + 1}/149")
                given.append(keys[key])
            terminal.kill()
        assert stored(demo, "SELECT value FROM verdict_log ORDER BY id") == given
    assert sound(demo)
    with opened(demo) as terminal:
        for count, value in enumerate(reversed(given), 1):
            terminal.send("u")
            terminal.see(f"undone: verdict {value}")
            assert stored(demo, "SELECT count(*) FROM verdict_log WHERE kind = 'undo'") == [count]
        terminal.send("u")
        terminal.see("nothing to undo")
        terminal.send("q")
        assert terminal.wait() == 0
    assert stored(demo, "SELECT count(*) FROM review") == [0]


def test_a_closed_terminal_leaves_a_sound_cache(demo: Path) -> None:
    with opened(demo) as terminal:
        terminal.send("axw")
        terminal.see("4/149")
        terminal.hang_up()
        terminal.wait()
    assert stored(demo, "SELECT value FROM verdict_log ORDER BY id") == ["right", "wrong", "grader"]
    assert sound(demo)


def test_terminated_it_leaves_the_terminal_as_it_was(demo: Path) -> None:
    with opened(demo) as terminal:
        terminal.send("a")
        terminal.see("2/149")
        os.kill(terminal.pid, signal.SIGINT)
        terminal.send("q")
        assert terminal.wait() in (0, 130)
        assert not terminal.emulator.alternate
    assert stored(demo, "SELECT count(*) FROM verdict_log") == [1]


def test_a_cache_that_is_no_cache_is_said_before_the_screen_changes(demo: Path) -> None:
    (demo / CACHE_FILE).write_bytes(b"no database at all" * 500)
    for path in demo.glob(".rft/cache.db-*"):
        path.unlink()
    with Terminal("-m", "rft_tui", demo) as terminal:
        assert terminal.wait() == 2
        assert "damaged or not a cache of rft-tui" in " ".join(terminal.emulator.text.split())
        assert "Traceback" not in terminal.output
        assert "\x1b[?1049h" not in terminal.output


def test_a_crash_restores_the_terminal_and_names_the_log(demo: Path) -> None:
    """A cache damaged so that the app starts and falls over in the middle of painting."""
    with closing(sqlite3.connect(demo / CACHE_FILE)) as db, db:
        db.execute("UPDATE review SET verdict = 'no verdict'")
        db.execute(
            "INSERT INTO review (reviewer, answer, verdict) SELECT ?, answer, 'no verdict' FROM prediction"
            " WHERE true GROUP BY answer",
            ["crash"],
        )
    settings = Path(os.environ["XDG_CONFIG_HOME"]) / "rft-tui"
    settings.mkdir(parents=True)
    (settings / "settings.toml").write_text('reviewer = "crash"\n')
    with Terminal("-m", "rft_tui", demo) as terminal:
        assert terminal.wait() == 1
        assert not terminal.emulator.alternate
        assert terminal.emulator.cursor_shown
        said = "".join(terminal.emulator.lines).replace(" ", "")
        assert "Somethingwentwrong:ValueError:'noverdict'" in said
        assert str(log_path()) in said
        assert "Traceback" not in terminal.output
    assert "ValueError" in log_path().read_text()


@pytest.mark.parametrize("bad", [b"\xff", b"\xe6\x97 ", b"\xc3(", b"\xed\xa0\x80"])
def test_bytes_that_are_no_text_are_passed_over(demo: Path, bad: bytes) -> None:
    with Terminal("-m", "rft_tui", demo) as terminal:
        terminal.see("▸3 Review")
        os.write(terminal.handle, bad)
        terminal.read_until_quiet(0.2)
        terminal.send("2")
        terminal.see("▸2 Runs")


def test_answers_of_the_terminal_are_not_keys(demo: Path) -> None:
    with opened(demo) as terminal:
        terminal.send(SYNC_ANSWER * 3 + "j")
        terminal.see("2/149")
        terminal.send("q")
        assert terminal.wait() == 0
    assert stored(demo, "SELECT count(*) FROM verdict_log") == [0]
