"""A scripted model service for judges: it answers as a test says, and counts."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from rft_tui.graders.judge import JudgeCall
from rft_tui.model import Answer, JsonObject, PredictionError, Usage
from rft_tui.providers.calls import Embeddings, ModelCall, ModelReply
from rft_tui.providers.profiles import NamedProfile
from rft_tui.settings import Price, Profile
from rft_tui.store.database import Store
from rft_tui.tasks.background.writing import StoreWriter
from rft_tui.tasks.judging.judge import ServiceJudge

if TYPE_CHECKING:
    from rft_tui.providers.service import ModelService

PRICES = {"judge": Price(0.1e6, 0.0), "embed": Price(0.1e6, 0.0)}
"""A dollar for ten input tokens."""


def profile(**others: Any) -> NamedProfile:
    """A profile of a service with prices."""
    return NamedProfile("here", Profile(base_url="http://example.test/v1", prices=PRICES, **others))


def form_of(call: ModelCall) -> str:
    """In which form an answer is asked for: json_schema, json_object, or words."""
    return str(call.parameters.get("response_format", {}).get("type", "words"))


def said(text: Any) -> ModelReply:
    """A good reply; what is no text goes as JSON."""
    shown = text if isinstance(text, str) else json.dumps(text)
    return ModelReply(Answer(shown, usage=Usage(10, 5), extra={"model": "judge-1"}))


def error(kind: str, message: str = "no", *, stops: str = "", usage: Usage | None = None) -> ModelReply:
    """A reply that is an error."""
    return ModelReply(Answer("", usage=usage or Usage(), error=PredictionError(kind, message)), stops=stops)


@dataclass
class Service:
    """Answers with `script`, once `gate` is open; `embedding` makes the vectors."""

    script: Callable[[ModelCall], ModelReply] = lambda _call: said({"result": 1.0, "steps": []})
    embedding: Callable[[Sequence[str]], Embeddings] = lambda texts: Embeddings(
        tuple((float(len(text)), 1.0) for text in texts), "embed-1", Usage(3, 0)
    )
    calls: list[ModelCall] = field(default_factory=list)
    embedded: list[tuple[str, ...]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    limit: int = 1000
    _room: asyncio.Semaphore | None = None

    def __post_init__(self) -> None:
        self.gate.set()

    async def ask(self, call: ModelCall, *, give_up: asyncio.Event | None = None) -> ModelReply:
        """The reply; at most `limit` at once, none begun any more when given up."""
        self._room = self._room or asyncio.Semaphore(self.limit)
        async with self._room:
            if give_up is not None and give_up.is_set():
                return ModelReply(Answer("", error=PredictionError("connection", "given up")), attempts=0)
            self.calls.append(call)
            while not self.gate.is_set():
                await asyncio.sleep(0.001)
            await asyncio.sleep(0)
            return self.script(call)

    async def embed(self, model: str, texts: Sequence[str]) -> Embeddings:
        """The vectors."""
        self.embedded.append(tuple(texts))
        await asyncio.sleep(0)
        return self.embedding(texts)


@contextmanager
def judging(store: Store, service: Service, **others: Any) -> Iterator[ServiceJudge]:
    """A judge that asks a scripted service, on a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    writer = StoreWriter(store)
    of = others.pop("profile", None) or profile()
    judge = ServiceJudge(store, writer, cast("ModelService", service), of, loop, **others)
    try:
        yield judge
    finally:
        asyncio.run_coroutine_threadsafe(judge.close(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        writer.close()


def judge_call(text: str = "good?", repeat: int = 0, **sampling: Any) -> JudgeCall:
    """A question to the judge."""
    schema: JsonObject = {"type": "object", "properties": {"result": {"type": "number"}}}
    return JudgeCall("judge", [{"role": "user", "content": text}], schema, "score", sampling, repeat)
