"""What a service can do, found out without spending money: `profile test`."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rft_tui.errors import ServiceError
from rft_tui.model import JsonObject
from rft_tui.providers.models import ServiceModel, list_models, retirement
from rft_tui.providers.profiles import NamedProfile
from rft_tui.providers.retry import RetryPolicy
from rft_tui.providers.service import ModelService
from rft_tui.safetext import one_line

ENDPOINTS: dict[str, tuple[str, str]] = {
    "responses": ("POST", "/responses"),
    "chat": ("POST", "/chat/completions"),
    "embeddings": ("POST", "/embeddings"),
    "files": ("GET", "/files?limit=1"),
    "batches": ("GET", "/batches?limit=1"),
    "graders": ("POST", "/fine_tuning/alpha/graders/validate"),
    "jobs": ("GET", "/fine_tuning/jobs?limit=1"),
}
"""What is asked for: a list, or a body so empty that it can only be refused."""

PROBE_S = 20.0
"""Seconds that one question of a probe may take."""

STATES = {
    "bad_request": "yes",
    "content_filter": "yes",
    "not_found": "no",
    "auth": "refused",
    "permission": "refused",
}
"""What an outcome says of an endpoint; others leave it open."""

SHOWN_MODELS = 12
"""Models that are named."""

SHOWN_ENDS = 5
"""Models with an end in sight that are named."""


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What a service answered to some harmless questions.

    `key` is ``accepted``, ``refused`` or ``unknown``; `endpoints` tells of each ``yes``, ``no``, ``refused`` or
    ``unclear``; `models` is None where the service does not list them.
    """

    profile: str
    service: str
    simulated: bool
    reachable: bool
    problem: str = ""
    latency_s: float | None = None
    key: str = "unknown"
    key_source: str = ""
    models: tuple[ServiceModel, ...] | None = None
    endpoints: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether models can be asked: reachable, with a key that is accepted, through at least one API style."""
        usable = "yes" in (self.endpoints.get("responses"), self.endpoints.get("chat"))
        return self.reachable and self.key != "refused" and usable

    def as_json(self) -> JsonObject:
        """The form for scripts."""
        models = None if self.models is None else [asdict(one) for one in self.models]
        return {**asdict(self), "models": models, "ok": self.ok}

    def lines(self) -> list[str]:
        """One line for each finding."""
        mark = "  SIMULATED" if self.simulated else ""
        found = [f"profile    {one_line(self.profile)}: {one_line(self.service)}{mark}"]
        if not self.reachable:
            return [*found, f"reachable  no: {self.problem}"]
        found.append(f"reachable  yes, answered in {1000 * (self.latency_s or 0):.0f} ms")
        source = f" ({self.key_source})" if self.key_source else ""
        found.append(f"key        {self.key}{source}" + (f": {self.problem}" if self.problem else ""))
        found.append(f"models     {self._models()}")
        return found + [f"endpoint   {name}: {state}" for name, state in self.endpoints.items()]

    def _models(self) -> str:
        if self.models is None:
            return "not listed"
        today = datetime.now(UTC).date()
        ends = [one_line(said, 120) for one in self.models if one.shutdown_date and (said := retirement(one, today))]
        more = f" and {len(ends) - SHOWN_ENDS} more with an end" if len(ends) > SHOWN_ENDS else ""
        names = ", ".join(one_line(one.id, 60) for one in self.models[:SHOWN_MODELS])
        named = f"{len(self.models)}: {names}" if self.models else "none"
        rest = (
            f" and {len(self.models) - SHOWN_MODELS} more (--json lists all)" if len(self.models) > SHOWN_MODELS else ""
        )
        return "; ".join([named + rest, *ends[:SHOWN_ENDS]]) + more


async def probe(profile: NamedProfile, folder: Path | None) -> ProbeReport:
    """Ask a service what it is and can do; `folder` is the workspace's ``.rft``.

    Raises SettingsError for a profile that cannot be used as it stands; what the service does is in the report.
    """
    policy = RetryPolicy(total_s=0.0)
    try:
        async with ModelService(profile, folder=folder, policy=policy) as service:
            return await _asked(service)
    except ServiceError as error:
        return ProbeReport(profile.name, profile.service, profile.is_simulated, False, error.message)


async def _asked(service: ModelService) -> ProbeReport:
    profile = service.profile
    started = time.monotonic()
    models: tuple[ServiceModel, ...] | None = None
    outcome, problem = "", ""
    try:
        async with asyncio.timeout(PROBE_S):
            models = tuple(await list_models(service))
    except ServiceError as error:
        outcome, problem = error.outcome, error.message
    except TimeoutError:
        outcome, problem = "timeout", f"no answer within {PROBE_S:.0f} s"
    latency_s = time.monotonic() - started
    if outcome in ("connection", "timeout"):
        return ProbeReport(profile.name, profile.service, profile.is_simulated, False, problem, latency_s)
    states = await asyncio.gather(*(_endpoint(service, *one) for one in ENDPOINTS.values()))
    endpoints = dict(zip(ENDPOINTS, states, strict=True))
    refused = outcome in ("auth", "permission")
    key = "refused" if refused else "accepted" if models is not None or "yes" in states else "unknown"
    return ProbeReport(
        profile.name, profile.service, profile.is_simulated, True, problem if refused else "", latency_s, key,
        service.key_source, models, endpoints,
    )  # fmt: skip


async def _endpoint(service: ModelService, method: str, path: str) -> str:
    try:
        await service.request(method, path, body={} if method == "POST" else None, timeout_s=PROBE_S)
    except ServiceError as error:
        return STATES.get(error.outcome, "unclear")
    return "yes"
