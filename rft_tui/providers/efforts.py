"""Which reasoning efforts a model takes, as far as its name tells."""

from __future__ import annotations

import re

ALL_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""Every effort that a service may know, from least to most."""

_CLASSIC = ("low", "medium", "high")
_FAMILIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"gpt-5-pro\b", ("high",)),
    (r"gpt-5\.1-codex-max\b", ("none", *_CLASSIC, "xhigh")),
    (r"gpt-5\.1\b", ("none", *_CLASSIC)),
    (r"gpt-5(?![.\d])", ("minimal", *_CLASSIC)),
    (r"gpt-5\.\d", ("none", *_CLASSIC, "xhigh")),
    (r"gpt-([6-9]|\d\d)", ("none", *_CLASSIC, "xhigh", "max")),
    (r"o[1-9](?=-|$)", _CLASSIC),
    (r"(gpt-4|gpt-3|chatgpt-4)", ()),
)
"""Patterns of model names, and the efforts they take.

Sources: the reference of the service for `gpt-5.1`, its predecessors, `gpt-5-pro` and `xhigh`; models without
reasoning take none at all.
"""


def efforts_of(model: str) -> tuple[str, ...]:
    """The efforts that the model takes; all for a name that says nothing, none for models that do not reason.

    A fine-tune has the efforts of its base, and a vendor's prefix does not count.
    """
    name = model.lower()
    if name.startswith("ft:"):
        name = name.split(":", 2)[1]
    name = name.rpartition("/")[2]
    return next((efforts for pattern, efforts in _FAMILIES if re.match(pattern, name)), ALL_EFFORTS)
