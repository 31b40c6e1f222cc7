"""Rows that stand twice, and inputs that stand with two different references."""

from __future__ import annotations

import zlib
from array import array

from rft_tui.datasets.rows import row_problem
from rft_tui.model import Item, Problem

_KEY_DIGITS = 24
"""Hexadecimal digits of an identity that are compared: 96 bits, so two of 10^9 rows clash once in 10^11 files."""


def identity_key(identity: str) -> int:
    """An identity as a small number, for tables of many rows."""
    return int(identity[:_KEY_DIGITS], 16)


class Duplicates:
    """Remembers every row by its identities, about 250 bytes a row."""

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}
        self._inputs: dict[int, int] = {}
        self._lines = array("Q")
        self._references = array("I")

    def see(self, line: int, item: Item) -> Problem | None:
        """The problem of an item at a line, compared with all items seen before it."""
        reference = 1 if item.reference is None else zlib.crc32(item.reference.encode("utf-8", "surrogatepass"))
        row_key = identity_key(item.row_id)
        number = len(self._lines)
        first_row = self._rows.setdefault(row_key, number)
        if first_row != number:
            said = f"the row is the same as the one in line {self._lines[first_row]}"
            return row_problem(line, "duplicate_row", said, severity="warning")
        self._lines.append(line)
        self._references.append(reference)
        first_input = self._inputs.setdefault(identity_key(item.input_id), number)
        if first_input == number:
            return None
        earlier = self._lines[first_input]
        if self._references[first_input] != reference:
            said = f"the input is the same as in line {earlier}, with another reference"
            return row_problem(line, "conflicting_reference", said, severity="warning")
        said = f"the input and the reference are the same as in line {earlier}; other fields differ"
        return row_problem(line, "duplicate_input", said, severity="warning")
