"""Whether jobs can be created at a service: what was announced, and what the service says when it is asked."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from rft_tui.errors import ServiceError
from rft_tui.providers.backends.lists import ask_json, in_path
from rft_tui.providers.backends.wind_down import base_ending, jobs_ending
from rft_tui.providers.models import ServiceModel
from rft_tui.providers.reading import name_of, object_of

if TYPE_CHECKING:
    from rft_tui.providers.service import ModelService

UNREADABLE = "this service's answer about fine-tuning jobs cannot be read"


async def why_no_jobs(service: ModelService, today: date, model: str = "") -> str:
    """Why no job (of a base model) can be created at a service, in a sentence; empty where nothing speaks against it.

    A service's own `shutdown_date` of a model goes before what was announced. Raises ServiceError where the service
    cannot be asked.
    """
    ending = jobs_ending(service.profile, today)
    if ending.is_past:
        return ending.message
    if reason := await _refusal(service):
        return reason
    if not model:
        return ""
    end = base_ending(service.profile, model, await _served(service, model), today)
    return end.message if end.is_past else ""


async def _refusal(service: ModelService) -> str:
    """What speaks against jobs in how the service answers for their list."""
    try:
        found = await ask_json(service, "GET", "/fine_tuning/jobs?limit=1", repeatable=True)
    except ServiceError as error:
        if error.outcome == "not_found":
            return "this service has no fine-tuning"
        if error.outcome == "permission":
            return f"this key may not use fine-tuning: {error.message}"
        if error.outcome == "malformed":
            return UNREADABLE
        raise
    return "" if isinstance(object_of(found).get("data"), list) else UNREADABLE


async def _served(service: ModelService, model: str) -> ServiceModel | None:
    """A model as the service shows it, None where it says nothing of its end."""
    try:
        found = object_of(await ask_json(service, "GET", f"/models/{in_path(model)}", repeatable=True))
        day = date.fromisoformat(name_of(found.get("shutdown_date"))).isoformat()
    except (ServiceError, ValueError):
        return None
    return ServiceModel(model, shutdown_date=day)
