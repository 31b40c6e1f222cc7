"""Jobs, events and checkpoints out of the service's JSON: any shape becomes bounded values, nothing is trusted.

Numbers come from `data`, never from the words of a message. Fields and states that are not known are kept as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rft_tui.errors import ServiceError
from rft_tui.job_model import JobCheckpoint, JobEvent, RemoteJob
from rft_tui.model import JsonObject
from rft_tui.providers.reading import kept, name_of, number_of, object_of, text_of
from rft_tui.safetext import one_line

MOST_SERIES = 500
"""Numbers of one event that are read."""

DEEPEST = 6
"""Levels of an event's data in which numbers are looked for."""

LONGEST_SERIES = 200
"""Characters of a series' name."""

LONGEST_MESSAGE = 4000
"""Characters of an event's message or a job's error that are kept apart from its raw form."""

LARGEST_EVENT = 2**20
"""Characters of JSON of an event that are kept; of a larger one only its short fields."""

MOST_FIELDS = 100
"""Fields of such an event that are kept."""

LARGEST_NUMBER, SMALLEST_NUMBER = 1e100, 1e-100
"""Beyond the first nothing is a number, below the second it is 0: sums and spans of what lies between are finite."""

LARGEST_STEP = 2**31

MOST_METADATA = 64


def read_job(value: Any) -> RemoteJob:
    """A job. Raises ServiceError with the outcome ``malformed`` where it has no id."""
    raw = _raw(value)
    remote_id = name_of(raw.get("id"))
    if not remote_id:
        raise ServiceError("the service showed a job without an id", outcome="malformed")
    method = name_of(object_of(raw.get("method")).get("type"))
    if not method and object_of(raw.get("hyperparameters")):
        method = "supervised"
    files = raw.get("result_files")
    metadata = object_of(raw.get("metadata"))
    return RemoteJob(
        remote_id,
        name_of(raw.get("status")) or "unknown",
        method,
        name_of(raw.get("model")),
        name_of(raw.get("fine_tuned_model")) or None,
        _time(raw.get("created_at")) or 0.0,
        _time(raw.get("finished_at")),
        _time(raw.get("estimated_finish")),
        _error(raw.get("error")),
        name_of(raw.get("training_file")),
        name_of(raw.get("validation_file")) or None,
        tuple(name_of(one) for one in files[:100] if name_of(one)) if isinstance(files, list) else (),
        name_of(raw.get("eval_id")) or None,
        {key: value for key, value in list(metadata.items())[:MOST_METADATA] if isinstance(value, str)},
        raw,
    )


def read_event(value: Any) -> JobEvent:
    """An event; one without an id goes by its time and message. Raises ServiceError where it is no object."""
    raw = _raw(value)
    if not raw:
        raise ServiceError("the service showed an event that is none", outcome="malformed")
    data = object_of(raw.get("data"))
    at = _time(raw.get("created_at")) or 0.0
    message = text_of(raw.get("message"))[:LONGEST_MESSAGE]
    metrics = dict(_limited(_numbers(data, (), 0))) if name_of(raw.get("type")) == "metrics" else {}
    step, total = (_step(metrics.pop(key, None)) for key in ("step", "total_steps"))
    return JobEvent(
        name_of(raw.get("id")) or f"{at:.0f} {one_line(message, 100)}",
        at,
        name_of(raw.get("level")) or "info",
        name_of(raw.get("type")) or "message",
        message,
        step,
        metrics,
        _bounded(raw),
        total,
    )


def read_checkpoint(value: Any) -> JobCheckpoint:
    """A checkpoint. Raises ServiceError where it has no model."""
    raw = _raw(value)
    model = name_of(raw.get("fine_tuned_model_checkpoint"))
    if not model:
        raise ServiceError("the service showed a checkpoint without a model", outcome="malformed")
    step = raw.get("step_number")
    return JobCheckpoint(
        name_of(raw.get("id")) or model,
        _step(float(step) if isinstance(step, int | float) and not isinstance(step, bool) else None) or 0,
        model,
        _time(raw.get("created_at")) or 0.0,
        dict(_limited(_numbers(object_of(raw.get("metrics")), (), 0))),
        raw,
    )


def _raw(value: Any) -> JsonObject:
    """The object as it can be kept; of one that is nested too deep only what lies on top of it."""
    whole = kept(value)
    if whole is None and isinstance(value, dict):
        whole = kept({key: one for key, one in value.items() if not isinstance(one, dict | list)})
    return object_of(whole)


def _bounded(raw: JsonObject) -> JsonObject:
    """An event as it came; of one that is larger than any a service has reason to send what is short in it."""
    if len(json.dumps(raw)) <= LARGEST_EVENT:
        return raw
    short = {
        key: one
        for key, one in raw.items()
        if len(key) <= LONGEST_SERIES
        and not isinstance(one, dict | list)
        and not (isinstance(one, str) and len(one) > LONGEST_MESSAGE)
    }
    return dict(list(short.items())[:MOST_FIELDS])


def _numbers(value: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[str, float]]:
    """The numbers of a value by their paths.

    An object in a list goes by its name, else by its place; two of one name by both, so that neither hides the other.
    """
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        number = _number(value)
        if path and number is not None:
            yield one_line("/".join(path), LONGEST_SERIES), number
    elif depth >= DEEPEST:
        return
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(inner, (*path, key[:LONGEST_SERIES]), depth + 1)
    elif isinstance(value, list):
        names: set[str] = set()
        for place, inner in enumerate(value[:MOST_SERIES]):
            name = name_of(inner.get("name")) if isinstance(inner, dict) else ""
            name = f"{name} {place}".strip() if name in names or not name else name
            names.add(name)
            yield from _numbers(inner, (*path, name), depth + 1)


def _limited(numbers: Iterator[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    for _place, pair in zip(range(MOST_SERIES), numbers, strict=False):
        yield pair


def _number(value: Any) -> float | None:
    number = number_of(value)
    if number is None or abs(number) > LARGEST_NUMBER:
        return None
    return number if abs(number) >= SMALLEST_NUMBER else 0.0


def _step(value: float | None) -> int | None:
    """A step from a number that may have come as a float."""
    return int(value) if value is not None and 0 <= value < LARGEST_STEP else None


def _time(value: Any) -> float | None:
    """Seconds since 1970; None for anything that is no date of this or the next century."""
    number = _number(value)
    return number if number is not None and 0 < number < 2**33 else None


def _error(value: Any) -> str:
    """What a job's error says; a healthy job may carry an empty object."""
    error: JsonObject = object_of(value)
    code, message = name_of(error.get("code")), text_of(error.get("message"))[:LONGEST_MESSAGE]
    return f"{code}: {message}" if code and message else code or message
