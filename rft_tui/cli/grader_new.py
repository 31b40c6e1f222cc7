"""``rft-tui grader new``."""

from __future__ import annotations

from pathlib import Path

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.grader import spec_text
from rft_tui.errors import InputError, UsageError
from rft_tui.model import JsonObject


@command
@click.option("--type", "kind", metavar="T", help="Begin with the example of a type.")
@click.option("--from", "source", metavar="FILE.py[:FUNCTION]", help="A python grader made from a function.")
@click.option("--name", help="The grader's name (default: the example's or the function's).")
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="The file (default: graders/NAME.json)."
)
def new(calling: Calling, kind: str | None, source: str | None, name: str | None, output: Path | None) -> None:
    """Make a grader file, from an example or a function.

    A function need not know of graders: its parameters are matched by name (output_text, sample, item, or a field of
    the item such as reference_answer).
    """
    from rft_tui.graders.engine import compile_grader
    from rft_tui.graders.examples import EXAMPLE_TYPES, example_spec
    from rft_tui.graders.registry import display_name
    from rft_tui.identity import grader_version
    from rft_tui.settings import write_atomically

    if (kind is None) == (source is None):
        raise UsageError(
            "a grader begins with a type or a function",
            hint=f"--type T, one of {', '.join(EXAMPLE_TYPES)}; or --from FILE.py:FUNCTION.",
        )
    spec = example_spec(kind) if kind is not None else _from_function(source or "")
    if name is not None:
        spec = spec | {"name": name}
    compile_grader(spec)
    path = output or calling.workspace().graders_folder / f"{_file_name(display_name(spec))}.json"
    if path.exists():
        raise UsageError(f"{path}: the file is there already", hint="Give another --name, or another file with -o.")
    write_atomically(path, spec_text(spec).encode())
    version = grader_version(spec)
    if calling.as_json:
        calling.emit({"grader": display_name(spec), "type": spec.get("type"), "version": version, "file": str(path)})
    else:
        calling.line(f"{path}: {display_name(spec)}@{version[:4]}")
        calling.say("Next: rft-tui grade --grader FILE --run MODEL.")


def _from_function(source: str) -> JsonObject:
    from rft_tui.graders.from_function import spec_from_function

    path, function = Path(source), None
    if not path.is_file():
        name, sign, last = source.rpartition(":")
        if sign:
            path, function = Path(name), last
    if not path.is_file():
        raise InputError(f"{source}: there is no such file", hint="Write FILE.py or FILE.py:FUNCTION.")
    return spec_from_function(path, function)


def _file_name(name: str) -> str:
    """A name with nothing in it that a file name cannot have."""
    clean = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in name).strip(".")
    return clean or "grader"
