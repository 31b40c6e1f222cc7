"""Rules for the bodies of requests: what stands where, as the service's published description has it.

A rule takes a value and its path and raises RequestError where the value does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from rft_tui.graders.kinds import is_number
from rft_tui.model import JsonObject
from rft_tui.simulator.rejection import RequestError, unsupported

Rule: TypeAlias = Callable[[Any, str], None]

_SCHEMA_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def wrong(path: str, needed: str, code: str = "invalid_type") -> RequestError:
    """The refusal of a value that is not what it should be."""
    return RequestError(f"Invalid value for '{path}': expected {needed}.", param=path, code=code)


def anything(_value: Any, _path: str) -> None:
    """Any JSON value."""


def text(value: Any, path: str) -> None:
    """A text."""
    if not isinstance(value, str):
        raise wrong(path, "a string")


def name(value: Any, path: str) -> None:
    """A text of 1 to 256 characters."""
    text(value, path)
    if not 1 <= len(value) <= 256:
        raise wrong(path, "a string of 1 to 256 characters", "string_length")


def text_up_to(most: int) -> Rule:
    """A text of at most so many characters."""

    def rule(value: Any, path: str) -> None:
        text(value, path)
        if len(value) > most:
            raise wrong(path, f"a string of at most {most} characters", "string_above_max_length")

    return rule


def flag(value: Any, path: str) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise wrong(path, "a boolean")


def number(low: float, high: float) -> Rule:
    """A number in a range, ends included."""

    def rule(value: Any, path: str) -> None:
        if not is_number(value):
            raise wrong(path, "a number")
        if not low <= value <= high:
            raise wrong(path, f"a number from {low:g} to {high:g}", "decimal_out_of_range")

    return rule


def whole(low: int, high: int = 2**31) -> Rule:
    """A whole number in a range, ends included."""

    def rule(value: Any, path: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong(path, "an integer")
        if not low <= value <= high:
            raise wrong(path, f"an integer from {low} to {high}", "integer_out_of_range")

    return rule


def one_of(*words: str) -> Rule:
    """One of some texts."""

    def rule(value: Any, path: str) -> None:
        if value not in words or not isinstance(value, str):
            raise wrong(path, "one of " + ", ".join(map(repr, words)), "invalid_value")

    return rule


def or_null(rule: Rule) -> Rule:
    """What a rule takes, or null."""

    def either(value: Any, path: str) -> None:
        if value is not None:
            rule(value, path)

    return either


def list_of(rule: Rule, least: int = 0, most: int = 100_000) -> Rule:
    """A list whose entries a rule takes."""

    def each(value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise wrong(path, "an array")
        if not least <= len(value) <= most:
            raise wrong(path, f"an array of {least} to {most} entries", "array_length")
        for number, one in enumerate(value):
            rule(one, f"{path}[{number}]")

    return each


def table(rules: Mapping[str, Rule], *required: str) -> Rule:
    """An object with known keys only, those named being there."""

    def rule(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong(path or "body", "an object")
        for key in required:
            if key not in value:
                at = f"{path}.{key}" if path else key
                raise RequestError(f"Missing required parameter: '{at}'.", param=at, code="missing_required_parameter")
        for key, one in value.items():
            at = f"{path}.{key}"[:200] if path else key[:200]
            if key not in rules:
                raise RequestError(f"Unknown parameter: '{at}'.", param=at, code="unknown_parameter")
            rules[key](one, at)

    return rule


def json_object(value: Any, path: str) -> None:
    """Any object."""
    if not isinstance(value, dict):
        raise wrong(path, "an object")


def either(*rules: tuple[type, Rule]) -> Rule:
    """The rule that goes with the type of the value."""

    def rule(value: Any, path: str) -> None:
        for kind, one in rules:
            if isinstance(value, kind):
                return one(value, path)
        raise wrong(path, " or ".join(kind.__name__ for kind, _one in rules))

    return rule


def by_type(rules: Mapping[str, Rule], key: str = "type", default: str = "") -> Rule:
    """An object whose `key` names the rule for it."""

    def rule(value: Any, path: str) -> None:
        json_object(value, path)
        kind = value.get(key, default)
        if not isinstance(kind, str) or kind not in rules:
            raise wrong(f"{path}.{key}", "one of " + ", ".join(map(repr, rules)), "invalid_value")
        rules[kind](value, path)

    return rule


def refused(value: Any, path: str) -> None:
    """Something that is not supported, unless it is null or false."""
    if value is not None and value is not False:
        raise unsupported(path)


def metadata(value: Any, path: str) -> None:
    """At most 16 pairs of texts, keys up to 64 and values up to 512 characters."""
    json_object(value, path)
    if len(value) > 16:
        raise wrong(path, "at most 16 pairs", "array_length")
    for key, one in value.items():
        text_up_to(64)(key, path)
        text_up_to(512)(one, f"{path}.{key[:64]}")


def schema_name(value: Any, path: str) -> None:
    """The name of a JSON schema."""
    text(value, path)
    if not _SCHEMA_NAME.fullmatch(value):
        raise wrong(path, "1 to 64 of a-z, A-Z, 0-9, _ and -", "invalid_value")


def check_body(body: Any, rule: Rule) -> JsonObject:
    """The body of a request that a rule takes. Raises RequestError."""
    rule(body, "")
    checked: JsonObject = body
    return checked
