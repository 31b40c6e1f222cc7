"""CSV and TSV: a header line, then one row a record; cells stay texts."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO

from rft_tui.datasets.decode import row_text
from rft_tui.datasets.jsonl import skip_line
from rft_tui.datasets.rows import LINE_LIMIT, SIGN_LIMIT, RawRow, row_problem
from rft_tui.model import Problem


class _Lines:
    """The decoded lines of a stream for the csv module, with the faults of the lines it has taken so far."""

    def __init__(self, stream: BinaryIO, delimiter: str, line_limit: int) -> None:
        self._stream = stream
        self.delimiter = delimiter.encode()
        self._limit = line_limit
        self.line = 0
        self.faults: list[Problem] = []

    def __iter__(self) -> Iterator[str]:
        while data := self._stream.readline(self._limit + 2):
            self.line += 1
            if len(data) > self._limit:
                size = len(data) + (0 if data.endswith(b"\n") else skip_line(self._stream))
                said = f"the line has {size:,} bytes; at most {self._limit // (1024 * 1024)} MB are read"
                self.faults.append(row_problem(self.line, "line_too_long", said))
                yield "\n"
                continue
            if data.count(self.delimiter) > SIGN_LIMIT:
                said = f"the line holds more than {SIGN_LIMIT:,} separators"
                self.faults.append(row_problem(self.line, "too_complex", said))
                yield "\n"
                continue
            try:
                yield data.decode()
            except UnicodeDecodeError as error:
                said = f"byte {error.start + 1} of the line (0x{data[error.start]:02x}) is not valid UTF-8"
                self.faults.append(row_problem(self.line, "invalid_utf8", said))
                yield data.decode(errors="replace")

    def take_faults(self) -> list[Problem]:
        """The faults since the last call."""
        faults, self.faults = self.faults, []
        return faults


def _delimiter(header: str, wanted: str) -> str:
    """The separator that the header uses: the wanted one, or else the one that does stand in it."""
    return next((sign for sign in (wanted, ",", ";", "\t") if sign in header), wanted)


def _columns(cells: list[str]) -> tuple[list[str], list[Problem]]:
    names: dict[str, int] = {}
    problems: list[Problem] = []
    for number, cell in enumerate(cells, 1):
        name = cell.strip()
        if not name:
            name = f"column_{number}"
            said = f"column {number} has no name; it is called {name}"
            problems.append(row_problem(1, "column_name", said, key=name, severity="warning"))
        if name in names:
            said = f"column {number} has the same name as column {names[name]}"
            problems.append(row_problem(1, "column_name", said, key=name))
            name = f"{name} ({number})"
        names[name] = number
    return list(names), problems


def _records(lines: _Lines, delimiter: str, header: str) -> Iterator[tuple[int, list[str] | Problem]]:
    """Each record with the line where it starts, or what the csv module says is wrong with it."""

    def all_lines() -> Iterator[str]:
        yield header
        yield from lines

    reader = csv.reader(all_lines(), delimiter=delimiter, strict=True)
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                yield start, row_problem(start, "torn_line", "a quoted cell is not closed before the end of the file")
            else:
                yield start, row_problem(start, "invalid_csv", f"not a readable record: {error}")
        else:
            yield start, cells


def read_delimited(stream: BinaryIO, delimiter: str, *, line_limit: int = LINE_LIMIT) -> Iterator[RawRow | Problem]:
    """The records of a delimited stream as objects of texts, and the problems on the way.

    Where the header does not hold the wanted delimiter, semicolon and tab are tried: spreadsheets write those too.
    """
    csv.field_size_limit(line_limit)  # the module's own default, 128 kB a cell, is less than a long question
    lines = _Lines(stream, delimiter, line_limit)
    header = next(iter(lines), None)
    if header is None:
        return
    sign = _delimiter(header, delimiter)
    lines.delimiter = sign.encode()
    names: list[str] | None = None
    for start, cells in _records(lines, sign, header):
        faults = lines.take_faults()
        if faults or isinstance(cells, Problem):
            yield from faults
            if isinstance(cells, Problem):
                yield cells
            if names is None:
                return
        elif not cells:
            yield row_problem(start, "blank_line", "the line is blank", severity="warning")
        elif names is None:
            names, problems = _columns(cells)
            yield from problems
            if len(names) < len(cells):
                return
        elif len(cells) != len(names):
            said = f"the row has {len(cells)} cells; the header has {len(names)}"
            yield row_problem(start, "wrong_columns", said)
        else:
            value = dict(zip(names, cells, strict=True))
            yield RawRow(start, row_text(value), value)
