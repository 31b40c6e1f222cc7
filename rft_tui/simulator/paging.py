"""Pages of lists, as every list of the service has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from rft_tui.model import JsonObject
from rft_tui.simulator.rejection import RequestError


class Listed(Protocol):
    """Something with an id that a list shows."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    def as_json(self) -> JsonObject:
        """What the list shows of it."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """Something with an id whose JSON is made when a page shows it."""

    id: str
    make: Callable[[], JsonObject]

    def as_json(self) -> JsonObject:
        """What the list shows of it."""
        return self.make()


def page(rows: Sequence[Listed], query: JsonObject, *, most: int, default: int) -> JsonObject:
    """The rows after the id ``after`` of a query, ``limit`` of them at most. Raises RequestError."""

    def place(given: str) -> int:
        return next((number + 1 for number, row in enumerate(rows) if row.id == given), len(rows))

    begin, end = window(query, len(rows), place, most=most, default=default)
    data = [row.as_json() for row in rows[begin:end]]
    shown: JsonObject = {"object": "list", "data": data, "has_more": end < len(rows)}
    return {**shown, "first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else shown


def window(query: JsonObject, count: int, place: Callable[[str], int], *, most: int, default: int) -> tuple[int, int]:
    """Where the page that a query asks for begins and ends in a list of so many rows; `place` finds the row behind an
    id. Raises RequestError."""
    try:
        limit = int(query.get("limit", default))
    except ValueError:
        limit = 0
    if not 1 <= limit <= most:
        raise RequestError(f"limit must be an integer from 1 to {most}.", param="limit", code="invalid_value")
    begin = place(query["after"]) if query.get("after") else 0
    return begin, min(count, begin + limit)
