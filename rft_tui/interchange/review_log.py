"""The verdict log as a file: one event a line in JSON, read with suspicion and brought in whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rft_tui.datasets.decode import row_text
from rft_tui.datasets.jsonl import read_jsonl
from rft_tui.datasets.write import write_rows
from rft_tui.errors import InputError
from rft_tui.model import JsonObject, Problem, Verdict
from rft_tui.safetext import one_line, storable
from rft_tui.store.database import Store
from rft_tui.store.review_log import LogEvent, Merged, iter_log, merge_events
from rft_tui.store.verdicts import EventKind, clean_tag

LINE_LIMIT = 1024 * 1024
"""Bytes of a line."""

TEXT_LIMIT = 100_000
"""Characters of a tag, a note or a reference."""

NAME_LIMIT = 200
"""Characters of a reviewer's name and of what is told of an answer."""

_HASH = re.compile(r"[0-9a-f]{32}")
_VERSION = re.compile(r"[0-9a-f]{1,64}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}\+00:00")
_LAST_YEAR = 9000


class _NotAnEventError(ValueError):
    """What keeps a row from being an event."""


def export_log(store: Store, path: Path, reviewers: Sequence[str] | None = None) -> int:
    """Write the events of some reviewers (None: of all) into a file, in the order of their time; how many.

    Raises InputError where the file cannot be written.
    """
    return write_rows(path, log_lines(store, reviewers))


def log_lines(store: Store, reviewers: Sequence[str] | None = None) -> Iterator[bytes]:
    """The same line by line."""
    with store.read() as db:
        for event in iter_log(db, reviewers):
            yield row_text(event_row(event))


def import_log(store: Store, paths: Sequence[Path]) -> Merged:
    """Merge files of events: all of them, or nothing where one has a fault. Raises InputError naming file and line."""
    for path in paths:  # what is wrong is found before other processes have to wait
        if path.exists() and not path.is_file():
            raise InputError(f"{one_line(str(path))}: this is no file", hint="A pipe can be written to a file first.")
        for _event in read_events(path):
            pass
    with store.write() as db:
        return merge_events(db, (event for path in paths for event in read_events(path)))


def event_row(event: LogEvent) -> JsonObject:
    """An event as it stands in a file."""
    row: JsonObject = {
        "uid": event.uid, "batch": event.batch, "reviewer": event.reviewer, "at": event.at, "kind": event.kind.value,
        "value": event.value,
    }  # fmt: skip
    if event.grader_version is not None:
        row["grader_version"] = event.grader_version
    if event.row_id is not None:
        row["row"] = event.row_id
    if event.answer_key:
        row["answer"] = {"key": event.answer_key, "content": event.content}
        row["of"] = event.facts
    return row


def read_events(path: Path) -> Iterator[LogEvent]:
    """The events of a file. Raises InputError naming the line of the first that is none."""
    try:
        with path.open("rb") as stream:
            for row in read_jsonl(stream, line_limit=LINE_LIMIT):
                if not isinstance(row, Problem):
                    try:
                        yield _event(row.value)
                    except _NotAnEventError as error:
                        raise _fault(path, row.line, str(error)) from None
                elif row.severity == "error":
                    raise _fault(path, row.line, row.message)
    except OSError as error:
        raise InputError(f"{one_line(str(path))}: cannot be read: {error.strerror or error}.") from error


def _fault(path: Path, line: int | None, said: str) -> InputError:
    return InputError(
        f"{one_line(str(path))}, line {line}: {one_line(said, 300)}",
        hint="Nothing was brought in. Such files are made by rft-tui review export.",
    )


def _event(row: JsonObject) -> LogEvent:
    """The event of a row. Raises _NotAnEventError saying what keeps it from being one."""
    kind = row.get("kind")
    if kind not in list(EventKind):
        raise _NotAnEventError(f"kind must be one of {', '.join(EventKind)}")
    kind = EventKind(kind)
    version = row.get("grader_version")
    if version is not None:
        version = _fitting(row, "grader_version", _VERSION)
    row_id, key, content = None, "", ""
    if kind is EventKind.REFERENCE:
        row_id = _fitting(row, "row", _HASH)
    elif kind is not EventKind.UNDO:
        answer = row.get("answer")
        if not isinstance(answer, dict):
            raise _NotAnEventError("answer must say which answer it is about, with key and content")
        key, content = _fitting(answer, "key", _HASH), _fitting(answer, "content", _HASH)
    reviewer = _text(row, "reviewer", NAME_LIMIT)
    if not reviewer.strip():
        raise _NotAnEventError("reviewer must say who it was")
    return LogEvent(
        _fitting(row, "uid", _HASH), _fitting(row, "batch", _HASH), reviewer, _moment(row), kind, _value(row, kind),
        version, row_id, key, content, _facts(row.get("of")),
    )  # fmt: skip


def _text(row: JsonObject, key: str, limit: int) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise _NotAnEventError(f"{key} must be a text")
    if len(value) > limit:
        raise _NotAnEventError(f"{key} has {len(value):,} characters; at most {limit:,} are taken")
    return storable(value)


def _fitting(row: JsonObject, key: str, pattern: re.Pattern[str]) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise _NotAnEventError(f"{key} must be a hash in hexadecimal digits")
    return value


def _moment(row: JsonObject) -> str:
    value = row.get("at")
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            if datetime.fromisoformat(value).year <= _LAST_YEAR:
                return value
        except ValueError:
            pass
    raise _NotAnEventError("at must be a moment such as 2026-01-31T12:00:00.000+00:00")


def _value(row: JsonObject, kind: EventKind) -> str:
    if kind is EventKind.UNDO:
        return _fitting(row, "value", _HASH)
    value = _text(row, "value", TEXT_LIMIT)
    if kind is EventKind.VERDICT and value and value not in list(Verdict):
        raise _NotAnEventError(f"a verdict is one of {', '.join(Verdict)}")
    if kind in (EventKind.TAG, EventKind.UNTAG) and (not value or value != clean_tag(value)):
        raise _NotAnEventError("a tag is one line with no blanks around it")
    return value


def _facts(value: Any) -> JsonObject:
    """What is told of an answer, as far as it is short and plain."""
    if not isinstance(value, dict):
        return {}
    names = ("item", "dataset", "model", "effort", "prompt", "run_index", "simulated")
    told = {name: value[name] for name in names if name in value}
    return {
        name: one_line(storable(fact), NAME_LIMIT) if isinstance(fact, str) else fact
        for name, fact in told.items()
        if isinstance(fact, str) or fact is True or (type(fact) is int and abs(fact) < 10**9)
    }
