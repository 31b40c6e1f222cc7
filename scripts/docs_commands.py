"""The page of the command line: every command with its arguments and options."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from docs_markdown import code, table

from rft_tui.cli.console import Calling
from rft_tui.cli.group import MainGroup

SHARED_OPTIONS = frozenset({"--json", "--workspace"})
"""Options of every command, described once."""


def commands_page() -> list[str]:
    """Every command with its arguments and options."""
    group = MainGroup()
    with click.Context(group, info_name="rft-tui", obj=Calling(app=_NoApp())) as context:
        commands = list(_commands(group, context))
    lines = [
        "# Commands",
        "",
        *_paragraphs(group.help or ""),
        "",
        "Everything a screen does, a command does. Data go to stdout, messages and progress to stderr.",
        "With `--json` stdout holds one JSON document, and an error is",
        '`{"error": {"title", "message", "hint", "kind"}}` on stderr.',
        "",
        *table(
            ("exit status", "means"),
            [
                ("0", "done"),
                ("1", "the work finished, with failures that are listed"),
                ("2", "wrong use or bad input; nothing was changed"),
                ("3", "the service refused or could not be reached"),
                ("130", "interrupted; what was done so far is kept"),
            ],
        ),
        "",
        "Every command takes these options too; `--version` shows the version.",
        "",
        *table(("option", "does"), [_option(one) for one in group.params if "--version" not in one.opts]),
    ]
    for command, path in commands:
        lines += ["", f"## {' '.join(path)}", "", *_paragraphs(command.help or "")]
        lines += ["", "```", " ".join(["rft-tui", *path, *_usage(command)]), "```"]
        options = [_option(one) for one in _own_options(command)]
        if options:
            lines += ["", *table(("option", "does"), options)]
    return lines


class _NoApp:
    """Stands where the command line has its app; nothing is opened here."""

    def open(self, _workspace: Any) -> int:
        raise NotImplementedError

    def keymap_error(self, _path: Path) -> None:
        return None


def _commands(group: click.Group, context: click.Context) -> Iterator[tuple[click.Command, tuple[str, ...]]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            for found, path in _commands(command, context):
                yield found, (name, *path)
        else:
            yield command, (name,)


def _own_options(command: click.Command) -> list[click.Option]:
    options = [one for one in command.params if isinstance(one, click.Option)]
    return [one for one in options if not SHARED_OPTIONS.intersection(one.opts)]


def _usage(command: click.Command) -> list[str]:
    with click.Context(command) as context:
        pieces = [
            piece
            for one in command.params
            if isinstance(one, click.Argument)
            for piece in one.get_usage_pieces(context)
        ]
    required = [f"{one.opts[0]} {_value_name(one)}" for one in _own_options(command) if one.required]
    optional = any(not one.required for one in _own_options(command))
    return [*pieces, *required, *(["[OPTIONS]"] if optional else [])]


def _value_name(option: click.Parameter) -> str:
    with click.Context(click.Command("")) as context:
        return option.make_metavar(context)


def _option(option: click.Parameter) -> tuple[str, str]:
    assert isinstance(option, click.Option)
    names = ", ".join(sorted(option.opts, key=len))
    value = "" if option.is_flag else f" {_value_name(option)}"
    notes = [option.help or ""]
    if option.required:
        notes.append("Required.")
    if option.multiple and "repeat" not in notes[0]:
        notes.append("May be repeated.")
    if option.show_default and option.default is not None:
        notes.append(
            f"Default: {option.default:g}." if isinstance(option.default, float) else f"Default: {option.default}."
        )
    return code(names + value), " ".join(notes)


def _paragraphs(text: str) -> list[str]:
    return inspect.cleandoc(text).replace("\b\n", "").splitlines()
