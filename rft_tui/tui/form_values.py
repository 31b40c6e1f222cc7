"""Reading what stands in a form, field by field; what cannot be meant is kept as that field's problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from rft_tui.errors import RftError

Value = TypeVar("Value")

LONGEST_NUMBER = 12
"""Digits of a whole number that is taken."""


class ValuesReader:
    """Reads values one by one and keeps what is wrong, by field.

    `proposals` stand where nothing is given; paths are meant from `folder` on.
    """

    def __init__(self, values: Mapping[str, str], folder: Path, proposals: Mapping[str, str] | None = None) -> None:
        self._values = {**(proposals or {}), **values}
        self._folder = folder
        self.problems: dict[str, str] = {}

    def text(self, name: str) -> str:
        """What stands in a field; empty where nothing does."""
        return self._values.get(name, "").strip()

    def take(self, name: str, read: Callable[[str], Value]) -> Value | None:
        """What a field's text means; None where it is empty, or where `read` raises RftError, ValueError or
        RuntimeError: then that is the field's problem."""
        text = self.text(name)
        if not text:
            return None
        try:
            return read(text)
        except RftError as error:
            self.problems[name] = error.message
        except (ValueError, RuntimeError) as error:
            self.problems[name] = str(error)
        return None

    def path(self, text: str) -> Path:
        """A path as a person writes it. Raises RuntimeError where there is no home folder."""
        path = Path(text).expanduser() if text.startswith("~/") else Path(text)
        return path if path.is_absolute() else self._folder / path


def whole(text: str) -> int:
    """A whole number. Raises ValueError."""
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > LONGEST_NUMBER:
        raise ValueError("a whole number")
    return int(text)
