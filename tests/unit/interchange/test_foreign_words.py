"""The words of other programs: their messages, scores, counts, and edits of scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rft_tui.interchange.foreign import Place, UnmappedFields
from rft_tui.interchange.inspect_files import Attachments
from rft_tui.interchange.inspect_scores import read_reviews, read_scores
from rft_tui.interchange.messages import asked, asked_json, said
from rft_tui.interchange.scores import number_in, single_scores
from rft_tui.interchange.usages import seconds_in, usage_in
from rft_tui.model import Usage, Verdict


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("C", 1.0), ("I", 0.0), ("P", 0.5), ("N", 0.0), ("yes", 1.0), ("False", 0.0), (" 0.25 ", 0.25), (True, 1.0),
        (3, 3.0), ("c", None), ("nan", None), (float("nan"), None), (float("inf"), None), (10**400, None), ("", None),
        (None, None), ([1], None), ({"a": 1}, None),
    ],
)  # fmt: skip
def test_what_a_score_is(value: Any, number: float | None) -> None:
    assert number_in(value) == number


def test_composite_scores_are_several() -> None:
    assert list(single_scores("s", {"a": 1, "b": "C"})) == [("s.a", 1), ("s.b", "C")]
    assert list(single_scores("s", [0.1, 0.2])) == [("s.1", 0.1), ("s.2", 0.2)]
    assert list(single_scores("", 1)) == [("score", 1)]
    assert len(list(single_scores("s", dict.fromkeys(map(str, range(1000)), 1)))) == 100


def test_messages_come_in_the_words_of_chat() -> None:
    value = [
        {"id": "x", "role": "system", "content": [{"type": "text", "text": "Be kind."}], "source": "input"},
        {"role": "user", "content": [{"type": "text", "text": "See:"}, {"type": "image", "image": "data:x"}]},
        {
            "role": "assistant",
            "content": [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "ok"}],
            "tool_calls": [{"id": "1", "function": "look", "arguments": {"at": "sky"}, "type": "function"}],
        },
        {"role": "tool", "content": "blue", "tool_call_id": "1"},
    ]
    assert asked(value) == [
        {"role": "system", "content": "Be kind."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "See:"}, {"type": "image_url", "image_url": {"url": "data:x"}}],
        },
        {
            "role": "assistant",
            "content": "ok",
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"at": "sky"}'}}],
        },
        {"role": "tool", "content": "blue", "tool_call_id": "1"},
    ]
    assert asked([]) is None
    assert asked(["x"]) is None
    assert asked_json('[{"role": "user", "content": "q"}]') == [{"role": "user", "content": "q"}]
    assert asked_json("[1, 2]") == [{"role": "user", "content": "[1, 2]"}]
    assert asked_json("[" * 5000) == [{"role": "user", "content": "[" * 5000}]


def test_an_answer_is_text_reasoning_and_calls() -> None:
    parts = [
        {"type": "reasoning", "reasoning": "long", "summary": "short"},
        {"type": "reasoning", "reasoning": "more"},
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b"},
    ]
    assert said({"content": parts})[:2] == ("ab", "short\n\nmore")
    assert said({"content": "a", "reasoning_content": "why"})[:2] == ("a", "why")
    assert said({"content": None}) == ("", None, [])


def test_counts_are_read_in_every_naming() -> None:
    counted = {"prompt": 1, "completion": 2, "completionDetails": {"reasoning": 3}, "cached": 4}
    assert usage_in(counted) == Usage(1, 2, 3, 4)
    assert usage_in({"input_tokens": 1.0, "output_tokens": 2, "reasoning_tokens": -1}) == Usage(1, 2, None, None)
    assert usage_in("x") == Usage()
    assert seconds_in(1500, 0.001) == 1.5
    assert [seconds_in(value) for value in (-1, True, "1", float("inf"), 10**400)] == [None] * 5


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ("I", "C", Verdict.RIGHT),
        (1, 0, Verdict.WRONG),
        (True, "I", Verdict.WRONG),
        (3, 1, None),  # perhaps of ten
        (0.3, 1, None),
        ("C", "UNCHANGED", None),
        ("C", {"a": 1}, None),
    ],
)
def test_an_edit_is_a_verdict_only_where_a_score_is_right_or_wrong(
    before: Any, after: Any, verdict: Verdict | None
) -> None:
    edit = {"value": after, "explanation": "UNCHANGED", "provenance": {"author": "anna", "reason": "looked at it"}}
    scores = {"s": {"value": after, "history": [{"value": before}, edit]}}
    (review,) = read_reviews(scores, UnmappedFields())
    assert (review.reviewer, review.verdict) == ("anna", verdict)
    assert "looked at it" in review.note
    ((_name, grade),) = read_scores(scores, UnmappedFields())
    assert grade.score == number_in(before)


def test_attachments_take_their_places() -> None:
    held = {"a": ["attachment://1", {"b": "attachment://2"}], "c": "x attachment://1", "d": 4}
    resolved = Attachments(Path("x.eval"), Place(1, 1), {"1": "one"}).resolve(held)
    assert resolved == {"a": ["one", {"b": "attachment://2"}], "c": "x attachment://1", "d": 4}


def test_only_fields_that_hold_something_are_named() -> None:
    unmapped = UnmappedFields()
    unmapped.rest({"a": 1, "b": None, "c": [], "d": {}, "e": "", "f": 0, "g": False}, {"a"}, "x.")
    assert list(unmapped.names) == ["x.f", "x.g"]
