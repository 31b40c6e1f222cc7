"""Regular expressions over many texts, in a process of its own that can be ended.

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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

TIME_LIMIT_S = 60.0
"""How long a scan may take before it is ended and said to be too slow."""

POLL_S = 0.05
"""How often a running scan is asked whether it is still wanted."""

Pattern: TypeAlias = tuple[str, bool]
"""A regular expression, and whether it is negated: then no text may match it."""

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
    path: Path,
    statement: str,
    values: list[Any],
    grader: int | None,
    patterns: Sequence[Pattern],
    wanted: Callable[[], bool],
) -> array[int]:
    """The predictions among those of a statement (one column, `prediction`) for which all of the patterns hold.

    Raises TimeoutError after TIME_LIMIT_S, ScanEnded as soon as `wanted` says no, and sqlite3.OperationalError where
    the child could not read the cache.
    """
    request = json.dumps(
        {
            "address": f"{path.absolute().as_uri()}?mode=ro",
            "statement": statement,
            "values": values,
            "grader": grader,
            "patterns": patterns,
        }
    ).encode()
    with subprocess.Popen(  # noqa: S603 - our own interpreter and file
        [sys.executable, "-I", "-W", "ignore", __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        try:
            output, errors = _outcome(child, request, wanted)
        finally:
            child.kill()
    if child.returncode:
        said = errors.decode(errors="replace").strip().splitlines() or ["it ended without a word"]
        raise sqlite3.OperationalError(f"the search for a regular expression failed: {said[-1]}")
    return array("q", output)


def _outcome(child: subprocess.Popen[bytes], request: bytes, wanted: Callable[[], bool]) -> tuple[bytes, bytes]:
    """What the child writes, unless it takes too long or is no longer wanted."""
    sent: bytes | None = request
    for _ in range(int(TIME_LIMIT_S / POLL_S)):
        with contextlib.suppress(subprocess.TimeoutExpired):
            return child.communicate(sent, timeout=POLL_S)
        sent = None
        if not wanted():
            raise ScanEnded
    raise TimeoutError(f"the pattern took longer than {TIME_LIMIT_S:g} s")


def _scan() -> None:
    request = json.load(sys.stdin)
    searches = [(re.compile(pattern).search, negated) for pattern, negated in request["patterns"]]
    db = sqlite3.connect(request["address"], uri=True)
    found = array("q")
    statement = TEXTS.format(candidates=request["statement"])
    for prediction, *row in db.execute(statement, [*request["values"], request["grader"]]):
        texts = [text for text in row if text is not None]
        if all(any(search(text) for text in texts) is not negated for search, negated in searches):
            found.append(prediction)
    sys.stdout.buffer.write(found.tobytes())


if __name__ == "__main__":
    _scan()
