"""``rft-tui prompt list``, ``show``, ``new`` and ``diff``."""

from __future__ import annotations

import json
import sys
from difflib import unified_diff
from pathlib import Path

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.text import Column, table
from rft_tui.errors import InputError, UsageError
from rft_tui.model import JsonObject, Prompt

_SHORT = 4


@command
def list_all(calling: Calling) -> None:
    """List the prompts of the workspace: the files in prompts/, and versions that runs used."""
    from rft_tui.cli.choose import all_prompts

    workspace = calling.workspace()
    notes: list[str] = []
    prompts = all_prompts(workspace, notes)
    for note in notes:
        calling.say(note)
    if calling.as_json:
        calling.emit({"prompts": [_described(prompt) | {"is_file": is_file} for prompt, is_file in prompts]})
        return
    if not prompts:
        calling.say("There are no prompts yet. Put a text file into prompts/, or: rft-tui prompt new NAME --text TEXT.")
        return
    columns = [
        Column("prompt"), Column("version"), Column("examples", right=True), Column("characters", right=True),
        Column("where"), Column("begins"),
    ]  # fmt: skip
    rows = [
        (
            one.name,
            one.version[:_SHORT],
            len(one.examples),
            f"{len(one.text):,}",
            "prompts/" if is_file else "used by runs",
            one.text,
        )
        for one, is_file in prompts
    ]
    calling.lines(table(columns, rows))


def _described(prompt: Prompt) -> JsonObject:
    return {
        "prompt": prompt.name,
        "version": prompt.version,
        "examples": len(prompt.examples),
        "characters": len(prompt.text),
    }


@command
@click.argument("name")
def show(calling: Calling, name: str) -> None:
    """Show the text of a prompt: a name, NAME@HASH or a file."""
    from rft_tui.cli.choose import choose_prompt

    prompt = choose_prompt(calling.workspace(), name)
    if calling.as_json:
        calling.emit(_described(prompt) | {"text": prompt.text, "examples": list(prompt.examples)})
        return
    calling.line(prompt.text)
    if prompt.examples:
        calling.line()
        calling.line(f"{len(prompt.examples)} worked examples go before the item as earlier turns:")
        for example in prompt.examples:
            calling.line(json.dumps(example, ensure_ascii=False))
    calling.say(f"{prompt.name}, version {prompt.version}")


@command
@click.argument("name")
@click.option("--text", help="The text of the prompt.")
@click.option("--from", "source", metavar="FILE", help="A file with the text; - is stdin.")
@click.option("--examples", metavar="FILE", type=click.Path(path_type=Path), help="Worked examples, a JSON list.")
def new(calling: Calling, name: str, text: str | None, source: str | None, examples: Path | None) -> None:
    """Make a prompt file in prompts/."""
    from rft_tui.datasets.prompts import example_fault, examples_path, load_prompt, prompt_files
    from rft_tui.settings import write_atomically

    if (text is None) == (source is None):
        raise UsageError("a prompt needs a text", hint="Give it with --text TEXT or --from FILE.")
    if not name.strip() or Path(name).name != name or name.startswith("."):
        raise UsageError(f"{name!r} cannot be the name of a prompt", hint="Use a plain file name without an ending.")
    folder = calling.workspace().prompts_folder
    if name in prompt_files(folder):
        raise UsageError(f"there is a prompt {name!r} already", hint=f"Edit {prompt_files(folder)[name]}.")
    given = _read(source) if source is not None else (text or "").encode()
    if not given.strip():
        raise UsageError("the text is empty", hint="Give it with --text TEXT or --from FILE.")
    path = folder / f"{name}.txt"
    if examples is not None:
        content = examples.read_bytes()
        try:
            listed = json.loads(content)
        except ValueError as error:
            raise InputError(f"{examples}: not readable as JSON: {error}") from error
        fault = "must be a list" if not isinstance(listed, list) else next(filter(None, map(example_fault, listed)), "")
        if fault:
            raise InputError(f"{examples}: the worked examples: {fault}")
        write_atomically(examples_path(path), content)
    write_atomically(path, given if given.endswith(b"\n") else given + b"\n")
    prompt = load_prompt(path)
    if calling.as_json:
        calling.emit(_described(prompt) | {"file": str(path)})
    else:
        calling.line(f"{path}: {prompt.name}, version {prompt.version[:_SHORT]}")


def _read(source: str) -> bytes:
    data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{source}: byte {error.start + 1} is not valid UTF-8") from error
    return data


@command
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
def diff(calling: Calling, first: str, second: str) -> None:
    """Compare two prompts line by line, worked examples included: names, NAME@HASH or files."""
    from rft_tui.cli.choose import choose_prompt

    workspace = calling.workspace()
    a, b = choose_prompt(workspace, first), choose_prompt(workspace, second)
    lines = list(
        unified_diff(
            _lines(a), _lines(b), f"{a.name}@{a.version[:_SHORT]}", f"{b.name}@{b.version[:_SHORT]}", lineterm=""
        )
    )
    if calling.as_json:
        calling.emit({"a": _described(a), "b": _described(b), "equal": not lines, "diff": lines})
        return
    calling.lines(lines)
    if not lines:
        calling.say("The two are equal.")


def _lines(prompt: Prompt) -> list[str]:
    return [
        *prompt.text.split("\n"),
        *(json.dumps(example, ensure_ascii=False, sort_keys=True) for example in prompt.examples),
    ]
