"""Questions to a rater, several under way at once, and their answers as they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError, Future
from queue import Empty, SimpleQueue
from threading import Event
from typing import TypeVar

from rft_tui.graders.ask_ahead import STOP_CHECK_S
from rft_tui.graders.judge import Judge, JudgeCall, JudgeReply
from rft_tui.model import GradeError, JudgeUse

Key = TypeVar("Key")


def as_answered(
    calls: Iterable[tuple[Key, JudgeCall]], judge: Judge, stop: Event | None = None
) -> Iterator[tuple[Key, JudgeReply]]:
    """The answers with the keys of their questions, in the order in which they come.

    At most the judge's window is under way. Once `stop` is set nothing more is asked or given; questions that nobody
    waits for any more are given up.
    """
    waiting = iter(calls)
    came: SimpleQueue[Future[JudgeReply]] = SimpleQueue()
    under_way: dict[Future[JudgeReply], tuple[Key, JudgeCall]] = {}
    has_more = True
    try:
        while not (stop is not None and stop.is_set()):
            if has_more and len(under_way) < max(1, judge.window):
                following = next(waiting, None)
                if following is None:
                    has_more = False
                    continue
                future = judge.ask(following[1])
                under_way[future] = following
                future.add_done_callback(came.put)
                continue
            if not under_way:
                return
            try:
                done = came.get(timeout=None if stop is None else STOP_CHECK_S)
            except Empty:
                continue
            key, call = under_way.pop(done)
            yield key, _reply(done, call)
    finally:
        for future in under_way:
            future.cancel()


def _reply(future: Future[JudgeReply], call: JudgeCall) -> JudgeReply:
    try:
        return future.result()
    except CancelledError:
        message = "the question was given up before there was an answer"
        return JudgeReply("", JudgeUse(call.model), error=GradeError("model_grader_server_error", message))
