"""Output items of hosted evals: the service's own objects, pages of them, and rows that a dashboard exported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rft_tui.datasets.decode import row_text
from rft_tui.datasets.rows import LINE_LIMIT
from rft_tui.errors import ServiceError
from rft_tui.interchange.foreign import (
    ForeignPrediction,
    Place,
    PredictionFormat,
    UnmappedFields,
    bad_row,
    no_claims,
)
from rft_tui.interchange.json_stream import HEAD, document_parts, head_keys
from rft_tui.interchange.loose_json import loose_object
from rft_tui.interchange.raw_rows import raw_rows
from rft_tui.interchange.scores import failed_grade, grade_of
from rft_tui.interchange.usages import object_in
from rft_tui.model import Answer, Grade, GradeError, JsonObject
from rft_tui.safetext import one_line

OBJECT = "eval.run.output_item"
"""What the service calls an output item."""

_MAPPED = frozenset(
    {
        "object", "id", "run_id", "eval_id", "created_at", "status", "datasource_item_id", "datasource_item", "item",
        "results", "grader_results", "sample", "_datasource_item_content_hash",
    }
)  # fmt: skip
_SAMPLE = frozenset({"input", "output", "finish_reason", "model", "usage", "error", "reasoning_effort"})
_SETTINGS = frozenset({"temperature", "max_completion_tokens", "top_p", "seed"})
_RESULT = frozenset({"name", "type", "score", "passed", "sample", "label", "reason", "status"})
_STATUS = {"pass": 1.0, "fail": 0.0}
_RESULTS = ("results", "grader_results", "graders", "grades")


def _recognises(row: JsonObject) -> bool:
    if row.get("object") == OBJECT or _is_page(row):
        return True
    has_item = "datasource_item" in row or ("item" in row and "output_text" not in row)
    return has_item and "sample" in row


def _opens(_path: Path, head: bytes, keys: frozenset[str]) -> bool:
    return "data" in keys and not keys & {"datasource_item", "sample"} and b'"datasource_item' in head


def _is_page(row: JsonObject) -> bool:
    data = row.get("data")
    return row.get("object", "list") == "list" and isinstance(data, list) and all(isinstance(one, dict) for one in data)


def _read(path: Path, unmapped: UnmappedFields) -> Iterator[ForeignPrediction]:
    for place, value, raw in _items(path):
        yield _prediction(path, place, value, raw, unmapped)


def _items(path: Path) -> Iterator[tuple[Place, JsonObject, bytes]]:
    """The output items with their places and bytes, pages taken apart."""
    with path.open("rb") as stream:
        keys = head_keys(stream.read(HEAD))
    if "data" in keys and not keys & {"datasource_item", "sample"}:
        yield from _of_page(path)
        return
    number = 0
    for place, raw in raw_rows(path):
        value = loose_object(path, place, raw)
        if not _is_page(value):
            number += 1
            yield Place(number, place.line), value, raw
            continue
        for one in value["data"]:
            number += 1
            yield Place(number, place.line), one, row_text(one)


def _of_page(path: Path) -> Iterator[tuple[Place, JsonObject, bytes]]:
    number = 0
    with path.open("rb") as stream:
        for part in document_parts(path, stream, [("data",)]):
            if part.keys == ("data",):
                number += 1
                place = Place(number, part.line)
                if part.raw is None:
                    raise bad_row(path, place, f"it has more than {LINE_LIMIT // 1024**2} MB")
                yield place, loose_object(path, place, part.raw), part.raw


def _prediction(path: Path, place: Place, value: JsonObject, raw: bytes, unmapped: UnmappedFields) -> ForeignPrediction:
    from rft_tui.providers.backends.outputs import read_output

    results_key = next((key for key in _RESULTS if key in value), "results")
    results = _results(value.get(results_key))
    sample = object_in(value.get("sample"))
    unmapped.rest(value, _MAPPED | {results_key})
    unmapped.rest(sample, _SAMPLE | _SETTINGS, "sample.")
    for one in results:
        unmapped.rest(one, _RESULT, "results.*.")
    item = value.get("datasource_item", value.get("item"))
    plain = {**value, "datasource_item": item, "results": results, "sample": sample}
    try:
        output = read_output(plain)
    except ServiceError as error:
        raise bad_row(path, place, error.message) from None
    settings = {key: sample[key] for key in sorted(_SETTINGS - {"seed"}) if isinstance(sample.get(key), int | float)}
    run = value.get("run_id")
    model, effort = sample.get("model"), sample.get("reasoning_effort")
    grades = {one.name: _grade(one.score, one.passed, one.steps, output.answer) for one in output.results}
    return ForeignPrediction(
        place,
        output.row,
        output.answer,
        model=model if isinstance(model, str) and model else None,
        effort=effort if isinstance(effort, str) and effort else None,
        grade=None if grades else _of_status(value.get("status"), output.answer),
        grades=grades,
        parameters=settings | ({"eval_run": one_line(run, 200)} if isinstance(run, str) and run else {}),
        raw=raw,
    )


def _results(value: Any) -> list[JsonObject]:
    """Results as the service lists them, also where they stand under the graders' names."""
    if isinstance(value, dict):
        return [
            {"name": name, **one} if isinstance(one, dict) else {"name": name, "score": one}
            for name, one in value.items()
        ]
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _grade(score: float | None, passed: bool | None, steps: tuple[str, ...], answer: Answer) -> Grade:
    if answer.error is not None:
        return failed_grade(answer.error)
    if score is None:
        return Grade(None, passed, steps=steps, error=GradeError("other_error", "the service shows no score"))
    return grade_of(score, passed=passed, steps=steps)


def _of_status(status: Any, answer: Answer) -> Grade | None:
    """The grade of an item that shows no grader, by its status; None where it says nothing."""
    if not isinstance(status, str) or status not in _STATUS:
        return None
    return failed_grade(answer.error) if answer.error else Grade(_STATUS[status], status == "pass")


OPENAI_EVALS = PredictionFormat("openai-evals", _recognises, no_claims, _read, _opens)
"""Output items of hosted evals, with every testing criterion as a grader."""
