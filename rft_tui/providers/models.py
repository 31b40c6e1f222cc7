"""The models of a service, and which of them end when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from rft_tui.errors import ServiceError
from rft_tui.providers.reading import LONGEST_NAME, count_of, name_of, object_of, objects_of, text_of

if TYPE_CHECKING:
    from rft_tui.providers.service import ModelService

MOST_MODELS = 10_000
"""Models of a service that are read."""

_SHUT_DOWN: tuple[tuple[str, str], ...] = (
    (
        "2026-10-23",
        "o4-mini o4-mini-2025-04-16 o1 o1-pro o3-mini gpt-4.1-nano gpt-3.5-turbo gpt-4 gpt-4-turbo gpt-4o-2024-05-13",
    ),
    ("2026-12-11", "gpt-5 gpt-5-mini gpt-5-nano gpt-5-pro o3 o3-pro"),
    ("2027-01-14", "gpt-4o-2024-08-06 gpt-4o-2024-11-20 gpt-4o-mini-2024-07-18 gpt-4.1 gpt-4.1-mini"),
    ("2027-04-01", "gpt-5.1"),
)

SHUT_DOWNS: dict[str, str] = {name: day for day, names in _SHUT_DOWN for name in names.split()}
"""Announced ends by model, from OpenAI's page of deprecations in November 2026; a fine-tune ends with its base."""


@dataclass(frozen=True, slots=True)
class ServiceModel:
    """A model that a service offers; `created` in seconds of the epoch, `shutdown_date` as YYYY-MM-DD or empty."""

    id: str
    created: int | None = None
    owned_by: str = ""
    shutdown_date: str = ""


async def list_models(service: ModelService) -> list[ServiceModel]:
    """The models of a service by name. Raises ServiceError."""
    answer = object_of((await service.request("GET", "/models", repeatable=True)).json())
    if not isinstance(answer.get("data"), list):
        raise ServiceError("the service's list of models has no data", outcome="malformed")
    found = {
        name: ServiceModel(
            name, count_of(one.get("created")), name_of(one.get("owned_by")), _day(name_of(one.get("shutdown_date")))
        )
        for one in objects_of(answer["data"])[:MOST_MODELS]
        if (name := text_of(one.get("id"))) and len(name) <= LONGEST_NAME
    }
    return [found[name] for name in sorted(found)]


def retirement(model: ServiceModel | str, today: date) -> str:
    """A warning where a model has ended or has a day on which it will; empty where nothing is known.

    A service's own `shutdown_date` goes before the announced ones.
    """
    name = model if isinstance(model, str) else model.id
    day = "" if isinstance(model, str) else model.shutdown_date
    day = day or announced_end(name)
    if not day:
        return ""
    if date.fromisoformat(day) <= today:
        return f"{name} was shut down on {day}"
    left = (date.fromisoformat(day) - today).days
    return f"{name} will be shut down on {day}, in {left} day{'' if left == 1 else 's'}"


def announced_end(name: str) -> str:
    """The announced last day of a model of OpenAI's own service, or of a fine-tune's base; empty for none."""
    base = name.split(":", 2)[1] if name.startswith("ft:") and name.count(":") > 1 else name
    return SHUT_DOWNS.get(base) or SHUT_DOWNS.get(re.sub(r"-\d{4}-\d{2}-\d{2}$", "", base), "")


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""
