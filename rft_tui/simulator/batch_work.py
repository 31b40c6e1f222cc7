"""Working through a batch: its input file is checked, then its lines are answered into two files."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import BinaryIO

from rft_tui.model import JsonObject
from rft_tui.simulator.batch_lines import Line, check_lines, lines_of
from rft_tui.simulator.batches import Batch
from rft_tui.simulator.faults import LINE_FAULTS, Faults
from rft_tui.simulator.files import FileStore
from rft_tui.simulator.generation import ANSWERS, fault_error
from rft_tui.simulator.jobs.tuned import Tunes, no_tunes
from rft_tui.simulator.ledger import Ledger, request_identity
from rft_tui.simulator.recorded import Recordings
from rft_tui.simulator.rejection import RequestError
from rft_tui.simulator.shared_rules import Asked

BLOCK = 64
"""Lines whose answers are written in turned order, since a service promises none."""


@dataclass(frozen=True, slots=True)
class BatchTools:
    """What answering lines needs; `faults` gives those in force at the moment, `tunes` finds models."""

    files: FileStore
    ledger: Ledger
    recordings: Recordings
    faults: Callable[[], Faults]
    tunes: Tunes = no_tunes


def validate(batch: Batch, tools: BatchTools) -> bool:
    """Check the input file; False where the batch has failed by it."""
    found = check_lines(tools.files.get(batch.asked["input_file_id"]).path, batch.asked["endpoint"])
    batch.errors = found.errors
    batch.counts["total"] = 0 if found.errors else found.total
    batch.model = found.model
    return not found.errors


class BatchWork:
    """Answers every line of a batch into its two files; meant for a thread of its own."""

    def __init__(self, batch: Batch, tools: BatchTools) -> None:
        self._batch = batch
        self._tools = tools
        self._runs: Counter[bytes] = Counter()
        self.expired = False

    def answer_all(self) -> None:
        """Answer the lines until the batch is stopped, and keep what was answered."""
        batch, files = self._batch, self._tools.files
        outputs, errors = files.new_path(), files.new_path()
        lines = lines_of(files.get(batch.asked["input_file_id"]).path, batch.asked["endpoint"])
        with outputs.open("wb") as good, errors.open("wb") as bad:
            block: list[Line] = []
            for line in lines:
                if batch.stop.is_set():
                    break
                block.append(line)
                if len(block) == BLOCK:
                    self._write(block, good, bad)
                    block = []
            if not batch.stop.is_set():
                self._write(block, good, bad)
        expiry_s = batch.asked.get("output_expires_after", {}).get("seconds")
        for key, path in (("output_file_id", outputs), ("error_file_id", errors)):
            if path.stat().st_size:
                name = f"{batch.id}_{key.removesuffix('_file_id')}.jsonl"
                batch.files[key] = files.add(path, name, "batch_output", expiry_s).id
            else:
                path.unlink()

    def _write(self, block: list[Line], good: BinaryIO, bad: BinaryIO) -> None:
        answered = [self._answer(line) for line in block]
        for is_good, written in reversed(answered):
            (good if is_good else bad).write(json.dumps(written).encode() + b"\n")
            self._batch.counts["completed" if is_good else "failed"] += 1

    def _answer(self, line: Line) -> tuple[bool, JsonObject]:
        """The line that the output or the error file gets. The n-th line with the same body counts as run n."""
        endpoint = self._batch.asked["endpoint"]
        digest = blake2b(line.encoded, digest_size=12).digest()
        self._runs[digest] += 1
        run_index = self._runs[digest]
        identity = request_identity(endpoint, run_index, line.encoded)
        attempt = self._tools.ledger.attempt(identity)
        fault = self._tools.faults().drawn(endpoint, identity, attempt)
        fault = fault if fault in LINE_FAULTS else ""
        mark = f"{identity[:20]}{attempt}"
        written: JsonObject = {"id": f"batch_req_{mark}", "custom_id": line.custom_id, "response": None, "error": None}
        if fault:
            self._tools.ledger.met(fault)
        if fault == "batch-expired":
            self.expired = True
            message = "This request could not be executed before the completion window expired."
            return False, {**written, "error": {"code": "batch_expired", "message": message}}
        try:
            if error := fault_error(fault, 0.0):
                raise error
            tools = self._tools
            asked = Asked(run_index, fault, mark, int(time.time()), tools.recordings, tools.tunes)
            body = ANSWERS[endpoint](line.body, asked)
        except RequestError as error:
            written["response"] = {"status_code": error.status, "request_id": f"req_{mark}", "body": error.body()}
            return False, written
        self._count(body.get("usage", {}))
        self._tools.ledger.answered(f"batch POST {endpoint}", identity)
        written["response"] = {"status_code": 200, "request_id": f"req_{mark}", "body": body}
        return True, written

    def _count(self, usage: JsonObject) -> None:
        tokens = self._batch.tokens
        tokens["input"] += usage.get("input_tokens") or usage.get("prompt_tokens") or 0
        tokens["output"] += usage.get("output_tokens") or usage.get("completion_tokens") or 0
        details = usage.get("output_tokens_details") or usage.get("completion_tokens_details") or {}
        tokens["reasoning"] += details.get("reasoning_tokens", 0)
