"""A service on loopback that shows one finished job with all its evidence, page by page.

``python -m tests.archive_service`` prints its port and runs until its parent has ended; GET /state tells what was
asked.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

JOB, EVALUATION = "ftjob-abc123", "eval_abc"
TRAINING, VALIDATION, RESULT = "file-train", "file-valid", "file-result"
UUID = "3f2b1c00-1111-4222-8333-444455556666"
CSV = b"step,train_mean_reward,full_valid_mean_reward\n1,0.25,\n2,0.5,0.75\n"
GRADER = {
    "type": "string_check", "name": "exact", "operation": "ilike", "input": "{{sample.output_text}}",
    "reference": "{{item.reference_answer}}",
}  # fmt: skip


def row(number: int, prompt: str = "") -> dict[str, Any]:
    """A validation row."""
    asked = f"{prompt}\n\nWhat is {number}?" if prompt else f"What is {number}?"
    return {"messages": [{"role": "user", "content": asked}], "reference_answer": f"word{number}"}


@dataclass
class ArchiveService:
    """What it shows; `refuse` answers paths that begin so with a status, `most` requests come before it dies.

    `lost` are the statuses of requests that were not answered because it was dead.
    """

    rows: int = 10
    steps: tuple[int, ...] = (0, 5, 10)
    samples: int = 1
    events: int = 7
    prompt: str = ""
    status: str = "succeeded"
    refuse: dict[str, int] = field(default_factory=dict)
    most: int | None = None
    delay_s: float = 0.0
    items: dict[str, Any] = field(default_factory=dict)
    results: bool = True
    padding: int = 0
    grader: dict[str, Any] = field(default_factory=lambda: dict(GRADER))
    asked: list[str] = field(default_factory=list)
    served: Counter[str] = field(default_factory=Counter)

    def answer(self, target: str) -> tuple[int, bytes]:
        """Status and body for a GET; status 0 where the connection is dropped."""
        parts = urlsplit(target)
        path = unquote(parts.path.removeprefix("/v1"))
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if path == "/state":
            return 200, json.dumps({"asked": self.asked, "served": self.served}).encode()
        if self.most is not None and len(self.asked) >= self.most:
            return 0, b""
        self.asked.append(f"{path}?{parts.query}" if parts.query else path)
        for beginning, status in self.refuse.items():
            if path.startswith(beginning):
                error = {
                    "message": "the evaluation API has been shut down",
                    "type": "gone",
                    "param": None,
                    "code": None,
                }
                return status, json.dumps({"error": error}).encode()
        if path == f"/files/{RESULT}/content":
            return 200, CSV
        found = self.document(path, query)
        return (404, b'{"error": {"message": "not here"}}') if found is None else (200, json.dumps(found).encode())

    def document(self, path: str, query: dict[str, str]) -> Any:
        """The JSON at a path."""
        at = f"/fine_tuning/jobs/{JOB}"
        if path == at:
            return self.job()
        if path == f"{at}/events":
            return _page([self.event(number) for number in reversed(range(self.events))], query)
        if path == f"{at}/checkpoints":
            return _page([self.checkpoint(step) for step in reversed(self.steps[-2:])], query)
        if path.startswith("/files/"):
            name = path.removeprefix("/files/")
            return {"id": name, "object": "file", "bytes": 99, "filename": f"{name}.jsonl", "purpose": "fine-tune"}
        if path == f"/evals/{EVALUATION}/runs":
            return _page([self.run(step) for step in self.steps], query)
        for step in self.steps:
            if path == f"/evals/{EVALUATION}/runs/run_{step}/output_items":
                places = [{"id": f"outputitem_{step}_{place}"} for place in range(self.rows * self.samples)]
                shown = _page(places, query)
                shown["data"] = [self.item(step, int(one["id"].rpartition("_")[2])) for one in shown["data"]]
                self.served.update(one["id"] for one in shown["data"] if isinstance(one.get("id"), str))
                time_passes(self.delay_s)
                return shown
        return None

    def job(self) -> dict[str, Any]:
        """The job."""
        ended = 1_795_000_900 if self.status == "succeeded" else None
        return {
            "id": JOB, "object": "fine_tuning.job", "created_at": 1_795_000_000, "finished_at": ended,
            "status": self.status, "error": {}, "model": "o4-mini-2025-04-16", "fine_tuned_model": None,
            "training_file": TRAINING, "validation_file": VALIDATION, "result_files": [RESULT], "eval_id": EVALUATION,
            "metadata": {}, "user_provided_suffix": "phrases", "future_key": [1, 2],
            "method": {"type": "reinforcement", "reinforcement": {"grader": self.grader,
                       "hyperparameters": {"reasoning_effort": "low", "eval_samples": self.samples}}},
        }  # fmt: skip

    def event(self, number: int) -> dict[str, Any]:
        """An event; the last ones are metrics."""
        step = number + 1
        data = {"step": step, "total_steps": self.events, "train_mean_reward": step / 10}
        return {
            "id": f"ftevent-{number}", "object": "fine_tuning.job.event", "created_at": 1_795_000_000 + number,
            "level": "info", "message": f"Step {step}", "type": "metrics", "data": data,
        }  # fmt: skip

    def checkpoint(self, step: int) -> dict[str, Any]:
        """A checkpoint."""
        return {
            "id": f"ftckpt_{step}", "object": "fine_tuning.job.checkpoint", "created_at": 1_795_000_000 + step,
            "fine_tuned_model_checkpoint": f"ft:o4-mini:org:phrases:abc:ckpt-step-{step}", "fine_tuning_job_id": JOB,
            "step_number": step, "metrics": {"full_valid_mean_reward": 0.5},
        }  # fmt: skip

    def run(self, step: int) -> dict[str, Any]:
        """A run of the evaluation."""
        total = self.rows * self.samples
        return {
            "id": f"run_{step}", "object": "eval.run", "eval_id": EVALUATION, "name": f"Step {step}",
            "model": "o4-mini", "status": "completed", "created_at": 1_795_000_000 + step,
            "result_counts": {"total": total, "errored": 0, "failed": 0, "passed": total},
        }  # fmt: skip

    def item(self, step: int, place: int) -> dict[str, Any]:
        """An output item: right from a step on that depends on the row; samples of a row side by side."""
        number, sample = divmod(place, self.samples)
        right = step >= 5 * (number % 3)
        text = f"word{number}" if right else f"guess {number} at {step}, sample {sample}" + self.padding * "x"
        name = f"{self.grader['name']}-{UUID}"
        shown: dict[str, Any] = {
            "id": f"outputitem_{step}_{place}", "object": "eval.run.output_item", "run_id": f"run_{step}",
            "eval_id": EVALUATION, "created_at": 1_795_000_000, "status": "pass" if right else "fail",
            "datasource_item_id": place, "datasource_item": row(number, self.prompt),
            "results": [{"name": name, "score": float(right), "passed": right}] if self.results else [],
            "sample": {
                "input": [], "output": [{"role": "assistant", "content": text}], "finish_reason": "stop",
                "model": f"o4-mini-step-{step}", "error": {}, "temperature": 1.0, "top_p": 1.0, "seed": 1,
                "usage": {"total_tokens": 12, "completion_tokens": 5, "prompt_tokens": 7, "cached_tokens": 0},
            },
        }  # fmt: skip
        changes: dict[str, Any] = self.items.get(shown["id"], {})
        return shown | changes


def _page(entries: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    ids = [one["id"] for one in entries]
    begin = ids.index(query["after"]) + 1 if query.get("after") in ids else 0
    end = begin + int(query.get("limit", 20))
    return {"object": "list", "data": entries[begin:end], "has_more": end < len(entries)}


def time_passes(seconds: float) -> None:
    """Let an answer take some time."""
    if seconds:
        threading.Event().wait(seconds)


def _handler(service: ArchiveService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, body = service.answer(self.path)
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the library has it
            """Say nothing."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that are killed are no error."""


@contextmanager
def showing(service: ArchiveService) -> Iterator[str]:
    """Run a service in a thread; its base URL."""
    with _Server(("127.0.0.1", 0), _handler(service)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        finally:
            server.shutdown()
            thread.join()


@dataclass
class ShowingProcess:
    """A service in a process of its own."""

    port: int

    @property
    def base_url(self) -> str:
        """The address of its API."""
        return f"http://127.0.0.1:{self.port}/v1"

    def state(self) -> dict[str, Any]:
        """What was asked."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", "/state")
        document: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return document


@contextmanager
def showing_process(**options: float) -> Iterator[ShowingProcess]:
    """A service in a process of its own: rows, steps, delay_s, padding."""
    words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    with subprocess.Popen([sys.executable, "-m", "tests.archive_service", *words], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield ShowingProcess(int(process.stdout.readline()))
        finally:
            process.kill()


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return sha256(data).hexdigest()


def main() -> None:
    """Run until the parent has ended."""
    parser = argparse.ArgumentParser()
    for name, kind in (("rows", int), ("steps", int), ("delay-s", float), ("padding", int)):
        parser.add_argument(f"--{name}", type=kind, default=kind(0))
    given = parser.parse_args()
    steps = tuple(range(given.steps))
    service = ArchiveService(rows=given.rows, steps=steps, delay_s=given.delay_s, padding=given.padding)
    server = _Server(("127.0.0.1", 0), _handler(service))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    parent = os.getppid()
    while os.getppid() == parent:
        time_passes(0.5)


if __name__ == "__main__":
    main()
