"""Serving the simulated service on loopback: its socket, its connections, its server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from rft_tui.errors import UsageError
from rft_tui.simulator.service import SimulatedService

HOST = "127.0.0.1"

_BACKLOG = 2048
_TICK_S = 0.1

_SETTINGS: dict[str, Any] = {
    "lifespan": "on",
    "ws": "none",
    "loop": "asyncio",
    "log_config": None,
    "log_level": "critical",
    "access_log": False,
    "server_header": False,
    "timeout_keep_alive": 120,
    "timeout_graceful_shutdown": 2,
}


def listen(port: int = 0) -> socket.socket:
    """A listening socket on loopback, on any free port for 0. Raises UsageError where the port is taken."""
    # asyncio sends small pieces at once only where the socket says that it is TCP; without that each answer waits 40 ms
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        hint = "Another program listens there; leave --port out for any free one."
        raise UsageError(f"port {port} on {HOST} cannot be used: {error.strerror}", hint=hint) from error
    return listening


def address_of(listening: socket.socket) -> str:
    """The base address of the service behind a socket."""
    return f"http://{HOST}:{listening.getsockname()[1]}/v1"


class SimulatorServer(Server):
    """A server that tells its service when it ends, and that ends when `is_over` says so; asked once a second."""

    def __init__(self, service: SimulatedService, is_over: Callable[[], bool] | None = None) -> None:
        super().__init__(Config(service, http=_connections_of(service), **_SETTINGS))
        self._service = service
        self._is_over = is_over or (lambda: False)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second, with 0 once a second; true ends the server."""
        return await super().on_tick(counter) or (counter == 0 and self._is_over())

    async def main_loop(self) -> None:
        """Tick until the end; `end` cuts the wait for the next tick short."""
        counter = 0
        while not await self.on_tick(counter % 10):
            counter += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._service.ended.wait(), _TICK_S)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, and note the loop for `end`."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def end(self) -> None:
        """End the server from another thread."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._service.ended.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End: what waits on purpose waits no longer, the rest has some seconds."""
        self._service.ended.set()
        await super().shutdown(sockets)


def _connections_of(service: SimulatedService) -> type[H11Protocol]:
    class Connection(H11Protocol):
        """A connection that the service can find by its client, to break it on purpose."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if self.client is not None:
                service.transports[self.client] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            if self.client is not None:
                service.transports.pop(self.client, None)
            super().connection_lost(exc)

    return Connection
