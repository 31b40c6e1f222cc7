"""The response format of a job: in the chat form that services take, and whether its schema is strict.

A strict schema has ``additionalProperties: false`` and names all its properties as required, at every level.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rft_tui.model import JsonObject
from rft_tui.safetext import one_line
from rft_tui.tasks.predicting.response_format import load_response_format

DEEPEST = 30
"""Levels of a schema that are looked at."""

MOST_PROBLEMS = 20
"""Problems of a schema that are named."""


def job_response_format(path: Path) -> JsonObject:
    """The response format of a file in the nested chat form. Raises InputError where there is none in it."""
    return nested_form(load_response_format(path))


def nested_form(document: JsonObject) -> JsonObject:
    """The form with everything inside ``json_schema``; the flat one of the responses endpoint is turned into it."""
    if document.get("type") != "json_schema" or "json_schema" in document or "schema" not in document:
        return document
    inner = {key: value for key, value in document.items() if key != "type"}
    return {"type": "json_schema", "json_schema": {"name": "answer", **inner}}


def schema_of(response_format: JsonObject | None) -> JsonObject | None:
    """The schema that answers are held to; None where there is none."""
    inner = (response_format or {}).get("json_schema")
    schema = inner.get("schema") if isinstance(inner, dict) else None
    return schema if isinstance(schema, dict) else None


def strictness_problems(response_format: JsonObject) -> list[str]:
    """Why a response format would not be taken as strict, in sentences, each with its place; empty for a good one."""
    inner = response_format.get("json_schema")
    if not isinstance(inner, dict):
        return ["it has no json_schema"]
    found: list[str] = []
    if not isinstance(inner.get("name"), str) or not inner["name"]:
        found.append("json_schema has no name")
    if inner.get("strict") is not True:
        found.append("json_schema.strict is not true")
    schema = inner.get("schema")
    if not isinstance(schema, dict):
        return [*found, "json_schema has no schema"]
    if schema.get("type") != "object":
        found.append("the schema is no object at its top")
    for _number, problem in zip(range(MOST_PROBLEMS), _problems(schema), strict=False):
        found.append(problem)
    return found


def _problems(schema: JsonObject) -> Iterator[str]:
    level: list[tuple[str, JsonObject]] = [("schema", schema)]
    for _depth in range(DEEPEST):
        inner: list[tuple[str, JsonObject]] = []
        for place, one in level:
            yield from _object_problems(place, one)
            inner.extend(_inner(place, one))
        if not inner:
            return
        level = inner
    yield f"it is nested more than {DEEPEST} deep"


def _object_problems(place: str, schema: JsonObject) -> Iterator[str]:
    properties = schema.get("properties")
    kind = schema.get("type")
    if not isinstance(properties, dict) and kind != "object" and not (isinstance(kind, list) and "object" in kind):
        return
    if schema.get("additionalProperties") is not False:
        yield f"{place} lacks additionalProperties: false"
    required = schema.get("required")
    names = {one for one in required if isinstance(one, str)} if isinstance(required, list) else set()
    missing = [one_line(name, 30) for name in properties or () if name not in names]
    if missing:
        yield f"{place} does not require {', '.join(missing[:5])}{' …' if len(missing) > 5 else ''}"


def _inner(place: str, schema: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    for key in ("properties", "$defs", "definitions"):
        named = schema.get(key)
        if isinstance(named, dict):
            for name, one in named.items():
                if isinstance(one, dict):
                    yield f"{place}.{one_line(name, 30)}", one
    for key in ("anyOf", "allOf", "oneOf", "prefixItems"):
        listed: Any = schema.get(key)
        if isinstance(listed, list):
            yield from ((f"{place}.{key}[{number}]", one) for number, one in enumerate(listed) if isinstance(one, dict))
    if isinstance(schema.get("items"), dict):
        yield f"{place}[]", schema["items"]
