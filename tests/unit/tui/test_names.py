"""Which names are offered where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.graders.template import Reference, scan
from rft_tui.tui.editing.names import (
    LONGEST_NAME,
    MOST_NAMES,
    Name,
    Offer,
    formula_names,
    item_names,
    sample_names,
    template_names,
)

ITEM = item_names([{"reference_answer": "gout", "meta": {"source": "a", "n k": [1, 2]}, "messages": [], "tools": []}])
ALL = (*ITEM, *sample_names("gouty arthritis", "model-1"))
OFFER = template_names(lambda: ALL)


def offered(marked: str) -> list[str]:
    """The names that fit where ``|`` stands."""
    line, column = marked.replace("|", ""), marked.index("|")
    found = OFFER(line, column)
    return [name.text for name in found.names] if found else []


def taken(marked: str, number: int = 0) -> str:
    """The line once a name was taken."""
    line, column = marked.replace("|", ""), marked.index("|")
    found = OFFER(line, column)
    assert found is not None
    return line[: found.start] + found.names[number].text + found.close + line[found.end :]


def test_names_of_the_items_come_first_then_those_of_the_sample() -> None:
    assert [name.text for name in ITEM] == [
        "item.reference_answer", "item.meta", "item.meta.source", 'item.meta["n k"]', 'item.meta["n k"][0]',
    ]  # fmt: skip
    names = offered("Look: {{|")
    assert names[:2] == ["item.reference_answer", "item.meta"]
    assert names[len(ITEM)] == "sample.output_text"
    assert "sample.output_json" in names


def test_typing_on_leaves_what_fits() -> None:
    assert offered("{{ref|") == ["item.reference_answer"]
    assert offered("{{ item.me|") == ["item.meta", "item.meta.source", 'item.meta["n k"]', 'item.meta["n k"][0]']
    assert offered("{{SAMPLE.output_t|")[0] == "sample.output_text"
    assert offered("{{nothing|") == []


@pytest.mark.parametrize("marked", ["plain |", "{ item|", "{{item.reference_answer}} |", "{{item.reference_answer|}}",
                                    "{{a}|", "| {{item"])  # fmt: skip
def test_outside_braces_and_behind_a_whole_name_nothing_is_offered(marked: str) -> None:
    assert offered(marked) == []


def test_the_braces_are_closed_once() -> None:
    assert taken("A {{ref| B") == "A {{item.reference_answer}} B"
    assert taken("A {{ref|}} B") == "A {{item.reference_answer}} B"
    assert taken("A {{ref|erence_answ}} B") == "A {{item.reference_answer}} B"
    assert taken("A {{ ref| }} B") == "A {{item.reference_answer}} B"
    assert taken("{{item.reference_answer|") == "{{item.reference_answer}}"
    assert taken("{{ref| and {{item.meta}}") == "{{item.reference_answer}} and {{item.meta}}"


def test_values_of_the_first_row_stand_beside_their_names() -> None:
    about = {name.text: name.about for name in ALL}
    assert about["item.reference_answer"] == "gout"
    assert about["item.meta"] == "an object with 2 keys"
    assert about['item.meta["n k"]'] == "a list of 2"
    assert about["sample.output_text"] == "gouty arthritis"
    assert about["sample.model"] == "model-1"
    assert "JSON" in about["sample.output_json"]
    assert "sample.output_json.answer" in {name.text for name in sample_names('{"answer": 1}')}
    (hostile,) = item_names([{"a": "x\x1b[31m\u202e\n" * 100}])
    assert hostile.about.isprintable()
    assert len(hostile.about) <= 60


SCALARS = st.none() | st.integers() | st.text(max_size=3)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


@given(st.lists(st.dictionaries(st.text(max_size=6), JSON, max_size=4), max_size=3))
def test_every_name_of_an_item_is_a_template_of_its_own(rows: list[dict[str, object]]) -> None:
    for name in item_names(rows):
        pieces, problems = scan(f"{{{{{name.text}}}}}")
        assert not problems
        (piece,) = pieces
        assert isinstance(piece, Reference)
        assert piece.text == name.text


def test_hostile_items_have_an_end() -> None:
    deep: dict[str, object] = {}
    for _ in range(500):
        deep = {"a": deep}
    names = item_names([{f"k{number}": deep for number in range(10_000)}, {"x" * 5000: 1}])
    assert len(names) <= MOST_NAMES
    assert max(len(name.text) for name in names) <= LONGEST_NAME


def test_names_of_graders_are_offered_behind_a_letter() -> None:
    complete = formula_names(["phrase", "exact", "two-parts", "1.5"])

    def at_end(line: str) -> Offer | None:
        return complete(line, len(line))

    assert at_end("0.85 * ") is None
    assert at_end("0.85 * p") == Offer(7, 8, (Name("phrase", "grader"), Name("two-parts", "grader")))
    assert at_end("1e") is None
    assert at_end("phrase") is None
    assert at_end("two-p") == Offer(0, 5, (Name("two-parts", "grader"),))
    assert at_end("exact-ph") == Offer(6, 8, (Name("phrase", "grader"),))
    assert complete("pse", 1) is None
