"""Samples of lm-eval: `samples_TASK_DATE.jsonl`, with the model's name in the `results_DATE.json` beside it.

A file has one line for each document and filter. Lines that differ only in the filter are one prediction with several
grades; lines of equal documents are runs 1 to N in order of appearance.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rft_tui.identity import content_hash
from rft_tui.interchange.beside import facts_beside
from rft_tui.interchange.foreign import (
    FileClaims,
    ForeignPrediction,
    KnownNames,
    Place,
    PredictionFormat,
    UnmappedFields,
    bad_row,
)
from rft_tui.interchange.loose_json import loose_object
from rft_tui.interchange.messages import asked_json
from rft_tui.interchange.raw_rows import raw_rows
from rft_tui.interchange.scores import grade_of
from rft_tui.interchange.usages import object_in
from rft_tui.model import Answer, Grade, JsonObject, PredictionError
from rft_tui.safetext import one_line

_NAME = re.compile(r"samples_(?P<task>.+?)_(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9.:-]+)\.jsonl", re.DOTALL)
_MAPPED = frozenset({"doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics"})
_NAMES = frozenset({"doc_id", "doc_hash", "prompt_hash", "target_hash"})
_RESERVED = frozenset({"messages", "tools", "reference_answer"})
_RESULT_KEYS = frozenset({("model_name",), ("model_source",), ("config",)})
_MOST = 100


class _Asked(NamedTuple):
    """What a model was asked: the text before, and the continuations that it chose among."""

    text: str
    continuations: list[str]
    generated: bool

    @property
    def no_answer(self) -> str:
        """Why there is no answer where there is none."""
        if self.generated or self.continuations:
            return "the file has no answer for this document"
        return "the model was asked how likely the text is; it gave no answer"


def _recognises(row: JsonObject) -> bool:
    return {"doc", "arguments", "resps"} <= row.keys()


def _claims(name: str, _known: KnownNames) -> FileClaims | None:
    match = _NAME.fullmatch(name) if len(name) <= 255 else None
    return FileClaims(subset=one_line(match["task"], 80), scored=True) if match else None


def _read(path: Path, unmapped: UnmappedFields) -> Iterator[ForeignPrediction]:
    results = _results(path)
    config = object_in(results.get("config"))
    names = (results.get("model_name"), config.get("model"), results.get("model_source"))
    model = next((one for one in names if isinstance(one, str) and one), None)
    options = {key: config[key] for key in ("gen_kwargs",) if config.get(key)}
    seen: Counter[str] = Counter()
    for place, raw in raw_rows(path):
        row = loose_object(path, place, raw)
        yield from _predictions(path, place, row, raw, (model, options, seen), unmapped)


def _results(path: Path) -> JsonObject:
    """What the results beside the samples say of the model; empty where there are none."""
    match = _NAME.fullmatch(path.name)
    return facts_beside(path.with_name(f"results_{match['date']}.json"), _RESULT_KEYS) if match else {}


def _predictions(
    path: Path,
    place: Place,
    row: JsonObject,
    raw: bytes,
    of_file: tuple[str | None, JsonObject, Counter[str]],
    unmapped: UnmappedFields,
) -> Iterator[ForeignPrediction]:
    """The predictions of a line: one for each repeat; the scores, which are of all repeats, stand with the first."""
    model, options, seen = of_file
    asked = _asked(row.get("arguments"))
    if asked is None:
        raise bad_row(path, place, "arguments must hold the text that the model was asked")
    answers = _answers(path, place, row, asked)
    named = row.get("metrics")
    metrics = [name for name in named if isinstance(name, str)][:_MOST] if isinstance(named, list) else []
    metrics = metrics or _floats(row)
    unmapped.rest(row, _MAPPED | _NAMES | set(metrics))
    item = {key: value for key, value in object_in(row.get("doc")).items() if key not in _RESERVED}
    item["messages"] = asked_json(asked.text)
    if (reference := _reference(row.get("target"), asked)) not in (None, "", []):
        item["reference_answer"] = reference
    name = str(row.get("filter") or "none")
    key = content_hash("lm-eval", item["messages"], name)
    first = seen[key] + 1
    seen[key] += len(answers)
    extra = {"doc_id": row.get("doc_id")}
    for number, text in enumerate(answers):
        error = PredictionError("other", asked.no_answer) if text is None else None
        answer = Answer(text or "", error=error, extra=extra)
        grades = _grades(row, metrics, name) if number == 0 and error is None else {}
        yield ForeignPrediction(
            place,
            item,
            answer,
            first + number,
            model,
            grades=grades,
            parameters=options,
            raw=raw if number == 0 else b"",
        )


def _asked(arguments: Any) -> _Asked | None:
    """The text and the continuations, in the form of a dictionary or in the earlier one of lists."""
    if isinstance(arguments, dict):
        pairs = [(object_in(one).get("arg_0"), object_in(one).get("arg_1")) for one in arguments.values()]
    else:
        lists = [one for one in arguments if isinstance(one, list) and one] if isinstance(arguments, list) else []
        pairs = [(one[0], one[1] if len(one) > 1 else None) for one in lists]
    texts = [one for one, _other in pairs if isinstance(one, str)]
    if not texts:
        return None
    generated = isinstance(arguments, list) or any(isinstance(other, dict) for _one, other in pairs)
    return _Asked(texts[0], [other for _one, other in pairs if isinstance(other, str)], generated)


def _answers(path: Path, place: Place, row: JsonObject, asked: _Asked) -> list[str | None]:
    """The answers to a document: each repeat's text, or the continuation with the highest likelihood."""
    responses = row.get("resps")
    if not isinstance(responses, list) or not responses:
        raise bad_row(path, place, "resps must be a list of answers")
    if asked.continuations and len(asked.continuations) == len(responses):
        likely = [_likelihood(one) for one in responses]
        best = max(range(len(likely)), key=lambda number: (likely[number] is not None, likely[number] or 0.0))
        return [asked.continuations[best].strip() if likely[best] is not None else None]
    if not asked.generated and not asked.continuations and _likelihood(responses) is not None:
        return [None]
    texts = responses[0] if isinstance(responses[0], list) else responses
    return [one if isinstance(one, str) else None for one in texts[:_MOST]] or [None]


def _likelihood(response: Any) -> float | None:
    while isinstance(response, list) and response:
        response = response[0]
    try:
        number = float(response) if isinstance(response, str | int | float) else None
    except (ValueError, OverflowError):
        return None
    return number if number is None or number == number else None


def _reference(target: Any, asked: _Asked) -> Any:
    """The target; the text of a continuation where it is the number of one."""
    text = str(target) if isinstance(target, str | int) and not isinstance(target, bool) else ""
    if asked.continuations and text.isdecimal() and len(text) < 6 and int(text) < len(asked.continuations):
        return asked.continuations[int(text)].strip()
    return target


def _floats(row: JsonObject) -> list[str]:
    """The metrics of a line that does not name them."""
    numbers = (name for name, value in row.items() if isinstance(value, int | float) and name not in _NAMES)
    return list(numbers)[:_MOST]


def _grades(row: JsonObject, metrics: list[str], name: str) -> dict[str, Grade]:
    suffix = "" if name == "none" else f",{name}"
    return {
        one_line(f"{metric}{suffix}", 100): grade_of(row.get(metric))
        for metric in metrics
        if metric in row and not isinstance(row[metric], list | dict)
    }


LM_EVAL = PredictionFormat("lm-eval", _recognises, _claims, _read)
"""Samples of lm-eval, with every metric and filter as a grader."""
