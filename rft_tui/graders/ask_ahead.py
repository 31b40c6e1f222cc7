"""Asking ahead: several questions to a service under way at once, their grades in the order of the calls."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from threading import Event, Semaphore
from typing import TypeVar

from rft_tui.errors import GraderSpecError
from rft_tui.graders.judge import Judge
from rft_tui.graders.outcome import failed
from rft_tui.graders.running import Call, GradingContext
from rft_tui.model import Grade

HELD_WINDOWS = 4
"""Calls held at once, in windows: those that have their answer wait here for one in front of them that has not."""

STOP_CHECK_S = 0.1
"""Seconds after which a wait for answers looks whether it should stop."""

Reply = TypeVar("Reply")


def judge_of(context: GradingContext, what: str) -> Judge:
    """The judge of a grading; GraderSpecError where there is none, saying what to do."""
    if context.judge is None:
        raise GraderSpecError(
            f"{what} asks a model service, and none is given",
            hint="Grade with a profile: rft-tui grade --grader G --profile P; rft-tui profile list shows them.",
        )
    return context.judge


def ask_ahead(
    calls: Iterable[Call],
    begin: Callable[[Call], Grade | Future[Reply]],
    finish: Callable[[Reply], Grade],
    window: int,
    stop: Event | None = None,
) -> Iterator[Grade]:
    """One grade for each call, lazily and in order, with at most `window` questions under way.

    `begin` gives a question that was put, or the grade of a call that needs none; `finish` makes a grade of an answer.
    Once `stop` is set nothing more is begun or given. Questions that are not needed any more are cancelled.
    """
    window = max(1, window)
    waiting = iter(calls)
    held: deque[Grade | Future[Reply]] = deque()
    answered = Semaphore(0)
    under_way, has_more = 0, True
    try:
        while not (stop is not None and stop.is_set()):
            while under_way and answered.acquire(blocking=False):
                under_way -= 1
            if has_more and under_way < window and len(held) < HELD_WINDOWS * window:
                call = next(waiting, None)
                if call is None:
                    has_more = False
                    continue
                begun = begin(call)
                held.append(begun)
                if isinstance(begun, Future):
                    under_way += 1
                    begun.add_done_callback(lambda _future: answered.release())
            elif held and (isinstance(held[0], Grade) or held[0].done()):
                first = held.popleft()
                yield first if isinstance(first, Grade) else _finished(first, finish)
            elif not held and not has_more:
                return
            elif answered.acquire(timeout=None if stop is None else STOP_CHECK_S):
                under_way -= 1
    finally:
        for each in held:
            if isinstance(each, Future):
                each.cancel()


def _finished(future: Future[Reply], finish: Callable[[Reply], Grade]) -> Grade:
    try:
        reply = future.result()
    except CancelledError:
        return failed("model_grader_server_error", "the question was given up before there was an answer")
    return finish(reply)
