"""Ordering fixtures: answers to one item from the best to the worst, and whether a grader ranks them so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rft_tui.errors import InputError
from rft_tui.graders.template import RESERVED_FIELDS
from rft_tui.model import JsonObject

MAX_ANSWERS = 100
"""Answers of one ordering."""

_SHAPE = 'A line is {"item": {…fields…} or a row id, "answers": ["best", …, "worst"]}.'


@dataclass(frozen=True, slots=True)
class Ordering:
    """Answers to one item, each better than the next. The item is a row id (or its beginning), or its fields."""

    item: str | JsonObject
    answers: tuple[str, ...]

    @property
    def label(self) -> str:
        """The row id, or the fields as a text."""
        return self.item if isinstance(self.item, str) else json.dumps(self.item, ensure_ascii=False)


def read_orderings(text: str, where: str) -> list[Ordering]:
    """The orderings of a JSON Lines text; InputError names the line that is none."""
    found: list[Ordering] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{where}, line {number}: this is no JSON", hint=_SHAPE) from error
        found.append(_ordering(value, f"{where}, line {number}"))
    return found


def inversions(scores: Sequence[float | None], least: float) -> list[int]:
    """The places (from 0) of answers that do not score more than the next one, or by less than `least`.

    A score that is missing makes both of its comparisons fail.
    """
    return [
        place
        for place, (better, worse) in enumerate(pairwise(scores))
        if better is None or worse is None or not better > worse or better - worse < least - 1e-12
    ]


def _ordering(value: Any, where: str) -> Ordering:
    if not isinstance(value, dict):
        raise InputError(f"{where}: this is no object", hint=_SHAPE)
    item, answers = value.get("item"), value.get("answers")
    if not (isinstance(item, str) and item) and not isinstance(item, dict):
        raise InputError(f"{where}: item must be a row id or the fields of an item", hint=_SHAPE)
    if not isinstance(answers, list) or not all(isinstance(answer, str) for answer in answers):
        raise InputError(f"{where}: answers must be a list of texts", hint=_SHAPE)
    if not 2 <= len(answers) <= MAX_ANSWERS:
        raise InputError(f"{where}: an ordering has 2 to {MAX_ANSWERS} answers, not {len(answers)}", hint=_SHAPE)
    if isinstance(item, dict):
        item = {key: held for key, held in item.items() if key not in RESERVED_FIELDS}
    return Ordering(item, tuple(answers))
