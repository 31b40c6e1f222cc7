"""Prompts: files, rendering, taking off, guessing."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rft_tui.datasets.prompts import list_prompts, load_prompt, make_prompt
from rft_tui.datasets.render import ALREADY_THERE, NO_USER, example_turns, guess_prefixes, render, strip_prompt
from rft_tui.errors import InputError
from tests.unit.datasets.samples import items, reply, shared, user

PROMPT = make_prompt("short", "Be brief.")
DEVELOPER = {"role": "developer", "content": "Rules."}
IMAGE = {"type": "image_url", "image_url": {"url": "https://x/y.png"}}


def part(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


CONTENTS = st.text(max_size=12) | st.lists(st.builds(part, st.text(max_size=6)) | st.just(IMAGE), max_size=3)
MESSAGES = st.lists(
    st.builds(
        lambda role, content: {"role": role, "content": content},
        st.sampled_from(["user", "assistant", "tool"]),
        CONTENTS,
    ),
    max_size=3,
)
LEADING = st.lists(
    st.builds(lambda role: {"role": role, "content": "x"}, st.sampled_from(["system", "developer"])), max_size=2
)


@given(st.text(min_size=1, max_size=10), LEADING, MESSAGES, st.booleans())
def test_taking_a_prompt_off_gives_back_what_it_was_put_before(
    text: str, leading: list[Any], messages: list[Any], as_developer: bool
) -> None:
    prompt = make_prompt("p", text)
    assume(prompt.text)
    given_messages = leading + messages
    before = copy.deepcopy(given_messages)
    rendered = render(prompt, given_messages, as_developer=as_developer)
    assert given_messages == before
    if rendered.messages != before:
        assume(not as_developer or strip_prompt(before, prompt.text) is None)
        assert strip_prompt(rendered.messages, prompt.text) == before
    assert render(prompt, rendered.messages, as_developer=as_developer).messages == rendered.messages


def test_the_prompt_stands_before_the_question_with_a_blank_line_between() -> None:
    assert render(PROMPT, [user("Why?")]) == ([user("Be brief.\n\nWhy?")], ())


def test_the_prompt_is_never_put_there_twice() -> None:
    there = [user("Be brief.\n\nWhy?")]
    assert render(PROMPT, there) == (there, (ALREADY_THERE,))
    assert render(PROMPT, [user("Be brief. Always.")]).messages == [user("Be brief.\n\nBe brief. Always.")]


def test_a_leading_message_stays_first_and_it_is_said() -> None:
    messages, notes = render(PROMPT, [DEVELOPER, user("Why?")])
    assert messages == [DEVELOPER, user("Be brief.\n\nWhy?")]
    assert "developer" in notes[0]


def test_the_prompt_may_go_as_a_developer_message() -> None:
    message = {"role": "developer", "content": "Be brief."}
    assert render(PROMPT, [DEVELOPER, user("Why?")], as_developer=True).messages == [DEVELOPER, message, user("Why?")]
    assert render(PROMPT, [message, user("Why?")], as_developer=True).notes == (ALREADY_THERE,)


def test_content_parts_get_the_prompt_in_their_first_text() -> None:
    messages, notes = render(PROMPT, [{"role": "user", "content": [part("Why?"), IMAGE]}])
    assert messages[0]["content"] == [part("Be brief.\n\nWhy?"), IMAGE]
    assert "first text part" in notes[0]
    assert render(PROMPT, [{"role": "user", "content": [IMAGE]}]).messages[0]["content"] == [part("Be brief."), IMAGE]


def test_messages_without_a_user_are_said_to_get_no_prompt() -> None:
    assert render(PROMPT, [DEVELOPER]) == ([DEVELOPER], (NO_USER,))
    assert render(PROMPT, [{"role": "user", "content": None}]).messages == [{"role": "user", "content": None}]


def test_worked_examples_go_before_the_item_as_turns() -> None:
    examples = ({"question": "Q1", "answer": "A1", "reasoning": "R1"}, {"messages": [user("Q2"), reply("A2")]})
    prompt = make_prompt("p", "Be brief.", examples)
    messages, notes = render(prompt, [DEVELOPER, user("Why?")])
    assert messages == [
        DEVELOPER,
        user("Be brief.\n\nQ1"),
        reply('{"reasoning":"R1","answer":"A1"}'),
        user("Be brief.\n\nQ2"),
        reply("A2"),
        user("Be brief.\n\nWhy?"),
    ]
    assert notes[-1].startswith("2 worked examples")
    again = render(prompt, messages)
    assert again.messages == messages
    assert "there already" in again.notes[-1]
    assert example_turns(prompt, as_developer=True)[0] == user("Q1")
    assert prompt.version != make_prompt("p", "Be brief.").version


def test_a_prompt_file_with_its_examples(tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_bytes(b"\xef\xbb\xbfBe\r\nbrief. \n\n")
    (tmp_path / "short.examples.json").write_text(json.dumps([{"question": "Q", "answer": "A"}]))
    (tmp_path / "also.md").write_text("# Rules")
    (tmp_path / "other.json").write_text("{}")
    prompts = list_prompts(tmp_path)
    assert [prompt.name for prompt in prompts] == ["also", "short"]
    assert prompts[1].text == "Be\nbrief."
    assert prompts[1].examples == ({"question": "Q", "answer": "A"},)
    assert prompts[1] == load_prompt(tmp_path / "short.txt")
    assert list_prompts(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    "examples",
    [
        "{",
        "{}",
        "[1]",
        '[{"question": "Q"}]',
        '[{"question": "Q", "answer": "A", "reasoning": 1}]',
        '[{"messages": []}]',
    ],
)
def test_malformed_examples_are_named(tmp_path: Path, examples: str) -> None:
    (tmp_path / "p.txt").write_text("Text")
    (tmp_path / "p.examples.json").write_text(examples)
    with pytest.raises(InputError, match=r"p\.examples\.json"):
        load_prompt(tmp_path / "p.txt")


def test_prompts_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("\n \n")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    for name in ("empty", "latin", "missing"):
        with pytest.raises(InputError, match=name):
            load_prompt(tmp_path / f"{name}.txt")


def test_prefixes_are_the_beginnings_before_a_known_question() -> None:
    known = {"Why?", "More.\n\nWhy?"}
    assert guess_prefixes("Be brief.\n\nMore.\n\nWhy?", known.__contains__) == ["Be brief.", "Be brief.\n\nMore."]
    assert guess_prefixes("Why?", known.__contains__) == []


def test_many_blank_lines_are_tried_from_both_ends_only() -> None:
    asked: list[int] = []

    def known(text: str) -> bool:
        asked.append(len(text))
        return text == "last"

    assert guess_prefixes("a\n\n" * 5000 + "last", known) == [("a\n\n" * 5000)[:-2]]
    assert len(asked) == 256
    assert len(set(asked)) == 256


def test_the_recorded_inputs_carry_the_sample_prompt() -> None:
    prompt = load_prompt(shared("sample/prompt_simple.txt"))
    known = {item.question for item in items(shared("sample/questions_val.jsonl"))}
    recorded = json.loads(shared("sample/predictions/val_simple_smollm2_default_predictions_run1.json").read_text())
    for prediction in recorded:
        messages = prediction["input"]["messages"]
        assert guess_prefixes(messages[0]["content"], known.__contains__) == [prompt.text]
        bare = strip_prompt(messages, prompt.text)
        assert bare is not None
        assert bare[0]["content"] in known
        assert render(prompt, bare).messages == messages
