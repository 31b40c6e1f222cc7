"""The judge that model graders ask: through a profile, never twice the same, in the form that the service can hold to.

A service that takes no JSON schema, or does not hold its answers to one, is asked for any JSON object, with the schema
in words; one that does not know that either is asked in words alone. The reply says which it was.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeAlias

from rft_tui.errors import ServiceError
from rft_tui.graders.judge import EmbeddingReply, JudgeCall, JudgeReply
from rft_tui.model import SIMULATED_PREFIX, GradeError, JsonObject, JudgeUse, PredictionError, Usage
from rft_tui.providers.calls import ModelCall, ModelReply
from rft_tui.providers.prices import cost_of, price_of
from rft_tui.providers.profiles import NamedProfile
from rft_tui.store.asking import claim, release, release_all
from rft_tui.store.database import Store
from rft_tui.store.owners import this_process
from rft_tui.store.replies import Reply, get_reply, put_reply
from rft_tui.tasks.background.outage import MOST_TRIES, UNREACHABLE, Outage
from rft_tui.tasks.background.writing import StoreWriter
from rft_tui.tasks.grade import NOT_ASKED
from rft_tui.tasks.guesses import CHARACTERS_A_TOKEN, JUDGE_OUTPUT
from rft_tui.tasks.judging.forms import JSON, SCHEMA, WORDS, does_not_hold, is_about_the_form, lower_of, model_call
from rft_tui.tasks.judging.kept_answers import (
    embedding_key,
    embedding_reply,
    is_readable,
    judge_reply,
    question_key,
)
from rft_tui.tasks.judging.purse import JudgeTally, Purse

if TYPE_CHECKING:
    from rft_tui.providers.service import ModelService

_Outcome: TypeAlias = "Reply | PredictionError"
_Asking: TypeAlias = Callable[[], Awaitable[_Outcome]]
_Check: TypeAlias = Callable[[Reply], bool]

LOOK_AGAIN_S = 0.2
"""How often a question that another process asks is looked at again."""

GRACE_S = 5.0
"""How long questions that are on their way may still be answered when nothing more is asked."""

LEAVE_S = 0.2
"""The same where a person leaves the program; answers that are there are kept all the same."""

_LOOK_S = 0.05
"""How often a judge that closes looks whether somebody leaves."""

CAP_REACHED = "cap"
"""The outcome of a judge that stops because its spend cap is reached."""

HOPELESS = ("auth", "quota", "permission", "not_found")
"""Errors of an embedding that every further one would bring too."""

ERROR_KINDS = {
    "refusal": "model_grader_refusal_error",
    "content_filter": "model_grader_refusal_error",
    "incomplete": "model_grader_exceeded_max_tokens_error",
    "malformed": "model_grader_parse_error",
    "stopped": NOT_ASKED,
}
"""What a failed call is called in a grade; any other is a `model_grader_server_error`."""


class ServiceJudge:
    """A judge behind a profile. Its questions run on an event loop of their own thread or of a worker.

    `on_stop` is called once with what makes every further question hopeless: a wrong key, no quota, an unknown model, a
    spend cap that is reached; `stop` is set then, and `stopped` says why. At most `most_requests` are made; a judge
    that is not `patient` does not wait for a service that cannot be reached any more: somebody is waiting.
    """

    def __init__(
        self,
        store: Store,
        writer: StoreWriter,
        service: ModelService,
        profile: NamedProfile,
        loop: asyncio.AbstractEventLoop,
        *,
        owner: str = "",
        spend_cap: float | None = None,
        on_stop: Callable[[ServiceError], None] = lambda _error: None,
        tally: JudgeTally | None = None,
        most_requests: int | None = None,
        patient: bool = True,
    ) -> None:
        self.tally = tally or JudgeTally()
        self.waiting_for = ""
        self.stopped: ServiceError | None = None
        self.stop = threading.Event()
        self._store = store
        self._writer = writer
        self._service = service
        self._profile = profile
        self._loop = loop
        self._owner = f"{owner or this_process()}|judge"
        self._spend_cap = spend_cap
        self._on_stop = on_stop
        self._forms: dict[str, str] = {}
        self._under_way: dict[str, asyncio.Task[tuple[_Outcome, bool]]] = {}
        self._patient = patient
        self._purse = Purse(spend_cap, self.tally, self._halt_by_cap, most_requests)
        self._outage = Outage()
        self._halt = asyncio.Event()
        self.is_leaving = False

    @property
    def window(self) -> int:
        """Four times what may be in flight, so that one slow answer does not hold the others up."""
        return max(8, 4 * self._profile.profile.concurrency)

    def ask(self, call: JudgeCall) -> Future[JudgeReply]:
        """Begin a question."""
        return asyncio.run_coroutine_threadsafe(self._ask(call), self._loop)

    def embed(self, model: str, texts: Sequence[str]) -> Future[EmbeddingReply]:
        """Begin to embed some texts."""
        return asyncio.run_coroutine_threadsafe(self._embed(model, tuple(texts)), self._loop)

    async def _ask(self, call: JudgeCall) -> JudgeReply:
        key = question_key(self._profile, call)
        reply, cached = await self._once(key, lambda: self._judged(call), lambda reply: is_readable(call, reply))
        if isinstance(reply, PredictionError):
            return JudgeReply("", JudgeUse(call.model, simulated=self._profile.is_simulated), error=_grade_error(reply))
        return judge_reply(reply, self._profile, cached=cached)

    async def _embed(self, model: str, texts: tuple[str, ...]) -> EmbeddingReply:
        key = embedding_key(self._profile, model, texts)
        reply, cached = await self._once(key, lambda: self._embedded(model, texts), lambda _reply: True)
        if isinstance(reply, PredictionError):
            return EmbeddingReply((), JudgeUse(model, simulated=self._profile.is_simulated), error=_grade_error(reply))
        return embedding_reply(reply, self._profile, cached=cached)

    async def _once(self, key: str, ask: _Asking, is_worth_keeping: _Check) -> tuple[_Outcome, bool]:
        """The reply under a key: kept, or asked for by one of all who want it; whether it was there.

        It is asked for in a task of its own: an answer that is on its way is paid for, also where nobody waits for it.
        """
        if (shared := self._under_way.get(key)) is not None:
            await asyncio.wait({shared})
            reply = shared.result()[0]
            self.tally.cached += isinstance(reply, Reply)
            return reply, True
        with self._store.read() as db:
            known = get_reply(db, key)
        if known is not None:
            self.tally.cached += 1
            return known, True
        mine = self._loop.create_task(self._claimed(key, ask, is_worth_keeping))
        self._under_way[key] = mine
        mine.add_done_callback(lambda task: self._ended(key, task))
        await asyncio.wait({mine})
        return mine.result()

    def _ended(self, key: str, task: asyncio.Task[tuple[_Outcome, bool]]) -> None:
        del self._under_way[key]
        if not task.cancelled():
            task.exception()  # whoever waits gets it; where nobody does it is of no interest

    async def _claimed(self, key: str, ask: _Asking, is_worth_keeping: _Check) -> tuple[_Outcome, bool]:
        while (taken := await self._writer.do(lambda db: _take(db, key, self._owner))) is not True:
            if isinstance(taken, Reply):
                self.tally.cached += 1
                return taken, True
            if self._halt.is_set():
                return PredictionError("stopped", "nothing more is asked"), False
            await asyncio.sleep(LOOK_AGAIN_S)
        try:
            reply = await ask()
        except BaseException:
            if not self.is_leaving:
                self._writer.submit(lambda db: release(db, [key]))
            raise
        simulated = self._profile.is_simulated

        def keep(db: sqlite3.Connection) -> None:
            if isinstance(reply, Reply) and is_worth_keeping(reply):
                put_reply(db, key, reply, simulated=simulated or reply.served_model.startswith(SIMULATED_PREFIX))
            release(db, [key])

        await self._writer.do(keep)
        return reply, False

    async def _judged(self, call: JudgeCall) -> Reply | PredictionError:
        """Ask in the best form that the service is known to hold to; go down to the next where it does not."""
        declared = self._profile.profile.json_schema
        form = self._forms.get(call.model) or (JSON if declared == "no" else SCHEMA)
        while True:
            reply = await self._reached(model_call(call, form))
            if isinstance(reply, PredictionError):
                return reply
            error, text = reply.answer.error, reply.answer.output_text
            lower = {SCHEMA: JSON, JSON: WORDS}.get(form)
            if lower is not None and declared != "yes" and does_not_hold(form, error, text):
                self._forms[call.model] = form = lower_of(lower, self._forms.get(call.model, lower))
                continue
            if error is not None:
                return error
            usage = reply.answer.usage
            served = str((reply.answer.extra or {}).get("model") or call.model)
            return Reply(
                "judge", call.model, served, {"text": text, "form": form}, usage, self._cost(call.model, usage)
            )

    async def _may_ask(self, model: str, guess: float) -> PredictionError | None:
        """Wait until the caps have room for a question to a model, to be given back; else why none is put any more."""
        while not self._halt.is_set():
            if await self._purse.take(model, guess):
                return None
        return PredictionError("stopped", self.stopped.message if self.stopped else "nothing more is asked")

    async def _reached(self, call: ModelCall) -> ModelReply | PredictionError:
        """The reply of the service, waited for while it cannot be reached; counted."""
        tries = 0
        while True:
            if (ended := await self._may_ask(call.model, self._guess(call))) is not None:
                return ended
            try:
                reply = await self._service.ask(call, give_up=self._halt)
            finally:
                self._purse.give_back(call.model)
            self._count(call.model, reply.attempts, reply.answer.usage, answered=reply.answer.error is None)
            error = reply.answer.error
            if error is None or error.kind not in UNREACHABLE:
                self._outage.answered()
                break
            if not (self._outage.has_answered and self._patient):
                self._hopeless("connection", error.message)
                break
            if tries == MOST_TRIES:
                break
            tries += not reply.unsent
            self._outage.begin()
            self.waiting_for = f"waiting for the service: {error.message}"
            await self._outage.wait(self._halt)
            self.waiting_for = ""
        if reply.stops and reply.answer.error is not None and not is_about_the_form(reply.answer.error):
            self._hopeless(reply.stops, reply.answer.error.message)
        return reply

    async def _embedded(self, model: str, texts: tuple[str, ...]) -> Reply | PredictionError:
        usage = Usage(round(sum(map(len, texts)) / CHARACTERS_A_TOKEN), 0)
        if (ended := await self._may_ask(model, self._cost(model, usage) or 0.0)) is not None:
            return ended
        try:
            answer = await self._service.embed(model, texts)
        finally:
            self._purse.give_back(model)
        self._count(model, answer.attempts, answer.usage, answered=answer.error is None)
        if answer.error is not None:
            if answer.error.kind in HOPELESS or (answer.error.kind in UNREACHABLE and not self._outage.has_answered):
                self._hopeless(answer.error.kind, answer.error.message)
            return answer.error
        self._outage.answered()
        content: JsonObject = {"vectors": [list(vector) for vector in answer.vectors]}
        return Reply("embedding", model, answer.model or model, content, answer.usage, self._cost(model, answer.usage))

    def _guess(self, call: ModelCall) -> float:
        """What a question may cost in dollars, as long as nothing is known of its model; 0 where no price is."""
        characters = sum(len(str(message.get("content", ""))) for message in call.messages)
        output = call.parameters.get("max_output_tokens", JUDGE_OUTPUT)
        return self._cost(call.model, Usage(round(characters / CHARACTERS_A_TOKEN), output)) or 0.0

    def _cost(self, model: str, usage: Usage) -> float | None:
        return cost_of(usage, price_of(self._profile, model))

    def _count(self, model: str, attempts: int, usage: Usage, *, answered: bool) -> None:
        tally = self.tally
        tally.requests += attempts
        tally.input_tokens += usage.input_tokens or 0
        tally.output_tokens += usage.output_tokens or 0
        cost = self._cost(model, usage)
        self._purse.took(model, cost, answered=answered)
        if cost is not None:
            tally.cost += cost
        elif answered or usage.output_tokens or usage.input_tokens:
            tally.unpriced += 1
            if self._spend_cap is not None:
                message = f"the spend cap cannot be held: what an answer of {model} costs is not known"
                hint = "Write its price into rft.toml, or grade without --spend-cap; what was graded is kept."
                self._stop(ServiceError(message, hint=hint, outcome=CAP_REACHED))

    def _halt_by_cap(self) -> None:
        if self._spend_cap is None:
            said = f"no more than {self._purse.most_requests:,} requests were allowed"
            self._stop(ServiceError(said, hint="What was graded is kept.", outcome=CAP_REACHED))
            return
        hint = "Raise it with --spend-cap (or rft-tui task set); what was graded is kept."
        said = (
            f"the spend cap of ${self._spend_cap:g} leaves no room for one more question: ${self.tally.cost:.4f} spent"
        )
        self._stop(ServiceError(said, hint=hint, outcome=CAP_REACHED))

    def _hopeless(self, outcome: str, message: str) -> None:
        self._stop(ServiceError(message, hint="Check the profile: rft-tui profile test.", outcome=outcome))

    def _stop(self, error: ServiceError) -> None:
        if self.stopped is None:
            self.stopped = error
            self.stop.set()
            self._halt.set()
            self._on_stop(error)

    async def close(self) -> None:
        """Ask nothing more; what is on its way may still come, for a while.

        Who leaves (`is_leaving`) waits for hardly anything: claims of a process that has ended count for nobody.
        """
        self._halt.set()
        late, waited = set(self._under_way.values()), 0.0
        while late and waited < (LEAVE_S if self.is_leaving else GRACE_S):
            _done, late = await asyncio.wait(late, timeout=_LOOK_S)
            waited += _LOOK_S
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
        if not self.is_leaving:
            await self._writer.do(lambda db: release_all(db, self._owner))


def _take(db: sqlite3.Connection, key: str, owner: str) -> Reply | bool:
    """What is kept under a key, or else whether it is this owner's to ask."""
    known = get_reply(db, key)
    return key in claim(db, [key], owner) if known is None else known


def _grade_error(error: PredictionError) -> GradeError:
    kind = ERROR_KINDS.get(error.kind, "model_grader_server_error")
    return GradeError(kind, f"{error.kind}: {error.message}")
