"""Text from elsewhere: whatever it holds, what is shown can neither command a terminal nor hide itself."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.safetext import one_line, shown, storable

HIDING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Categories of characters that command, format, or are no characters at all."""

IGNORABLE = [
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
]  # fmt: skip
"""Default_Ignorable_Code_Point of Unicode: what a screen draws as nothing."""

PIECES = st.sampled_from(
    ["\x1b[2J", "\x1b]52;c;aGk=\x07", "\r\n", "\r", "\n", "\t", "\u202e", "\u200b", "\u200d", "\ufe0f", "\ufe0e", "👩",
     "🏽", "❤", "1", "\u20e3", "\ud83d", "\udce9", "\U000e0041", "\0", "\x9b", "é", "e\u0301", "漢", "‹U+200D›", "a"]
)  # fmt: skip
TEXTS = st.one_of(st.text(st.characters()), st.lists(PIECES).map("".join))


def is_safe(sign: str) -> bool:
    code = ord(sign)
    hidden = any(low <= code <= high for low, high in IGNORABLE)
    return sign in "\n\t" or not (hidden or unicodedata.category(sign) in HIDING or code & 0xFFFE == 0xFFFE)


@given(TEXTS)
def test_nothing_that_is_shown_commands_or_hides(text: str) -> None:
    safe = shown(text)
    assert all(map(is_safe, safe))
    assert shown(safe) == safe
    assert safe.encode().decode() == safe


def test_every_character_there_is() -> None:
    for code in range(sys.maxunicode + 1):
        sign = chr(code)
        safe = shown(sign)
        if sign == "\r":
            assert safe == "\n"
        elif unicodedata.category(sign) == "Cn":  # another edition of Unicode may know it
            assert all(map(is_safe, safe))
        elif is_safe(sign):
            assert safe == sign
        else:
            assert safe.isprintable()
            assert all(map(is_safe, safe))
            assert safe != sign


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[31m\0\x7f", "␛[31m␀␡"),
        ("\x85\x9b", "‹U+0085›‹U+009B›"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\u202eevil", "‹U+202E›evil"),
        ("pass\u200bword", "pass‹U+200B›word"),
        ("pass\u200dword", "pass‹U+200D›word"),
        ("pass\ufe0fword", "pass‹U+FE0F›word"),
        ("half \ud83d", "half \ufffd"),
        ("\U000e0041", "‹U+E0041›"),
        ("\ufdd0\U0001ffff", "‹U+FDD0›‹U+1FFFF›"),
        ("[bold]no markup[/]", "[bold]no markup[/]"),
    ],
)
def test_what_is_shown_instead(text: str, safe: str) -> None:
    assert shown(text) == safe


@pytest.mark.parametrize(
    ("emoji", "safe"),
    [
        ("❤️", "❤"),
        ("☎︎", "☎"),
        ("👩‍🚀", "👩🚀"),
        ("👩🏽‍🚀", "👩🏽🚀"),
        ("❤️‍🔥", "❤🔥"),
        ("🏳️‍🌈!", "🏳🌈!"),
        ("👨‍👩‍👧‍👦", "👨👩👧👦"),
        ("1️⃣", "1⃣"),
        ("©️ ↔️ ™️", "© ↔ ™"),
        ("🇩🇪", "🇩🇪"),
    ],
)
def test_emoji_stay_readable(emoji: str, safe: str) -> None:
    assert shown(emoji) == safe


@pytest.mark.parametrize(
    "text",
    [
        "😀\u200d\u200d",
        "😀\ufe0f\ufe0f",
        "😀\u200d\ufe0f",
        "1\ufe0f",
        "\u200d😀",
        "e\u0301\u200d",
        "😀 \ufe0f",
        "\ufe0f\u20e3",
    ],
)
def test_nothing_more_hides_behind_an_emoji(text: str) -> None:
    assert "‹U+" in shown(text)


@given(TEXTS)
def test_what_can_be_stored(text: str) -> None:
    kept = storable(text)
    kept.encode()
    assert len(kept) == len(text)
    assert all(
        one == other or (other == "\ufffd" and "\ud800" <= one <= "\udfff")
        for one, other in zip(text, kept, strict=True)
    )


@given(TEXTS, st.integers(1, 40))
def test_one_line(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert line == " ".join(line.split())
    assert all(map(is_safe, line))
    whole = one_line(text)
    assert "\n" not in whole
    assert line == whole if len(whole) <= limit else line.endswith("…") and whole.startswith(line[:-1])


@given(
    st.text("ab \n\x1b", max_size=12), st.sampled_from([" ", "\n", "a", "\x1b"]), st.integers(0, 300), st.integers(1, 9)
)
def test_one_line_of_a_long_text(text: str, filler: str, count: int, limit: int) -> None:
    """Blanks at the beginning are no reason to show nothing of what follows."""
    text = filler * count + text
    whole = one_line(text)
    line = one_line(text, limit)
    assert len(line) <= limit
    assert (line == whole) if len(whole) <= limit else (line.endswith("…") and whole.startswith(line[:-1]))


def test_a_huge_text_is_cut_before_it_is_looked_at() -> None:
    text = "x" * 100 + "\x1b" * 5_000_000
    assert one_line(text, 50) == "x" * 49 + "…"
