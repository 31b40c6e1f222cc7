"""A grader while it is edited: parts and JSON are one text, and one history spans them."""

from __future__ import annotations

import json

import pytest

from rft_tui.errors import GraderSpecError, UsageError
from rft_tui.graders.examples import EXAMPLE_TYPES, example_spec
from rft_tui.tui.editing.grader_text import RAW, GraderText
from rft_tui.tui.editing.part_values import value_text
from rft_tui.tui.editing.text_buffer import TextBuffer


def opened(name: str, **more: object) -> GraderText:
    work = GraderText(TextBuffer())
    text = json.dumps({**example_spec(name), **more}, indent=3)
    work.open(text, text)
    return work


def type_text(work: GraderText, text: str) -> None:
    for letter in text:
        work.edit(work.buffer.put(letter))


@pytest.mark.parametrize("name", EXAMPLE_TYPES)
def test_looking_at_every_part_changes_nothing(name: str) -> None:
    work = opened(name, x_unknown=[1, 2.50])
    before = work.text
    for _ in range(2 * len(work.tabs)):
        work.next_tab(1)
        work.flush()
    work.turn_raw()
    work.turn_raw()
    assert work.text == before
    assert not work.is_changed


def test_undo_goes_where_the_change_was() -> None:
    work = opened("score_model")
    saved = work.text
    type_text(work, "Be kind. ")
    work.next_tab(1)
    type_text(work, "Look: ")
    threshold = next(part for tab in work.tabs for part in tab.parts if part.label == "pass threshold")
    work.set_part(threshold, "0.5")
    work.turn_raw()
    assert work.is_raw
    assert json.loads(work.text)["pass_threshold"] == 0.5
    work.turn_raw()
    assert work.undo()
    assert work.tab.kind == "form"
    assert json.loads(work.text)["pass_threshold"] == 0.75
    assert work.undo()
    assert work.tab.title == "user"
    while work.undo():
        pass
    assert (work.text, work.tab.title) == (saved, "system")
    assert not work.is_changed
    while work.redo():
        pass
    assert json.loads(work.text)["pass_threshold"] == 0.5
    assert json.loads(work.text)["input"][0]["content"].startswith("Be kind. ")


def test_a_number_that_is_taken_out_comes_back() -> None:
    work = opened("text_similarity")
    threshold = next(part for tab in work.tabs for part in tab.parts if part.label == "pass threshold")
    work.set_part(threshold, " ")
    assert "pass_threshold" not in json.loads(work.text)
    assert work.undo()
    assert json.loads(work.text)["pass_threshold"] == 0.8
    missing = opened("multi")
    absent = next(part for tab in missing.tabs for part in tab.parts if part.path == ("pass_threshold",))
    missing.set_part(absent, "0.9")
    assert json.loads(missing.text)["pass_threshold"] == 0.9
    assert missing.undo()
    assert "pass_threshold" not in json.loads(missing.text)


def test_what_cannot_be_read_is_said_and_changes_nothing() -> None:
    work = opened("label_model")
    before = work.text
    labels = next(part for tab in work.tabs for part in tab.parts if part.label == "labels")
    assert value_text(labels.value) == "correct, partly, wrong"
    work.set_part(labels, "yes, no")
    assert json.loads(work.text)["labels"] == ["yes", "no"]
    work.undo()
    number = next(part for tab in opened("score_model").tabs for part in tab.parts if part.kind == "number")
    with pytest.raises(UsageError):
        work.set_part(number, "many")
    assert work.text == before


def test_json_that_cannot_be_read_stays_raw() -> None:
    work = opened("python")
    work.turn_raw()
    type_text(work, "}")
    with pytest.raises(GraderSpecError):
        work.turn_raw()
    assert work.is_raw
    assert work.text.startswith("}{")
    assert work.undo()
    work.turn_raw()
    assert work.tab.kind == "python"
    work.open("{ broken", "")
    assert work.tab.key == RAW


def test_an_older_version_is_one_step() -> None:
    work = opened("python")
    before = work.text
    work.replace_all(json.dumps(example_spec("string_check")))
    assert [tab.kind for tab in work.tabs] == ["form"]
    assert work.undo()
    assert work.text == before
