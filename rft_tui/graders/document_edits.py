"""One value of a grader's JSON text replaced, put in or taken out in its place; all other characters stay."""

from __future__ import annotations

import json
import re
from typing import Any, TypeAlias

from rft_tui.errors import GraderSpecError
from rft_tui.graders.json_spans import Span, parse_spans, value_at
from rft_tui.graders.text_change import difference
from rft_tui.safetext import one_line

PartPath: TypeAlias = tuple[str | int, ...]
"""Names and places from the top of the text to a value."""

_ESCAPE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.")

INDENT = "  "
"""What a level is indented by in a text that does not show it."""


def with_part(text: str, path: PartPath, value: Any) -> str:
    """The text with another value at a path; a key that is missing in its object is put at that object's end.

    An equal value changes nothing, and of a text only what differs is spelt anew. Raises GraderSpecError where there is
    no such place, or the value is no JSON.
    """
    span = parse_spans(text)
    found = _at(span, path)
    if found is None:
        return _inserted(text, span, path, value)
    before = value_at(text, found)
    if _plain(before) == _plain(value):
        return text
    old = text[found.start : found.end]
    escaped = "\\u" in old and old.isascii()
    if isinstance(before, str) and isinstance(value, str):
        return text[: found.start] + _respelt(old, before, value, escaped) + text[found.end :]
    over = _step(text, span) if "\n" in old else ""
    return text[: found.start] + _encoded(value, _indent(text, found.start), over, escaped) + text[found.end :]


def with_entry(text: str, path: PartPath, number: int, value: Any) -> str:
    """The text with a new entry in a list, before the one of that number or at the end, laid out as its neighbours.

    Raises GraderSpecError where there is no such list, or the value is no JSON.
    """
    span = parse_spans(text)
    holder = _at(span, path)
    if holder is None or holder.kind != "list":
        raise GraderSpecError(f"there is no list {_shown(path)} in the grader")
    items = holder.items
    if not items:
        made = _encoded(value, _indent(text, holder.start), "", False)
        return f"{text[: holder.start]}[{made}]{text[holder.end :]}"
    blanks = _blanks(text, holder, [one.start for one in items], [one.end for one in items])
    neighbour = items[max(0, min(number, len(items)) - 1)]
    one_row = neighbour.kind in ("object", "list") and "\n" not in text[neighbour.start : neighbour.end]
    over = _step(text, span) if "\n" in blanks and not one_row else ""
    made = _encoded(value, blanks.rpartition("\n")[2], over, False)
    if number <= 0:
        return f"{text[: items[0].start]}{made},{blanks}{text[items[0].start :]}"
    return f"{text[: neighbour.end]},{blanks}{made}{text[neighbour.end :]}"


def without_part(text: str, path: PartPath) -> str:
    """The text without a member or an entry of a list; as it is where there is none. Raises JsonTextError."""
    span = parse_spans(text)
    found, holder = _at(span, path), _at(span, path[:-1])
    if not path or found is None or holder is None:
        return text
    entries = [(holder.key_starts[key], each.end) for key, each in holder.members.items()]
    entries += [(each.start, each.end) for each in holder.items]
    number = next(at for at, (_start, end) in enumerate(entries) if end == found.end)
    start, end = entries[number]
    if number + 1 < len(entries):
        end = entries[number + 1][0]
    elif number:
        start = entries[number - 1][1]
    return text[:start] + text[end:]


def _at(span: Span, path: PartPath) -> Span | None:
    found: Span | None = span
    for key in path:
        found = None if found is None else found.inner(key)
    return found


def _plain(value: Any) -> str | None:
    """The value in one spelling, None where it is no JSON."""
    try:
        return json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return None


def _encoded(value: Any, indent: str, over: str, escaped: bool) -> str:
    """A value as JSON; an object or a list goes over lines where `over` says by what a level is indented."""
    nested = bool(over) and isinstance(value, dict | list)
    try:
        made = json.dumps(value, ensure_ascii=escaped, allow_nan=False, indent=over.lstrip("\r") if nested else None)
    except (TypeError, ValueError, RecursionError) as error:
        raise GraderSpecError("the value cannot be written as JSON") from error
    if not made.isascii() and any("\ud800" <= sign <= "\udfff" for sign in made):
        return _encoded(value, indent, over, escaped=True)
    line_end = "\r\n" if over.startswith("\r") else "\n"
    return made.replace("\n", f"{line_end}{indent}") if nested else made


def _respelt(old: str, before: str, value: str, escaped: bool) -> str:
    """A text as JSON that keeps the spelling of what it has in common with the one before."""
    change = difference(before, value)
    start, end = _spelt_at(old, change.start), _spelt_at(old, change.end)
    made = old[:start] + _encoded(change.inserted, "", "", escaped)[1:-1] + old[end:]
    return made if json.loads(made) == value else _encoded(value, "", "", escaped)


def _spelt_at(spelt: str, position: int) -> int:
    """Where a character of a text stands in its JSON spelling, quotes included."""
    place = position + 1
    for escape in _ESCAPE.finditer(spelt):
        if escape.start() >= place:
            break
        place += len(escape.group()) - 1
    return place


def _step(text: str, span: Span) -> str:
    """What a level is indented by, behind a carriage return where lines end with one."""
    starts = [*span.key_starts.values(), *(one.start for one in span.items)]
    first = starts[0] if starts else span.start
    blanks = _indent(text, first) if "\n" in text[span.start : first] else ""
    return ("\r" if "\r\n" in text else "") + (blanks or INDENT)


def _indent(text: str, position: int) -> str:
    """The blanks that begin the line of a place."""
    start = text.rfind("\n", 0, position) + 1
    line = text[start:position]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _blanks(text: str, holder: Span, starts: list[int], ends: list[int]) -> str:
    """What stands between a comma and the next entry of an object or a list that has entries."""
    between = text[ends[-2] : starts[-1]].partition(",")[2] if len(ends) > 1 else text[holder.start + 1 : starts[0]]
    return between or ("" if len(ends) > 1 else " ")


def _inserted(text: str, span: Span, path: PartPath, value: Any) -> str:
    """The text with a new member at the end of an object, laid out as the members before it."""
    holder = _at(span, path[:-1])
    key = path[-1] if path else ""
    if holder is None or holder.kind != "object" or not isinstance(key, str):
        raise GraderSpecError(f"there is no {_shown(path)} in the grader")
    named = json.dumps(key)
    starts, ends = list(holder.key_starts.values()), [each.end for each in holder.members.values()]
    if not starts:
        return text[: holder.start] + f"{{{named}: {_encoded(value, '', '', False)}}}" + text[holder.end :]
    blanks = _blanks(text, holder, starts, ends)
    made = _encoded(value, blanks.rpartition("\n")[2], _step(text, span) if "\n" in blanks else "", False)
    return f"{text[: ends[-1]]},{blanks}{named}: {made}{text[ends[-1] :]}"


def _shown(path: PartPath) -> str:
    return one_line(".".join(map(str, path)), 60) or "value"
