"""What a command speaks through: data on stdout, messages on stderr, the workspace it works in."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TextIO

import click

from rft_tui.errors import EXIT_USAGE, RftError, UsageError
from rft_tui.safetext import shown

if TYPE_CHECKING:
    from rft_tui.workspace import Workspace

_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")


class App(Protocol):
    """The app as the command line needs it; it is handed in, since the command line does not import it."""

    def open(self, workspace: Workspace) -> int:
        """Run the app until it is quit; its exit code."""

    def keymap_error(self, path: Path) -> RftError | None:
        """What is wrong with a keymap file."""


class OutputError(RftError):
    """Data that cannot be given: the disk is full, or what stdout leads to takes no more."""

    title = "The output cannot be written"
    kind = "output"
    exit_code = EXIT_USAGE


def json_text(value: Any, *, indent: int | None = None) -> str:
    """A JSON document that no terminal takes for a command: what could be one is written as an escape."""
    separators = (",", ": ") if indent else (",", ":")
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent, separators=separators)
    if text.isascii() and "\x7f" not in text:
        return text
    return _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def write(stream: TextIO, text: str) -> None:
    """Write to a stream; a reader that has gone away and signs the terminal cannot show are no reason to fail.

    Raises OutputError where it takes nothing else either; what cannot be said on stderr is lost.
    """
    try:
        try:
            stream.write(text)
        except UnicodeEncodeError:
            encoding = stream.encoding or "ascii"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError as error:
        _give_up(stream, error)


def _give_up(stream: TextIO, error: OSError) -> None:
    """Stop writing to a stream: in silence where its reader has gone away. Raises OutputError for data otherwise."""
    silence(stream)
    if not isinstance(error, BrokenPipeError) and stream is not sys.stderr:
        raise OutputError(error.strerror or str(error)) from error


def silence(stream: TextIO) -> None:
    """Let whatever else is written to a stream whose reader has gone away vanish."""
    try:
        number = stream.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


@dataclass
class Calling:
    """One call of the command line: its global options, its app, its workspace once that is open."""

    app: App
    as_json: bool = False
    folder: Path | None = None
    owns_process: bool = False
    _workspace: Workspace | None = field(default=None, repr=False)
    _progress_shown: bool = False
    _told: set[str] = field(default_factory=set, repr=False)

    def begin(self) -> None:
        """Begin to log, and where the process is ours, see to it that no error ends it with a traceback."""
        from rft_tui import logs

        logs.start()
        if self.owns_process:
            logs.install_crash_handler()

    def emit(self, document: Any) -> None:
        """Give the document of ``--json``."""
        encoding = (sys.stdout.encoding or "").lower().replace("-", "")
        text = json_text(document, indent=2 if sys.stdout.isatty() else None)
        if encoding != "utf8":
            text = json.dumps(json.loads(text))
        write(sys.stdout, text + "\n")

    def emit_line(self, document: Any, *, aside: bool = False) -> None:
        """Give one document of a stream, on one line and at once; `aside` what is no data, on stderr."""
        stream = sys.stderr if aside else sys.stdout
        encoding = (stream.encoding or "").lower().replace("-", "")
        text = json_text(document)
        write(stream, (text if encoding == "utf8" else json.dumps(json.loads(text))) + "\n")

    def line(self, text: str = "") -> None:
        """Give a line of data for people; control characters in it are shown, not sent."""
        self._end_progress()
        write(sys.stdout, shown(text) + "\n")

    def lines(self, texts: list[str]) -> None:
        """Give several lines of data."""
        self._end_progress()
        write(sys.stdout, "".join(shown(text) + "\n" for text in texts))

    def raw(self, data: bytes) -> int:
        """Give bytes as they are, a row for another program, and count it; on a terminal they are made safe to show."""
        if sys.stdout.isatty() or not hasattr(sys.stdout, "buffer"):
            self.line(data.decode("utf-8", "replace"))
            return 1
        try:
            sys.stdout.buffer.write(data + b"\n")
        except OSError as error:
            _give_up(sys.stdout, error)
        return 1

    def say(self, text: str) -> None:
        """Tell the person something that is no data."""
        self._end_progress()
        write(sys.stderr, shown(text) + "\n")

    def tell(self, text: str) -> None:
        """Tell a person something that scripts find in the document: with ``--json`` stderr is kept for an error."""
        if not self.as_json:
            self.say(text)

    def tell_once(self, text: str) -> None:
        """Tell it unless it was told before."""
        if text not in self._told:
            self._told.add(text)
            self.tell(text)

    def progress(self, words: str) -> Callable[[int, int], None]:
        """A function that shows how far work is, on a terminal only."""
        is_shown = sys.stderr.isatty()

        def show(done: int, total: int) -> None:
            if is_shown:
                self._progress_shown = True
                write(sys.stderr, f"\r{words} {done:,} of {total:,}")

        return show

    def status(self, line: str) -> None:
        """Show on one line how work stands, on a terminal only; each line takes the place of the one before."""
        if sys.stderr.isatty():
            self._progress_shown = True
            write(sys.stderr, f"\r{shown(line)}\x1b[K")

    def confirm(self, question: str) -> bool:
        """Ask a person at a terminal; where there is none nothing is asked and the answer is yes."""
        if not (self.has_terminal and sys.stderr.isatty()) or self.as_json:
            return True
        self._end_progress()
        try:
            return click.confirm(shown(question), default=False, err=True)
        except click.Abort:
            write(sys.stderr, "\n")
            return False

    @property
    def can_ask(self) -> bool:
        """Whether a person sits at a terminal and can be asked."""
        return self.has_terminal and sys.stderr.isatty() and not self.as_json

    def ask(self, question: str) -> str:
        """What a person at a terminal types in answer; empty where nothing is typed or nobody is there."""
        if not self.can_ask:
            return ""
        self._end_progress()
        try:
            return str(click.prompt(shown(question), default="", show_default=False, err=True)).strip()
        except click.Abort:
            write(sys.stderr, "\n")
            return ""

    def _end_progress(self) -> None:
        if self._progress_shown:
            self._progress_shown = False
            write(sys.stderr, "\r\x1b[K")

    @property
    def has_terminal(self) -> bool:
        """Whether a person sits at both ends: the app can be opened."""
        return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()

    def workspace(self) -> Workspace:
        """The workspace that was said or found, opened once. Raises RftError where there is none."""
        if self._workspace is None:
            from rft_tui.workspace import find_workspace, open_workspace

            if self.folder is not None and not self.folder.is_dir():
                raise UsageError(f"{self.folder}: there is no such folder", hint="rft-tui init DIR makes a workspace.")
            self._workspace = open_workspace(find_workspace(self.folder or Path.cwd()))
        return self._workspace

    def workspace_or_none(self) -> Workspace | None:
        """The workspace, None where no folder was said and none is found."""
        from rft_tui.workspace import find_workspace

        if self._workspace is None and self.folder is None:
            try:
                find_workspace(Path.cwd())
            except UsageError:
                return None
        return self.workspace()

    def open_app(self) -> int:
        """Open the workspace in the app; its exit code."""
        self.begin()
        workspace = self.workspace()
        if self.as_json or not self.has_terminal:
            raise UsageError(
                "the app needs a terminal", hint="Without one, use the commands: rft-tui --help, rft-tui review list."
            )
        return self.app.open(workspace)

    def close(self) -> None:
        """Close the workspace, and send what is left to be sent. Raises OutputError."""
        if self._workspace is not None:
            self._workspace.store.close()
            self._workspace = None
        self._end_progress()
        write(sys.stdout, "")


def command(function: Callable[..., int | None]) -> click.Command:
    """Make a command of a function that takes the calling and its own options, and gives the exit code (None: 0).

    Every command has ``--json`` and ``--workspace``; help is the function's docstring.
    """

    @click.option("--json", "as_json", is_flag=True, help="Data and errors as JSON.")
    @click.option(
        "-C", "--workspace", "workspace_folder", type=click.Path(path_type=Path), metavar="DIR",
        help="The workspace (default: found upwards from the current folder).",
    )  # fmt: skip
    @click.pass_obj
    def run(calling: Calling, /, as_json: bool, workspace_folder: Path | None, **options: Any) -> int | None:
        calling.begin()
        calling.as_json = calling.as_json or as_json
        calling.folder = workspace_folder or calling.folder
        return function(calling, **options)

    run.__doc__ = function.__doc__
    params = getattr(function, "__click_params__", [])
    made = click.command()(run)
    made.params = [*reversed(params), *made.params]
    return made
