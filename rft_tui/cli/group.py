"""The groups of the command line: commands load when they are called, a folder in front opens a workspace."""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

import click

from rft_tui import __version__
from rft_tui.cli.commands import COMMANDS, Entry, Noun
from rft_tui.cli.console import Calling
from rft_tui.cli.help import main_help, noun_help
from rft_tui.safetext import one_line

_WITH_VALUE = ("-C", "--workspace")


class LazyGroup(click.Group):
    """A group that knows the names and sentences of its commands and loads one when it is asked for."""

    def __init__(self, name: str, entries: Mapping[str, Entry | Noun]) -> None:
        super().__init__(name, no_args_is_help=True)
        self._entries = entries

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(self._entries)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, loaded now; None where there is none."""
        entry = self._entries.get(cmd_name)
        if isinstance(entry, Noun):
            return LazyGroup(cmd_name, entry.verbs)
        if entry is None:
            return None
        command: click.Command = getattr(import_module(entry.module), entry.function)
        command.name = cmd_name
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of the first word; an unknown word is an error that names the nearest command."""
        word = args[0]
        if word not in self._entries:
            close = get_close_matches(word, self._entries, n=1, cutoff=0.5)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise click.UsageError(f"There is no command {one_line(word, 60)!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def get_help(self, _ctx: click.Context) -> str:
        """The help from the table, without loading the commands."""
        entry = COMMANDS.get(self.name or "")
        return (noun_help(self.name or "", entry) if isinstance(entry, Noun) else main_help()).rstrip("\n")


class MainGroup(LazyGroup):
    """The whole command line; a first word that is a folder, not a command, is the workspace."""

    def __init__(self) -> None:
        super().__init__("rft-tui", COMMANDS)
        self.callback = _begin
        self.invoke_without_command = True
        self.no_args_is_help = False
        self.params = [
            click.Option(["-C", "--workspace"], type=click.Path(path_type=Path)),
            click.Option(["--json", "as_json"], is_flag=True),
            click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_version),
        ]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments, with a folder in front taken as the workspace."""
        return super().parse_args(ctx, self.with_folder(args))

    def with_folder(self, args: list[str]) -> list[str]:
        """The arguments with a folder in the place of a command made an option."""
        skip = False
        for number, word in enumerate(args):
            if skip or word.startswith("-"):
                skip = not skip and word in _WITH_VALUE
                continue
            if word not in self._entries and (os.sep in word or Path(word).is_dir()):
                return [*args[:number], "--workspace", word, *args[number + 1 :]]
            return args
        return args


@click.pass_context
def _begin(ctx: click.Context, workspace: Path | None, as_json: bool) -> int | None:
    """Keep what stands before the command; open the app where there is none."""
    calling: Calling = ctx.obj
    calling.folder = workspace
    calling.as_json = calling.as_json or as_json
    return calling.open_app() if ctx.invoked_subcommand is None else None


def _version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"rft-tui {__version__}")
        ctx.exit()
