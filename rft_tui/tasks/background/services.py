"""The model services that a worker has open: one for each profile, shared by its tasks, so that their pace is one."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from rft_tui.providers.profiles import NamedProfile, find_key, named_profile
from rft_tui.providers.service import ModelService
from rft_tui.settings import load_workspace_settings


class Services:
    """Opens a service when it is first needed; all are closed together."""

    def __init__(self, folder: Path, state_folder: Path) -> None:
        self._folder = folder
        self._state_folder = state_folder
        self._open: dict[NamedProfileKey, ModelService] = {}
        self._stack = AsyncExitStack()
        self._opening = asyncio.Lock()

    def profile(self, name: str, *, judge: bool = False) -> NamedProfile:
        """The profile of a name as `rft.toml` has it now. Raises RftError where it or its key is missing."""
        profile = named_profile(load_workspace_settings(self._folder), name or None, judge=judge)
        find_key(profile)
        return profile

    async def open(self, profile: NamedProfile, concurrency: int | None = None) -> ModelService:
        """The service of a profile, asked by at most so many calls at once (None: what the profile says)."""
        key = repr(profile)
        async with self._opening:
            service = self._open.get(key)
            if service is None:
                service = ModelService(profile, folder=self._state_folder, concurrency=concurrency)
                await self._stack.enter_async_context(service)
                self._open[key] = service
            elif concurrency is not None:
                service.pace.set_most(concurrency)
        return service

    async def close(self) -> None:
        """Close them all."""
        await self._stack.aclose()


NamedProfileKey = str
"""What tells one profile from another: everything that `rft.toml` says of it."""
