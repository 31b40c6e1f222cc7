"""The rows of a file as the first pass read them, kept in a file without a name, so that no later pass reads anew."""

from __future__ import annotations

import marshal
import struct
from collections.abc import Iterator
from contextlib import suppress
from os import SEEK_CUR
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, NamedTuple, Self

from rft_tui.errors import StoreError
from rft_tui.identity import canonical_json
from rft_tui.interchange.foreign import ForeignPrediction, ForeignReview
from rft_tui.interchange.rows import input_of
from rft_tui.model import Answer, Grade, GradeError, JsonObject, PredictionError, Prompt, Usage, Verdict
from rft_tui.safetext import one_line
from rft_tui.store.answers import RAW_LIMIT

_LENGTHS = struct.Struct("<QQ")


class SpooledRow(NamedTuple):
    """What tells where a row belongs: its plain row and that row's input id, and what the record says of its run."""

    line: int
    row: JsonObject
    input_id: str
    model: str | None
    effort: str | None
    run_index: int | None
    parameters: str
    prompt: str
    subset: str
    simulated: bool


class Said(NamedTuple):
    """What was said to a row: the answer, the grades, the reviews, and the row as it came, None if it is too large."""

    answer: Answer
    grade: Grade | None
    grades: dict[str, Grade]
    reviews: tuple[ForeignReview, ...]
    prompt: Prompt | None
    raw: bytes | None


class Spool:
    """Rows in their order, written once and read any number of times; memory holds one of them.

    The file lies in `folder` and is gone when the spool is closed, or the process ends.
    """

    def __init__(self, folder: Path) -> None:
        self.rows = 0
        self._folder = folder
        try:
            self._file = TemporaryFile(dir=folder)  # noqa: SIM115 - closed on leaving the spool
        except OSError as error:
            raise self._no_room(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with suppress(OSError):  # what is still to be written is not wanted any more
            self._file.close()

    def _no_room(self, error: OSError) -> StoreError:
        return StoreError(f"{one_line(str(self._folder))}: nothing can be written there: {error.strerror}")

    def add(self, record: ForeignPrediction, row: JsonObject) -> SpooledRow:
        """Keep a record with its row in the plain shape; the former part of it."""
        prompt = record.prompt.version if record.prompt is not None else ""
        head = SpooledRow(
            record.place.line,
            row,
            input_of(row),
            record.model,
            record.effort,
            record.run_index,
            canonical_json(record.parameters),
            prompt,
            record.subset,
            record.simulated,
        )
        first, second = marshal.dumps(tuple(head)), marshal.dumps(_packed(record))
        try:
            self._file.write(_LENGTHS.pack(len(first), len(second)))
            self._file.write(first)
            self._file.write(second)
        except OSError as error:
            raise self._no_room(error) from error
        self.rows += 1
        return head

    def heads(self) -> Iterator[SpooledRow]:
        """The rows, without what was said to them."""
        for first, second in self._lengths():
            yield SpooledRow(*_loaded(self._file.read(first)))
            self._file.seek(second, SEEK_CUR)

    def whole(self) -> Iterator[tuple[SpooledRow, Said]]:
        """The rows, with what was said to them."""
        for first, second in self._lengths():
            data = self._file.read(first + second)
            yield SpooledRow(*_loaded(data[:first])), _unpacked(_loaded(data[first:]))

    def _lengths(self) -> Iterator[tuple[int, int]]:
        """The lengths of each row's two parts, the file being at the first; one reader at a time.

        Raises StoreError where what was kept has no room on the disk.
        """
        try:
            self._file.seek(0)
        except OSError as error:
            raise self._no_room(error) from error
        for _ in range(self.rows):
            yield _LENGTHS.unpack(self._file.read(_LENGTHS.size))


def _loaded(data: bytes) -> Any:
    return marshal.loads(data)  # noqa: S302 - this process wrote it, to a file that has no name


def _packed(record: ForeignPrediction) -> tuple[Any, ...]:
    answer, prompt = record.answer, record.prompt
    usage, error = answer.usage, answer.error
    return (
        (answer.output_text, answer.reasoning_summary, answer.latency_s, answer.extra),
        (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens, usage.cached_tokens),
        (error.kind, error.message) if error is not None else None,
        _packed_grade(record.grade) if record.grade is not None else None,
        {name: _packed_grade(grade) for name, grade in record.grades.items()},
        [(one.reviewer, one.verdict and one.verdict.value, one.note, one.grader) for one in record.reviews],
        (prompt.name, prompt.text, prompt.version, prompt.examples) if prompt is not None else None,
        record.raw if len(record.raw) <= RAW_LIMIT else None,
    )


def _unpacked(packed: tuple[Any, ...]) -> Said:
    (text, summary, latency, extra), usage, error, grade, grades, reviews, prompt, raw = packed
    answer = Answer(text, summary, Usage(*usage), latency, PredictionError(*error) if error else None, extra)
    return Said(
        answer,
        _unpacked_grade(grade) if grade is not None else None,
        {name: _unpacked_grade(one) for name, one in grades.items()},
        tuple(ForeignReview(who, Verdict(said) if said else None, note, name) for who, said, note, name in reviews),
        Prompt(*prompt) if prompt is not None else None,
        raw,
    )


def _packed_grade(grade: Grade) -> tuple[Any, ...]:
    error = grade.error
    kind = (error.kind, error.message) if error is not None else None
    return grade.score, grade.passed, dict(grade.sub_scores), grade.steps, kind


def _unpacked_grade(packed: tuple[Any, ...]) -> Grade:
    score, passed, sub_scores, steps, error = packed
    return Grade(score, passed, sub_scores, steps, GradeError(*error) if error else None)
