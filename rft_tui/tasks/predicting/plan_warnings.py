"""What is worth saying before a plan spends money: models that end, efforts they do not take, parameters left out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from rft_tui.errors import ServiceError
from rft_tui.providers import chat, responses
from rft_tui.providers.calls import ModelCall
from rft_tui.providers.efforts import efforts_of
from rft_tui.providers.models import ServiceModel, list_models, retirement
from rft_tui.providers.prices import price_of
from rft_tui.providers.profiles import NamedProfile
from rft_tui.tasks.predicting.planned_run import PlannedRun
from rft_tui.tasks.predicting.requests import PredictRequest

MODELS_WITHIN_S = 10.0
"""How long a service may take to tell its models before a plan does without."""


def warnings_of(
    request: PredictRequest, runs: Sequence[PlannedRun], profile: NamedProfile, *, today: date | None = None
) -> Iterator[str]:
    """Warnings of a plan that need no network."""
    if failed := sum(run.failed for run in runs):
        yield f"{failed:,} items had an error before and are asked again"
    if request.no_cache:
        first = min(run.key.run_index for run in runs)
        yield f"nothing is taken from the cache: the runs are new ones, from run index {first} on"
    if profile.is_simulated:
        yield "SIMULATED: the embedded service answers; its numbers say nothing about a model"
    if request.spend_cap is not None:
        asked = dict.fromkeys(request.models)
        if unpriced := [model for model in asked if price_of(profile, model) is None]:
            yield f"the spend cap cannot hold for {', '.join(unpriced)}: no price is known; cap tokens instead"
    for model in request.models:
        if not profile.is_loopback and (ends := retirement(model, today or date.today())):
            yield ends
        known = efforts_of(model)
        for effort in request.efforts:
            if effort and effort not in known:
                takes = ", ".join(known) if known else "none: it does not reason"
                yield f"{model} is not known to take the effort {effort} (it takes {takes})"
    form = chat if profile.profile.api == "chat" else responses
    for name in form.ignored(ModelCall("", [], parameters=request.parameters)):
        yield f"{name} is not sent: {profile.profile.api} has no place for it"


async def served_warnings(
    profile: NamedProfile, state_folder: Path, models: Sequence[str], *, today: date | None = None
) -> list[str]:
    """What the service itself says of models before they are asked: an end, or that it does not list them.

    Empty where it cannot be asked in time: that is said when the models are.
    """
    from rft_tui.providers.service import ModelService

    try:
        async with ModelService(profile, folder=state_folder) as service:
            async with asyncio.timeout(MODELS_WITHIN_S):
                listed = {model.id: model for model in await list_models(service)}
    except (ServiceError, TimeoutError):
        return []
    return [said for model in models if (said := _served(listed, model, today or date.today()))]


def _served(listed: dict[str, ServiceModel], model: str, today: date) -> str:
    if model in listed:
        return retirement(listed[model], today)
    return f"the service does not list the model {model}" if listed else ""
