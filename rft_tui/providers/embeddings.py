"""Embeddings: texts as a body, and a body as vectors; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rft_tui.model import JsonObject, PredictionError
from rft_tui.providers.calls import Embeddings
from rft_tui.providers.reading import MalformedError, count_of, json_object, name_of, objects_of, usage_of

PATH = "/embeddings"
"""Where a request is sent, below the base URL."""


def body_of(model: str, texts: Sequence[str]) -> JsonObject:
    """The body of a request; numbers rather than packed bytes, which not every server knows."""
    return {"model": model, "input": list(texts), "encoding_format": "float"}


def vectors_of(body: bytes, count: int) -> Embeddings:
    """The vectors of `count` texts in their order; a body that lacks one is the error ``malformed``."""
    try:
        return _read(json_object(body), count)
    except MalformedError as error:
        return Embeddings(error=PredictionError("malformed", str(error)))


def _read(answer: JsonObject, count: int) -> Embeddings:
    found: dict[int, tuple[float, ...]] = {}
    for place, one in enumerate(objects_of(answer.get("data"))):
        index = count_of(one.get("index", place))
        if index is not None:
            found[index] = _vector(one.get("embedding"))
    if set(found) != set(range(count)):
        raise MalformedError(f"the answer does not hold one vector for each of {count} texts")
    if len({len(one) for one in found.values()}) > 1:
        raise MalformedError("the vectors differ in length")
    vectors = tuple(found[index] for index in range(count))
    usage = usage_of(answer.get("usage"))
    return Embeddings(vectors, name_of(answer.get("model")), replace(usage, output_tokens=usage.output_tokens or 0))


def _vector(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or not value:
        raise MalformedError("an embedding is no list of numbers")
    try:
        vector = tuple(float(one) for one in value if isinstance(one, int | float))
    except OverflowError:
        raise MalformedError("an embedding holds a number that is too large") from None
    if len(vector) != len(value) or not all(map(math.isfinite, vector)):
        raise MalformedError("an embedding holds something other than numbers")
    return vector
