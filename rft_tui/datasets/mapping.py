"""Which fields of a row are the question and the reference, said by the person or guessed and then said to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal

from rft_tui.errors import UsageError
from rft_tui.model import JsonObject

Method = Literal["reinforcement", "supervised", "dpo", "generic"]
"""The shapes of a row: one for each training method, and any other with a question and a reference in some fields."""

METHODS: tuple[Method, ...] = ("reinforcement", "supervised", "dpo", "generic")
"""Every method, in the order they are offered."""

PROMPT_NAMES = (
    "prompt", "question", "input", "problem", "query", "instruction", "open ended verifiable question", "task", "text",
)  # fmt: skip
"""Field names that mean the question, most telling first; compared without case, blanks, hyphens or underscores."""

REFERENCE_NAMES = (
    "reference answer", "reference", "ground true answer", "ground truth", "ground truth answer", "gold answer", "gold",
    "correct answer", "expected answer", "expected output", "expected", "answer", "target", "solution", "label",
    "completion", "output",
)  # fmt: skip
"""Field names that mean the reference answer, most telling first."""

_BLANKS = re.compile(r"[\s_-]+")


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """Which fields of a row are what; None where a name is to be guessed.

    `other_fields` names the fields kept beside question and reference; None keeps them all.
    """

    prompt_field: str | None = None
    reference_field: str | None = None
    messages_field: str | None = None
    other_fields: tuple[str, ...] | None = None

    @property
    def reshapes(self) -> bool:
        """Whether rows are to be read by this mapping though they may have messages of their own."""
        return self.prompt_field is not None or self.messages_field not in (None, "messages")


@dataclass(frozen=True, slots=True)
class RowShape:
    """How the rows of one file are read: the method, the complete mapping, and what was guessed, in sentences."""

    method: Method
    mapping: FieldMapping
    notes: tuple[str, ...] = ()


def _folded(name: str) -> str:
    return _BLANKS.sub("", name).casefold()


def guess_field(fields: Iterable[str], names: Sequence[str]) -> str | None:
    """The field whose name is the most telling of `names`, or None."""
    known = {_folded(field): field for field in reversed(list(fields))}
    return next((known[folded] for name in names if (folded := _folded(name)) in known), None)


def _method_of(value: JsonObject) -> Method:
    if "preferred_output" in value or "preferred_completion" in value:
        return "dpo"
    if "messages" not in value:
        return "generic"
    messages = value["messages"]
    if isinstance(messages, str) and messages.lstrip().startswith("["):
        return "generic"
    last = messages[-1] if isinstance(messages, list) and messages else None
    answered = isinstance(last, dict) and last.get("role") == "assistant"
    return "supervised" if answered and guess_field(value, REFERENCE_NAMES) is None else "reinforcement"


def detect_method(values: Sequence[JsonObject]) -> Method:
    """The method that most of the given rows are written for; the earlier one of `METHODS` where two are equal."""
    counts = dict.fromkeys(METHODS, 0)
    for value in values:
        counts[_method_of(value)] += 1
    return max(METHODS, key=lambda method: counts[method])


def _as_in_the_file(given: FieldMapping, fields: Sequence[str]) -> FieldMapping:
    """The names that were given, without blanks around them where the file has them so.

    Raises UsageError for a reference field that none of the rows has: the items would come in without references.
    """
    name = given.reference_field
    if name is None or not fields or name in fields:
        return given
    if name.strip() in fields:
        return replace(given, reference_field=name.strip())
    near = get_close_matches(name, fields, 1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Fields here: {', '.join(map(repr, fields[:12]))}."
    raise UsageError(f"none of the first rows has a field {name!r} for the reference", hint=hint)


def choose_shape(
    values: Sequence[JsonObject], method: Method | None = None, mapping: FieldMapping | None = None
) -> RowShape:
    """How to read rows like these first ones; names that were not given are guessed and the guess is noted."""
    given = mapping or FieldMapping()
    if given.reshapes:
        chosen: Method = "generic"
    else:
        chosen = method or detect_method(values)
    fields = list(dict.fromkeys(key for value in values for key in value))
    given = _as_in_the_file(given, fields)
    notes: list[str] = []
    if chosen == "generic" and given.prompt_field is None and given.messages_field is None:
        found = guess_field(fields, ("messages", *PROMPT_NAMES))
        if found is not None:
            is_messages = _folded(found) == "messages"
            given = replace(given, messages_field=found) if is_messages else replace(given, prompt_field=found)
            notes.append(f"the question is taken from the field {found!r}")
    if chosen in ("generic", "reinforcement") and given.reference_field is None:
        taken = {given.prompt_field, given.messages_field}
        found = guess_field((field for field in fields if field not in taken), REFERENCE_NAMES)
        if found is not None:
            given = replace(given, reference_field=found)
            if found != "reference_answer":
                notes.append(f"the reference answer is taken from the field {found!r}")
    return RowShape(chosen, given, tuple(notes))
