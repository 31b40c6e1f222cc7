"""One door to every format: a file in, its rows and problems out, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Literal

from rft_tui.datasets.delimited import read_delimited
from rft_tui.datasets.json_array import read_json_array
from rft_tui.datasets.jsonl import read_jsonl
from rft_tui.datasets.rows import LINE_LIMIT, RawRow, row_problem
from rft_tui.errors import InputError
from rft_tui.model import Problem

Format = Literal["jsonl", "json_array", "csv", "tsv", "parquet"]
"""The forms a dataset file may have."""

_HEAD = 64 * 1024
_BUFFER = 1024 * 1024
_UTF8_MARK = b"\xef\xbb\xbf"
_FOREIGN = {
    b"\xff\xfe": "the file is UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "the file is UTF-16 text; save it as UTF-8",
    b"\x1f\x8b": "the file is compressed (gzip); unpack it first",
    b"PK\x03\x04": "the file is a ZIP archive or a spreadsheet; unpack it, or save it as CSV",
    b"SQLite format 3": "the file is a database, not rows of text",
}
_SUFFIXES: dict[str, Format] = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".parquet": "parquet", ".pq": "parquet"}


def _open(path: Path) -> BufferedReader[FileIO]:
    try:
        if not path.exists():
            raise InputError(f"{path}: there is no such file.")
        if not path.is_file():
            raise InputError(f"{path}: not a file.", hint="Name the file with the rows.")
        return BufferedReader(FileIO(path), _BUFFER)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from error


def _format(path: Path, head: bytes) -> Format:
    if head.startswith(b"PAR1"):
        return "parquet"
    by_name = _SUFFIXES.get(path.suffix.lower())
    if by_name is not None:
        return by_name
    return "json_array" if head.removeprefix(_UTF8_MARK).lstrip().startswith(b"[") else "jsonl"


def detect_format(path: str | Path) -> Format:
    """The form of a file, by its first bytes and its name. Raises InputError where it cannot be opened."""
    path = Path(path)
    with _open(path) as stream:
        return _format(path, stream.read(_HEAD))


def _rows(path: Path, stream: BufferedReader[FileIO], line_limit: int) -> Iterator[RawRow | Problem]:
    head = stream.peek(_HEAD)[:_HEAD]
    for sign, said in _FOREIGN.items():
        if head.startswith(sign):
            yield row_problem(1, "unsupported_format", said)
            return
    form = _format(path, head)
    if form == "parquet":
        yield from _parquet_rows(path)
        return
    if head.startswith(_UTF8_MARK):
        stream.seek(len(_UTF8_MARK))
        said = "the file starts with a byte order mark; it is left out here, but a service may refuse it"
        yield row_problem(1, "bom", said, severity="warning")
    if form == "csv":
        yield from read_delimited(stream, ",", line_limit=line_limit)
    elif form == "tsv":
        yield from read_delimited(stream, "\t", line_limit=line_limit)
    elif form == "json_array":
        yield from read_json_array(stream, line_limit=line_limit)
    else:
        yield from read_jsonl(stream, line_limit=line_limit)


def _parquet_rows(path: Path) -> Iterator[RawRow | Problem]:
    from rft_tui.datasets.parquet import read_parquet

    yield from read_parquet(path)


def read_rows(path: str | Path, *, line_limit: int = LINE_LIMIT) -> Iterator[RawRow | Problem]:
    """The rows of a dataset file and its problems, in the order of the file, with one row held at a time.

    Whatever is wrong with the content is a Problem; only a file that the system does not let us open or read to its end
    raises InputError. A byte order mark is stepped over and warned of.
    """
    path = Path(path)
    with _open(path) as stream:
        try:
            yield from _rows(path, stream, line_limit)
        except OSError as error:
            raise InputError(f"{path}: cannot be read to its end: {error.strerror}.") from error
