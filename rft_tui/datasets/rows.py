"""What reading yields, and the limits that keep a hostile file from filling the memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from rft_tui.model import JsonObject, Problem, Severity

LINE_LIMIT = 64 * 1024 * 1024
"""The longest row that is read, in bytes; a longer one is a problem and is skipped without being held."""

DEPTH_LIMIT = 100
"""How deep lists and objects may be nested in a row; deeper rows would break programs that read them recursively."""

SIGN_LIMIT = 1_000_000
"""How many brackets, or separators of cells, a row may hold: each costs up to a hundred times its byte in memory."""

ROWLESS_KINDS = frozenset({"bom", "crlf", "blank_line", "trailing_content", "unclosed_array", "column_name"})
"""Kinds of problems that stand at a line which is no row."""


_KEY_LENGTH = 200


class RawRow(NamedTuple):
    """One row as it stood in a file: its line (from 1), its bytes without the line break, and its JSON object.

    For formats whose rows are no JSON text (CSV, TSV, Parquet, an element of a JSON array over several lines) `raw` is
    the row written as one JSON line, keys in the order of the file.
    """

    line: int
    raw: bytes
    value: JsonObject


def row_problem(
    line: int | None, kind: str, message: str, *, key: str | None = None, severity: Severity = "error"
) -> Problem:
    """A problem, an error unless said otherwise; a key that is itself a long text is cut."""
    if key is not None and len(key) > _KEY_LENGTH:
        key = key[:_KEY_LENGTH] + "…"
    return Problem(line, key, kind, severity, message)


class _Place(NamedTuple):
    parent: _Place | None
    key: str | int

    def __str__(self) -> str:
        parts: list[str] = []
        place: _Place | None = self
        while place is not None and len(parts) < DEPTH_LIMIT:
            key = place.key
            parts.append(f"[{key}]" if isinstance(key, int) else f".{key}")
            place = place.parent
        return "".join(reversed(parts)).lstrip(".")


def is_deep(value: Any) -> bool:
    """Whether lists and objects are nested more than `DEPTH_LIMIT` deep, looked at level by level."""
    level: list[Any] = [value]
    for _ in range(DEPTH_LIMIT):
        level = [
            inner
            for container in level
            for inner in (container.values() if type(container) is dict else container)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return False
    return True


def places(value: Any) -> Iterator[tuple[_Place, Any]]:
    """Every key and element inside a JSON value with its place, such as ``messages[0].content``, without recursion."""
    pending: list[tuple[_Place | None, Any]] = [(None, value)]
    while pending:
        parent, container = pending.pop()
        pairs = container.items() if isinstance(container, dict) else enumerate(container)
        nested: list[tuple[_Place | None, Any]] = []
        for key, inner in pairs:
            place = _Place(parent, key)
            yield place, inner
            if isinstance(inner, dict | list):
                nested.append((place, inner))
        pending.extend(reversed(nested))
