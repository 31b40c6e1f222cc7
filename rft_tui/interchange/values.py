"""Values of a foreign row, each of the type it must have or a clear error naming file, line and key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rft_tui.datasets.read import read_rows
from rft_tui.datasets.rows import RawRow
from rft_tui.errors import InputError
from rft_tui.interchange.foreign import Place, bad_row
from rft_tui.model import Grade, GradeError, JsonObject, PredictionError
from rft_tui.providers.reading import LARGEST_COUNT, number_of

LONGEST = 1e15
"""Seconds beyond which nothing is a duration or a moment; sums over any number of predictions stay finite."""

_WORDS = {str: "a text", bool: "true or false", int: "a number", float: "a number", dict: "an object", list: "a list"}


def rows_of(path: Path) -> Iterator[tuple[Place, JsonObject]]:
    """The rows of a JSON list or of JSON Lines, one held at a time; InputError at the first that cannot be read."""
    number = 0
    for entry in read_rows(path):
        if isinstance(entry, RawRow):
            number += 1
            yield Place(number, entry.line), entry.value
        elif entry.severity == "error":
            where = f"{entry.key}: " if entry.key else ""
            raise bad_row(path, Place(number + 1, entry.line or 1), f"{where}{entry.message}")


class Values:
    """One object of a row, read key by key."""

    def __init__(self, path: Path, place: Place, value: JsonObject, prefix: str = "") -> None:
        self._path = path
        self._place = place
        self._value = value
        self._prefix = prefix

    def wrong(self, key: str, must: str) -> InputError:
        """The error for a key whose value is of the wrong type."""
        value = self._value.get(key)
        found = "missing" if key not in self._value else _WORDS.get(type(value), "null")
        return bad_row(self._path, self._place, f"{self._prefix}{key} must be {must}; it is {found}")

    def text(self, key: str) -> str:
        """A text that must be there."""
        value = self._value.get(key)
        if not isinstance(value, str):
            raise self.wrong(key, "a text")
        return value

    def optional_text(self, key: str) -> str | None:
        """A text, None where there is none or an empty one."""
        value = self._value.get(key)
        if value is not None and not isinstance(value, str):
            raise self.wrong(key, "a text")
        return value or None

    def count(self, key: str, *, least: int = 0) -> int | None:
        """A whole number from `least` up, None where there is none."""
        value = self._value.get(key)
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= LARGEST_COUNT:
            raise self.wrong(key, f"a whole number from {least}")
        return value

    def seconds(self, key: str) -> float | None:
        """A duration in seconds, None where there is none."""
        value = self._value.get(key)
        if value is None:
            return None
        number = number_of(value)
        if number is None or not 0 <= number <= LONGEST:
            raise self.wrong(key, "a number of seconds from 0")
        return number

    def item_row(self, key: str) -> JsonObject:
        """An item's row; a bare text or a bare list of messages becomes one with messages only."""
        value = self._value.get(key)
        if isinstance(value, str):
            return {"messages": [{"role": "user", "content": value}]}
        if isinstance(value, list):
            return {"messages": value}
        if not isinstance(value, dict):
            raise self.wrong(key, "an object with messages")
        return value

    def summary(self, key: str) -> str | None:
        """A reasoning summary: a text, or a list of texts or of objects with a text, which become paragraphs."""
        value = self._value.get(key)
        if isinstance(value, list):
            parts = [part.get("text") if isinstance(part, dict) else part for part in value]
            if not all(isinstance(part, str) for part in parts):
                raise self.wrong(key, "a text or a list of texts")
            return "\n\n".join(part for part in parts if part) or None
        if value is not None and not isinstance(value, str):
            raise self.wrong(key, "a text or a list of texts")
        return value or None

    def error(self, key: str, finish_reason: Any = None) -> PredictionError | None:
        """Why there is no answer: a text, or an object with kind and message; None where all went well."""
        value = self._value.get(key)
        if value is None or value == "" or value is False:
            return None
        kind = "incomplete" if finish_reason in ("length", "incomplete") else "other"
        if isinstance(value, str):
            return PredictionError(kind, value)
        if isinstance(value, dict):
            said = value.get("kind")
            message = value.get("message")
            if isinstance(message, str) and (said is None or isinstance(said, str)):
                return PredictionError(said or kind, message)
        raise self.wrong(key, "a text or an object with a message")

    def grade(self, key: str, error: PredictionError | None) -> Grade | None:
        """The score that was given elsewhere, None where the row has no such key.

        A prediction without an answer keeps its error, whatever number stands beside it; a null score is an error too.
        """
        if key not in self._value:
            return None
        if error is not None:
            return Grade(None, error=GradeError("prediction", error.message))
        value = self._value[key]
        if value is None:
            return Grade(None, error=GradeError("other_error", "the file has no score for this prediction"))
        number = float(value) if isinstance(value, bool) else number_of(value)
        if number is None:
            raise self.wrong(key, "a number")
        return Grade(number)
