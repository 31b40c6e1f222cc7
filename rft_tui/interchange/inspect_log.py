"""Logs of inspect: `.eval` archives and `.json` documents, one prediction for each sample and epoch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rft_tui.identity import content_hash
from rft_tui.interchange.foreign import (
    ForeignPrediction,
    ForeignReview,
    PredictionFormat,
    UnmappedFields,
    bad_row,
    no_claims,
)
from rft_tui.interchange.inspect_files import Attachments, Sample, is_archive, read_header, read_samples
from rft_tui.interchange.inspect_scores import read_reviews, read_scores
from rft_tui.interchange.messages import asked, said, with_choices
from rft_tui.interchange.scores import failed_grade
from rft_tui.interchange.usages import count_in, object_in, seconds_in, usage_in
from rft_tui.model import Answer, Grade, GradeError, JsonObject, PredictionError
from rft_tui.safetext import one_line

_SAMPLE = frozenset(
    {
        "id", "epoch", "input", "target", "choices", "metadata", "output", "scores", "score", "model_usage", "error",
        "attachments", "total_time", "working_time", "invalidation", "limit", "uuid",
    }
)  # fmt: skip
_OUTPUT = frozenset({"model", "choices", "completion", "usage", "time", "error"})
_CHOICE = frozenset({"message", "stop_reason"})
_RESERVED = frozenset({"messages", "tools", "reference_answer"})
_RUN_OPTIONS = frozenset({"reasoning_effort"})


def _opens(path: Path, head: bytes, keys: frozenset[str]) -> bool:
    if is_archive(head):
        return path.suffix.lower() == ".eval"
    return {"version", "eval"} <= keys and bool({"plan", "samples", "status", "eval.task"} & keys)


class _Log:
    """What the header of a log says of its predictions."""

    def __init__(self, header: JsonObject) -> None:
        self.eval = object_in(header.get("eval"))
        model = self.eval.get("model")
        self.model = model if isinstance(model, str) and model else None
        config = object_in(self.eval.get("model_generate_config")) | object_in(
            object_in(header.get("plan")).get("config")
        )
        self.options = {key: value for key, value in config.items() if value is not None}
        effort = self.options.get("reasoning_effort")
        self.effort = effort if isinstance(effort, str) else None
        self.epochs = count_in(object_in(self.eval.get("config")).get("epochs")) or 1
        names = (object_in(self.eval.get("dataset")).get("name"), self.eval.get("task"))
        self.subset = next((one for one in names if isinstance(one, str) and one), "")
        self.graders = list(_graders(self.eval.get("scorers")))
        self._seen: Counter[str] = Counter()

    @property
    def parameters(self) -> JsonObject:
        """What tells the runs of this log from those of another: its id, and how the model was asked."""
        options = {key: value for key, value in self.options.items() if key not in _RUN_OPTIONS}
        identity = self.eval.get("eval_id") or self.eval.get("run_id")
        return options | ({"inspect": identity} if isinstance(identity, str) else {})

    def run_index(self, row: JsonObject, epoch: int) -> int:
        """The epoch; a sample with the same content as an earlier one takes the numbers behind all epochs."""
        key = content_hash("sample", row["messages"], str(epoch))
        self._seen[key] += 1
        return epoch + (self._seen[key] - 1) * self.epochs


def _graders(scorers: Any) -> Iterator[str]:
    """The names of a log's scorers; those of composite scores are told by their metrics."""
    for scorer in scorers if isinstance(scorers, list) else ():
        name = object_in(scorer).get("name")
        if isinstance(name, str) and name:
            metrics = object_in(scorer).get("metrics")
            keys = [key for key in metrics if key != "*"] if isinstance(metrics, dict) else []
            yield from (one_line(f"{name}.{key}", 100) for key in keys)
            if not keys:
                yield one_line(name, 100)


def _read(path: Path, unmapped: UnmappedFields) -> Iterator[ForeignPrediction]:
    log = _Log(read_header(path))
    for sample in read_samples(path):
        yield _prediction(path, sample, log, unmapped)


def _prediction(path: Path, sample: Sample, log: _Log, unmapped: UnmappedFields) -> ForeignPrediction:
    value = sample.value
    unmapped.rest(value, _SAMPLE)
    attachments = Attachments(path, sample.place, object_in(value.get("attachments")))
    held = {key: attachments.resolve(value.get(key)) for key in ("input", "target", "choices", "output", "scores")}
    messages = asked(held["input"])
    if messages is None:
        raise bad_row(path, sample.place, "input must be a text or a list of messages")
    epoch = count_in(value.get("epoch", 1))
    if not epoch:
        raise bad_row(path, sample.place, "epoch must be a whole number from 1")
    row: JsonObject = {"messages": with_choices(messages, held["choices"])}
    if held["target"] not in (None, "", []):
        row["reference_answer"] = held["target"]
    if held["choices"]:
        row["choices"] = held["choices"]
    metadata = object_in(attachments.resolve(value.get("metadata")))
    row |= {key: inner for key, inner in metadata.items() if key not in _RESERVED}
    answer = _answer(value, object_in(held["output"]), log, unmapped)
    scores = object_in(held["scores"]) or ({"score": value["score"]} if value.get("score") else {})
    return ForeignPrediction(
        sample.place,
        row,
        answer,
        log.run_index(row, epoch),
        log.model,
        log.effort,
        grades=_grades(scores, answer, value, log, unmapped),
        reviews=(*read_reviews(scores, unmapped), *_invalidation(value)),
        parameters=log.parameters,
        subset=log.subset,
        raw=sample.raw,
    )


def _answer(sample: JsonObject, output: JsonObject, log: _Log, unmapped: UnmappedFields) -> Answer:
    unmapped.rest(output, _OUTPUT, "output.")
    choices = output.get("choices")
    first = object_in(choices[0]) if isinstance(choices, list) and choices else {}
    unmapped.rest(first, _CHOICE, "output.choices.")
    message = said(object_in(first.get("message")))
    completion = output.get("completion")
    text = message.text or (completion if isinstance(completion, str) else "")
    error = _error(sample, output, text, message.calls)
    usages = object_in(sample.get("model_usage"))
    for name in usages:
        if name != log.model:
            unmapped.see(f"model_usage.{name}")
    usage = usage_in(usages.get(log.model or "") or output.get("usage"))
    times = (output.get("time"), sample.get("working_time"), sample.get("total_time"))
    extra = {
        "model": output.get("model"),
        "finish_reason": first.get("stop_reason"),
        "output_tools": message.calls,
        "sample_id": sample.get("id"),
        "sample_uuid": sample.get("uuid"),
        "limit": object_in(sample.get("limit")).get("type"),
        "cost": object_in(usages.get(log.model or "")).get("total_cost"),
    }
    extra = {key: inner for key, inner in extra.items() if inner not in (None, "", [])}
    latency = next((one for time in times if (one := seconds_in(time)) is not None), None)
    return Answer(text, message.reasoning, usage, latency, error, extra or None)


def _error(sample: JsonObject, output: JsonObject, text: str, calls: list[JsonObject]) -> PredictionError | None:
    error = sample.get("error") or output.get("error")
    if error:
        message = object_in(error).get("message") if isinstance(error, dict) else error
        return PredictionError("other", one_line(str(message or "the sample failed"), 2000))
    if not text and not calls:
        limit = object_in(sample.get("limit")).get("type")
        if limit:
            return PredictionError("incomplete", f"the sample reached its limit: {one_line(str(limit), 100)}")
        return PredictionError("other", "the log has no answer for this sample")
    return None


def _grades(
    scores: JsonObject, answer: Answer, sample: JsonObject, log: _Log, unmapped: UnmappedFields
) -> dict[str, Grade]:
    """Each scorer's grade; where the sample failed, every scorer of the log has the error instead of a score."""
    if answer.error is not None:
        return {name: failed_grade(answer.error) for name in log.graders}
    grades = dict(read_scores(scores, unmapped))
    if sample.get("invalidation"):
        error = GradeError("other_error", "the sample was declared invalid")
        grades = {name: Grade(None, steps=grade.steps, error=error) for name, grade in grades.items()}
    return grades


def _invalidation(sample: JsonObject) -> Iterator[ForeignReview]:
    said_by: Any = object_in(sample.get("invalidation"))
    author, reason = said_by.get("author"), said_by.get("reason")
    if isinstance(author, str) and author.strip():
        note = f"declared invalid: {reason}" if isinstance(reason, str) and reason else "declared invalid"
        yield ForeignReview(one_line(author, 100), None, one_line(note, 2000))


INSPECT = PredictionFormat("inspect", lambda _row: False, no_claims, _read, _opens)
"""Logs of inspect, with every scorer as a grader and edits of scores as verdicts and notes."""
