"""Looking at a job before its launch, off the keyboard's thread: what the cache tells, and what a service says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rft_tui.model import JsonObject, Prompt
from rft_tui.providers.backends.registry import open_backend
from rft_tui.providers.service import ModelService
from rft_tui.tasks.jobs.preflight.checks import preflight
from rft_tui.tasks.jobs.preflight.gather import gather
from rft_tui.tasks.jobs.request import JobRequest, job_body
from rft_tui.tui.new_job.placeholders import placeholders
from rft_tui.tui.waiting import waited_for

if TYPE_CHECKING:
    from rft_tui.providers.profiles import NamedProfile
    from rft_tui.store.database import Store
    from rft_tui.tasks.jobs.preflight.facts import NetworkFacts, PreflightFacts
    from rft_tui.tasks.jobs.preflight.findings import Preflight


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found of one request: the facts, the findings, and the exact body but for what is not known yet."""

    request: JobRequest
    profile: NamedProfile
    prompt: Prompt | None
    facts: PreflightFacts
    found: Preflight
    body: JsonObject


def look(
    store: Store,
    request: JobRequest,
    profile: NamedProfile,
    prompt: Prompt | None,
    network: NetworkFacts | None,
) -> Looked:
    """Everything that can be said of a request without a network. Raises RftError."""
    facts = gather(store, request, profile, prompt=prompt, network=network)
    training, validation, mark = placeholders(facts)
    body = job_body(
        request, training_file=training, validation_file=validation, mark=mark, backend=profile.profile.backend
    )
    return Looked(request, profile, prompt, facts, preflight(facts), open_backend(ModelService(profile)).prepare(body))


def ask(request: JobRequest, profile: NamedProfile, folder: Path, is_over: Callable[[], bool]) -> NetworkFacts | None:
    """What the service itself says of a request; None where nobody waits any more.

    `folder` is the workspace's state folder. Raises RftError where the service cannot be opened.
    """
    return waited_for(_answers(request, profile, folder), is_over)


async def _answers(request: JobRequest, profile: NamedProfile, folder: Path) -> NetworkFacts:
    from rft_tui.tasks.jobs.preflight.asking import ask_service

    async with ModelService(profile, folder=folder) as service:
        return await ask_service(request, open_backend(service), service)


def still_true(facts: NetworkFacts, version: str | None, now: str | None) -> NetworkFacts:
    """What a service said, without what it said of a grader that is another one now."""
    return facts if version == now else replace(facts, validated=None)
