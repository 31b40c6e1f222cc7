"""The help of the groups, written from the table of commands alone: it loads neither click nor a command."""

from __future__ import annotations

from rft_tui.cli.commands import COMMANDS, Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rft_tui.cli.commands import Entry

MAIN_SENTENCE = """\
Read a model's mistakes, edit graders and compare honestly, for reinforcement
fine-tuning.

Without a command it opens the workspace of the current or the given FOLDER."""
"""What the whole command line is for."""

_MAIN_OPTIONS = {
    "-C, --workspace DIR": "The workspace (default: found from here upwards).",
    "--json": "Data and errors as JSON.",
    "--version": "Show the version.",
}
_HELP = {"--help": "Show this text."}


def help_of(arguments: Sequence[str]) -> str | None:
    """The help that a command line asks for where it is that of a group; None where it is something else."""
    if len(arguments) == 1 and arguments[0] == "--help":
        return main_help()
    if len(arguments) == 2 and arguments[1] == "--help":
        entry = COMMANDS.get(arguments[0])
        return noun_help(arguments[0], entry) if isinstance(entry, Noun) else None
    return None


def main_help() -> str:
    """The help of the whole command line."""
    return _help("rft-tui [OPTIONS] [FOLDER] [COMMAND] ...", MAIN_SENTENCE, _MAIN_OPTIONS, COMMANDS)


def noun_help(name: str, noun: Noun) -> str:
    """The help of a noun."""
    return _help(f"rft-tui {name} COMMAND ...", noun.sentence, {}, noun.verbs)


def _help(usage: str, sentence: str, options: Mapping[str, str], entries: Mapping[str, Entry | Noun]) -> str:
    lines = [f"Usage: {usage}", "", *(f"  {line}".rstrip() for line in sentence.split("\n"))]
    lines += ["", "Options:", *_aligned({**options, **_HELP})]
    lines += ["", "Commands:", *_aligned({name: entry.sentence for name, entry in entries.items()})]
    return "\n".join(lines) + "\n"


def _aligned(entries: Mapping[str, str]) -> list[str]:
    size = max(map(len, entries))
    return [f"  {name.ljust(size)}  {sentence}" for name, sentence in entries.items()]
