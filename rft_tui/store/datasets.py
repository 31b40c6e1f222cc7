"""Datasets and items in the cache: written in one transaction, listed by name, read row by row."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

from rft_tui.errors import UsageError
from rft_tui.identity import content_hash, encode_string
from rft_tui.model import Item, JsonObject, Problem
from rft_tui.safetext import one_line, storable

SNIPPET = 160
"""Characters of question and reference that a narrow row keeps for lists."""

BATCH = 1000
"""Rows handed to SQLite at once."""

RESERVED_FIELDS = ("messages", "tools")
"""Keys of a row that are not fields of the item."""


@dataclass(frozen=True, slots=True)
class StoredDataset:
    """One line of the dataset list; `problems` are those found when it was imported."""

    id: int
    name: str
    source: str | None
    method: str
    rows: int
    problems: tuple[Problem, ...]
    content: str
    mapping: JsonObject | None
    created_at: str


@dataclass(frozen=True, slots=True)
class StoredItem:
    """One row of a dataset in full: what the model is asked, the fields a grader reads, the bytes of the file."""

    id: int
    dataset: int
    position: int
    line: int
    row_id: str
    input_id: str
    question: str
    reference: str | None
    messages: list[JsonObject]
    tools: Any
    fields: JsonObject
    raw: bytes


def now() -> str:
    """This moment in UTC, to the millisecond, as it is stored."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def plain_messages(question: str) -> str:
    """The canonical messages of a row that is one plain question; such rows do not store them twice."""
    return f'[{{"content":{encode_string(question)},"role":"user"}}]'


class ItemRecord(NamedTuple):
    """An item as its tables hold it: texts and bytes only, so that another process may make it."""

    line: int
    row_id: str
    input_id: str
    question: str
    question_snippet: str
    reference: str | None
    reference_snippet: str | None
    messages: str | None
    tools: str | None
    fields: str | None
    raw: bytes


def item_record(line: int, item: Item) -> ItemRecord:
    """What is stored of an item that stands at a line of a file."""
    plain = item.tools is None and item.messages == plain_messages(item.question)
    return ItemRecord(
        line,
        item.row_id,
        item.input_id,
        item.question,
        one_line(item.question, SNIPPET),
        item.reference,
        None if item.reference is None else one_line(item.reference, SNIPPET),
        None if plain else item.messages,
        item.tools,
        _stored_fields(item),
        item.raw,
    )


def add_dataset(
    db: sqlite3.Connection,
    name: str,
    items: Iterable[tuple[int, Item]],
    *,
    source: str | None = None,
    method: str = "reinforcement",
    mapping: JsonObject | None = None,
    problems: Sequence[Problem] = (),
) -> StoredDataset:
    """Write a dataset with its items (line in the file, item), inside the caller's transaction.

    A dataset of the same name with the same rows is left as it is and returned; with other rows it is an error.
    """
    records = (item_record(line, item) for line, item in items)
    return add_records(db, name, records, source=source, method=method, mapping=mapping, problems=problems)


def add_records(
    db: sqlite3.Connection,
    name: str,
    records: Iterable[ItemRecord],
    *,
    source: str | None = None,
    method: str = "reinforcement",
    mapping: JsonObject | None = None,
    problems: Sequence[Problem] = (),
) -> StoredDataset:
    """The same for items that are made ready to store."""
    name, source, created = storable(name), None if source is None else storable(source), now()
    taken = db.execute("SELECT id FROM dataset WHERE name = ?", [name]).fetchone()
    dataset = db.execute(
        "INSERT INTO dataset (name, source, method, mapping, content, rows, created_at) VALUES (?, ?, ?, ?, '', 0, ?)",
        [name if taken is None else f"\0{name}", source, method, json.dumps(mapping) if mapping else None, created],
    ).lastrowid
    assert dataset is not None
    count, content = _add_items(db, dataset, records)
    if taken is not None:
        known = get_dataset(db, name)
        if known.content == content:
            db.execute("DELETE FROM item_row WHERE item IN (SELECT id FROM item WHERE dataset = ?)", [dataset])
            db.execute("DELETE FROM item WHERE dataset = ?", [dataset])
            db.execute("DELETE FROM dataset WHERE id = ?", [dataset])
            return known
        raise UsageError(
            f"a dataset named {name!r} with other rows is here already", hint="Choose another name for this one."
        )
    db.execute(
        "UPDATE dataset SET content = ?, rows = ?, problems = ? WHERE id = ?",
        [content, count, json.dumps([asdict(problem) for problem in problems]), dataset],
    )
    return get_dataset(db, name)


def append_records(db: sqlite3.Connection, dataset: int, records: Iterable[ItemRecord]) -> int:
    """Add items behind those that a dataset has, for one whose rows come to be known by and by; how many."""
    rows, content = db.execute("SELECT rows, content FROM dataset WHERE id = ?", [dataset]).fetchone()
    count, content = _add_items(db, dataset, records, begin=rows, content=content)
    db.execute("UPDATE dataset SET content = ?, rows = rows + ? WHERE id = ?", [content, count, dataset])
    return count


def _add_items(
    db: sqlite3.Connection, dataset: int, records: Iterable[ItemRecord], *, begin: int = 0, content: str = ""
) -> tuple[int, str]:
    """Insert items in batches from a position on; the number of rows, and a hash over their row ids in order."""
    first = int(db.execute("SELECT coalesce(max(id), 0) + 1 FROM item").fetchone()[0])
    count = 0
    stream = iter(records)
    while batch := list(islice(stream, BATCH)):
        inputs, narrow, wide = [], [], []
        for number, record in enumerate(batch, first + count):
            line, row_id, input_id, question, snippet, reference, short, messages, tools, fields, raw = record
            inputs.append((input_id, question, messages, tools))
            narrow.append((number, dataset, begin + number - first, line, row_id, input_id, snippet, short))
            wide.append((number, reference, fields, raw))
        db.executemany(
            "INSERT INTO input (hash, question, messages, tools) VALUES (?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING",
            inputs,
        )
        db.executemany(
            "INSERT INTO item (id, dataset, position, line, row_id, input, question, reference)"
            " VALUES (?, ?, ?, ?, ?, (SELECT id FROM input WHERE hash = ?), ?, ?)",
            narrow,
        )
        db.executemany("INSERT INTO item_row (item, reference, fields, raw) VALUES (?, ?, ?, ?)", wide)
        content = content_hash(content, *(record[1] for record in batch))
        count += len(batch)
    return count, content


def _stored_fields(item: Item) -> str | None:
    """The fields as JSON, or None where they are simply the row's own keys and can be read from its bytes."""
    if item.raw[:1] == b"{" and b'"messages"' in item.raw:
        return None
    return json.dumps(item.fields, ensure_ascii=False)


def list_datasets(db: sqlite3.Connection) -> list[StoredDataset]:
    """All datasets in the order of their import."""
    return [_dataset(row) for row in db.execute(f"SELECT {_DATASET_COLUMNS} FROM dataset ORDER BY id")]


def get_dataset(db: sqlite3.Connection, name: str | int) -> StoredDataset:
    """The dataset of a name or number. Raises UsageError naming those that exist."""
    column, key = ("id", name) if isinstance(name, int) else ("name", storable(name))
    row = db.execute(f"SELECT {_DATASET_COLUMNS} FROM dataset WHERE {column} = ?", [key]).fetchone()
    if row is None:
        names = ", ".join(one[0] for one in db.execute("SELECT name FROM dataset ORDER BY id LIMIT 20")) or "none yet"
        raise UsageError(f"there is no dataset {name!r}", hint=f"Datasets here: {names}.")
    return _dataset(row)


_DATASET_COLUMNS = "id, name, source, method, rows, problems, content, mapping, created_at"


def _dataset(row: tuple[Any, ...]) -> StoredDataset:
    identity, name, source, method, rows, problems, content, mapping, created_at = row
    return StoredDataset(
        identity,
        name,
        source,
        method,
        rows,
        tuple(Problem(**one) for one in json.loads(problems)),
        content,
        json.loads(mapping) if mapping else None,
        created_at,
    )


_ITEM_QUERY = (
    "SELECT item.id, item.dataset, item.position, item.line, item.row_id, input.hash, input.question,"
    " item_row.reference, input.messages, input.tools, item_row.fields, item_row.raw"
    " FROM item JOIN input ON input.id = item.input JOIN item_row ON item_row.item = item.id"
)


def get_item(db: sqlite3.Connection, item: int) -> StoredItem:
    """One item in full."""
    row = db.execute(f"{_ITEM_QUERY} WHERE item.id = ?", [item]).fetchone()
    if row is None:
        raise UsageError(f"there is no item {item}")
    return _item(row)


def iter_items(db: sqlite3.Connection, dataset: int) -> Iterator[StoredItem]:
    """The items of a dataset in the order of its file, read in pages by key."""
    position = -1
    while True:
        page = db.execute(
            f"{_ITEM_QUERY} WHERE item.dataset = ? AND item.position > ? ORDER BY item.position LIMIT ?",
            [dataset, position, BATCH],
        ).fetchall()
        if not page:
            return
        for row in page:
            yield _item(row)
        position = page[-1][2]


def fields_of(fields: str | None, raw: bytes) -> JsonObject:
    """The fields a grader reads as ``item.*``: stored ones, or the row's keys without the reserved ones."""
    if fields is not None:
        loaded: JsonObject = json.loads(fields)
        return loaded
    row: JsonObject = json.loads(raw)
    return {key: value for key, value in row.items() if key not in RESERVED_FIELDS}


def _item(row: tuple[Any, ...]) -> StoredItem:
    identity, dataset, position, line, row_id, input_id, question, reference, messages, tools, fields, raw = row
    return StoredItem(
        identity,
        dataset,
        position,
        line,
        row_id,
        input_id,
        question,
        reference,
        json.loads(messages) if messages else [{"role": "user", "content": question}],
        json.loads(tools) if tools else None,
        fields_of(fields, raw),
        raw,
    )
