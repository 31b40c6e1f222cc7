"""What a service says before a launch: answers, refusals and silence, each told from the others."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from rft_tui.errors import ServiceError
from rft_tui.model import JsonObject
from rft_tui.providers.backends.backend import JobBackend
from rft_tui.providers.service import ModelService
from rft_tui.tasks.jobs.preflight.asking import ask_service
from rft_tui.tasks.jobs.preflight.facts import HostedCheck
from rft_tui.tasks.jobs.request import DataSource
from tests.unit.tasks.jobs.requests import EXACT, a_request

REMOTE = a_request(training=DataSource("remote", "file-1"), validation=DataSource("remote", "file-2"))
MULTI: JsonObject = {"type": "multi", "name": "m", "graders": [EXACT], "calculate_output": "exact"}


@dataclass
class Backend:
    """A backend that answers by script: a value, an error to raise, or None for silence."""

    jobs: str | ServiceError | None = ""
    check: JsonObject | ServiceError | None = field(default_factory=dict)
    files: dict[str, JsonObject | ServiceError] = field(default_factory=dict)
    validated: list[JsonObject] = field(default_factory=list)

    async def takes_jobs(self) -> str:
        return str(await self._said(self.jobs))

    async def validate(self, grader: JsonObject) -> JsonObject:
        self.validated.append(grader)
        await self._said(self.check)
        return grader

    async def file_head(self, file_id: str) -> JsonObject:
        return dict(await self._said(self.files[file_id]))

    async def _said(self, answer: Any) -> Any:
        if isinstance(answer, ServiceError):
            raise answer
        if answer is None:
            await asyncio.Event().wait()
        return answer


class Answer:
    def json(self) -> Any:
        return {"data": [{"id": "o9", "shutdown_date": "2027-01-01"}]}


class Models:
    async def request(self, *_args: Any, **_named: Any) -> Answer:
        return Answer()


async def ask(backend: Backend, request: Any = None, within_s: float = 5.0, service: Any = None) -> Any:
    return await ask_service(
        request or a_request(), cast(JobBackend, backend), cast(ModelService | None, service), within_s=within_s
    )


async def test_everything_that_is_answered() -> None:
    backend = Backend(files={"file-1": {"purpose": "fine-tune"}, "file-2": ServiceError("no", outcome="not_found")})
    facts = await ask(backend, REMOTE, service=Models())
    assert (facts.refusal, facts.validated, facts.trouble) == ("", HostedCheck(True), "")
    assert facts.files == {"file-1": {"purpose": "fine-tune"}, "file-2": None}
    assert facts.models["o9"].shutdown_date == "2027-01-01"


async def test_silence_and_trouble_stay_unknown() -> None:
    away = ServiceError("away", outcome="connection")
    facts = await ask(Backend(None, None, {"file-1": away, "file-2": away}), REMOTE, within_s=0.01)
    assert (facts.refusal, facts.models, facts.files) == (None, None, {})
    assert facts.validated == HostedCheck(None, "the service did not answer in time")
    assert facts.trouble in ("the service did not answer in time; away", "away; the service did not answer in time")


@pytest.mark.parametrize(
    ("outcome", "ok"), [("bad_request", False), ("auth", None), ("not_found", None), ("server", None)]
)
async def test_only_a_refusal_speaks_of_the_grader(outcome: str, ok: bool | None) -> None:
    facts = await ask(Backend(check=ServiceError("no", outcome=outcome)))
    assert facts.validated == HostedCheck(ok, "no")


async def test_the_grader_goes_as_the_service_takes_it() -> None:
    backend = Backend()
    await ask(backend, a_request(grader=MULTI))
    assert backend.validated == [MULTI | {"graders": {"exact": EXACT}}]
    facts = await ask(backend, a_request(grader=MULTI | {"graders": 3}))
    assert facts.validated.ok is False


async def test_methods_without_a_grader_ask_for_no_check() -> None:
    backend = Backend()
    assert (await ask(backend, a_request("dpo"))).validated is None
    assert backend.validated == []
