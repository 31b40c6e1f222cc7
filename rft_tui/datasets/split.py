"""Parts of a dataset with named sizes: disjoint by content, seeded, the same whatever the order of the rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from rft_tui.datasets.conversation import value_text
from rft_tui.datasets.variables import path_steps, value_at
from rft_tui.errors import UsageError
from rft_tui.model import JsonObject

DEFAULT_SEED = 42
"""The seed unless one is said."""

NO_TEST_PART = (
    "There is a validation part but no test part. Choosing a checkpoint by the validation items and reporting its "
    "score on the same items makes the result look better than it is: keep a test part that is used once, at the end."
)
"""The warning for a split that has nothing to report results on."""


class Row(Protocol):
    """What splitting needs to know of a row; an Item is one."""

    @property
    def input_id(self) -> str:
        """The identity of the messages and tools."""

    @property
    def row_id(self) -> str:
        """The identity of the whole row."""

    @property
    def fields(self) -> JsonObject:
        """The fields beside messages and tools."""


@dataclass(frozen=True, slots=True)
class FieldFilter:
    """Rows whose field, as text, holds a match of a pattern; rows without the field do not pass."""

    field: str
    pattern: re.Pattern[str]

    @classmethod
    def parse(cls, text: str) -> FieldFilter:
        """The filter said by ``FIELD~REGEX``. Raises UsageError where it is not one."""
        field, sign, expression = text.partition("~")
        if not sign or not field:
            raise UsageError(f"{text!r} is no filter.", hint="Write FIELD~REGEX, for example topic~^geo.")
        try:
            return cls(field, re.compile(expression))
        except (re.error, RecursionError, OverflowError) as error:
            raise UsageError(f"{expression!r} is no regular expression: {error}.") from error

    def passes(self, fields: JsonObject) -> bool:
        """Whether the fields of a row pass; the field may be a path such as ``tags[0].name``."""
        try:
            value = fields[self.field] if self.field in fields else value_at(fields, path_steps(self.field))
        except LookupError:
            return False
        text = value_text(value)
        return text is not None and self.pattern.search(text) is not None


@dataclass(frozen=True, slots=True)
class Split:
    """The rows of each part, as ascending places in the rows given, and what is to be said about it."""

    parts: dict[str, list[int]]
    notes: tuple[str, ...]


def _rank(seed: int, identity: str) -> bytes:
    return sha256(f"{seed}:{identity}".encode()).digest()


def _passing(rows: Sequence[Row], where: FieldFilter | None) -> list[int]:
    return [place for place, row in enumerate(rows) if where is None or where.passes(row.fields)]


def _groups(rows: Sequence[Row], places: list[int], seed: int) -> list[list[int]]:
    """The places grouped by input, in the seed's order, which does not depend on the order of the rows."""
    groups: dict[str, list[int]] = {}
    for place in places:
        groups.setdefault(rows[place].input_id, []).append(place)
    return [groups[identity] for identity in sorted(groups, key=lambda identity: _rank(seed, identity))]


def split_rows(
    rows: Sequence[Row], sizes: Mapping[str, int], *, seed: int = DEFAULT_SEED, where: FieldFilter | None = None
) -> Split:
    """Draw parts of the named sizes, in the order they are named, from the rows that pass the filter.

    Rows with the same input always go to one part. A part gets fewer rows than asked where there are not enough (said
    in the notes). Raises UsageError for a size below 1 or no sizes.
    """
    if not sizes or any(size < 1 for size in sizes.values()):
        raise UsageError("Every part of a split needs a size of at least 1.", hint="For example --size train=100.")
    places = _passing(rows, where)
    parts: dict[str, list[int]] = {name: [] for name in sizes}
    free = dict(sizes)
    for group in _groups(rows, places, seed):
        name = next((name for name, room in free.items() if len(group) <= room), None)
        if name is not None:
            parts[name].extend(group)
            free[name] -= len(group)
            if not any(free.values()):
                break
    for part in parts.values():
        part.sort()
    notes = [
        f"{name}: {len(parts[name]):,} of the {size:,} rows asked for; {len(places):,} rows were there to choose from"
        for name, size in sizes.items()
        if len(parts[name]) < size
    ]
    folded = {name.casefold() for name in sizes}
    if folded & {"validation", "valid", "val", "dev"} and "test" not in folded:
        notes.append(NO_TEST_PART)
    return Split(parts, tuple(notes))


def sample_rows(
    rows: Sequence[Row], count: int, *, seed: int = DEFAULT_SEED, where: FieldFilter | None = None
) -> list[int]:
    """Draw at most `count` rows that pass the filter, each different row once, as ascending places.

    A larger count with the same seed keeps the rows of a smaller one. Raises UsageError for a count below 1.
    """
    if count < 1:
        raise UsageError("A sample needs at least one row.")
    distinct: dict[str, int] = {}
    for place in _passing(rows, where):
        distinct.setdefault(rows[place].row_id, place)
    ranked = sorted(distinct, key=lambda identity: _rank(seed, identity))
    return sorted(distinct[identity] for identity in ranked[:count])
