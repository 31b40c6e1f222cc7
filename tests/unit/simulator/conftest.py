"""A simulated service in this process, and the official client that talks to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from openai import OpenAI

from rft_tui.simulator.running import RunningSimulator, running_simulator


class Got(NamedTuple):
    """An answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Ask = Callable[..., Got]


def ask(base_url: str, method: str, path: str, body: Any = None, **headers: str) -> Got:
    """One request without any client's help; a body that is no text is sent as JSON."""
    address = urlsplit(base_url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=10)
    try:
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, sent, {"content-type": "application/json", **named})
        response = connection.getresponse()
        return Got(response.status, {key.lower(): value for key, value in response.getheaders()}, response.read())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def shared() -> Iterator[RunningSimulator]:
    """One service for tests that leave nothing behind."""
    with running_simulator(batch_stage_s=0.01) as running:
        yield running


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    """A service of the test's own, whose batches are quick."""
    with running_simulator(batch_stage_s=0.01) as running:
        yield running


@pytest.fixture(scope="module")
def client(shared: RunningSimulator) -> Iterator[OpenAI]:
    """The official client, which sends each request once, of the shared service."""
    with OpenAI(base_url=shared.base_url, api_key="any", max_retries=0, timeout=10) as made:
        yield made


@pytest.fixture
def own_client(simulator: RunningSimulator) -> Iterator[OpenAI]:
    """The official client of the test's own service."""
    with OpenAI(base_url=simulator.base_url, api_key="any", max_retries=0, timeout=10) as made:
        yield made
