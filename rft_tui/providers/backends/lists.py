"""Lists of a service page by page: each entry once, without end only as far as is sensible, and never in a circle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from rft_tui.errors import ServiceError
from rft_tui.model import JsonObject
from rft_tui.providers.reading import objects_of

if TYPE_CHECKING:
    from rft_tui.providers.service import ModelService, ServiceAnswer

PAGE = 100
"""Entries of a page that are asked for."""

LARGE_BYTES = 2**20
"""Answers from this size on are read in a thread, so that other work goes on."""

LONGEST_ID = 1000
"""Characters of an id; anything longer is none."""


async def ask_json(
    service: ModelService, method: str, path: str, *, body: JsonObject | None = None, repeatable: bool = False
) -> Any:
    """The JSON of an answer. Raises ServiceError with an `outcome`."""
    answer = await service.request(method, path, body=body, repeatable=repeatable)
    return await read_json(answer)


async def read_json(answer: ServiceAnswer) -> Any:
    """The JSON of an answer that may be large. Raises ServiceError with the outcome ``malformed``."""
    if len(answer.content) < LARGE_BYTES:
        return answer.json()
    return await asyncio.to_thread(answer.json)


def in_path(remote_id: str) -> str:
    """An id as one part of a path, whatever a service or a person put into it.

    Raises ServiceError where it cannot be an id.
    """
    if not remote_id.strip(".") or len(remote_id) > LONGEST_ID:
        raise ServiceError(f"{remote_id[:40]!r} is no id", outcome="not_found")
    return quote(remote_id, safe="", errors="replace")


async def listed(
    service: ModelService,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    most: int,
    after: str | None = None,
    page: int = PAGE,
    first_page: int | None = None,
) -> AsyncIterator[JsonObject]:
    """The objects of a list, at most `most`, from the one behind `after` on; `page` of them are asked for at once.

    What the end of one page and the next have in common comes once. Raises ServiceError: ``malformed`` where an answer
    is no list, where no place is said from which it goes on, or where it comes back to a place where it was.
    """
    cursors = {after} if after else set()
    sizes = chain([first_page] if first_page else [], iter(lambda: page, 0))
    before: frozenset[str] = frozenset()
    count = 0
    while True:
        asked = {**(query or {}), "limit": str(next(sizes)), **({"after": after} if after else {})}
        found = await ask_json(service, "GET", f"{path}?{urlencode(asked, errors='replace')}", repeatable=True)
        if not isinstance(found, dict) or not isinstance(found.get("data"), list):
            raise ServiceError(f"the service's answer to {path} is no list", outcome="malformed")
        entries = objects_of(found["data"])
        ids = [_id(entry.get("id")) for entry in entries]
        goes_on = found.get("has_more") is True and bool(entries)
        following = (ids[-1] or _id(found.get("last_id"))) if goes_on else ""
        if following in cursors:
            raise ServiceError(f"the service's list of {path} comes back to where it was", outcome="malformed")
        for one, entry in zip(ids, entries, strict=True):
            if one and one in before:
                continue
            yield entry
            count += 1
            if count == most:
                return
        if not goes_on:
            return
        if not following:
            raise ServiceError(f"the service's list of {path} does not say where it goes on", outcome="malformed")
        after = following
        cursors.add(after)
        before = frozenset(ids)


def _id(value: Any) -> str:
    """An id as it came, empty for anything that is none."""
    return value if isinstance(value, str) and len(value) <= LONGEST_ID else ""
