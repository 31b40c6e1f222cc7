"""A regular expression over many texts, in a process of its own that can be ended.

A pattern such as ``(a+)+$`` can take years on a short text, and Python holds its interpreter all the while. So the scan
runs in a child that reads the cache itself; the keyboard stays free and a newer filter simply ends it.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import subprocess
import sys
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

TIME_LIMIT_S = 60.0
"""How long a scan may take before it is ended and said to be too slow."""

POLL_S = 0.05
"""How often a running scan is asked whether it is still wanted."""

TEXTS = (
    "SELECT prediction.id, answer.output_text, answer.summary, input.question, item_row.reference, grade_detail.steps"
    " FROM ({candidates}) AS candidate JOIN prediction ON prediction.id = candidate.prediction"
    " JOIN answer ON answer.id = prediction.answer JOIN item ON item.id = prediction.item"
    " JOIN input ON input.id = item.input JOIN item_row ON item_row.item = item.id"
    " LEFT JOIN grade_detail ON grade_detail.grader = ? AND grade_detail.prediction = prediction.id"
)


class ScanEnded(Exception):  # noqa: N818 - not an error: somebody wanted something else
    """The scan was no longer wanted."""


def matching_predictions(
    path: Path, statement: str, values: list[Any], grader: int | None, pattern: str, wanted: Callable[[], bool]
) -> array[int]:
    """The predictions among those of a statement (one column, `prediction`) with a text that the pattern matches.

    Raises TimeoutError after TIME_LIMIT_S and ScanEnded as soon as `wanted` says no.
    """
    request = json.dumps(
        {"path": str(path), "statement": statement, "values": values, "grader": grader, "pattern": pattern}
    ).encode()
    with subprocess.Popen(  # noqa: S603 - our own interpreter and file
        [sys.executable, "-I", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        sent: bytes | None = request
        for _ in range(int(TIME_LIMIT_S / POLL_S)):
            with contextlib.suppress(subprocess.TimeoutExpired):
                output, _errors = child.communicate(sent, timeout=POLL_S)
                return array("q", output[: len(output) // 8 * 8])
            sent = None
            if not wanted():
                child.kill()
                raise ScanEnded
        child.kill()
        raise TimeoutError(f"the pattern took longer than {TIME_LIMIT_S:.0f} s")


def _scan() -> None:
    request = json.load(sys.stdin)
    pattern = re.compile(request["pattern"])
    db = sqlite3.connect(f"file:{Path(request['path']).as_posix()}?mode=ro", uri=True)
    found = array("q")
    search = pattern.search
    statement = TEXTS.format(candidates=request["statement"])
    for row in db.execute(statement, [*request["values"], request["grader"]]):
        if any(text is not None and search(text) is not None for text in row[1:]):
            found.append(row[0])
    sys.stdout.buffer.write(found.tobytes())


if __name__ == "__main__":
    _scan()
