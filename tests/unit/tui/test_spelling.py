"""Line ends of a text outlive an editor that knows one kind only."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rft_tui.graders.text_change import difference
from rft_tui.tui.editing.spelling import respelled, shown_text

TEXTS = st.text("ab{\r\n", max_size=12)


@given(TEXTS)
def test_a_text_that_is_not_edited_keeps_its_spelling(text: str) -> None:
    assert respelled(text, shown_text(text)) == text


@given(TEXTS, st.text("ab\n", max_size=8))
def test_what_is_shown_afterwards_is_what_was_edited(original: str, edited: str) -> None:
    assert shown_text(respelled(original, edited)) == edited


@given(TEXTS, TEXTS)
def test_a_difference_makes_one_text_of_the_other(before: str, after: str) -> None:
    change = difference(before, after)
    assert before[change.start :].startswith(change.removed)
    assert before[: change.start] + change.inserted + before[change.end :] == after


def test_lines_that_were_not_touched_end_as_they_did() -> None:
    assert respelled("one\r\ntwo\nthree\r\n", "one\ntwo\n3\nthree\n") == "one\r\ntwo\n3\r\nthree\r\n"
    assert respelled("one\r\ntwo\r\n", "one two\n") == "one two\r\n"
