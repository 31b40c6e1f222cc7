"""The input file of a batch: checked as a whole before anything is answered, then read line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, NoReturn

from rft_tui.model import JsonObject

MOST_LINES = 50_000
MOST_BYTES = 200 * 1024 * 1024
MOST_LINE_BYTES = 16_000_000
MOST_ERRORS = 20
"""Errors of a file that are named."""


class Line(NamedTuple):
    """One request of a batch, and the bytes of its body for telling repeats."""

    custom_id: str
    body: JsonObject
    encoded: bytes


class CheckedLines(NamedTuple):
    """What a file holds: how many lines, the model they ask, and what is wrong with it."""

    total: int
    model: str
    errors: list[JsonObject]


def refuse_constant(constant: str) -> NoReturn:
    """JSON has no NaN and no Infinity."""
    raise ValueError(f"{constant} is not JSON")


def check_lines(path: Path, endpoint: str) -> CheckedLines:
    """Look through a whole file."""
    errors: list[JsonObject] = []
    seen: set[bytes] = set()
    model, total = "", 0

    def say(code: str, message: str, number: int | None) -> None:
        if len(errors) < MOST_ERRORS:
            errors.append({"code": code, "message": message, "param": None, "line": number})

    if path.stat().st_size > MOST_BYTES:
        say("file_too_large", f"The file is larger than {MOST_BYTES} bytes.", None)
        return CheckedLines(0, "", errors)
    for number, line in _raw_lines(path):
        total += 1
        if total > MOST_LINES:
            say("too_many_tasks", f"The file has more than {MOST_LINES} lines.", None)
            break
        found = _parse(line, endpoint)
        if isinstance(found, tuple):
            say(*found, number)
            continue
        custom_id = blake2b(found["custom_id"].encode("utf-8", "surrogatepass"), digest_size=12).digest()
        if custom_id in seen:
            say("duplicate_custom_id", "The custom_id stands in an earlier line too.", number)
        seen.add(custom_id)
        asked = found["body"].get("model")
        model = model or (asked if isinstance(asked, str) else "")
        if asked != model:
            say("mismatched_model", "All lines of a file must ask the same model.", number)
    if not total:
        say("empty_file", "The file has no lines.", None)
    return CheckedLines(total, model, errors)


def lines_of(path: Path, endpoint: str) -> Iterator[Line]:
    """The requests of a file that was found good."""
    for _number, line in _raw_lines(path):
        found = _parse(line, endpoint)
        if not isinstance(found, tuple):
            encoded = json.dumps(found["body"], sort_keys=True).encode()
            yield Line(found["custom_id"], found["body"], encoded)


def _raw_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MOST_LINE_BYTES):
            number += 1
            if line.strip():
                yield number, line


def _parse(line: bytes, endpoint: str) -> JsonObject | tuple[str, str]:
    """A line's object, or the code and message of what is wrong with it."""
    try:
        value = json.loads(line, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        return "invalid_json_line", "The line is not a JSON object."
    if not isinstance(value, dict) or not isinstance(value.get("body"), dict):
        return "invalid_json_line", "The line is not a JSON object with a body."
    if not isinstance(value.get("custom_id"), str) or not value["custom_id"]:
        return "missing_required_parameter", "The line has no custom_id."
    if value.get("method") != "POST":
        return "invalid_method", "The method must be POST."
    if value.get("url") != endpoint:
        return "mismatched_url", "The url must be the endpoint of the batch."
    return value
