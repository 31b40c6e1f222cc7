"""The rows of a job's files: checked as the service checks them, and read for what its models know."""

from __future__ import annotations

import json
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from rft_tui.datasets.check import check_file, items_of
from rft_tui.datasets.conversation import content_text
from rft_tui.datasets.items import describe
from rft_tui.datasets.limits import Part
from rft_tui.datasets.mapping import Method
from rft_tui.errors import RftError
from rft_tui.model import Item, JsonObject

MOST_KNOWN_ROWS = 20_000
"""Training rows whose answers a model knows."""

MOST_VALIDATION_ROWS = 1_000
"""Validation rows that an evaluation looks at."""

MOST_JOBS_KEPT = 4
"""Jobs whose rows are held at once."""

_NOT_FOR_VALIDATION = frozenset({"too_few_rows"})


class CheckedFiles(NamedTuple):
    """How many rows the files of a job hold, and the error for which they are refused."""

    rows: int
    validation_rows: int
    error: JsonObject | None


def check_files(training: Path, validation: Path | None, method: Method) -> CheckedFiles:
    """Look through the files of a job; the first thing that is wrong with them is the error."""
    counts: dict[str, int] = {"train": 0, "validation": 0}
    parts: list[tuple[Part, Path]] = [("train", training)]
    if validation is not None:
        parts.append(("validation", validation))
    for part, path in parts:
        against = (training,) if part == "validation" else ()
        try:
            report = check_file(path, method=method, against=against, part=part, near_duplicates=False)
        except (RftError, OSError):
            return CheckedFiles(0, 0, _error(part, "the file is no longer there"))
        counts[part] = report.rows
        for problem in report.problems:
            if problem.severity == "error" and not (part == "validation" and problem.kind in _NOT_FOR_VALIDATION):
                said = describe(problem).replace(str(training), "the training file")
                return CheckedFiles(counts["train"], counts["validation"], _error(part, said))
    return CheckedFiles(counts["train"], counts["validation"], None)


def _error(part: Part, said: str) -> JsonObject:
    name = "training_file" if part == "train" else "validation_file"
    shown = said.encode("utf-8", "replace").decode()[:500]
    return {"code": f"invalid_{name}", "message": f"The {name.replace('_', ' ')} is not valid: {shown}", "param": name}


class KnownRow(NamedTuple):
    """A row that a model was trained or is evaluated on, by the text of its last user message."""

    text: str
    reference: str
    is_validation: bool


@dataclass(slots=True)
class Rows:
    """The rows of one job; `validation` holds each as it stood in the file with the fields that a grader sees.

    `scores` remembers what was graded by row and answer, `settled` the scores of a few evaluations by their step.
    """

    validation: list[tuple[JsonObject, JsonObject, KnownRow]] = field(default_factory=list)
    by_ending: dict[str, list[KnownRow]] = field(default_factory=lambda: defaultdict(list))
    scores: dict[tuple[int, str], Any] = field(default_factory=dict)
    settled: OrderedDict[int, list[Any]] = field(default_factory=OrderedDict)
    _turns: dict[str, float] = field(default_factory=dict)

    def turn(self, text: str, order: Callable[[str], float]) -> float:
        """Where a validation row stands among all of them, 0 to less than 1, evenly spread in some order."""
        if not self._turns:
            texts = sorted({row.text for _raw, _fields, row in self.validation}, key=order)
            self._turns = {one: place / len(texts) for place, one in enumerate(texts)}
        return self._turns.get(text, 0.0)

    def find(self, asked: str) -> KnownRow | None:
        """The row whose question a text ends with, whatever prompt stands before it; the longest of several."""
        asked = asked.rstrip()
        found = (row for row in self.by_ending.get(asked[-_ENDING:], ()) if asked.endswith(row.text))
        return max(found, key=lambda row: len(row.text), default=None)

    def learn(self, item: Item, *, is_validation: bool) -> KnownRow:
        """Take up one row."""
        users = [one for one in json.loads(item.messages) if one.get("role") == "user"]
        text = content_text(users[-1].get("content")).rstrip() if users else ""
        row = KnownRow(text, item.reference or "", is_validation)
        if text and item.reference:
            self.by_ending[text[-_ENDING:]].append(row)
        return row


_ENDING = 16


class RowsCache:
    """The rows of a few jobs, read when they are first needed; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: OrderedDict[str, Rows] = OrderedDict()

    def of(self, job_id: str, read: Callable[[], Rows]) -> Rows:
        """The rows of a job."""
        with self._lock:
            rows = self._held.get(job_id)
            if rows is None:
                rows = self._held[job_id] = read()
                if len(self._held) > MOST_JOBS_KEPT:
                    self._held.popitem(last=False)
            self._held.move_to_end(job_id)
            return rows


def read_rows(training: Path | None, validation: Path | None, method: Method) -> Rows:
    """Read what can be read of the files of a job; None stands for one that is not there."""
    rows = Rows()
    for path, most in ((validation, MOST_VALIDATION_ROWS), (training, MOST_KNOWN_ROWS)):
        if path is None:
            continue
        try:
            for _line, item in islice(items_of(path, method=method, mapping=None), most):
                known = rows.learn(item, is_validation=path is validation)
                if path is validation:
                    rows.validation.append((json.loads(item.raw), item.fields, known))
        except (RftError, OSError):
            continue
    return rows
