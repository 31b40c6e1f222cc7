"""Results of promptfoo: the document that it exports, and its JSON Lines; one prediction for each result."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from rft_tui.datasets.mapping import PROMPT_NAMES, guess_field
from rft_tui.datasets.plain import reference_key
from rft_tui.datasets.prompts import make_prompt
from rft_tui.datasets.rows import LINE_LIMIT
from rft_tui.interchange.foreign import (
    ForeignPrediction,
    Place,
    PredictionFormat,
    UnmappedFields,
    bad_row,
    no_claims,
)
from rft_tui.interchange.json_stream import HEAD, document_parts, head_keys
from rft_tui.interchange.loose_json import loose_object, loose_value
from rft_tui.interchange.messages import asked_json, asked_text
from rft_tui.interchange.promptfoo_grades import promptfoo_grades, promptfoo_reviews
from rft_tui.interchange.raw_rows import raw_rows
from rft_tui.interchange.usages import object_in, seconds_in, usage_in
from rft_tui.model import Answer, JsonObject, PredictionError, Prompt
from rft_tui.safetext import one_line

ERROR = 2
"""The `failureReason` of a result without an answer; 1 is one whose assertions failed."""

_MAPPED = frozenset(
    {
        "id", "evalId", "cost", "error", "gradingResult", "latencyMs", "namedScores", "prompt", "promptId", "promptIdx",
        "provider", "response", "score", "success", "testCase", "testIdx", "tokenUsage", "vars", "failureReason",
    }
)  # fmt: skip
_RESPONSE = frozenset({"output", "tokenUsage", "cost", "error", "latencyMs"})
_TEST_CASE = frozenset({"vars", "assert"})
_OWN_VARS = frozenset({"sessionId", "_conversation", "messages", "tools"})
_REFERENCES = frozenset(
    {"equals", "contains", "icontains", "similar", "factuality", "model-graded-factuality", "answer-relevance",
     "model-graded-closedqa", "levenshtein", "rouge-n", "bleu"}
)  # fmt: skip
_READ = frozenset({("evalId",), ("results", "prompts"), ("results", "results")})
_MILLISECOND = 0.001
_MOST_TEMPLATES = 8 * 1024 * 1024
"""Characters of all templates that are held."""


class _Templates:
    """The prompts that a document names before its results, as many as are worth being held."""

    def __init__(self) -> None:
        self._texts: list[Any] = []
        self._left = _MOST_TEMPLATES

    def add(self, template: Any) -> None:
        """Take the next one."""
        self._left -= 100 + (len(template) if isinstance(template, str) else 0)
        if self._left >= 0:
            self._texts.append(template if isinstance(template, str) else None)

    def at(self, place: Any) -> str | None:
        """The one at a place from 0, None where it is not known."""
        known = isinstance(place, int) and 0 <= place < len(self._texts)
        return self._texts[place] if known else None


def _recognises(row: JsonObject) -> bool:
    return "promptIdx" in row and "vars" in row and ("gradingResult" in row or "response" in row or "success" in row)


def _opens(_path: Path, _head: bytes, keys: frozenset[str]) -> bool:
    return "results" in keys and bool({"results.prompts", "results.timestamp", "results.stats"} & keys)


def _read(path: Path, unmapped: UnmappedFields) -> Iterator[ForeignPrediction]:
    templates = _Templates()
    parameters: JsonObject = {}
    for place, raw, key in _rows(path):
        if key == "prompts":
            templates.add(loose_object(path, place, raw).get("raw"))
        elif key == "evalId":
            parameters = {"promptfoo": loose_value(path, place, raw)}
        else:
            yield _prediction(path, place, raw, templates, parameters, unmapped)


def _rows(path: Path) -> Iterator[tuple[Place, bytes, str]]:
    """The results with their places; before those of a document its id and its prompts."""
    with path.open("rb") as stream:
        if not _is_document(stream.read(HEAD)):
            yield from ((place, raw, "results") for place, raw in raw_rows(path))
            return
    number = 0
    with path.open("rb") as stream:
        for part in document_parts(path, stream, [("results", "prompts"), ("results", "results")]):
            if part.keys not in _READ:
                continue
            key = part.keys[-1]
            number += key == "results"
            place = Place(max(1, number), part.line)
            if part.raw is None:
                raise bad_row(path, place, f"it has more than {LINE_LIMIT // 1024**2} MB")
            yield place, part.raw, key


def _is_document(head: bytes) -> bool:
    return _opens(Path(), head, head_keys(head))


def _prediction(
    path: Path, place: Place, raw: bytes, templates: _Templates, parameters: JsonObject, unmapped: UnmappedFields
) -> ForeignPrediction:
    value = loose_object(path, place, raw)
    unmapped.rest(value, _MAPPED)
    unmapped.rest(object_in(value.get("testCase")), _TEST_CASE, "testCase.")
    response = object_in(value.get("response"))
    unmapped.rest(response, _RESPONSE, "response.")
    row, prompt = _item(value, templates)
    if row is None:
        raise bad_row(path, place, "it has neither vars with a question nor a prompt")
    error = _error(value, response)
    provider = object_in(value.get("provider"))
    model = provider.get("label") or provider.get("id") or value.get("provider")
    usage = usage_in(response.get("tokenUsage") or value.get("tokenUsage"))
    cached = response.get("cached") is True
    extra = {"cost": value.get("cost") or response.get("cost"), "result_id": value.get("id")}
    extra |= {"finish_reason": response.get("finishReason"), "cached": cached or None}
    answer = Answer(
        _text(response.get("output")),
        None,
        usage,
        None if cached else seconds_in(value.get("latencyMs"), _MILLISECOND),
        error,
        {key: inner for key, inner in extra.items() if inner not in (None, "", 0)} or None,
    )
    return ForeignPrediction(
        place,
        row,
        answer,
        model=model if isinstance(model, str) else None,
        effort=_effort(provider),
        grades=promptfoo_grades(value, error, unmapped),
        reviews=tuple(promptfoo_reviews(value)),
        parameters=parameters,
        prompt=prompt,
        raw=raw,
    )


def _item(value: JsonObject, templates: _Templates) -> tuple[JsonObject | None, Prompt | None]:
    """The item that the variables make, and the prompt around it.

    Where one of the variables is a question that the prompt holds, the question is the item and the prompt's template
    a prompt; else the item is what was sent.
    """
    variables = object_in(value.get("vars")) or object_in(object_in(value.get("testCase")).get("vars"))
    fields = {key: inner for key, inner in variables.items() if key not in _OWN_VARS and not key.startswith("_")}
    prompt = object_in(value.get("prompt"))
    texts = (prompt.get("raw"), value.get("prompt"))
    sent = next((one for one in texts if isinstance(one, str)), "")
    name = _question_name(tuple(fields))
    question = fields.get(name) if name is not None else None
    reference = reference_key(fields | {"messages": []})
    row = dict(fields)
    if reference is None and (expected := _expected(value)) is not None:
        row["reference_answer"] = expected
    if isinstance(question, str) and question and (not sent or question in sent or _quoted(question) in sent):
        row["messages"] = asked_text(question)
        return row, _prompt(value, sent, question, prompt.get("label"), templates)
    if not sent:
        return None, None
    row["messages"] = asked_json(sent)
    return row, None


@lru_cache(maxsize=4)
def _question_name(names: tuple[str, ...]) -> str | None:
    """The variable that is the question; tests of a file have the same ones over and over, and names may be long."""
    return guess_field(names, PROMPT_NAMES)


def _quoted(text: str) -> str:
    return json.dumps(text)[1:-1]


def _prompt(value: JsonObject, sent: str, question: str, label: Any, templates: _Templates) -> Prompt | None:
    """The prompt around a question: the text in front of it, else the template as it stands; None where it is bare."""
    if not sent or sent.strip() == question.strip():
        return None
    place = value.get("promptIdx")
    template = templates.at(place)
    if sent.endswith(question):
        text = sent[: -len(question)].rstrip("\n")
    elif isinstance(template, str):
        text = template
    else:
        text = re.sub(f"{re.escape(_quoted(question))}|{re.escape(question)}", "{{question}}", sent)
    known = isinstance(label, str) and label and label != template
    name = one_line(str(label), 60) if known else f"prompt {place}" if isinstance(place, int) else "prompt"
    return make_prompt(name, text)


def _expected(value: JsonObject) -> str | None:
    """The value of the first assertion that says what the answer should be."""
    results = object_in(value.get("gradingResult")).get("componentResults")
    for one in results if isinstance(results, list) else ():
        assertion = object_in(object_in(one).get("assertion"))
        rendered = object_in(object_in(one).get("metadata")).get("renderedAssertionValue")
        expected = rendered if isinstance(rendered, str) else assertion.get("value")
        if assertion.get("type") in _REFERENCES and isinstance(expected, str) and "{{" not in expected:
            return expected
    return None


def _error(value: JsonObject, response: JsonObject) -> PredictionError | None:
    said = value.get("error") or response.get("error")
    reason = value.get("failureReason")
    failed = reason == ERROR or (reason is None and bool(said) and response.get("output") is None)
    if failed or response.get("error"):
        text = said if isinstance(said, str) else _text(said)
        return PredictionError("other", one_line(text or "the provider failed", 2000))
    if response.get("output") is None:
        return PredictionError("other", "the file has no answer for this test")
    return None


def _effort(provider: JsonObject) -> str | None:
    config = object_in(provider.get("config"))
    effort = config.get("reasoning_effort") or object_in(config.get("reasoning")).get("effort")
    return effort if isinstance(effort, str) else None


def _text(output: Any) -> str:
    if isinstance(output, str):
        return output
    return "" if output is None else json.dumps(output, ensure_ascii=False)


PROMPTFOO = PredictionFormat("promptfoo", _recognises, no_claims, _read, _opens)
"""Results of promptfoo, with every assertion as a grader and what people said of them as reviews."""
