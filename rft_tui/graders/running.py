"""What a compiled grader needs to run: its calls, and the sandbox pools it may open while it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, TypeAlias

from rft_tui.model import Grade, JsonObject

if TYPE_CHECKING:
    from rft_tui.graders.judge import Judge
    from rft_tui.graders.sandbox.pool import SandboxPool

Call: TypeAlias = tuple[JsonObject, JsonObject]
"""One thing to grade: the sample, and the item's own fields."""

Run: TypeAlias = Callable[[Iterable[Call]], Iterator[Grade]]
"""Grades calls lazily and in order, one grade for each call."""


@dataclass(slots=True)
class GradingContext:
    """The limits of one grading, and what it holds open until it ends.

    `item_timeout_s` is the wall clock of one call in seconds; `workers` the processes of a pool, None for its default;
    `stop` ends the grading early; `judge` answers model graders, None where there is none.
    """

    item_timeout_s: float = 120.0
    workers: int | None = None
    stop: Event | None = None
    stack: ExitStack = field(default_factory=ExitStack)
    judge: Judge | None = None

    def pool(self, source: str, readable_paths: tuple[Path, ...] = ()) -> SandboxPool:
        """A pool that runs this source, for one run of calls at a time; its processes start with the first call."""
        from rft_tui.graders.sandbox.contract import SandboxLimits
        from rft_tui.graders.sandbox.pool import SandboxPool

        pool = SandboxPool(
            source,
            workers=self.workers,
            limits=SandboxLimits(call_timeout_s=self.item_timeout_s),
            readable_paths=readable_paths,
            stop=self.stop,
        )
        return self.stack.enter_context(pool)


Open: TypeAlias = Callable[[GradingContext], Run]
"""A compiled grader: given a context, it is ready to grade."""
