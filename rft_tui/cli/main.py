"""Running a command line: whatever happens ends in an exit code and, if it went wrong, a sentence on stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from rft_tui.cli.console import App, Calling, OutputError, json_text, write
from rft_tui.cli.group import MainGroup
from rft_tui.errors import EXIT_DONE, EXIT_FAILURES, EXIT_INTERRUPTED, EXIT_USAGE, RftError
from rft_tui.safetext import one_line, shown, storable


def run(arguments: Sequence[str], app: App, *, owns_process: bool = False) -> int:
    """Run a command line with the app it may open; the exit code. Nothing is raised.

    `owns_process` says that the process is for this one call, so that its hooks for errors may be set.
    """
    as_json = "--json" in arguments
    calling = Calling(app, as_json, owns_process=owns_process)
    code = _outcome(arguments, calling, as_json=as_json)
    try:
        calling.close()
    except OutputError as error:
        return code or _fail(error.as_json(), error.exit_code, as_json=as_json)
    return code


def _outcome(arguments: Sequence[str], calling: Calling, *, as_json: bool) -> int:
    """Run a command line; whatever is raised becomes an exit code and a sentence."""
    try:
        return _invoke(list(arguments), calling)
    except RftError as error:
        _log_error(error)
        return _fail(error.as_json(), error.exit_code, as_json=as_json)
    except click.exceptions.NoArgsIsHelpError as error:
        if as_json:
            return _fail(
                _usage("a command is missing", "The same without --json shows them."), EXIT_USAGE, as_json=True
            )
        write(sys.stderr, error.format_message() + "\n")
        return EXIT_USAGE
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        hint = f"See {context.command_path} --help." if context is not None else ""
        return _fail(_usage(error.format_message(), hint), EXIT_USAGE, as_json=as_json)
    except (KeyboardInterrupt, click.Abort):
        said = {"title": "Interrupted", "message": "what was done so far is kept", "hint": "", "kind": "interrupted"}
        return _fail(said, EXIT_INTERRUPTED, as_json=as_json)
    except BrokenPipeError:
        return EXIT_DONE
    except OSError as error:
        from rft_tui import logs

        if code := flushed(as_json=as_json):
            return code
        where = f"{one_line(str(error.filename))}: " if error.filename else ""
        said = {"title": "Bad input", "message": f"{where}{error.strerror or error}", "kind": "input"}
        said["hint"] = logs.keep_error(error)
        return _fail(said, EXIT_USAGE, as_json=as_json)
    except UnicodeEncodeError as error:
        if all(storable(one) == one for one in arguments):
            return _fail_unexpectedly(error, as_json=as_json)
        return _fail(_usage("a text on the command line is not UTF-8", ""), EXIT_USAGE, as_json=as_json)
    except Exception as error:  # noqa: BLE001 - the last resort: no traceback reaches a person
        return _fail_unexpectedly(error, as_json=as_json)


def flushed(*, as_json: bool = False) -> int:
    """Give what stdout still holds; the exit code, with a sentence on stderr where stdout takes nothing."""
    try:
        write(sys.stdout, "")
    except OutputError as error:
        return _fail(error.as_json(), error.exit_code, as_json=as_json)
    return EXIT_DONE


def _invoke(arguments: list[str], calling: Calling) -> int:
    group = MainGroup()
    try:
        with group.make_context("rft-tui", arguments, obj=calling) as context:
            code = group.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    return code if isinstance(code, int) else EXIT_DONE


def _usage(message: str, hint: str) -> dict[str, str]:
    return {"title": "Wrong use", "message": message, "hint": hint, "kind": "usage"}


def _log_error(error: RftError) -> None:
    from rft_tui import logs

    logs.start()
    logs.log.warning("%s: %s", error.kind, error.message)


def _fail_unexpectedly(error: Exception, *, as_json: bool) -> int:
    """Say an error that nobody foresaw, and keep its details."""
    from rft_tui import logs

    said = {"title": "Something went wrong", "message": logs.describe(error), "kind": "unexpected"}
    said["hint"] = logs.keep_error(error)
    return _fail(said, EXIT_FAILURES, as_json=as_json)


def _fail(said: dict[str, str], code: int, *, as_json: bool) -> int:
    """Say an error on stderr, as people or as scripts read it."""
    if as_json:
        write(sys.stderr, json_text({"error": said}) + "\n")
        return code
    lines = [f"{said['title']}: {said['message']}"]
    if said["hint"]:
        lines.append(said["hint"])
    write(sys.stderr, "".join(f"{shown(line)}\n" for line in lines))
    return code
