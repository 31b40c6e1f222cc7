"""``POST /v1/embeddings``: vectors made of words, so that texts with words in common lie close together."""

from __future__ import annotations

import base64
import re
import struct
from hashlib import sha256
from math import sqrt
from typing import Any

from rft_tui.model import JsonObject
from rft_tui.simulator import checks
from rft_tui.simulator.checks import Rule, check_body, either, list_of, table, wrong
from rft_tui.simulator.models import answered_name
from rft_tui.simulator.replies import tokens_of
from rft_tui.simulator.shared_rules import Asked

DIMENSIONS = 64
"""Numbers of a vector unless others are asked for."""

MOST_TEXTS = 2048
"""Texts of one request."""

_WORD = re.compile(r"\w+")


def _text(value: Any, path: str) -> None:
    checks.text(value, path)
    if not value:
        raise wrong(path, "a string that is not empty")


_TOKEN = checks.whole(0)
_TOKENS = list_of(_TOKEN, 1, 2048)


def _inputs(value: Any, path: str) -> None:
    if value and isinstance(value[0], int):
        return _TOKENS(value, path)
    rule = _TOKENS if value and isinstance(value[0], list) else _text
    return list_of(rule, 1, MOST_TEXTS)(value, path)


BODY: Rule = table(
    {
        "model": checks.name,
        "input": either((str, _text), (list, _inputs)),
        "encoding_format": checks.one_of("float", "base64"),
        "dimensions": checks.whole(1, 4096),
        "user": checks.text,
    },
    "model",
    "input",
)
"""What a request may hold."""


def embedded(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """A vector of length 1: each word adds or takes 1 at a place that its hash says."""
    vector = [0.0] * dimensions
    for word in _WORD.findall(text.lower()) or [text]:
        hashed = int.from_bytes(sha256(word.encode("utf-8", "surrogatepass")).digest()[:8])
        vector[(hashed >> 1) % dimensions] += 1.0 if hashed & 1 else -1.0
    length = sqrt(sum(one * one for one in vector))
    if not length:
        return [1.0, *vector[1:]]
    return [one / length for one in vector]


def answer(body: Any, asked: Asked) -> JsonObject:  # noqa: ARG001
    """The vectors for a request. Raises RequestError."""
    checked = check_body(body, BODY)
    given, dimensions = checked["input"], checked.get("dimensions", DIMENSIONS)
    texts = [given] if isinstance(given, str) or isinstance(given[0], int) else given
    texts = [text if isinstance(text, str) else " ".join(map(str, text)) for text in texts]
    in_base64 = checked.get("encoding_format") == "base64"
    tokens = sum(map(tokens_of, texts))
    data = []
    for index, text in enumerate(texts):
        vector = embedded(text, dimensions)
        shown = base64.b64encode(struct.pack(f"<{dimensions}f", *vector)).decode() if in_base64 else vector
        data.append({"object": "embedding", "index": index, "embedding": shown})
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "model": answered_name(checked["model"]), "data": data, "usage": usage}
