"""Pages of lists, as every list of the service has them."""

from __future__ import annotations

from collections.abc import Sequence
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


def page(rows: Sequence[Listed], query: JsonObject, *, most: int, default: int) -> JsonObject:
    """The rows after the id ``after`` of a query, ``limit`` of them at most. Raises RequestError."""
    try:
        limit = int(query.get("limit", default))
    except ValueError:
        limit = 0
    if not 1 <= limit <= most:
        raise RequestError(f"limit must be an integer from 1 to {most}.", param="limit", code="invalid_value")
    begin = 0
    if after := query.get("after"):
        begin = next((number + 1 for number, row in enumerate(rows) if row.id == after), len(rows))
    data = [row.as_json() for row in rows[begin : begin + limit]]
    shown: JsonObject = {"object": "list", "data": data, "has_more": begin + limit < len(rows)}
    return {**shown, "first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else shown
