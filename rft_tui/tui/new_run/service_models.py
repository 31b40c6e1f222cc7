"""Asking a service for its models, from a thread, and letting go of it when nobody waits any more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rft_tui.errors import ServiceError
from rft_tui.tui.waiting import waited_for

if TYPE_CHECKING:
    from rft_tui.providers.models import ServiceModel
    from rft_tui.providers.profiles import NamedProfile

MOST_S = 30.0
"""How long the service may take."""


def fetch_models(profile: NamedProfile, folder: Path, is_over: Callable[[], bool]) -> list[ServiceModel] | None:
    """The models of a service; None where nobody waits any more. Raises ServiceError.

    `folder` is the workspace's state folder.
    """
    try:
        return waited_for(_ask(profile, folder), is_over, MOST_S)
    except TimeoutError:
        raise ServiceError(f"{profile.name} did not list its models within {MOST_S:.0f} s") from None


async def _ask(profile: NamedProfile, folder: Path) -> list[ServiceModel]:
    from rft_tui.providers.models import list_models
    from rft_tui.providers.service import ModelService

    async with ModelService(profile, folder=folder) as service:
        return await list_models(service)
