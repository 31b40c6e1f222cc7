"""A judge for work in this process, on a thread of its own, and what ends it when the program ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rft_tui.tasks.background.writing import StoreWriter
from rft_tui.tasks.judging.judge import ServiceJudge

if TYPE_CHECKING:
    from rft_tui.workspace import Workspace


async def _end_questions() -> None:
    """End what is still under way on this loop."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for one in others:
        one.cancel()
    if others:
        await asyncio.wait(others)


_open: set[ServiceJudge] = set()
"""The judges of `judge_for` that are open in this process."""


def leave_judges() -> None:
    """Let every judge of this process that is open, or closes, end at once: the program ends."""
    for judge in tuple(_open):
        judge.is_leaving = True
        judge.stop.set()


@contextmanager
def judge_for(
    workspace: Workspace,
    profile_name: str | None,
    *,
    concurrency: int | None = None,
    spend_cap: float | None = None,
    most_requests: int | None = None,
    patient: bool = True,
) -> Iterator[ServiceJudge]:
    """A judge for work in this process, on a thread of its own. Raises RftError for a profile that cannot be used."""
    from rft_tui.providers.profiles import find_key, named_profile
    from rft_tui.providers.service import ModelService

    profile = named_profile(workspace.settings, profile_name, judge=True)
    find_key(profile)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="judge", daemon=True)
    thread.start()
    writer = StoreWriter(workspace.store)
    service = ModelService(profile, folder=workspace.store.path.parent, concurrency=concurrency)
    try:
        asyncio.run_coroutine_threadsafe(service.__aenter__(), loop).result()
        judge = ServiceJudge(
            workspace.store, writer, service, profile, loop,
            spend_cap=spend_cap, most_requests=most_requests, patient=patient,
        )  # fmt: skip
        _open.add(judge)
        try:
            yield judge
        finally:
            asyncio.run_coroutine_threadsafe(judge.close(), loop).result()
            _open.discard(judge)
            asyncio.run_coroutine_threadsafe(_end_questions(), loop).result()
            asyncio.run_coroutine_threadsafe(service.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        writer.close()
