from __future__ import annotations

import pytest

from rft_tui.errors import SettingsError
from rft_tui.providers.models import list_models
from rft_tui.providers.probe import probe
from rft_tui.providers.profiles import BUILT_IN, NamedProfile
from rft_tui.providers.service import ModelService
from rft_tui.settings import Profile
from tests.unit.providers.faults import Request, answer, refused, serving

MODELS = answer(
    {"data": [{"id": "b", "created": 5, "owned_by": "me", "shutdown_date": "2999-01-31"}, {"id": "a"}, {"no": "id"}]}
)


def at(url: str) -> NamedProfile:
    return NamedProfile("test", Profile(base_url=url))


def local(request: Request) -> bytes:
    """A local server that knows models, chat and embeddings."""
    if request.path == "/v1/models":
        return MODELS
    if request.path in ("/v1/chat/completions", "/v1/embeddings"):
        return refused(400, message="messages is missing")
    return refused(501 if request.method == "GET" else 404)


async def test_a_local_server() -> None:
    async with serving(local) as server:
        report = await probe(at(server.url), None)
    assert report.ok
    assert report.endpoints == {
        "responses": "no", "chat": "yes", "embeddings": "yes", "files": "no", "batches": "no", "graders": "no",
        "jobs": "no",
    }  # fmt: skip
    lines = report.lines()
    assert any("2: a, b; b will be shut down on 2999-01-31" in line for line in lines)
    assert report.as_json()["models"][1] == {
        "id": "b", "created": 5, "owned_by": "me", "shutdown_date": "2999-01-31",
    }  # fmt: skip
    assert all(request.body in (b"", b"{}") for request in server.requests)


async def test_a_key_that_is_refused() -> None:
    async with serving(refused(401, message="bad key")) as server:
        report = await probe(at(server.url), None)
    assert (report.reachable, report.key, report.ok) == (True, "refused", False)
    assert any("bad key" in line for line in report.lines())


async def test_nobody_there() -> None:
    async with serving(b"") as server:
        pass
    report = await probe(at(server.url), None)
    assert (report.reachable, report.ok) == (False, False)
    assert "could not be reached" in report.lines()[1]


async def test_a_placeholder_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as caught:
        await probe(NamedProfile("foundry", BUILT_IN["foundry"]), None)
    assert "[profiles.foundry]" in caught.value.hint


async def test_models_by_name() -> None:
    async with serving(MODELS) as server, ModelService(at(server.url)) as service:
        assert [one.id for one in await list_models(service)] == ["a", "b"]
