"""What a service itself says before a launch: whether it takes jobs, its models, the grader, files that are there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeVar

from rft_tui.errors import RftError, ServiceError
from rft_tui.graders.service_form import service_form
from rft_tui.model import JsonObject
from rft_tui.providers.backends.backend import JobBackend
from rft_tui.providers.models import ServiceModel, list_models
from rft_tui.tasks.jobs.preflight.facts import HostedCheck, NetworkFacts
from rft_tui.tasks.jobs.request import JobRequest

if TYPE_CHECKING:
    from rft_tui.providers.service import ModelService

WITHIN_S = 20.0
"""How long each question may take before pre-flight does without its answer."""

DECIDED = frozenset({"bad_request", "content_filter"})
"""Outcomes of a refused check that speak of the grader; any other says nothing of it."""

T = TypeVar("T")


async def ask_service(
    request: JobRequest, backend: JobBackend, service: ModelService | None = None, *, within_s: float = WITHIN_S
) -> NetworkFacts:
    """Ask everything at once; what is not answered in time, or refused, stays unknown. Never raises ServiceError."""
    ids = [one.name for one in (request.training, request.validation) if one is not None and one.kind == "remote"]
    trouble: list[str] = []
    (refusal, models, validated), heads = await asyncio.gather(
        asyncio.gather(
            _answer(backend.takes_jobs(), within_s, trouble),
            _models(service, within_s, trouble),
            _validated(request, backend, within_s),
        ),
        asyncio.gather(*(_head(backend, name, within_s, trouble) for name in ids)),
    )
    files = {name: head for name, (known, head) in zip(ids, heads, strict=True) if known}
    return NetworkFacts(refusal, models, validated, files, "; ".join(dict.fromkeys(trouble)))


async def _answer(question: Awaitable[T], within_s: float, trouble: list[str]) -> T | None:
    try:
        async with asyncio.timeout(within_s):
            return await question
    except ServiceError as error:
        trouble.append(error.message)
    except TimeoutError:
        trouble.append("the service did not answer in time")
    return None


async def _models(service: ModelService | None, within_s: float, trouble: list[str]) -> dict[str, ServiceModel] | None:
    if service is None:
        return None
    listed = await _answer(list_models(service), within_s, trouble)
    return None if listed is None else {model.id: model for model in listed}


async def _validated(request: JobRequest, backend: JobBackend, within_s: float) -> HostedCheck | None:
    if request.grader is None:
        return None
    try:
        async with asyncio.timeout(within_s):
            await backend.validate(service_form(request.grader))
    except ServiceError as error:
        return HostedCheck(False if error.outcome in DECIDED else None, error.message)
    except TimeoutError:
        return HostedCheck(None, "the service did not answer in time")
    except RftError as error:
        return HostedCheck(False, error.message)
    return HostedCheck(True)


async def _head(
    backend: JobBackend, file_id: str, within_s: float, trouble: list[str]
) -> tuple[bool, JsonObject | None]:
    """Whether it is known what there is of a file, and what the service knows of it: None where it is not there."""
    try:
        async with asyncio.timeout(within_s):
            return True, await backend.file_head(file_id)
    except ServiceError as error:
        if error.outcome == "not_found":
            return True, None
        trouble.append(error.message)
    except TimeoutError:
        trouble.append("the service did not answer in time")
    return False, None
