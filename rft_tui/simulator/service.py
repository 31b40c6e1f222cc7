"""The simulated service as an ASGI application: who may ask, how fast, which faults, and where each request goes."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import Match, Route

from rft_tui.errors import UsageError
from rft_tui.simulator.batch_work import BatchTools
from rft_tui.simulator.endpoints import Endpoints
from rft_tui.simulator.exchange import Exchange, Handler, json_response
from rft_tui.simulator.faults import SPOKEN_FAULTS, Faults, parse_setting
from rft_tui.simulator.files import FileStore
from rft_tui.simulator.generation import ANSWERS, fault_error
from rft_tui.simulator.jobs.collection import Jobs, JobSettings
from rft_tui.simulator.ledger import Ledger, label_of, request_identity
from rft_tui.simulator.options import SimulatorOptions
from rft_tui.simulator.rate import RateLimit
from rft_tui.simulator.recorded import Recordings
from rft_tui.simulator.rejection import RequestError
from rft_tui.simulator.shared_rules import Asked

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

MARK_HEADER = "x-rft-tui-simulated"
"""The header that every answer carries."""


TUNED_SIGN = b"ft:simulated-"
"""What stands in a question to a fine-tuned model."""


class SimulatedService:
    """One simulated service: an ASGI application with its files, batches and counts.

    `token` is what its state shows, so that a client can tell it from another service on the same port; `transports`
    holds the open connections by the client's address.
    """

    def __init__(self, options: SimulatorOptions | None = None) -> None:
        self.options = options or SimulatorOptions()
        self.faults = self.options.faults
        self.token = secrets.token_hex(16)
        self.ledger = Ledger()
        self.transports: dict[tuple[str, int], asyncio.Transport] = {}
        self.last_request_at = time.monotonic()
        self.ended = asyncio.Event()
        self._recordings = Recordings()
        self._rate = RateLimit(self.options.rate, said=self.options.retry_after) if self.options.rate else None
        self._made = 0
        files = FileStore(_inside(self.options.folder, "files"))
        self._jobs = Jobs(files, _job_settings(self.options), self._recordings)
        tools = BatchTools(files, self.ledger, self._recordings, lambda: self.faults, self._jobs.tuned)
        self._endpoints = Endpoints(tools, self._jobs, self.options.batch_stage_s, self.ended)
        table: list[tuple[str, str, Handler]] = [
            *(("POST", path, partial(self._generate, path)) for path in ANSWERS),
            *self._endpoints.table(),
            ("GET", "/simulator/state", self._state),
            ("PUT", "/simulator/faults", self._set_faults),
        ]
        self._routes = [Route(path, handler, methods=[method]) for method, path, handler in table]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what an ASGI server hands in."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            transport = self.transports.get(scope.get("client") or ("", 0))
            at = Exchange(scope, receive, send, self.ended, transport, Headers(scope=scope), {})
            self.last_request_at = time.monotonic()
            with suppress(ConnectionError):
                await self._exchange(at)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.ended.set()
        await self._endpoints.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _exchange(self, at: Exchange) -> None:
        label = label_of(at.scope["method"], at.path)
        if at.path.startswith("/simulator/"):
            try:
                response = await self._respond(at)
            except RequestError as error:
                response = json_response(error.body(), error.status)
            await at.answer(self._marked(response, {}))
            return
        with self.ledger.under_way(label):
            headers: dict[str, str] = {}
            identity = ""
            try:
                self._authorise(at)
                if self._rate is not None:
                    headers = self._rate.take(time.monotonic())
                if self.options.latency_s:
                    await at.pause(self.options.latency_s)
                if not at.headers.get("content-type", "").startswith("multipart/"):
                    await at.read_body()
                identity = request_identity(at.path, at.run_index, at.body)
                attempt = self.ledger.attempt(identity)
                at.mark = f"{identity[:20]}{attempt}"
                at.fault = self._drawn(at.path, identity, attempt)
                if at.fault == "stall":
                    await at.stall()
                    return
                if refusal := fault_error(at.fault, self.options.retry_after_s):
                    raise refusal
                response = self._marked(await self._respond(at), headers)
            except RequestError as error:
                response = self._marked(json_response(error.body(), error.status, error.headers), headers)
            await self._deliver(at, response, label, identity)

    async def _deliver(self, at: Exchange, response: Response, label: str, identity: str) -> None:
        """Send an answer, whole or as its fault has it; a good one counts just before its last byte goes out."""
        fault = at.fault if response.status_code == 200 else ""
        if fault == "content-type":
            await at.answer_with_page(response)
        elif fault == "half-json":
            await at.answer_half(response)
        elif fault == "reset":
            await at.answer_and_reset(response)
        else:
            last = await at.drip(response, self.options.drip_s) if fault == "drip" else None
            if response.status_code == 200 and at.is_open:
                self.ledger.answered(label, identity)
            await (at.answer(response) if last is None else at.finish(last))

    def _drawn(self, path: str, identity: str, attempt: int) -> str:
        """The fault of an attempt, noted; those of batch lines mean nothing here, and only models refuse."""
        fault = self.faults.drawn(path, identity, attempt)
        if fault == "batch-expired" or (fault in SPOKEN_FAULTS and path not in ANSWERS):
            return ""
        if fault:
            self.ledger.met(fault)
        return fault

    async def _respond(self, at: Exchange) -> Response:
        """The answer of the endpoint that a request is for; whatever goes wrong in it is an error in a body."""
        found = self._find(at)
        if found is None:
            message = f"Invalid URL ({at.scope['method'][:10]} {at.path[:100]})"
            raise RequestError(message, status=404, code="unknown_url")
        try:
            return await found(at)
        except (RequestError, ConnectionError):
            raise
        except UsageError as error:
            raise RequestError(error.message) from error
        except Exception as error:
            message = f"The simulated service failed: {type(error).__name__}"
            raise RequestError(message, status=500, kind="server_error") from error

    def _find(self, at: Exchange) -> Handler | None:
        for route in self._routes:
            match, child = route.matches(at.scope)
            if match is Match.FULL:
                at.params |= child["path_params"]
                handler: Handler = child["endpoint"]
                return handler
        return None

    def _authorise(self, at: Exchange) -> None:
        if not self.options.api_key_env:
            return
        key = os.environ.get(self.options.api_key_env, "")
        given = at.headers.get("authorization", "").removeprefix("Bearer ") or at.headers.get("api-key", "")
        if not key or not secrets.compare_digest(given.encode(), key.encode()):
            raise RequestError("Incorrect API key provided.", status=401, code="invalid_api_key")

    def _marked(self, response: Response, headers: dict[str, str]) -> Response:
        self._made += 1
        for name, value in {MARK_HEADER: "1", "x-request-id": f"req_simulated_{self._made}", **headers}.items():
            response.headers.setdefault(name, value)
        return response

    async def _generate(self, path: str, at: Exchange) -> Response:
        asked = Asked(at.run_index, at.fault, at.mark, int(time.time()), self._recordings, self._jobs.tuned)
        if TUNED_SIGN in at.body:
            # the first question to a fine-tuned model reads the files of its job
            return json_response(await asyncio.to_thread(ANSWERS[path], at.json(), asked))
        return json_response(ANSWERS[path](at.json(), asked))

    async def _state(self, _at: Exchange) -> Response:
        return json_response(self.state())

    async def _set_faults(self, at: Exchange) -> Response:
        await at.read_body()
        self.set_faults(parse_setting(at.json(), self.faults))
        return json_response(self.faults.as_json())

    def set_faults(self, faults: Faults) -> None:
        """Put faults in force, from the next request on."""
        self.faults = faults

    def state(self) -> dict[str, object]:
        """What was asked and answered, and what is in force."""
        options = self.options
        return {
            "simulated": True,
            "token": self.token,
            **self.ledger.as_json(),
            **self.faults.as_json(),
            "rate": options.rate,
            "latency_s": options.latency_s,
        }


def _inside(folder: Path | None, name: str) -> Path | None:
    return None if folder is None else folder / name


def _job_settings(options: SimulatorOptions) -> JobSettings:
    return JobSettings(options.job_seconds, options.job_scenario, options.clock, _inside(options.folder, "jobs"))
