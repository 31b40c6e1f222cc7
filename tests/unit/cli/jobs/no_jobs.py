"""A service that has models and nothing else, as many do that serve models on one's own machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class NoJobs(BaseHTTPRequestHandler):
    """Answers the list of models; whatever else is asked is not there."""

    def do_GET(self) -> None:
        """The list of models."""
        body = json.dumps({"object": "list", "data": []}).encode()
        found = self.path.startswith("/v1/models")
        self.send_response(200 if found else 404)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """The same."""
        self.do_GET()

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def service_without_jobs() -> Iterator[str]:
    """Such a service on loopback; its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), NoJobs) as running:
        thread = Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/v1"
        running.shutdown()
        thread.join()
