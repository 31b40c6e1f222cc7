"""The log: always on, never with a secret in it, and what is left to say when the program falls over."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any

from rft_tui.safetext import one_line, shown
from rft_tui.settings import state_folder

LOG_FILE = "rft-tui.log"

FILE_BYTES = 1_000_000
"""Where a log file ends and the next one begins."""

OLD_FILES = 2
"""Full log files that are kept beside the one being written."""

SECRET_ENDINGS = ("KEY", "TOKEN", "SECRET")
"""Ends of the names of environment variables whose values never reach the log."""

SHORTEST_SECRET = 6
"""Shorter values are words such as `none` that may stand anywhere."""

MASK = "•••"

_LEAVE_APP = (
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"
    "\x1b[?2004l\x1b[?1004l\x1b[<u\x1b[?1049l\x1b[?25h\x1b[0m"
)
"""Mouse, paste and focus reports off, keyboard as usual, main screen, cursor on, colours off."""

log = logging.getLogger("rft_tui")


class _State:
    """What the process has set up so far."""

    path: Path | None = None
    problem: str = ""
    handler: logging.Handler | None = None
    app_is_open = False


def log_path() -> Path:
    """Where the log lies, whether or not it can be written."""
    return state_folder() / LOG_FILE


def secrets(environment: Mapping[str, str] | None = None) -> list[str]:
    """The values that must not be written anywhere, the longest first."""
    values = os.environ if environment is None else environment
    found = {
        value
        for name, value in values.items()
        if name.upper().endswith(SECRET_ENDINGS) and len(value) >= SHORTEST_SECRET
    }
    return sorted(found, key=lambda value: (-len(value), value))


class SafeFormatter(logging.Formatter):
    """Writes records with control characters shown and secrets masked, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one or more lines of plain text."""
        text = shown(super().format(record))
        for secret in secrets():
            text = text.replace(secret, MASK)
        return text


def start() -> Path | None:
    """Begin to log, once in a process; the log's path, None where it cannot be written (`problem` says why)."""
    if _State.handler is not None or _State.problem:
        return _State.path
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=FILE_BYTES, backupCount=OLD_FILES, encoding="utf-8")
    except OSError as error:
        _State.problem = f"{path}: {error.strerror or error}"
        return None
    handler.setFormatter(SafeFormatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    logging.raiseExceptions = False
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    _State.handler, _State.path = handler, path
    return path


def stop() -> None:
    """Close the log; a later `start` begins anew."""
    if _State.handler is not None:
        log.removeHandler(_State.handler)
        _State.handler.close()
        log.propagate = True
    _State.handler = _State.path = None
    _State.problem = ""


def problem() -> str:
    """Why the log cannot be written; empty where it can."""
    return _State.problem


def keep_error(error: BaseException) -> str:
    """Put an unexpected error into the log; a sentence that says where its details are."""
    path = start()
    log.error("unexpected error", exc_info=(type(error), error, error.__traceback__))
    if path is not None:
        return f"The details are in the log: {path}"
    return f"The log cannot be written ({_State.problem}), so the details are lost."


def describe(error: BaseException) -> str:
    """An unexpected error on one line, with secrets masked."""
    text = one_line(f"{type(error).__name__}: {error}", 300)
    for secret in secrets():
        text = text.replace(secret, MASK)
    return text


def restore_terminal() -> None:
    """Bring a terminal back that the app left in the middle of its work."""
    for stream in (sys.__stderr__, sys.__stdout__):
        if stream is not None and not stream.closed and stream.isatty():
            with suppress(OSError, ValueError):
                stream.write(_LEAVE_APP)
                stream.flush()
            return


@contextmanager
def terminal_guard() -> Iterator[None]:
    """While the app is open: whatever ends it, the terminal is as it was."""
    modes = _terminal_modes()
    _State.app_is_open = True
    try:
        yield
    except BaseException:
        restore_terminal()
        raise
    finally:
        _State.app_is_open = False
        _set_terminal_modes(modes)


def _terminal_modes() -> list[Any] | None:
    """The terminal's modes, None where there is no terminal or nothing to ask."""
    try:
        import termios
    except ImportError:
        return None
    try:
        return termios.tcgetattr(0)
    except (termios.error, OSError):
        return None


def _set_terminal_modes(modes: list[Any] | None) -> None:
    if modes is None:
        return
    import termios

    with suppress(termios.error, OSError):
        termios.tcsetattr(0, termios.TCSANOW, modes)


def install_crash_handler() -> None:
    """See to it that no error ends the process with a traceback on the screen."""
    sys.excepthook = _crashed
    threading.excepthook = _thread_crashed


def _crashed(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if _State.app_is_open:
        restore_terminal()
    where = keep_error(error.with_traceback(traceback))
    said = describe(error) if kind is not KeyboardInterrupt else "interrupted"
    if sys.__stderr__ is not None:
        with suppress(OSError, ValueError):
            sys.__stderr__.write(f"Something went wrong: {said}\n{where}\n")


def _thread_crashed(arguments: threading.ExceptHookArgs) -> None:
    """Log it only: the app may be on the screen and go on."""
    if arguments.exc_value is not None and arguments.exc_type is not SystemExit:
        keep_error(arguments.exc_value)
