"""Which reasoning efforts a model takes, as far as its name tells."""

from __future__ import annotations

import re

ALL_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""Every effort that a service may know, from least to most."""

_CLASSIC = ("low", "medium", "high")
_FAMILIES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (r"gpt-5-pro\b", ("high",), "high"),
    (r"gpt-5\.1-codex-max\b", ("none", *_CLASSIC, "xhigh"), "none"),
    (r"gpt-5\.1\b", ("none", *_CLASSIC), "none"),
    (r"gpt-5(?![.\d])", ("minimal", *_CLASSIC), "medium"),
    (r"gpt-5\.\d", ("none", *_CLASSIC, "xhigh"), ""),
    (r"gpt-([6-9]|\d\d)", ("none", *_CLASSIC, "xhigh", "max"), ""),
    (r"o[1-9](?=-|$)", _CLASSIC, "medium"),
    (r"(gpt-4|gpt-3|chatgpt-4)", (), ""),
)
"""Patterns of model names, the efforts they take and the default; a default that is not documented is empty.

Sources: the reference of the service for `gpt-5.1`, its predecessors, `gpt-5-pro` and `xhigh`; models without
reasoning take none at all.
"""


def efforts_of(model: str) -> tuple[str, ...]:
    """The efforts that the model takes; all for a name that says nothing, none for models that do not reason."""
    found = _family(model)
    return ALL_EFFORTS if found is None else found[1]


def default_effort(model: str) -> str:
    """The effort that the service uses where none is said; empty where that is not known."""
    found = _family(model)
    return "" if found is None else found[2]


def _family(model: str) -> tuple[str, tuple[str, ...], str] | None:
    """The family of a model; a fine-tune has the efforts of its base, and a vendor's prefix does not count."""
    name = model.lower()
    if name.startswith("ft:"):
        name = name.split(":", 2)[1]
    name = name.rpartition("/")[2]
    return next((one for one in _FAMILIES if re.match(one[0], name)), None)
