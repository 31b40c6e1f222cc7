"""A judge that asks nobody: what was answered before is there at once and costs nothing, the rest stays unasked."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import TypeVar

from rft_tui.graders.judge import EmbeddingReply, JudgeCall, JudgeReply
from rft_tui.model import GradeError, JudgeUse
from rft_tui.providers.profiles import NamedProfile
from rft_tui.store.database import Store
from rft_tui.store.replies import get_reply
from rft_tui.tasks.grade import NOT_ASKED
from rft_tui.tasks.judging.kept_answers import embedding_key, embedding_reply, judge_reply, question_key

Answer = TypeVar("Answer")

_UNASKED = GradeError(NOT_ASKED, "this was never asked")


class KnownAnswers:
    """Answers from the cache of what a profile's service said; any other question is the error `NOT_ASKED`."""

    window = 64

    def __init__(self, store: Store, profile: NamedProfile) -> None:
        self._store = store
        self._profile = profile

    def ask(self, call: JudgeCall) -> Future[JudgeReply]:
        """The kept answer to a question."""
        with self._store.read() as db:
            known = get_reply(db, question_key(self._profile, call))
        if known is None:
            return _done(JudgeReply("", JudgeUse(call.model), error=_UNASKED))
        return _done(judge_reply(known, self._profile, cached=True))

    def embed(self, model: str, texts: Sequence[str]) -> Future[EmbeddingReply]:
        """The kept vectors of some texts."""
        with self._store.read() as db:
            known = get_reply(db, embedding_key(self._profile, model, tuple(texts)))
        if known is None:
            return _done(EmbeddingReply((), JudgeUse(model), error=_UNASKED))
        return _done(embedding_reply(known, self._profile, cached=True))


def _done(answer: Answer) -> Future[Answer]:
    future: Future[Answer] = Future()
    future.set_result(answer)
    return future
