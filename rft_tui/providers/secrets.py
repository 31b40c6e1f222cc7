"""Cutting keys out of what a service sends, before anything of it is read, shown or kept."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "‹key›"
"""Stands where a service repeated a key."""

SHORTEST = 8
"""Characters from which a value is looked for; shorter ones would only be found by accident."""


class Secrets:
    """Values that must not come back, as they are and as JSON may spell them: many servers escape ``/`` or ``+``."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._plain = sorted({one for one in values if len(one) >= SHORTEST}, key=len, reverse=True)
        self._bytes = [one.encode() for one in self._plain]
        escaped = b"|".join(b"".join(map(_any_spelling, one)) for one in self._plain)
        self._escaped = re.compile(escaped) if self._plain else None

    def cut_from(self, content: bytes) -> bytes:
        """The content with a mark in the place of each value; ASCII values only, as headers carry them."""
        for one in self._bytes:
            if one in content:
                content = content.replace(one, HIDDEN.encode())
        if self._escaped is not None and b"\\" in content:
            content = self._escaped.sub(HIDDEN.encode(), content)
        return content

    def cut_from_text(self, text: str) -> str:
        """The same for a text."""
        for one in self._plain:
            text = text.replace(one, HIDDEN)
        return text


def _any_spelling(sign: str) -> bytes:
    """A pattern for all the ways to write one ASCII character inside a text of JSON."""
    plain, code = re.escape(sign.encode()), f"{ord(sign):02x}".encode()
    escaped = rb"\\" + plain + b"|" if sign in '/"\\' else b""
    return b"(?:" + escaped + plain + rb"|\\u00(?i:" + code + b"))"
