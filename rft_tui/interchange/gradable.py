"""Predictions read from files for grading alone: nothing is stored, and no item needs a question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rft_tui.datasets.plain import fields_of_row
from rft_tui.errors import InputError
from rft_tui.identity import content_hash, input_id, row_id
from rft_tui.interchange.foreign import ForeignPrediction, KnownNames, UnmappedFields
from rft_tui.interchange.formats import AUTO, format_named
from rft_tui.interchange.found_files import find_files
from rft_tui.interchange.notebook_names import heads_of
from rft_tui.model import JsonObject
from rft_tui.store.grades import Gradable


def read_gradable(
    paths: Sequence[str | Path], *, format_name: str = AUTO, notes: list[str] | None = None
) -> Iterator[Gradable]:
    """The predictions of files as a grader takes them, in the order of the files; notes say what was passed over.

    They are numbered from 1; `item` is the same number for equal rows, `run` is 0, since nothing is stored. The fields
    are the row's own. Equal inputs of one model without a run index are runs 1 to N in order of appearance. Raises
    InputError at the first row that cannot be read.
    """
    files = find_files([Path(path) for path in paths], format_named(format_name), [] if notes is None else notes)
    known = KnownNames(heads=heads_of(one.path.name for one in files))
    unmapped = UnmappedFields()
    seen: Counter[int] = Counter()
    answers: dict[int, Path] = {}
    items: dict[str, int] = {}
    number = 0
    for one in files:
        claims = one.format.claims(one.path.name, known)
        for record in one.format.read(one.path, unmapped):
            number += 1
            model = record.model or (claims.model if claims else "") or one.path.stem
            of_input, row = _identity(record.row)
            index = record.run_index or (claims.run_index if claims else None)
            if index is None:
                key = hash((str(one.path), model, of_input))
                seen[key] += 1
                index = seen[key]
            answer = hash((model, claims.effort if claims else None, row, index, record.answer.output_text))
            again = record.run_index is not None and answer in answers  # one line for each of several graders
            if answers.setdefault(answer, one.path) != one.path or again:
                continue  # a raw and a scored file of one run are one run
            yield _gradable(record, number, items.setdefault(row, len(items) + 1), row, index, model)
    if number == 0:
        raise InputError("there are no predictions in the files")


def _identity(row: JsonObject) -> tuple[str, str]:
    """Input id and row id as a dataset's items have them; a row without messages is known by its fields."""
    messages = row.get("messages")
    of_input = input_id(messages, row.get("tools") or None) if messages else content_hash("no input")
    return of_input, row_id(of_input, fields_of_row(row))


def _gradable(record: ForeignPrediction, number: int, item: int, row: str, run_index: int, model: str) -> Gradable:
    answer = record.answer
    return Gradable(
        number,
        item,
        0,
        row,
        run_index,
        model,
        answer.output_text,
        answer.error.kind if answer.error else None,
        answer.error.message if answer.error else None,
        answer.extra or {},
        fields_of_row(record.row),
    )
