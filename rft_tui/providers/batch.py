"""Batches of a service, the pure half: lines of a file from calls, answers from lines, and what a batch says of itself.

Facts 8.3: a file holds at most 50,000 lines and 200 MB and asks one model; answers come in any order and are joined
by ``custom_id``; lines that were never run carry the code ``batch_expired``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from rft_tui.model import JsonObject
from rft_tui.providers import chat, responses
from rft_tui.providers.calls import ModelCall, ModelReply
from rft_tui.providers.outcomes import RULES, Outcome, classify, classify_code, outcome
from rft_tui.providers.profiles import NamedProfile
from rft_tui.providers.reading import count_of, cut, failed, object_of, objects_of, text_of
from rft_tui.safetext import storable

VERSION = "/v1"
"""How the paths in the lines begin, whatever the service's address is."""

EXPIRED_CODE, CANCELLED_CODE = "batch_expired", "batch_cancelled"
"""Codes of lines that were never run: the time was over, or the batch was cancelled."""

QUEUE_FULL_CODE = "token_limit_exceeded"
"""The code of a batch that is refused only while others of the same model are at work."""

ENDED_STATUSES = frozenset({"failed", "completed", "expired", "cancelled"})
"""Statuses that stay."""

MOST_LINE_BYTES = 16 * 1024 * 1024
"""Bytes of a line of answers that are read; a longer line is passed over."""

MOST_ERRORS = 20
"""Errors of a file that are read."""

_LINE_BREAKS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "\x85\u2028\u2029"}
"""Signs that JSON leaves as they are and that some readers take for the end of a line."""


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """What one file may hold."""

    lines: int = 50_000
    size: int = 200_000_000


@dataclass(frozen=True, slots=True)
class FileLine:
    """One line of an output or an error file: whose it is, the service's status (0: never run), body, and error."""

    custom_id: str
    status: int
    body: bytes
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class LineReply:
    """What a line means: the reply as a live call would have it, and what is to be done about it.

    `again` says that another try may bring an answer; `ran` that the service worked on it; `cancelled` that it was
    called off before it was run.
    """

    reply: ModelReply
    again: bool = False
    ran: bool = True
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class FileError:
    """Something that the service finds wrong with a file, at a line (from 1) where it says one."""

    code: str
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class BatchReport:
    """A batch as the service tells of it; `counted` are lines that it has answered or failed."""

    id: str
    status: str
    total: int = 0
    counted: int = 0
    output_file: str | None = None
    error_file: str | None = None
    metadata: JsonObject = field(default_factory=dict)
    errors: tuple[FileError, ...] = ()

    @property
    def has_ended(self) -> bool:
        """Whether the service does nothing more about it."""
        return self.status in ENDED_STATUSES

    @property
    def is_queue_full(self) -> bool:
        """Whether it was refused only because too much is waiting already."""
        return any(error.code == QUEUE_FULL_CODE for error in self.errors)


def endpoint_of(profile: NamedProfile) -> str:
    """The endpoint that the lines of a profile's batches ask."""
    return VERSION + (chat.PATH if profile.profile.api == "chat" else responses.PATH)


def line_of(key: str, endpoint: str, call: ModelCall) -> bytes:
    """The line that asks a call under a key, with its line break."""
    body = chat.body_of(call) if endpoint == VERSION + chat.PATH else responses.body_of(call)
    line = {"custom_id": key, "method": "POST", "url": endpoint, "body": body}
    text = storable(json.dumps(line, ensure_ascii=False, separators=(",", ":")))
    return text.translate(_LINE_BREAKS).encode() + b"\n"


def iter_lines(file: BinaryIO, most: int = MOST_LINE_BYTES) -> Iterator[bytes | None]:
    """The lines of a file that are not blank, without more than `most` bytes in memory; None for a longer one."""
    while line := file.readline(most + 1):
        if len(line) > most and not line.endswith(b"\n"):
            while (rest := file.readline(most + 1)) and not rest.endswith(b"\n"):
                pass
            yield None
        elif line.strip():
            yield line


def read_line(line: bytes) -> FileLine | None:
    """What a line of answers says, None where it cannot be read or names nobody."""
    try:
        value = json.loads(line)
        custom_id = value["custom_id"]
        error, response = object_of(value.get("error")), object_of(value.get("response"))
        body = response.get("body")
        raw = json.dumps(body, separators=(",", ":")).encode("ascii") if response else b""
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None
    if not isinstance(custom_id, str):
        return None
    code, message = text_of(error.get("code")), text_of(error.get("message"))
    return FileLine(custom_id, count_of(response.get("status_code")) or 0, raw, code, message)


def reply_of(line: FileLine, endpoint: str, call: ModelCall) -> LineReply:
    """What a line means for a call, in the same words as an answer to a live one.

    Of the call only the model and the parameters matter.
    """
    if 200 <= line.status < 300:
        answer_of = chat.answer_of if endpoint == VERSION + chat.PATH else responses.answer_of
        answer = answer_of(line.body, call)
        kind = answer.error.kind if answer.error else ""
        stops = kind if kind and RULES[kind].stops else ""
        return LineReply(ModelReply(answer, line.body, stops=stops), again=bool(kind) and RULES[kind].attempts > 1)
    if line.code in (EXPIRED_CODE, CANCELLED_CODE):
        found = outcome("timeout", cut(f"{line.code}: {line.message}"))
        was_cancelled = line.code == CANCELLED_CODE
        return LineReply(_failed(found), again=True, ran=False, cancelled=was_cancelled)
    found = classify(line.status, {}, line.body) if line.status else classify_code(line.code, line.message)
    return LineReply(_failed(found, line.body), again=found.retry)


def missing_reply() -> LineReply:
    """What it means that a batch has ended and no file holds a line for a call."""
    found = outcome("server", "the batch has ended without an answer to this line")
    return LineReply(_failed(found), again=True, ran=False)


def _failed(found: Outcome, raw: bytes = b"") -> ModelReply:
    return ModelReply(failed(found), raw, stops=found.stops)


def read_batch(value: Any) -> BatchReport | None:
    """What a batch object says, None where it is none."""
    batch = object_of(value)
    identity, status = text_of(batch.get("id")), text_of(batch.get("status"))
    if not identity or not status:
        return None
    counts = object_of(batch.get("request_counts"))
    return BatchReport(
        identity,
        status,
        count_of(counts.get("total")) or 0,
        (count_of(counts.get("completed")) or 0) + (count_of(counts.get("failed")) or 0),
        text_of(batch.get("output_file_id")) or None,
        text_of(batch.get("error_file_id")) or None,
        object_of(batch.get("metadata")),
        tuple(map(_file_error, objects_of(object_of(batch.get("errors")).get("data"))[:MOST_ERRORS])),
    )


def _file_error(error: JsonObject) -> FileError:
    return FileError(cut(text_of(error.get("code"))), cut(text_of(error.get("message"))), count_of(error.get("line")))
