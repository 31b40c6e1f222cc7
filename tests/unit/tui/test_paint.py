"""Lines measured in cells: nothing is wider than it may be, and no text is lost on the way."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from rft_tui.safetext import shown
from rft_tui.tui.markdown import render_markdown
from rft_tui.tui.paint import (
    Line,
    crop,
    expand_tabs,
    fit,
    fit_right,
    flat,
    justify,
    line_length,
    plain,
    strip_of,
    wrap_line,
    wrap_text,
)
from rft_tui.tui.theme import load_theme

PIECES = st.sampled_from(
    [
        "a",
        "bc",
        " ",
        "  ",
        "word ",
        "日本",
        "語",
        "👍",
        "e\u0301",
        "é",
        "‹U+200D›",
        "\u0301",
        "ﷺ",
        "・",
        "─",
        "🚀x",
        "한",
    ]
)
TEXTS = st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=60).map(
    lambda text: expand_tabs(shown(text)).replace("\n", " ")
)
NAMES = st.sampled_from(["text.normal", "text.dim", "state.bad bold"])
LINES: st.SearchStrategy[Line] = st.lists(st.tuples(TEXTS, NAMES), max_size=6)
WIDTHS = st.integers(1, 50)


def without_blanks(text: str) -> str:
    return "".join(text.split())


@given(TEXTS, st.integers(0, 50))
def test_fit_fills_exactly(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width
    assert cell_len(fit_right(text, width)) == width


@given(TEXTS, WIDTHS)
def test_fit_cuts_only_what_does_not_fit(text: str, width: int) -> None:
    fitted = fit(text, width)
    if cell_len(text) <= width:
        assert fitted == text + " " * (width - cell_len(text))
    else:
        assert fitted.endswith("…")
        assert text.startswith(fitted[:-1].rstrip(" "))


@given(LINES, WIDTHS)
def test_crop(line: Line, width: int) -> None:
    cropped = crop(line, width)
    assert line_length(cropped) <= width
    if line_length(line) <= width:
        assert plain(cropped) == plain(line)
    else:
        assert plain(cropped).endswith("…")


@given(LINES, LINES, WIDTHS)
def test_justify_fills_exactly(left: Line, right: Line, width: int) -> None:
    line = justify(left, right, width)
    assert line_length(line) <= width
    if line_length(right) < width:
        assert line_length(line) == width
        assert plain(line).endswith(plain(right))


@given(LINES, st.integers(2, 50))
def test_wrap_line_keeps_to_the_width_and_loses_nothing(line: Line, width: int) -> None:
    wrapped = wrap_line(line, width)
    assert all(line_length(one) <= width for one in wrapped)
    assert without_blanks("".join(map(plain, wrapped))) == without_blanks(plain(line))


@given(LINES, st.integers(2, 50))
def test_wrap_line_keeps_every_style(line: Line, width: int) -> None:
    def signs(lines: list[Line]) -> list[tuple[str, str]]:
        return [(sign, name) for one in lines for text, name in one for sign in text if not sign.isspace()]

    assert signs(wrap_line(line, width)) == signs([line])


@given(st.lists(st.text("abcdefgh", min_size=1, max_size=9), min_size=1), st.integers(9, 40))
def test_words_that_fit_are_not_broken(words: list[str], width: int) -> None:
    wrapped = wrap_line([(" ".join(words), "text.normal")], width)
    assert [word for one in wrapped for word in plain(one).split()] == words


@given(st.text(max_size=300), st.integers(4, 60))
def test_wrap_text_takes_anything(text: str, width: int) -> None:
    lines = wrap_text(text, width)
    assert all(line_length(one) <= width for one in lines)
    assert without_blanks("".join(map(plain, lines))) == without_blanks(shown(text))


def test_wrap_text_is_bounded_and_counts_the_rest() -> None:
    start = time.process_time()
    lines = wrap_text("a" * 2_000_000 + "日" * 1_000_000, 100)
    assert time.process_time() - start < 0.5
    assert len(lines) == 2001
    assert plain(lines[-1]).startswith("… 2,800,000 characters and more")
    assert len(wrap_text("\n" * 10_000, 80, limit=50)) == 51


@pytest.mark.parametrize("text", ["a" * 200_000, "日" * 200_000, "ab " * 70_000, " " * 200_000])
def test_a_long_line_wraps_in_a_moment(text: str) -> None:
    start = time.process_time()
    wrap_line([(text, "text.normal")], 80)
    assert time.process_time() - start < 1.0


@given(LINES, st.integers(1, 60), st.sampled_from(["background", "panel", "selection", "marked"]))
def test_a_strip_is_as_wide_as_it_says(line: Line, width: int, surface: str) -> None:
    strip = strip_of(line, width, load_theme("dark"), surface)
    assert strip.cell_length == width == cell_len(strip.text) == sum(cell_len(one.text) for one in strip)


@given(st.text(max_size=30))
def test_a_strip_sends_no_control_characters_whoever_forgot(text: str) -> None:
    strip = strip_of([(text, "text.normal")], 200, load_theme("dark"))
    assert not any(one < " " or one in "\x7f\x9b\u202e\u2028" for one in strip.text)
    assert "\n" not in flat(text)


MARKDOWN = st.lists(
    st.sampled_from(["# ", "- ", "1. ", "**", "*", "`", "```", "\n", " ", "word", "日本", "\x1b[31m", "[x](y)", "<b>"]),
    max_size=40,
).map("".join)


@given(MARKDOWN | st.text(max_size=200), st.integers(12, 60))
def test_markdown_keeps_to_the_width(text: str, width: int) -> None:
    for line in render_markdown(text, width):
        assert line_length(line) <= width
        assert all(one >= " " for one in plain(line))


@given(st.text("abc XYZ.,日", max_size=200), st.integers(12, 60))
def test_markdown_loses_no_plain_text(text: str, width: int) -> None:
    assert without_blanks("".join(map(plain, render_markdown(text, width)))) == without_blanks(text)


def test_markdown_subset() -> None:
    text = "# Title **x**\n- one **two** `three`\n* four\n2. five\n```\ncode **x**\n```\nan *emphasis* but 2*3*4\n[a](http://x)"
    lines = render_markdown(text, 60)
    assert [plain(line) for line in lines] == [
        "Title x", "• one two three", "• four", "2. five", "  code **x**", "an emphasis but 2*3*4", "[a](http://x)",
    ]  # fmt: skip
    names = {name for line in lines for _text, name in line}
    assert {"text.normal bold", "text.normal italic", "syntax.string"} <= names


def test_markdown_of_great_length_is_shown_raw() -> None:
    lines = render_markdown("# " + "x " * 40_000, 80)
    assert plain(lines[0]).startswith("# x")


@pytest.mark.parametrize("text", ["*" * 20_000, "`" * 20_000, "**a" * 9_000, "*a " * 9_000, "- " * 9_000, "#" * 20_000])
def test_markdown_is_not_slow_on_anything(text: str) -> None:
    start = time.process_time()
    render_markdown(text, 80)
    assert time.process_time() - start < 1.0
