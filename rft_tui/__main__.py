"""The command `rft-tui`: the version and the lists of commands at once, the rest through the command line."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rft_tui.errors import RftError
    from rft_tui.workspace import Workspace


INTERRUPTED = 130
"""The exit code where a person interrupts before anything has begun."""


class _App:
    """The app as the command line reaches it: loaded only when it is opened."""

    def open(self, workspace: Workspace) -> int:
        """Run the app until it is quit; its exit code."""
        from rft_tui import logs
        from rft_tui.tui.app import RftApp
        from rft_tui.tui.terminal_input import forgive_bad_bytes

        forgive_bad_bytes()
        app = RftApp(workspace)
        with logs.terminal_guard():
            app.run(mouse=workspace.user.mouse)
        return app.return_code or 0

    def keymap_error(self, path: Path) -> RftError | None:
        """What is wrong with a keymap file."""
        from rft_tui.errors import RftError
        from rft_tui.tui.keymap import load_keymap

        try:
            load_keymap(path)
        except RftError as error:
            return error
        return None


def _opened(given: list[str]) -> int | None:
    """Open the app if that is plainly what is wanted, without loading the command line; None where it is not.

    An error makes it None too: the command line then says it in words.
    """
    if len(given) > 1 or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    if given and "/" not in given[0] and given[0] not in (".", ".."):
        return None
    from pathlib import Path

    from rft_tui import logs
    from rft_tui.errors import RftError
    from rft_tui.workspace import find_workspace, open_workspace

    try:
        workspace = open_workspace(find_workspace(Path(given[0] if given else ".")))
    except (RftError, OSError):
        return None
    logs.start()
    logs.install_crash_handler()
    return _App().open(workspace)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line (the process's own unless one is given); the exit code."""
    code = _run(arguments)
    if code == INTERRUPTED:
        # An interrupt that comes inside the evaluation of a text, as dataclasses and named tuples do it when a module
        # is loaded, marks the process to die of SIGINT in place of its exit code; the next such evaluation clears it.
        eval("None")  # noqa: S307 - our own text
    return code


def _run(arguments: Sequence[str] | None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given in (["--version"], ["-V"]):
        from rft_tui import __version__

        return _print(f"rft-tui {__version__}\n")
    try:
        if arguments is None and (code := _opened(given)) is not None:
            return code
        if given[-1:] == ["--help"]:
            from rft_tui.cli.help import help_of

            text = help_of(given)
            if text is not None:
                return _print(text)
        from rft_tui.cli.main import run

        return run(given, _App(), owns_process=arguments is None)
    except KeyboardInterrupt:
        return INTERRUPTED


def _print(text: str) -> int:
    """Give a text, without loading the command line as long as stdout takes it."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError:
        from rft_tui.cli.main import flushed

        return flushed()
    return 0


if __name__ == "__main__":
    sys.exit(main())
