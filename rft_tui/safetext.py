"""Text that came from elsewhere, made safe to show: control characters are shown, never sent.

Datasets, model output, grader code, file names and server answers may hold escape sequences, bidirectional overrides,
zero-width characters or lone surrogates. What is shown is always plain, printable text of the same meaning.
"""

from __future__ import annotations

import re
import unicodedata

_CONTROL_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "␡"}

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200c\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code in _CONTROL_PICTURES:
        return _CONTROL_PICTURES[code]
    if unicodedata.category(match.group()) == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    return f"‹U+{code:04X}›"


def shown(text: str) -> str:
    """The text with every character that could command a terminal or hide itself turned into a visible sign.

    Line breaks and tabs stay; CR LF and a lone CR become line breaks.
    """
    if text.isascii() and text.isprintable():
        return text
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSAFE.sub(_picture, text)


def one_line(text: str, limit: int | None = None) -> str:
    """The text on one line, blanks folded, cut to `limit` characters with an ellipsis."""
    if limit is not None and len(text) > 2 * limit + 32:
        text = text[: 2 * limit + 32]
    line = " ".join(shown(text).split())
    if limit is not None and len(line) > limit:
        return line[: max(0, limit - 1)] + "…"
    return line
