"""``rft-tui data split`` and ``sample``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.text import counted
from rft_tui.datasets.normalise import STEPS, Step
from rft_tui.datasets.split import DEFAULT_SEED, FieldFilter
from rft_tui.errors import UsageError
from rft_tui.safetext import one_line

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def _drawing_options(function: Decorated) -> Decorated:
    sentences = {
        "lowercase": "Write the texts of a field in lower case.",
        "strip": "Take blanks off both ends of a field.",
        "collapse_blanks": "Fold the blanks in a field.",
        "nfc": "Bring the letters of a field to their composed form.",
    }
    for name in reversed(STEPS):
        option = click.option(f"--{name.replace('_', '-')}", metavar="FIELD", multiple=True, help=sentences[name])
        function = option(function)
    function = click.option("--where", metavar="FIELD~REGEX", help="Only rows whose field has a match.")(function)
    return click.option("--seed", default=DEFAULT_SEED, show_default=True, help="The seed of the draw.")(function)


def _steps(options: dict[str, Any]) -> list[Step]:
    return [Step(name, field) for name in STEPS for field in options[name]]


def _sizes(texts: tuple[str, ...]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for text in texts:
        name, sign, number = text.rpartition("=")
        if not sign or not name or not number.isdecimal():
            raise UsageError(f"{text!r} is no size", hint="Write NAME=N, for example --size train=100.")
        if name in sizes:
            raise UsageError(f"{name!r} has two sizes", hint="Give every part one size.")
        sizes[name] = int(number)
    return sizes


@command
@click.argument("name")
@click.option("--size", "sizes", metavar="NAME=N", multiple=True, required=True, help="A part and its rows; repeat it.")
@_drawing_options
@click.option("-o", "--output", metavar="DIR", type=click.Path(path_type=Path), help="Also write DIR/NAME.jsonl.")
def split(
    calling: Calling,
    name: str,
    sizes: tuple[str, ...],
    seed: int,
    where: str | None,
    output: Path | None,
    **steps: Any,
) -> None:
    """Draw named parts that share no input.

    Each part becomes a dataset of its name. The same seed draws the same rows, whatever their order in the file; rows
    with the same input go to one part. Keep a test part beside train and validation.
    """
    from rft_tui.datasets.write import write_rows
    from rft_tui.store.datasets import get_dataset, iter_items
    from rft_tui.tasks.split_data import split_dataset

    store = calling.workspace().store
    with store.read() as db:
        dataset = get_dataset(db, name)
    done = split_dataset(
        store,
        dataset,
        _sizes(sizes),
        seed=seed,
        where=None if where is None else FieldFilter.parse(where),
        steps=_steps(steps),
    )
    files: dict[str, str] = {}
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        for part in done.parts:
            path = output / f"{part.name.replace('/', '_')}.jsonl"
            with store.read() as db:
                write_rows(path, (item.raw for item in iter_items(db, part.id)))
            files[part.name] = str(path)
    for note in done.notes:
        calling.say(note)
    parts = [
        {"dataset": part.name, "id": part.id, "rows": part.rows, "file": files.get(part.name)} for part in done.parts
    ]
    if calling.as_json:
        calling.emit({"dataset": dataset.name, "seed": seed, "parts": parts, "notes": list(done.notes)})
        return
    for part in done.parts:
        where_to = f" → {files[part.name]}" if part.name in files else ""
        calling.line(f"{part.name}: {counted(part.rows, 'item')}{where_to}")


@command
@click.argument("name")
@click.option("--size", metavar="N", type=click.IntRange(1), required=True, help="How many items.")
@_drawing_options
@click.option("--name", "new_name", metavar="NEW", help="Keep the sample as a dataset of this name.")
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write the rows into a file.")
def sample(
    calling: Calling,
    name: str,
    size: int,
    seed: int,
    where: str | None,
    new_name: str | None,
    output: Path | None,
    **steps: Any,
) -> None:
    """Draw some items.

    The rows go to stdout, one JSON object a line, unless they become a dataset (--name) or a file (-o).
    """
    from rft_tui.datasets.write import write_rows
    from rft_tui.store.datasets import add_dataset, get_dataset
    from rft_tui.tasks.split_data import sample_dataset

    store = calling.workspace().store
    with store.read() as db:
        dataset = get_dataset(db, name)
    chosen = None if where is None else FieldFilter.parse(where)
    items = sample_dataset(store, dataset, size, seed=seed, where=chosen, steps=_steps(steps))
    if not items:
        raise UsageError(f"{name}: no item passes the filter", hint="rft-tui data show lists the items.")
    if len(items) < size:
        calling.say(f"{len(items):,} of the {size:,} items asked for: there are no more.")
    if new_name is not None:
        with store.write() as db:
            numbered = [(number, item) for number, (_line, item) in enumerate(items, 1)]
            made = add_dataset(
                db, new_name, numbered, source=f"{name}, seed {seed}", method=dataset.method, mapping=dataset.mapping
            )
        calling.say(f"The sample is the dataset {made.name!r}: {counted(made.rows, 'item')}.")
    if output is not None and str(output) == "-":
        for _line, item in items:
            calling.raw(item.raw)
        return
    if output is not None:
        write_rows(output, (item.raw for _line, item in items))
        calling.say(f"The sample is in {output}: {counted(len(items), 'row')}.")
    if calling.as_json:
        rows = [{"line": line, "item": item.row_id, "question": one_line(item.question)} for line, item in items]
        document = {"dataset": dataset.name, "rows": len(items), "seed": seed, "items": rows}
        calling.emit(document | {"name": new_name, "file": None if output is None else str(output)})
    elif new_name is None and output is None:
        for _line, item in items:
            calling.raw(item.raw)
