"""Whether every field that a grader reads is there on every row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from rft_tui.datasets.rows import row_problem
from rft_tui.datasets.shape import RESERVED_KEYS
from rft_tui.model import JsonObject, Problem

_STEP = re.compile(r"""\[(\d{1,9})\]|\["([^"]*)"\]|\['([^']*)'\]|\.?([^.\[\]]+)""")
_LINES_NAMED = 5


def path_steps(path: str) -> tuple[str | int, ...]:
    """The steps of a path such as ``tags[0].name`` or ``["Ground-True Answer"]``: names, and places in lists from 0.

    A text that is no such path is one name.
    """
    steps: list[str | int] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            return (path,)
        index, *names = match.groups()
        steps.append(int(index) if index is not None else next(name for name in names if name is not None))
        position = match.end()
    return tuple(steps)


def value_at(fields: Any, steps: Sequence[str | int]) -> Any:
    """The value that the steps lead to. Raises LookupError where there is none."""
    value = fields
    for step in steps:
        if not isinstance(value, list if isinstance(step, int) else dict):
            raise KeyError(step)
        inner: Any = value
        value = inner[step]
    return value


def has_path(fields: Any, steps: Sequence[str | int]) -> bool:
    """Whether the steps lead to a value, null included."""
    try:
        value_at(fields, steps)
    except LookupError:
        return False
    return True


class Variables:
    """Follows the ``item.`` paths of a grader, given without ``item.``, through all rows."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = {path: path_steps(path) for path in dict.fromkeys(paths)}
        self._reserved = [path for path, steps in self._paths.items() if steps and steps[0] in RESERVED_KEYS]
        self._missing: dict[str, tuple[int, list[int]]] = {}

    def see(self, line: int, fields: JsonObject) -> None:
        """Take note of the fields of the row at a line."""
        for path, steps in self._paths.items():
            if steps and steps[0] not in RESERVED_KEYS and not has_path(fields, steps):
                count, lines = self._missing.get(path, (0, []))
                if count < _LINES_NAMED:
                    lines.append(line)
                self._missing[path] = (count + 1, lines)

    def finish(self) -> Iterator[Problem]:
        """An error for each path that some row lacks, with the first lines named, and for each reserved name."""
        for path in self._reserved:
            said = "the grader reads item." + path + ", but messages and tools are reserved and no fields of an item"
            yield row_problem(None, "reserved_key", said, key=path)
        for path in self._paths:
            count, lines = self._missing.get(path, (0, []))
            if not count:
                continue
            where = ", ".join(map(str, lines)) + (" …" if count > len(lines) else "")
            rows = "1 row lacks" if count == 1 else f"{count:,} rows lack"
            said = f"{rows} item.{path}, which the grader reads: line{'s' * (count > 1)} {where}"
            yield row_problem(lines[0], "missing_variable", said, key=path)
