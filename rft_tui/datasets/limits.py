"""How many rows and bytes a training file may have. Source: the services' fine-tuning guides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from rft_tui.datasets.mapping import Method
from rft_tui.datasets.rows import row_problem
from rft_tui.model import Problem, Severity

Part = Literal["train", "validation"]
"""What a file is for in a job."""

TRAIN_ROWS = 50_000
"""The most training rows of a reinforcement job."""
VALIDATION_ROWS = 1_000
"""The most validation rows of a reinforcement job."""
SUPERVISED_ROWS = 10
"""The fewest rows of a supervised job."""
FEW_ROWS = 10
"""Below this many rows any file is thought too small to train on; no service names a hard minimum."""
FILE_BYTES = 512 * 1000 * 1000
"""The largest file of one plain upload."""
UPLOAD_BYTES = 8 * 1000 * 1000 * 1000
"""The largest file of an upload in parts."""


def limit_problems(
    rows: int, size: int | None, method: Method, part: Part | None, *, declared: bool
) -> Iterator[Problem]:
    """What is wrong with the size of a whole file; `size` is in bytes.

    Limits of a method are errors only where the person declared the method: a file whose method was guessed may never
    be meant for training.
    """
    severity: Severity = "error" if declared else "warning"
    if rows == 0:
        yield row_problem(None, "empty_file", "there are no rows in the file")
        return
    if method == "reinforcement":
        most = VALIDATION_ROWS if part == "validation" else TRAIN_ROWS
        if rows > most:
            said = f"{rows:,} rows; a reinforcement job takes at most {most:,} {part or 'train'} rows"
            yield row_problem(None, "too_many_rows", said, severity=severity)
    if method == "supervised" and rows < SUPERVISED_ROWS:
        said = f"{rows} rows; a supervised job needs at least {SUPERVISED_ROWS}"
        yield row_problem(None, "too_few_rows", said, severity=severity)
    elif rows < FEW_ROWS:
        said = f"only {rows} row{'s' * (rows != 1)}; dozens are the least that training is useful with"
        yield row_problem(None, "few_rows", said, severity="warning")
    if size is not None and size > UPLOAD_BYTES:
        yield row_problem(None, "file_too_large", "the file is larger than 8 GB, the limit of an upload in parts")
    elif size is not None and size > FILE_BYTES:
        said = "the file is larger than 512 MB; it can only be uploaded in parts"
        yield row_problem(None, "file_too_large", said, severity="warning")
