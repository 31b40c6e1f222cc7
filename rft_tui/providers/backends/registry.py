"""Which backend runs the jobs of a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rft_tui.errors import UsageError
from rft_tui.providers.backends.foundry import FoundryJobs
from rft_tui.providers.backends.openai import OpenAIJobs
from rft_tui.providers.backends.simulated import SimulatedJobs

if TYPE_CHECKING:
    from rft_tui.providers.backends.backend import JobBackend
    from rft_tui.providers.clock import Clock
    from rft_tui.providers.service import ModelService

BACKENDS: dict[str, type[OpenAIJobs]] = {
    "openai": OpenAIJobs,
    "foundry": FoundryJobs,
    "simulated": SimulatedJobs,
}
"""Backends by the name that profiles give them."""


def open_backend(service: ModelService, *, clock: Clock | None = None) -> JobBackend:
    """The backend of a service's profile. Raises UsageError where its jobs do not run at a service."""
    wanted = service.profile.profile.backend
    if wanted in BACKENDS:
        return BACKENDS[wanted](service, clock=clock)
    raise UsageError(
        f"profile {service.profile.name!r}: its backend {wanted!r} has no jobs here",
        hint=f"Choose a profile whose backend is {', '.join(BACKENDS)}: rft-tui profile list.",
    )
