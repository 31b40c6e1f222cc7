"""Asking a service for its models, from a thread, and letting go of it when nobody waits any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rft_tui.errors import ServiceError

if TYPE_CHECKING:
    from rft_tui.providers.models import ServiceModel
    from rft_tui.providers.profiles import NamedProfile

MOST_S = 30.0
"""How long the service may take."""

LOOK_S = 0.1
"""How often it is looked whether somebody still waits."""


def fetch_models(profile: NamedProfile, folder: Path, is_over: Callable[[], bool]) -> list[ServiceModel] | None:
    """The models of a service; None where nobody waits any more. Raises ServiceError.

    `folder` is the workspace's state folder.
    """
    return asyncio.run(_fetch(profile, folder, is_over))


async def _fetch(profile: NamedProfile, folder: Path, is_over: Callable[[], bool]) -> list[ServiceModel] | None:
    asking = asyncio.create_task(_ask(profile, folder))
    try:
        async with asyncio.timeout(MOST_S):
            while not asking.done():
                if is_over():
                    return None
                await asyncio.wait({asking}, timeout=LOOK_S)
    except TimeoutError:
        raise ServiceError(f"{profile.name} did not list its models within {MOST_S:.0f} s") from None
    finally:
        asking.cancel()
        await asyncio.wait({asking})
    return asking.result()


async def _ask(profile: NamedProfile, folder: Path) -> list[ServiceModel]:
    from rft_tui.providers.models import list_models
    from rft_tui.providers.service import ModelService

    async with ModelService(profile, folder=folder) as service:
        return await list_models(service)
