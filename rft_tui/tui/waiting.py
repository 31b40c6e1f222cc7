"""Waiting in a thread for what a service says, and letting go of it when nobody waits for it any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

LOOK_S = 0.1
"""How often it is looked whether somebody still waits."""

Result = TypeVar("Result")


def waited_for(work: Awaitable[Result], is_over: Callable[[], bool], within_s: float | None = None) -> Result | None:
    """What some work brings; None where `is_over` says first that nobody waits. Not for threads with a loop.

    The work is cancelled, and has come to its end, before this returns. Raises TimeoutError where it takes longer than
    `within_s` seconds, and what the work itself raises.
    """

    async def wait() -> Result | None:
        doing = asyncio.ensure_future(work)
        try:
            async with asyncio.timeout(within_s):
                while not doing.done():
                    if is_over():
                        return None
                    await asyncio.wait({doing}, timeout=LOOK_S)
        finally:
            doing.cancel()
            await asyncio.wait({doing})
        return doing.result()

    return asyncio.run(wait())
