"""The items that a grader is probed on: drawn by a seed, the same whatever their order, and its ordering fixtures."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rft_tui.errors import InputError, UsageError
from rft_tui.graders.bench.ordering import Ordering, read_orderings
from rft_tui.graders.bench.probes import BenchItem
from rft_tui.graders.spec import template_paths
from rft_tui.graders.template import TemplateSyntaxError, path_parts, value_at
from rft_tui.identity import content_hash
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line
from rft_tui.store.database import Store
from rft_tui.store.datasets import StoredItem, get_dataset, get_item
from rft_tui.tasks.graders import file_name

MORE_REFERENCES = 20
"""Items drawn beyond those that are probed, to borrow wrong answers from."""

MOST_WITHOUT = 20_000
"""Items without a reference that are passed over; where there are as many, others would not help."""

MAX_ORDERINGS_BYTES = 16_000_000
"""The largest file of ordering fixtures that is read."""

ORDERINGS_ENDING = ".orderings.jsonl"
"""How the file of ordering fixtures beside a grader's file ends."""


class NoItemsError(UsageError):
    """There is nothing to draw from: no items at all, or (`missing` of them) none with a reference answer."""

    def __init__(self, message: str, *, hint: str, missing: int) -> None:
        super().__init__(message, hint=hint)
        self.missing = missing


@dataclass(frozen=True, slots=True)
class DrawnItems:
    """The items to probe, the references of others, and how many items had none of their own."""

    items: tuple[BenchItem, ...]
    references: tuple[str, ...]
    without_reference: int


def draw_items(
    store: Store,
    spec: JsonObject,
    *,
    datasets: Sequence[str] = (),
    count: int = 20,
    seed: int = 42,
    reference_field: str | None = None,
) -> DrawnItems:
    """Draw items that have a reference answer, of the named datasets or of all that are in the workspace.

    The reference is what stands at `reference_field`; unless it is given, the dataset's own reference, or else the only
    field that the grader reads. A larger count keeps the items of a smaller one. Raises NoItemsError where there are
    no items, or none with a reference.
    """
    with closing(store.connect()) as db:
        numbers = [get_dataset(db, name).id for name in datasets]
        items: list[BenchItem] = []
        references: list[str] = []
        missing = 0
        for item in _drawn(db, numbers, seed):
            reference = _reference(item, spec, reference_field)
            if reference is None:
                missing += 1
                if missing == MOST_WITHOUT:
                    break
                continue
            if len(items) < count:
                items.append(BenchItem(item.row_id, item.question, reference, item.fields))
            references.append(reference)
            if len(references) == count + MORE_REFERENCES:
                break
    if not items:
        raise _nothing_to_probe(missing, reference_field)
    return DrawnItems(tuple(items), tuple(references), missing)


def _nothing_to_probe(missing: int, reference_field: str | None) -> NoItemsError:
    if not missing:
        hint = "Bring some in: rft-tui data import FILE, or rft-tui import PREDICTIONS."
        return NoItemsError("there are no items to probe the grader on", hint=hint, missing=0)
    where = f"the field {reference_field!r:.60}" if reference_field else "a reference answer"
    drawn = "items" if missing < MOST_WITHOUT else "items drawn first"
    said = f"none of the {missing:,} {drawn} has {where}"
    return NoItemsError(said, hint="--reference-field names the field.", missing=missing)


def _drawn(db: sqlite3.Connection, datasets: Sequence[int], seed: int) -> Iterator[StoredItem]:
    """The items in the seed's order, equal rows once."""
    where = f" WHERE dataset IN ({','.join('?' * len(datasets))})" if datasets else ""
    found = db.execute(f"SELECT row_id, min(id) FROM item{where} GROUP BY row_id", list(datasets)).fetchall()  # noqa: S608 - our own words
    found.sort(key=lambda row: content_hash(str(seed), row[0]))
    for _row_id, number in found:
        yield get_item(db, number)


def _reference(item: StoredItem, spec: JsonObject, field: str | None) -> str | None:
    if field is not None:
        return _text_at(item.fields, field)
    if item.reference is not None:
        return item.reference
    paths = template_paths(spec)
    read = paths.hard or paths.read_by_code
    return _text_at(item.fields, read[0]) if len(read) == 1 else None


def _text_at(fields: JsonObject, path: str) -> str | None:
    """The text at a field or path of an item; None where nothing is there."""
    if path in fields:
        value = fields[path]
    else:
        try:
            value = value_at(fields, path_parts(path))
        except (TemplateSyntaxError, LookupError, TypeError):
            return None
    if value is None:
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def load_orderings(path: Path, *, must_exist: bool) -> list[Ordering]:
    """The ordering fixtures of a file; none where it need not exist and does not. InputError says what is wrong."""
    where = one_line(str(path))
    if not must_exist and not path.is_file():
        return []
    try:
        with path.open("rb") as file:
            data = file.read(MAX_ORDERINGS_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{where} cannot be read: {error.strerror or type(error).__name__}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{where} is not UTF-8") from error
    if len(data) > MAX_ORDERINGS_BYTES:
        raise InputError(f"{where} is larger than {MAX_ORDERINGS_BYTES:,} bytes")
    return read_orderings(text, where)


def orderings_path(folder: Path, name: str) -> Path:
    """Where the orderings of a grader of that name are kept in `graders/`."""
    return folder / f"{file_name(name)}{ORDERINGS_ENDING}"


def ordering_fields(store: Store, orderings: Sequence[Ordering]) -> list[JsonObject]:
    """The fields of the item of each ordering. Raises UsageError for a row id that no item, or more than one, has."""
    with closing(store.connect()) as db:
        return [one.item if not isinstance(one.item, str) else _fields_of_row(db, one.item) for one in orderings]


def _fields_of_row(db: sqlite3.Connection, beginning: str) -> JsonObject:
    rows = db.execute(
        "SELECT row_id, min(id) FROM item WHERE substr(row_id, 1, ?) = ? GROUP BY row_id LIMIT 2",
        [len(beginning), beginning.lower()],
    ).fetchall()
    if len(rows) == 1:
        return get_item(db, rows[0][1]).fields
    said = "more than one item" if rows else "no item"
    raise UsageError(
        f"an ordering is for {one_line(beginning, 40)!r}, with which the row id of {said} begins",
        hint="rft-tui data show NAME --json has the row ids.",
    )
