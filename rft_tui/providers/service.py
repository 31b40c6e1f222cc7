"""A model service as the rest of the product sees it: questions with retries and pacing, and plain requests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self, TypeVar

from rft_tui.errors import ServiceError
from rft_tui.model import Answer, JsonObject, PredictionError, Usage
from rft_tui.providers import chat, embeddings, responses
from rft_tui.providers.calls import Embeddings, ModelCall, ModelReply
from rft_tui.providers.clock import Clock
from rft_tui.providers.outcomes import Outcome, outcome
from rft_tui.providers.pace import Pace
from rft_tui.providers.profiles import NamedProfile
from rft_tui.providers.retry import RetryPolicy
from rft_tui.providers.sending import Attempts, Sender, wire_module

if TYPE_CHECKING:
    from rft_tui.providers.wire import Received, Wire

Q = TypeVar("Q")
T = TypeVar("T")

RUN_INDEX_HEADER = "x-rft-tui-run-index"
"""Tells the simulated service, and no other, which run a call belongs to."""

CALL_S = 600.0
"""Seconds that a call may take unless its profile says otherwise."""

FLEX_CALL_S = 900.0
"""The same for the service tier `flex`, as its guide advises."""

UPLOAD_S = 3600.0
"""Seconds that an upload may take."""

LARGE_BYTES = 2**20
"""Answers from this size on are read in a thread, so that other calls go on."""

HINTS = {
    "auth": "Check the key and the profile: rft-tui profile test.",
    "permission": "Ask the owner of the project, or use another profile.",
    "quota": "Raise the limit or the balance at the service; nothing is tried again.",
    "not_found": "Check the model, the profile's base_url and its api: rft-tui profile test.",
    "connection": "Check the network and the profile's base_url: rft-tui profile test.",
    "timeout": "Try again, or set timeout_s in the profile.",
    "rate_limit": "Try again later, or lower the profile's concurrency.",
    "server": "Try again later.",
}
"""What to do about an outcome that stops a request."""


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """An answer with a good status; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """The body as JSON. Raises ServiceError with the outcome ``malformed``."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            raise ServiceError("the service's answer is not readable as JSON", outcome="malformed") from None


class ModelService:
    """One service through one profile; an async context manager, for one event loop.

    `folder` is the workspace's ``.rft``, where the simulated service is found; `concurrency` goes before the
    profile's. Entering raises SettingsError for a missing key or address and ServiceError where the simulated service
    does not start.
    """

    def __init__(
        self,
        profile: NamedProfile,
        *,
        folder: Path | None = None,
        concurrency: int | None = None,
        clock: Clock | None = None,
        policy: RetryPolicy | None = None,
    ) -> None:
        self.profile = profile
        clock = clock or Clock()
        self.pace = Pace(concurrency or profile.profile.concurrency, clock=clock)
        self._sender = Sender(profile, folder, self.pace, clock, policy or RetryPolicy())
        self._old_limit = False

    @property
    def key_source(self) -> str:
        """Where the key came from, in words."""
        return self._sender.key_source

    async def __aenter__(self) -> Self:
        await self._sender.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._sender.close()

    async def ask(self, call: ModelCall, *, give_up: asyncio.Event | None = None) -> ModelReply:
        """Ask a model, with as many attempts as are worth while; errors are answers, nothing is raised for them.

        Once `give_up` is set no further attempt begins; one under way is waited for, since it may have been paid.
        """
        kept: list[Answer] = []

        async def judge(received: Received) -> tuple[Outcome | None, Usage]:
            kept[:] = [await self._read(received.content, call)]
            return _again(kept[0].error), kept[0].usage

        old_limit = self._old_limit
        headers = {RUN_INDEX_HEADER: str(call.run_index)} if self.profile.is_simulated else {}
        timeout_s = self._timeout_s(call.service_tier)
        done = await self._sender.attempts(
            lambda wire: wire.send("POST", self._path, self._body(call, old_limit), timeout_s, headers),
            judge,
            give_up=give_up,
        )
        reply = self._reply(done, kept[0] if kept and done.found is None else None)
        if done.found is None or old_limit or not self._refuses_new_limit(call, done.found):
            return reply
        self._old_limit = True
        again = await self.ask(call, give_up=give_up)
        if again.answer.error is not None and again.answer.error.kind == "bad_request":
            self._old_limit = False
            return replace(reply, attempts=reply.attempts + again.attempts)
        return replace(again, attempts=again.attempts + done.count)

    async def embed(self, model: str, texts: Sequence[str]) -> Embeddings:
        """The vectors of some texts; errors are part of what comes back."""
        kept: list[Embeddings] = []

        async def judge(received: Received) -> tuple[Outcome | None, Usage]:
            kept[:] = [await self._aside(embeddings.vectors_of, received.content, len(texts))]
            return _again(kept[0].error), kept[0].usage

        body = self._encoded(embeddings.body_of(model, texts))
        done = await self._sender.attempts(
            lambda wire: wire.send("POST", embeddings.PATH, body, self._timeout_s(""), {}), judge
        )
        if done.found is not None:
            error = PredictionError(done.found.kind, self._sender.clean(done.found.message))
            return Embeddings(error=error, attempts=done.count)
        return replace(kept[0], attempts=done.count)

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: JsonObject | None = None,
        timeout_s: float | None = None,
        repeatable: bool = False,
    ) -> ServiceAnswer:
        """Any request; tried again only if `repeatable`, or where the service never saw it.

        Raises ServiceError with an `outcome` for everything but a status of 2xx.
        """
        content = None if body is None else self._encoded(body)
        seconds = timeout_s or self._timeout_s("")
        return self._answer(
            await self._sender.attempts(
                lambda wire: wire.send(method.upper(), path, content, seconds, {}), repeatable=repeatable
            )
        )

    async def upload(
        self, path: str, *, fields: Mapping[str, str], file_name: str, content: IO[bytes] | Path
    ) -> ServiceAnswer:
        """Send a file as a multipart form without reading it into memory; tried again only where nothing was sent."""
        if isinstance(content, Path):
            with content.open("rb") as stream:
                return await self.upload(path, fields=fields, file_name=file_name, content=stream)
        start = content.tell()

        def send(wire: Wire) -> Awaitable[Received]:
            content.seek(start)
            return wire.upload(path, fields, file_name, content, UPLOAD_S)

        return self._answer(await self._sender.attempts(send, repeatable=False))

    async def stream(self, path: str, target: IO[bytes], *, limit: int) -> int:
        """Download what lies at a path, in pieces, to a seekable target; the number of bytes, at most `limit`.

        Raises ServiceError; then the target is as it was, apart from where it stands.
        """
        start = target.tell()
        sizes: list[int] = []

        async def send(wire: Wire) -> Received:
            target.seek(start)
            target.truncate()
            sizes.append(await wire.download(path, target, limit))
            empty: Received = wire_module().Received(200, {}, b"")
            return empty

        done = await self._sender.attempts(send)
        if done.found is not None:
            target.seek(start)
            target.truncate()
        self._answer(done)
        return sizes[-1]

    @property
    def _is_chat(self) -> bool:
        return self.profile.profile.api == "chat"

    @property
    def _path(self) -> str:
        return chat.PATH if self._is_chat else responses.PATH

    def _timeout_s(self, service_tier: str) -> float:
        return float(self.profile.profile.timeout_s or (FLEX_CALL_S if service_tier == "flex" else CALL_S))

    def _body(self, call: ModelCall, old_limit: bool) -> bytes:
        body = chat.body_of(call, old_limit=old_limit) if self._is_chat else responses.body_of(call)
        return self._encoded(body)

    def _encoded(self, body: JsonObject) -> bytes:
        content: bytes = wire_module().encoded(body)
        return content

    def _refuses_new_limit(self, call: ModelCall, found: Outcome) -> bool:
        asked = self._is_chat and found.kind == "bad_request" and "max_output_tokens" in call.parameters
        return asked and chat.names_new_limit((found.param, found.message))

    async def _read(self, content: bytes, call: ModelCall) -> Answer:
        return await self._aside(chat.answer_of if self._is_chat else responses.answer_of, content, call)

    async def _aside(self, read: Callable[[bytes, Q], T], content: bytes, argument: Q) -> T:
        """Read an answer: at once, or in a thread where that takes long."""
        if len(content) < LARGE_BYTES:
            return read(content, argument)
        return await asyncio.to_thread(read, content, argument)

    def _reply(self, done: Attempts, answer: Answer | None) -> ModelReply:
        raw = b"" if done.received is None else done.received.content
        if answer is None:
            found = done.found or outcome("connection", "given up before it was sent")
            answer = Answer("", error=PredictionError(found.kind, self._sender.clean(found.message)))
        elif answer.error is not None:
            answer = replace(answer, error=replace(answer.error, message=self._sender.clean(answer.error.message)))
        extra = {**(answer.extra or {}), "attempts": done.count} if done.count > 1 else answer.extra
        stops = "" if done.found is None else done.found.stops
        unsent = done.found is not None and done.found.unsent
        return ModelReply(replace(answer, latency_s=done.latency_s, extra=extra), raw, done.count, stops, unsent)

    def _answer(self, done: Attempts) -> ServiceAnswer:
        if done.found is not None or done.received is None:
            found = done.found or outcome("connection", "given up before it was sent")
            where = f"{self.profile.name} ({self.profile.address or 'simulated'})"
            raise ServiceError(
                f"{where}: {self._sender.clean(found.message)}", hint=HINTS.get(found.kind, ""), outcome=found.kind
            )
        return ServiceAnswer(done.received.status, done.received.headers, done.received.content)


def _again(error: PredictionError | None) -> Outcome | None:
    """The outcome of an answer whose error another attempt may mend, or that stops everything; else None."""
    if error is None:
        return None
    found = outcome(error.kind, error.message, slow_down=error.kind == "rate_limit")
    return found if found.retry or found.stops else None
