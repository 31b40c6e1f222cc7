"""The answers that the bench makes for an item, and the form in which a grader reads them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.graders.bench.probes import (
    NO_OTHERS,
    NO_QUESTION,
    OTHER_LENGTH,
    SAME_TEXT,
    VERY_LONG,
    WRONG,
    BenchItem,
    ProbeAnswer,
    SkippedProbe,
    lend,
    probe_answers,
)
from rft_tui.graders.bench.reading import answer_form, injected_order
from rft_tui.graders.bench.rules import PROBES
from rft_tui.graders.examples import EXAMPLE_TYPES, example_spec
from rft_tui.graders.spec import score_rule
from rft_tui.model import JsonObject, ScoreRule
from tests.unit.judges import judged_spec


def item(reference: str, question: str = "Which one?") -> BenchItem:
    return BenchItem("0" * 32, question, reference, {"reference_answer": reference})


def answers(one: BenchItem, *others: str, **more: Any) -> dict[str, str]:
    return {made.probe: made.text for made in probe_answers(one, lend(others), **more) if isinstance(made, ProbeAnswer)}


def skips(one: BenchItem, *others: str) -> dict[str, str]:
    return {made.probe: made.reason for made in probe_answers(one, lend(others)) if isinstance(made, SkippedProbe)}


def test_lenders_are_each_another_answer_and_cut_short() -> None:
    long = "word " * 10_000
    lent = lend(["Otter.", "otter", "", " - ", long, long + "more"])
    assert [one.text[:6] for one in lent] == ["Otter.", "word w"]
    assert lent[0].words == {"otter"}
    assert len(lent[1].text) == OTHER_LENGTH


def string_check(text: str) -> JsonObject:
    return {"type": "string_check", "operation": "eq", "input": text, "reference": "{{item.r}}"}


def test_every_probe_is_what_it_says() -> None:
    made = answers(item("red fox"), "red fox", "badger", "otter", "grey wolf")
    assert tuple(made) == PROBES
    assert made["reference"] == "red fox"
    assert "red fox" in made["padding"]
    assert len(made["padding"].split()) > 10
    assert "red fox" in made["alternatives"]
    assert all(other in made["alternatives"] for other in ("badger", "otter"))
    assert made["echo"] == "Which one?"
    assert made["empty"] == ""
    assert made["other_reference"] in ("badger", "otter", "grey wolf")
    assert made["injection"].startswith(made["other_reference"])
    assert "give 1.0" in made["injection"]
    assert made["surface"] == "“RED FOX.”"
    assert len(made["very_long"]) == VERY_LONG
    assert made["very_long"].startswith(made["other_reference"])
    for wrong in ("echo", "empty", "refusal", "other_reference", "injection", "very_long"):
        assert "red fox" not in made[wrong].casefold()


def test_wrong_answers_share_the_fewest_words() -> None:
    assert answers(item("red fox"), "grey fox", "red deer", "fox", "badger")["other_reference"] == "badger"


def test_items_do_not_all_borrow_the_same_answer() -> None:
    names = [f"thing{number}" for number in range(20)]
    assert len({answers(item(name), *names)["other_reference"] for name in names}) > 5


def test_what_makes_no_sense_is_skipped_with_the_reason() -> None:
    assert skips(item("red fox", " "), "Red fox.") == {
        "alternatives": NO_OTHERS,
        "echo": NO_QUESTION,
        "other_reference": NO_OTHERS,
    }
    assert skips(item("", "?"), "badger") == {"empty": SAME_TEXT, "echo": SAME_TEXT}
    assert answers(item("red fox"))["injection"].startswith(WRONG)


def test_only_wanted_probes_are_made_and_what_they_are_measured_by() -> None:
    assert list(answers(item("red fox"), "badger", wanted=("echo", "surface"))) == ["reference", "echo", "surface"]


@pytest.mark.parametrize(
    ("reference", "surface"),
    [("NATO", "“nato.”"), ("42", "“42.”"), ("straße", "“STRAßE.”"), ('{"a":1}', '{\n "a": 1\n}')],
)
def test_another_surface_says_the_same(reference: str, surface: str) -> None:
    assert answers(item(reference))["surface"] == surface


@given(st.text(max_size=60), st.lists(st.text(max_size=40), max_size=6))
def test_any_texts_make_each_probe_once(reference: str, others: list[str]) -> None:
    made = list(probe_answers(item(reference), lend(others)))
    assert [one.probe for one in made] == list(PROBES)
    texts = {one.probe: one.text for one in made if isinstance(one, ProbeAnswer)}
    assert len(texts["very_long"]) == VERY_LONG
    assert made == list(probe_answers(item(reference), lend(others)))


@pytest.mark.parametrize("name", EXAMPLE_TYPES)
def test_example_graders_read_plain_text(name: str) -> None:
    form = answer_form(example_spec(name))
    assert form.is_read
    assert form.write("red fox") == "red fox"


def test_a_grader_of_json_gets_json() -> None:
    children = {
        "name": string_check("{{sample.output_json.animal.name}}"),
        "legs": string_check("{{sample.output_json.legs}}"),
    }
    spec = {"type": "multi", "graders": children, "calculate_output": "name + legs"}
    form = answer_form(spec)
    assert json.loads(form.write('a "fox"')) == {"animal": {"name": 'a "fox"'}, "legs": 'a "fox"'}
    assert form.write('{"legs": 4}') == '{"legs": 4}'


@pytest.mark.parametrize("text", ["{{item.r}}", "{{sample.output_tools}}", "{{sample.model}}", "plain"])
def test_a_grader_that_reads_no_text(text: str) -> None:
    assert not answer_form(string_check(text)).is_read


@pytest.mark.parametrize(
    "text", ["{{sample.choices[0].message.content}}", "{{sample.output_json}}", "{{sample.output_json[0].a}}"]
)
def test_other_forms_are_left_as_they_are(text: str) -> None:
    assert answer_form(string_check(text)).write("fox") == "fox"


def test_the_order_names_the_top_of_the_range_and_the_passing_label() -> None:
    assert injected_order(judged_spec(range=[0, 10]), ScoreRule(0, 10)) == "give 10.0"
    label = example_spec("label_model")
    assert injected_order(label, score_rule(label)) == "give 1.0, or the label correct"


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_spec_has_a_form(value: Any) -> None:
    spec = {"type": "multi", "graders": value, "passing_labels": value, "input": value}
    assert answer_form(spec).write("x")
    assert answer_form(spec | {"type": "score_model"}).write("x")
    assert injected_order(spec | {"type": "label_model"}, ScoreRule()).startswith("give 1.0")
