"""Jobs as a loopback server shows them: pages, faults on demand, and every request held to the published contract."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from rft_tui.model import JsonObject
from rft_tui.providers.backends.openai import OpenAIJobs
from rft_tui.providers.backends.registry import open_backend
from rft_tui.providers.clock import Clock
from rft_tui.providers.profiles import NamedProfile
from rft_tui.providers.service import ModelService
from rft_tui.settings import Profile
from tests.unit.providers.clocks import FakeTime
from tests.unit.providers.faults import FaultServer, Request, answer, refused, serving
from tests.unit.simulator.contract import assert_fits, description

Route = Callable[["Asked"], Any]


class Asked:
    """A request as a route sees it."""

    def __init__(self, request: Request, found: re.Match[str]) -> None:
        parts = urlsplit(request.path)
        self.query = dict(parse_qsl(parts.query))
        self.ids = [unquote(one) for one in found.groups()]
        self.request = request


class Wire:
    """A server with routes by method and pattern; `faults` are raw answers that come first, one a request."""

    def __init__(self) -> None:
        self.routes: dict[tuple[str, str], Route] = {}
        self.faults: list[bytes] = []
        self.server: FaultServer

    def on(self, method: str, pattern: str, route: Route) -> None:
        """Answer requests of a path with what a function makes of them: JSON, or bytes as they are."""
        self.routes[method, pattern] = route

    def handle(self, request: Request) -> bytes:
        """Answer one request."""
        if self.faults:
            return self.faults.pop(0)
        path = urlsplit(request.path).path.removeprefix("/v1")
        for (method, pattern), route in self.routes.items():
            found = re.fullmatch(pattern, path)
            if found and method == request.method:
                made = route(Asked(request, found))
                return made if isinstance(made, bytes) else answer(made)
        return refused(404, None, "unknown url")

    @property
    def asked(self) -> list[str]:
        """Method, path and query of every request, plainly."""
        return [f"{one.method} {unquote(one.path).removeprefix('/v1')}" for one in self.server.requests]

    def posts(self, ending: str) -> int:
        """How many requests were sent to change something, at paths that end so."""
        return sum(one.method == "POST" and one.path.endswith(ending) for one in self.server.requests)


@asynccontextmanager
async def backend_at(
    wire: Wire, *, backend: str = "openai", wall: float = 1_795_000_000.0
) -> AsyncIterator[OpenAIJobs]:
    """A backend of a server; afterwards every request is held to the published description."""
    time = FakeTime().clock
    clock = Clock(time.now, lambda: wall, time.wait, time.chance)
    async with serving(wire.handle) as server:
        wire.server = server
        profile = Profile(base_url=server.url, backend=backend, api_key_env="")  # type: ignore[arg-type]
        async with ModelService(NamedProfile("test", profile), clock=clock) as service:
            made = open_backend(service, clock=clock)
            assert isinstance(made, OpenAIJobs)
            yield made
    for request in server.requests:
        assert_documented(request)


def assert_documented(request: Request) -> None:
    """Fail where a request is none that the description knows: its path, its query, its body."""
    parts = urlsplit(request.path)
    path = parts.path.removeprefix("/v1")
    for template, methods in description()["paths"].items():
        operation = methods.get(request.method.lower())
        if operation is None or not re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            continue
        known = {one["name"] for one in operation.get("parameters", ())}
        for name, _value in parse_qsl(parts.query):
            assert name.partition("[")[0] in known, f"{request.path}: {name}"
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            assert_fits(request.json, content["application/json"]["schema"]["$ref"].rpartition("/")[2])
        else:
            assert content or not request.body
        return
    raise AssertionError(f"{request.method} {path} is not described")


def pages(entries: Sequence[JsonObject], most: int = 100) -> Route:
    """A list as the service shows it: `limit` entries behind `after`."""

    def route(asked: Asked) -> JsonObject:
        limit = min(int(asked.query.get("limit", 20)), most)
        places = {one.get("id"): place for place, one in enumerate(entries)}
        begin = places[asked.query["after"]] + 1 if "after" in asked.query else 0
        shown = list(entries[begin : begin + limit])
        return {"object": "list", "data": shown, "has_more": begin + limit < len(entries)}

    return route


def job(number: int = 1, **more: Any) -> JsonObject:
    """A job in the published shape."""
    return {
        "id": f"ftjob-{number}", "object": "fine_tuning.job", "created_at": 1_790_000_000 + number, "error": {},
        "finished_at": None, "estimated_finish": None, "fine_tuned_model": None, "model": "o4-mini-2025-04-16",
        "organization_id": "org", "result_files": [], "status": "running", "trained_tokens": None, "seed": 1,
        "training_file": "file-1", "validation_file": "file-2", "metadata": {}, "hyperparameters": {},
        "method": {"type": "reinforcement", "reinforcement": {}}, "eval_id": "eval_1", "usage_metrics": None, **more,
    }  # fmt: skip


def event(number: int, **more: Any) -> JsonObject:
    """An event in the published shape."""
    return {
        "id": f"ftevent-{number}", "object": "fine_tuning.job.event", "created_at": 1_790_000_000 + number,
        "level": "info", "message": f"Step {number}", "type": "metrics", "data": {"step": number, "train_loss": 0.5},
        **more,
    }  # fmt: skip


BODY: JsonObject = {
    "model": "o4-mini-2025-04-16",
    "training_file": "file-1",
    "validation_file": "file-2",
    "metadata": {"rft_tui_mark": "mark-1"},
    "method": {
        "type": "reinforcement",
        "reinforcement": {
            "grader": {
                "type": "string_check", "name": "exact", "operation": "ilike", "input": "{{sample.output_text}}",
                "reference": "{{item.reference_answer}}",
            },
        },
    },
}  # fmt: skip
"""What a job is created with."""
