"""Names to complete: which of them fit at a place of a line, and what they are on the probe set's first row."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

from rft_tui.graders.formula_parser import can_be_written
from rft_tui.graders.sample import SAMPLE_NAMES, parse_output
from rft_tui.graders.template import RESERVED_FIELDS, PathParts, Reference
from rft_tui.safetext import one_line

MOST_NAMES = 300
"""Names that are offered at all."""

LONGEST_NAME = 120
"""Characters of a name that is offered."""

DEEPEST = 4
"""Keys behind one another in a name."""

VALUE = 60
"""Characters of a value beside its name."""

LONGEST_OUTPUT = 20_000
"""Characters of an output that is read as JSON for its names."""

_BEHIND = re.compile(r"[^\s{}]{0,120}\s?\}\}")
_WORD = re.compile(r"(?<![\w.])[^\W\d][\w-]*$")


@dataclass(frozen=True, slots=True)
class Name:
    """A name that can be put in, and in a few words what it stands for."""

    text: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """Names that fit: one of them and what `close` holds take the place of a line from `start` to before `end`."""

    start: int
    end: int
    names: tuple[Name, ...]
    close: str = ""


Completer: TypeAlias = Callable[[str, int], Offer | None]
"""What fits in a line at a column, None where nothing does."""


def no_names(_line: str, _column: int) -> Offer | None:
    """Nothing is completed."""
    return None


def template_names(names: Callable[[], tuple[Name, ...]]) -> Completer:
    """Completes inside ``{{``; `names` are those there are, asked for only then."""

    def offer(line: str, column: int) -> Offer | None:
        begun = line.rfind("{{", max(0, column - LONGEST_NAME), column)
        typed = line[begun + 2 : column]
        if begun < 0 or "}" in typed or "{" in typed:
            return None
        behind = _BEHIND.match(line, column)
        end = behind.end() if behind else column
        return _offered(begun + 2, end, typed.strip(), names(), "}}", is_done=behind is not None)

    return offer


def formula_names(names: Iterable[str]) -> Completer:
    """Completes the names of a formula's graders behind a first letter."""
    known = tuple(Name(name, "grader") for name in names if can_be_written(name))

    def offer(line: str, column: int) -> Offer | None:
        match = _WORD.search(line, max(0, column - LONGEST_NAME), column)
        if match is None or re.match(r"[\w-]", line[column : column + 1]):
            return None
        start = match.start()
        found = _offered(start, column, match.group(), known, "", is_done=True)
        last = match.group().rpartition("-")[2]
        if found is None and last and last != match.group():
            found = _offered(column - len(last), column, last, known, "", is_done=True)
        return found

    return offer


def _offered(start: int, end: int, typed: str, names: tuple[Name, ...], close: str, *, is_done: bool) -> Offer | None:
    """Names that begin with what was typed, then those that hold it; None where only that very name is left."""
    wanted = typed.casefold()
    first = [name for name in names if name.text.casefold().startswith(wanted)]
    others = [name for name in names if wanted in name.text.casefold() and name not in first]
    fitting = (*first, *others)
    if not fitting or (is_done and any(name.text == typed for name in fitting)):
        return None
    return Offer(start, end, fitting, close)


def item_names(rows: Iterable[Mapping[str, Any]]) -> tuple[Name, ...]:
    """The names of the items' fields and of what is inside them, with their values in the first row that has them."""
    found: dict[str, str] = {}
    for row in rows:
        for key, value in islice(row.items(), MOST_NAMES):
            if key not in RESERVED_FIELDS and len(key) <= LONGEST_NAME:
                _walk("item", (key,), value, found)
    return tuple(Name(text, about) for text, about in found.items())


def sample_names(output_text: str | None, model: str = "") -> tuple[Name, ...]:
    """The names of a sample, the keys of an output that is JSON among them; None where there is no output to show."""
    found: dict[str, str] = {}
    for name in SAMPLE_NAMES:
        if name == "output_json" and output_text and len(output_text) <= LONGEST_OUTPUT:
            try:
                _walk("sample", (name,), parse_output(output_text), found)
            except ValueError:
                found[f"sample.{name}"] = "where it is JSON"
            continue
        values = {"output_text": output_text or "", "model": model}
        found[f"sample.{name}"] = _shown(values.get(name, ""))
    return tuple(Name(text, about) for text, about in found.items())


def _walk(namespace: str, parts: PathParts, value: Any, found: dict[str, str]) -> None:
    if len(found) >= MOST_NAMES:
        return
    text = Reference(namespace, parts, 1).text
    if len(text) > LONGEST_NAME or "{" in text or "}" in text:
        return
    found.setdefault(text, _shown(value))
    if len(parts) < DEEPEST:
        for part, inner in _inside(value):
            _walk(namespace, (*parts, part), inner, found)


def _inside(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from ((key, inner) for key, inner in islice(value.items(), MOST_NAMES) if len(key) <= LONGEST_NAME)
    elif isinstance(value, list) and value:
        yield 0, value[0]


def _shown(value: Any) -> str:
    """A value on one short line; of what holds others only how much it holds."""
    if isinstance(value, str):
        return one_line(value, VALUE)
    if isinstance(value, dict):
        return f"an object with {len(value)} keys" if len(value) != 1 else "an object with 1 key"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return one_line(json.dumps(value), VALUE)
