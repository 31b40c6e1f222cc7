"""Whether the extra fields are the same on every row, and of the same type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rft_tui.datasets.rows import row_problem
from rft_tui.model import JsonObject, Problem

_SHAPE_LIMIT = 1000
_KEY_LIMIT = 200
_TEXT_LIMIT = 10_000

_TYPE_NAMES = {str: "text", int: "number", float: "number", bool: "boolean", dict: "object", list: "list"}


class Consistency:
    """Counts the combinations of keys and types that rows have; there are few in an orderly file.

    At most 1 000 combinations are followed, each of at most 200 keys with 10 000 characters; others are left out.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[Any, ...], list[int]] = {}

    def see(self, line: int, fields: JsonObject) -> None:
        """Take note of the fields of the row at a line."""
        shape = (*fields, *map(type, fields.values()))
        counted = self._seen.get(shape)
        if counted is not None:
            counted[1] += 1
        elif len(self._seen) < _SHAPE_LIMIT and len(fields) <= _KEY_LIMIT and sum(map(len, fields)) <= _TEXT_LIMIT:
            self._seen[shape] = [line, 1]

    def finish(self) -> Iterator[Problem]:
        """A warning for each key that some rows lack, and for each that holds more than one type."""
        types: dict[str, dict[str, int]] = {}
        having: dict[str, int] = {}
        for shape, (line, count) in self._seen.items():
            half = len(shape) // 2
            for key, kind in zip(shape[:half], shape[half:], strict=True):
                lines = types.setdefault(key, {})
                name = _TYPE_NAMES.get(kind, "null")
                lines[name] = min(lines.get(name, line), line)
                having[key] = having.get(key, 0) + count
        total = sum(count for _, count in self._seen.values())
        for key, lines in types.items():
            if having[key] < total:
                first = min(line for shape, (line, _) in self._seen.items() if key not in shape[: len(shape) // 2])
                said = f"{total - having[key]:,} of {total:,} rows have no such field; the first is in line {first}"
                yield row_problem(first, "missing_key", said, key=key, severity="warning")
            if len(lines) > 1:
                (one, at), (other, later) = sorted(lines.items(), key=lambda pair: pair[1])[:2]
                said = f"the field is a {one} in line {at} and a {other} in line {later}"
                yield row_problem(later, "mixed_types", said, key=key, severity="warning")
