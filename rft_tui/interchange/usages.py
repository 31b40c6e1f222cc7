"""Counts and durations of other programs: what can be one is taken, everything else is as if it were not said."""

from __future__ import annotations

from typing import Any

from rft_tui.interchange.values import LONGEST
from rft_tui.model import JsonObject, Usage
from rft_tui.providers.reading import LARGEST_COUNT, number_of

_INPUT = ("input_tokens", "prompt_tokens", "prompt")
_OUTPUT = ("output_tokens", "completion_tokens", "completion")
_CACHED = ("input_tokens_cache_read", "cached_input_tokens", "cached_tokens", "cached")
_DETAILS = ("output_tokens_details", "completion_tokens_details", "completionDetails")


def object_in(value: Any) -> JsonObject:
    """An object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def count_in(value: Any) -> int | None:
    """A whole number from 0 up, None for anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_COUNT
    return value if fits else None


def seconds_in(value: Any, scale: float = 1.0) -> float | None:
    """A duration in seconds, None for anything else; `scale` is the length of one unit."""
    number = number_of(value)
    return number * scale if number is not None and 0 <= number * scale <= LONGEST else None


def usage_in(value: Any) -> Usage:
    """Token counts in any of the namings that are used."""
    usage = object_in(value)
    details = next((object_in(usage[key]) for key in _DETAILS if key in usage), {})
    reasoning = usage.get("reasoning_tokens", details.get("reasoning_tokens", details.get("reasoning")))
    return Usage(_first(usage, _INPUT), _first(usage, _OUTPUT), count_in(reasoning), _first(usage, _CACHED))


def summed(usages: list[Usage]) -> Usage:
    """The sum of several; None where none of them says a count, or they come to more than can be one."""

    def total(counts: list[int | None]) -> int | None:
        said = [one for one in counts if one is not None]
        return count_in(sum(said)) if said else None

    return Usage(
        total([one.input_tokens for one in usages]),
        total([one.output_tokens for one in usages]),
        total([one.reasoning_tokens for one in usages]),
        total([one.cached_tokens for one in usages]),
    )


def _first(usage: JsonObject, names: tuple[str, ...]) -> int | None:
    return next((count for name in names if (count := count_in(usage.get(name))) is not None), None)
