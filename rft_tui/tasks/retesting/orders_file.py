"""Keeping an expected order in the file beside the grader: one line is written, all others stay as they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rft_tui.errors import InputError, UsageError
from rft_tui.graders.bench.ordering import MAX_ANSWERS
from rft_tui.safetext import one_line
from rft_tui.settings import write_atomically
from rft_tui.tasks.bench_items import load_orderings

_BREAKS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "\x85\u2028\u2029"}
"""Characters that JSON lets stand and that some readers of lines take for the end of one."""


@dataclass(frozen=True, slots=True)
class KeptOrder:
    """An order of an item as it stands in the file: its number there, from 1, and its answers, the best first."""

    number: int
    answers: tuple[str, ...]


def orders_of(path: Path, row_id: str) -> list[KeptOrder]:
    """The orders that are kept for an item. Raises InputError for a file that cannot be read."""
    return [
        KeptOrder(number, one.answers)
        for number, one in enumerate(load_orderings(path, must_exist=False), 1)
        if isinstance(one.item, str) and row_id.startswith(one.item.lower())
    ]


def keep_order(path: Path, row_id: str, answers: Sequence[str], replaces: KeptOrder | None = None) -> None:
    """Write an order of an item: in place of another one of it, or at the end of the file.

    The file is written whole or not at all. Raises UsageError for fewer than two or more than `MAX_ANSWERS` answers and
    for equal ones, InputError for a file that cannot be read, or whose order to replace is not there any more.
    """
    if not 2 <= len(answers) <= MAX_ANSWERS:
        said = "one answer is no order" if len(answers) == 1 else f"{len(answers):,} answers are no order"
        raise UsageError(f"{said}: it takes 2 to {MAX_ANSWERS}", hint="x drops an answer or takes it in again.")
    if len(set(answers)) < len(answers):
        raise UsageError("an answer stands in the order twice")
    load_orderings(path, must_exist=False)
    lines = _lines(path)
    if replaces is None:
        if lines and not lines[-1].endswith(("\n", "\r")):
            lines[-1] += "\n"
        lines.append(_written(row_id, answers))
    else:
        place = _place(path, lines, row_id, replaces)
        beginning = "\ufeff" if lines[place].startswith("\ufeff") else ""
        ending = lines[place][len(lines[place].rstrip("\r\n")) :]
        lines[place] = beginning + _written(row_id, answers).rstrip("\n") + ending
    write_atomically(path, "".join(lines).encode("utf-8", "surrogateescape"))


def _lines(path: Path) -> list[str]:
    """The lines with their endings, cut where the reader of orders cuts them; what is no text comes back as it was."""
    if not path.is_file():
        return []
    return path.read_bytes().decode("utf-8", "surrogateescape").splitlines(keepends=True)


def _place(path: Path, lines: Sequence[str], row_id: str, replaces: KeptOrder) -> int:
    """Which line holds an order that is to be replaced."""
    if replaces not in orders_of(path, row_id):
        where = one_line(path.name, 60)
        raise InputError(f"{where} has changed: the order that would be replaced is not there any more")
    filled = [place for place, line in enumerate(lines) if line.lstrip("\ufeff").strip()]
    return filled[replaces.number - 1]


def _written(row_id: str, answers: Sequence[str]) -> str:
    value = {"item": row_id, "answers": list(answers)}
    text = json.dumps(value, ensure_ascii=False).translate(_BREAKS)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which a file of UTF-8 cannot hold as it is
        text = json.dumps(value)
    return f"{text}\n"
