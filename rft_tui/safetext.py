"""Text that came from elsewhere, made safe to show: control characters are shown, never sent.

Datasets, model output, grader code, file names and server answers may hold escape sequences, bidirectional overrides,
zero-width characters or lone surrogates. What is shown is always plain, printable text of the same meaning.
"""

from __future__ import annotations

import re

_CONTROL_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "␡"}

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\ufffe\uffff\U000110bd-\U0001d17a\U0001fffe-\U0010ffff]"
)
"""What may have to be shown in another way; beyond the first plane only roughly, since each range there costs time."""

_UNSAFE_BEYOND = re.compile(
    "[\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(chr(plane << 16 | last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF))
    + "]"
)

_PICTOGRAPH = (
    "[\xa9\xae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2934\u2935\u2b00-\u2bff\u3030\u303d"
    "\u3297\u3299\U0001f000-\U0001fbff]"
)
_EMOJI_JOINERS = re.compile(
    f"[\ufe0e\ufe0f](?<={_PICTOGRAPH}.)\u200d?|\u200d(?<={_PICTOGRAPH}.)|\ufe0f(?<=[0-9#*].)(?=\u20e3)"
)

_HALF_PAIR = re.compile("[\ud800-\udfff]")


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code in _CONTROL_PICTURES:
        return _CONTROL_PICTURES[code]
    if 0xD800 <= code <= 0xDFFF:
        return "\N{REPLACEMENT CHARACTER}"
    if code > 0xFFFF and not _UNSAFE_BEYOND.match(match.group()):
        return match.group()
    return f"‹U+{code:04X}›"


def shown(text: str) -> str:
    """The text with every character that could command a terminal or hide itself turned into a visible sign.

    Line breaks and tabs stay; CR LF and a lone CR become line breaks. The signs that join pictographs or choose their
    style are left out where they stand behind one, so that emoji stay readable; anywhere else they are shown.
    """
    if text.isascii() and text.isprintable():
        return text
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\u200d" in text or "\ufe0f" in text or "\ufe0e" in text:
        text = _EMOJI_JOINERS.sub("", text)
    return _UNSAFE.sub(_picture, text)


def storable(text: str) -> str:
    """The text without lone halves of surrogate pairs, which UTF-8 cannot write; each becomes U+FFFD."""
    return text if text.isascii() else _HALF_PAIR.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str, limit: int | None = None) -> str:
    """The text on one line, blanks folded, cut to `limit` characters with an ellipsis."""
    cut = False
    if limit is not None and len(text) > 2 * limit + 32:
        text = text.strip()
        cut = len(text) > 2 * limit + 32
        text = text[: 2 * limit + 32]
    line = " ".join(shown(text).split())
    if limit is not None and (cut or len(line) > limit):
        return line[: max(0, limit - 1)] + "…"
    return line
