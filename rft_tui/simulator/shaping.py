"""Plain values that fit a JSON schema, for questions that ask for one."""

from __future__ import annotations

from typing import Any

from rft_tui.graders.kinds import is_number

MOST_DEPTH = 12
"""Schemas inside one another that are followed."""

_MOST_PROPERTIES = 100


def schema_value(schema: Any, text: str, depth: int = 0) -> Any:
    """A value for the common forms of strict schemas: `text` for texts, the first of an enumeration, least numbers.

    References and rarer rules are not followed; what cannot be told becomes null.
    """
    if not isinstance(schema, dict) or depth > MOST_DEPTH:
        return None
    for key in ("enum", "anyOf", "oneOf"):
        if isinstance(choices := schema.get(key), list) and choices:
            return choices[0] if key == "enum" else schema_value(choices[0], text, depth + 1)
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type")
    if isinstance(kind, list) and kind:
        kind = kind[0]
    match kind:
        case "object":
            properties = schema.get("properties")
            named = list(properties.items())[:_MOST_PROPERTIES] if isinstance(properties, dict) else []
            return {name: schema_value(one, text, depth + 1) for name, one in named}
        case "array":
            return [schema_value(schema.get("items"), text, depth + 1)] if schema.get("minItems") else []
        case "string":
            return text
        case "number" | "integer":
            least = schema.get("minimum", 0)
            return least if is_number(least) else 0
        case "boolean":
            return False
    return None
