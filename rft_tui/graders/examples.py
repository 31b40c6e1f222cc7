"""Graders to begin with: one of each type."""

from __future__ import annotations

from copy import deepcopy

from rft_tui.errors import UsageError
from rft_tui.graders.registry import GRADER_TYPES
from rft_tui.model import JsonObject

EXAMPLE_TYPES: tuple[str, ...] = tuple(name for name, kind in GRADER_TYPES.items() if kind.example is not None)
"""The types there is an example of."""


def example_spec(type_name: str) -> JsonObject:
    """A working grader of a type, the caller's own to change; UsageError where there is none of that type."""
    grader_type = GRADER_TYPES.get(type_name)
    if grader_type is None or grader_type.example is None:
        raise UsageError(
            f"There is no example of a grader of type {type_name!r:.60}.", hint=f"Types: {', '.join(EXAMPLE_TYPES)}."
        )
    return deepcopy(grader_type.example)
