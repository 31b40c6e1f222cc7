"""An exported list as a Parquet file, where the optional extra is installed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from rft_tui.errors import InputError, UsageError
from rft_tui.model import JsonObject
from rft_tui.tasks.exporting.rows import COLUMNS, flat

_BATCH = 1000


def write_parquet(path: Path, records: Iterable[JsonObject]) -> int:
    """Write rows into a Parquet file and return how many; the file is replaced at the end, or left as it was.

    Raises UsageError naming the extra where the library is not installed, InputError where it cannot be written.
    """
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError as error:
        said = f"{path}: Parquet files need an optional library."
        hint = 'Install it with the extra: pip install "rft-tui[parquet]"; .csv and .jsonl need nothing.'
        raise UsageError(said, hint=hint) from error
    kinds: dict[type, Any] = {int: arrow.int64(), float: arrow.float64(), bool: arrow.bool_(), str: arrow.string()}
    schema = arrow.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    target = path.resolve()
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.tmp")
    count = 0
    try:
        with parquet.ParquetWriter(temporary, schema) as writer:
            for batch in _batches(records):
                writer.write_table(arrow.Table.from_pylist(batch, schema=schema))
                count += len(batch)
        temporary.replace(target)
    except OSError as error:
        said = os.strerror(error.errno) if error.errno else "the disk or the folder does not take it"
        raise InputError(f"{path}: cannot be written: {said}.") from error
    finally:
        with suppress(OSError):
            temporary.unlink()
    return count


def _batches(records: Iterable[JsonObject]) -> Iterator[list[JsonObject]]:
    stream = (flat(one) for one in records)
    while batch := list(islice(stream, _BATCH)):
        yield batch
