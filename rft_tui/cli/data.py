"""``rft-tui data import``, ``list`` and ``show``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.text import Column, counted, table
from rft_tui.datasets.mapping import FieldMapping
from rft_tui.errors import UsageError
from rft_tui.safetext import one_line

if TYPE_CHECKING:
    from rft_tui.store.datasets import StoredItem

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_SHOWN_PROBLEMS = 5
_SHOWN_ITEMS = 20


def mapping_options(function: Decorated) -> Decorated:
    """The options that say which fields are what."""
    for option in (
        click.option("--other-fields", metavar="NAMES", multiple=True, help="Fields to keep beside them, by comma."),
        click.option("--messages-field", metavar="NAME", help="The field with the conversation."),
        click.option("--reference-field", metavar="NAME", help="The field with the reference answer."),
        click.option("--prompt-field", metavar="NAME", help="The field with the question."),
    ):
        function = option(function)
    return function


def mapping_of(
    prompt_field: str | None, reference_field: str | None, messages_field: str | None, other_fields: Sequence[str]
) -> FieldMapping | None:
    """The mapping that options say; None where they say nothing."""
    others = tuple(name for text in other_fields for name in text.split(",") if name)
    if not (prompt_field or reference_field or messages_field or others):
        return None
    return FieldMapping(prompt_field, reference_field, messages_field, others or None)


@command
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--name", help="The dataset's name (default: the file's, without its ending).")
@mapping_options
@click.option("--skip-bad", is_flag=True, help="Leave bad rows out instead of refusing the file.")
def import_files(
    calling: Calling,
    files: tuple[str, ...],
    name: str | None,
    prompt_field: str | None,
    reference_field: str | None,
    messages_field: str | None,
    other_fields: tuple[str, ...],
    skip_bad: bool,
) -> None:
    """Bring dataset files into the workspace.

    JSONL, a JSON array, CSV, TSV or Parquet. A file with a bad row changes nothing, unless bad rows are skipped.
    """
    from rft_tui.datasets.items import ItemStream, describe, load_items
    from rft_tui.tasks.import_data import import_dataset

    if name is not None and len(files) > 1:
        raise UsageError("--name is for one file", hint="Import the files one by one.")
    mapping = mapping_of(prompt_field, reference_field, messages_field, other_fields)
    store = calling.workspace().store
    if len(files) > 1:
        for path in files:
            for _entry in load_items(ItemStream(path, mapping=mapping), skip_bad=skip_bad):
                pass
    documents: list[dict[str, Any]] = []
    for path in files:
        done = import_dataset(store, path, name, mapping=mapping, skip_bad=skip_bad)
        documents.append(done.as_json())
        for note in done.notes:
            calling.say(f"{path}: {note}")
        for problem in done.problems[:_SHOWN_PROBLEMS]:
            calling.say(f"{path}: {one_line(describe(problem), 200)}")
        if len(done.problems) > _SHOWN_PROBLEMS:
            calling.say(f"{path}: {len(done.problems):,} problems in all; rft-tui data check {path} lists them.")
        if not calling.as_json:
            skipped = f", {counted(done.skipped, 'row')} skipped" if done.skipped else ""
            calling.line(f"{done.dataset.name}: {counted(done.dataset.rows, 'item')}{skipped}")
    if calling.as_json:
        calling.emit(documents[0] if len(files) == 1 else {"datasets": documents})


@command
def list_all(calling: Calling) -> None:
    """List the datasets of the workspace."""
    from rft_tui.store.datasets import list_datasets

    with calling.workspace().store.read() as db:
        datasets = list_datasets(db)
    if calling.as_json:
        calling.emit(
            {
                "datasets": [
                    {
                        "dataset": one.name,
                        "id": one.id,
                        "rows": one.rows,
                        "problems": len(one.problems),
                        "method": one.method,
                        "source": one.source,
                    }
                    for one in datasets
                ]
            }
        )
        return
    if not datasets:
        calling.say("There are no datasets yet. Bring one in: rft-tui data import FILE.")
        return
    columns = [
        Column("dataset"),
        Column("rows", right=True),
        Column("problems", right=True),
        Column("kind"),
        Column("source"),
    ]
    calling.lines(
        table(columns, [(one.name, f"{one.rows:,}", len(one.problems), one.method, one.source) for one in datasets])
    )


@command
@click.argument("name")
@click.option("--line", "line_number", metavar="N", type=click.IntRange(1), help="One item in full, by its line.")
@click.option("--limit", metavar="K", type=click.IntRange(1), help=f"So many items (default {_SHOWN_ITEMS}).")
def show(calling: Calling, name: str, line_number: int | None, limit: int | None) -> None:
    """Show the items of a dataset."""
    from rft_tui.store.datasets import get_dataset, iter_items

    with calling.workspace().store.read() as db:
        dataset = get_dataset(db, name)
        items: list[StoredItem] = []
        for item in iter_items(db, dataset.id):
            if line_number is None or item.line == line_number:
                items.append(item)
            if len(items) >= (limit or _SHOWN_ITEMS) or (line_number is not None and items):
                break
    if line_number is not None and not items:
        raise UsageError(f"{name}: no item stands at line {line_number}", hint=f"rft-tui data show {name} lists them.")
    if calling.as_json:
        calling.emit(
            {"dataset": dataset.name, "id": dataset.id, "rows": dataset.rows, "items": [_item(one) for one in items]}
        )
    elif line_number is not None:
        _show_in_full(calling, items[0])
    else:
        columns = [Column("line", right=True), Column("question", limit=70), Column("reference", limit=40)]
        calling.lines(table(columns, [(one.line, one.question, one.reference) for one in items]))
        if dataset.rows > len(items):
            calling.say(f"{len(items)} of {dataset.rows:,} items; --limit shows more, --line N one in full.")


def _item(item: StoredItem) -> dict[str, Any]:
    return {
        "line": item.line,
        "item": item.row_id,
        "input": item.input_id,
        "messages": item.messages,
        "tools": item.tools,
        "question": item.question,
        "reference": item.reference,
        "fields": item.fields,
    }


def _show_in_full(calling: Calling, item: StoredItem) -> None:
    for message in item.messages:
        content = message.get("content")
        calling.line(f"{message.get('role')}:")
        calling.line(content if isinstance(content, str) else repr(content))
        calling.line()
    calling.line("reference:")
    calling.line(item.reference if item.reference is not None else "(none)")
    calling.line()
    for key, value in item.fields.items():
        calling.line(f"{one_line(key)} = {one_line(str(value), 200)}")
    calling.line(f"item {item.row_id}, line {item.line}")
