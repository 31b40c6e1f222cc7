"""``rft-tui grader new``."""

from __future__ import annotations

from pathlib import Path

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.grader import spec_text
from rft_tui.errors import InputError, UsageError


@command
@click.option("--type", "kind", metavar="T", help="Begin with the example of a type.")
@click.option("--template", metavar="NAME", help="Begin with a worked-out grader for short expert answers.")
@click.option("--from", "source", metavar="FILE.py[:FUNCTION]", help="Begin with a function, or with another grader.")
@click.option("--name", help="The grader's name (default: the example's or the function's).")
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="The file (default: graders/NAME.json)."
)
def new(
    calling: Calling,
    kind: str | None,
    template: str | None,
    source: str | None,
    name: str | None,
    output: Path | None,
) -> None:
    """Make a grader file, from an example, a template, a function or another grader.

    Another grader is a stored name, NAME@HASH or a JSON file; its copy is NAME_copy unless it is given a name.

    A function need not know of graders: its parameters are matched by name (output_text, sample, item, or a field of
    the item such as reference_answer).
    """
    from rft_tui.graders.document import named_text
    from rft_tui.graders.engine import compile_grader
    from rft_tui.graders.examples import EXAMPLE_TYPES, example_spec
    from rft_tui.graders.spec import display_name, parse_spec
    from rft_tui.graders.templates import TEMPLATES, template_spec
    from rft_tui.identity import grader_version
    from rft_tui.settings import write_atomically
    from rft_tui.tasks.graders import file_name

    if sum(given is not None for given in (kind, template, source)) != 1:
        raise UsageError(
            "a grader begins with a type, a template, a function or another grader",
            hint=f"--type T, one of {', '.join(EXAMPLE_TYPES)}; --template NAME, one of {', '.join(TEMPLATES)}; or"
            " --from FILE.py:FUNCTION, --from GRADER.",
        )
    if kind is not None:
        text = spec_text(example_spec(kind))
    elif template is not None:
        text = spec_text(template_spec(template))
    else:
        text = _from_source(calling, source or "")
    if name is not None:
        text = named_text(text, name)
    spec = parse_spec(text, "the grader")
    compile_grader(spec)
    path = output or calling.workspace().graders_folder / f"{file_name(display_name(spec))}.json"
    if path.exists():
        raise UsageError(f"{path}: the file is there already", hint="Give another --name, or another file with -o.")
    write_atomically(path, text.encode())
    version = grader_version(spec)
    if calling.as_json:
        calling.emit({"grader": display_name(spec), "type": spec.get("type"), "version": version, "file": str(path)})
    else:
        calling.line(f"{path}: {display_name(spec)}@{version[:4]}")
        calling.say("Next: rft-tui grade --grader FILE --run MODEL.")


def _from_source(calling: Calling, source: str) -> str:
    """The text of a grader made from a function of a file, or of the copy of another one, spelt as that one is."""
    from rft_tui.cli.choose import choose_text, is_path
    from rft_tui.graders.document import named_text
    from rft_tui.graders.from_function import spec_from_function
    from rft_tui.graders.spec import display_name, parse_spec

    if not source.lower().endswith(".json"):
        path, function = Path(source), None
        if not path.is_file():
            name, sign, last = source.rpartition(":")
            if sign:
                path, function = Path(name), last
        if path.is_file():
            return spec_text(spec_from_function(path, function))
        if path.suffix == ".py" or is_path(str(path)):
            raise InputError(f"{source}: there is no such file", hint="Write FILE.py or FILE.py:FUNCTION.")
    text = choose_text(calling, source)
    return named_text(text, f"{display_name(parse_spec(text, source))}_copy")
