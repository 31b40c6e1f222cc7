"""The published description of the service, to hold requests and answers against."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

DESCRIPTION = Path(__file__).resolve().parent.parent.parent / "data" / "openai-openapi-subset.json"


@cache
def description() -> dict[str, Any]:
    """The description, with what it says wrongly of graders put right where it is marked so.

    Two kinds of input items overlap, and only the discriminator tells them apart: any of them will do here.
    """
    loaded: dict[str, Any] = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    schemas = loaded["components"]["schemas"]
    graders = schemas["GraderMulti"]["properties"]
    usage = schemas["RunGraderResponse"]["properties"]["metadata"]["properties"]
    for holder, key, right in (
        (graders, "graders", {"type": "object", "additionalProperties": {"type": "object"}}),
        (usage, "token_usage", {"type": ["object", "integer", "null"]}),
    ):
        assert "x-known-mismatch" in holder[key]
        holder[key] = right
    schemas["InputItem"]["anyOf"] = schemas["InputItem"].pop("oneOf")
    return loaded


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"components": description()["components"], "$ref": f"#/components/schemas/{name}"})


def fits(value: Any, name: str) -> bool:
    """Whether a value is what the description calls by a name."""
    return bool(_validator(name).is_valid(value))


def assert_fits(value: Any, name: str) -> None:
    """Fail with what is wrong where it is not."""
    _validator(name).validate(value)
