"""Parquet files, where the optional extra is installed: batches of rows, never the whole file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rft_tui.datasets.decode import decode_row, row_text
from rft_tui.datasets.rows import RawRow, row_problem
from rft_tui.errors import InputError
from rft_tui.model import Problem

_BATCH = 512


def _plain(value: Any) -> Any:
    """A value of the columns as JSON has it: dates become texts; keys that a struct merely could have are left out."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _row(number: int, columns: dict[str, Any]) -> RawRow | Problem:
    try:
        raw = row_text({name: _plain(value) for name, value in columns.items()})
    except (ValueError, RecursionError) as error:
        return row_problem(number, "not_a_number", f"the row holds a value that JSON has no form for: {error}")
    return decode_row(number, raw)


def read_parquet(path: Path) -> Iterator[RawRow | Problem]:
    """The rows of a Parquet file, numbered from 1, and what is wrong with it.

    Raises InputError naming the extra where the library is not installed.
    """
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError as error:
        said = f"{path}: Parquet files need an optional library."
        raise InputError(said, hint='Install it with the extra: pip install "rft-tui[parquet]"') from error
    number = 0
    try:
        with parquet.ParquetFile(path, memory_map=False) as file:
            for batch in file.iter_batches(batch_size=_BATCH):
                for columns in batch.to_pylist():
                    number += 1
                    yield _row(number, columns)
    except (arrow.ArrowException, OSError, ValueError) as error:
        first = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        yield row_problem(number + 1, "invalid_parquet", f"not a readable Parquet file: {first}")
