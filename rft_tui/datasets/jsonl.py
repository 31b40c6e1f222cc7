"""JSON Lines: one object a line, streamed, with every line's faults said and stepped over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from rft_tui.datasets.decode import decode_row
from rft_tui.datasets.rows import LINE_LIMIT, RawRow, row_problem
from rft_tui.model import Problem

_SKIP = 1024 * 1024


def skip_line(stream: BinaryIO) -> int:
    """Pass over the rest of a line without holding it; the number of bytes passed."""
    passed = 0
    while part := stream.readline(_SKIP):
        passed += len(part)
        if part.endswith(b"\n"):
            break
    return passed


def read_jsonl(stream: BinaryIO, *, line_limit: int = LINE_LIMIT) -> Iterator[RawRow | Problem]:
    """The rows of a JSONL stream and the problems of its lines, in order; blank lines and CR LF are only warned of."""
    line = 0
    carriage_returns = False
    while data := stream.readline(line_limit + 2):
        line += 1
        ended = data.endswith(b"\n")
        raw = data[:-1] if ended else data
        if ended and raw.endswith(b"\r"):
            raw = raw[:-1]
            if not carriage_returns:
                carriage_returns = True
                said = "lines end in CR LF; they are read well, and written back with LF alone"
                yield row_problem(line, "crlf", said, severity="warning")
        if len(raw) > line_limit:
            size = len(data) + (0 if ended else skip_line(stream))
            limit = line_limit // (1024 * 1024)
            yield row_problem(line, "line_too_long", f"the line has {size:,} bytes; at most {limit} MB are read")
        elif raw[:1] != b"{" and not raw.strip():
            yield row_problem(line, "blank_line", "the line is blank", severity="warning")
        else:
            yield decode_row(line, raw, cut_off=not ended)
