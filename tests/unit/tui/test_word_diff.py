"""Words that differ between two texts."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from rft_tui.safetext import shown
from rft_tui.tui.paint import Line, expand_tabs, plain
from rft_tui.tui.word_diff import word_diff

WORDS = st.lists(
    st.sampled_from(["gout", "gouty", "arthritis", "a", "B", "b", ",", ".", "日本", "x\ty", "\n"]), max_size=20
)
TEXTS = WORDS.map(" ".join) | st.text(max_size=80)


def marked(line: Line) -> str:
    return "|".join(text for text, name in line if name.startswith("diff."))


@given(TEXTS, TEXTS)
def test_no_text_is_lost(reference: str, prediction: str) -> None:
    left, right = word_diff(reference, prediction)
    assert plain(left) == expand_tabs(shown(reference))
    assert plain(right) == expand_tabs(shown(prediction))


@given(TEXTS)
def test_equal_texts_have_no_marks(text: str) -> None:
    left, right = word_diff(text, text)
    assert marked(left) == marked(right) == ""


@given(TEXTS, TEXTS)
def test_what_is_not_marked_is_in_both_in_order(reference: str, prediction: str) -> None:
    left, right = word_diff(reference, prediction)
    same = [
        "".join("".join(text.split()) for text, name in line if not name.startswith("diff.")) for line in (left, right)
    ]
    assert same[0] == same[1]


def test_marks() -> None:
    left, right = word_diff("gout", "gouty arthritis")
    assert (marked(left), marked(right)) == ("gout", "gouty arthritis")
    left, right = word_diff("the carotid artery", "the Carotid artery, left")
    assert (marked(left), marked(right)) == ("carotid", "Carotid|, left")
    left, right = word_diff("vitamin b12", "")
    assert (marked(left), marked(right)) == ("vitamin b12", "")


def test_long_texts_are_not_compared() -> None:
    start = time.process_time()
    left, right = word_diff("a b " * 100_000, "b a " * 100_000)
    assert marked(left) == marked(right) == ""
    word_diff("a b " * 199, "b a " * 199)
    assert time.process_time() - start < 1.0
