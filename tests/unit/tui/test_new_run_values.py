"""What stands in the form as a request, and what is said of values that cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.tui.new_run.fields import FIELDS
from rft_tui.tui.new_run.values import FormReader, conditions, listed, offered_efforts

READY = {"dataset": "train", "models": "m"}


def problems_of(values: dict[str, str], folder: Path = Path()) -> dict[str, str]:
    reader = FormReader(values, folder)
    reader.request()
    return reader.problems


def test_an_untouched_form_asks_for_the_two_things_it_needs() -> None:
    assert set(problems_of({})) == {"dataset", "models"}
    reader = FormReader(READY, Path())
    request = reader.request()
    assert reader.problems == {}
    assert (request.runs, request.efforts, request.items.is_all, request.parameters) == (3, ("",), True, {})


@given(st.dictionaries(st.sampled_from([field.name for field in FIELDS]), st.text(max_size=60)))
def test_nothing_that_is_typed_is_more_than_a_problem(values: dict[str, str]) -> None:
    values.pop("response_format", None)
    assert set(problems_of(values)) <= {field.name for field in FIELDS}


def test_a_schema_comes_from_a_file_or_stands_there(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "own.json").write_text('{"type": "json_object"}')
    for text, said in (("list.json", "object"), ("none.json", "No such file"), ("{", "Expecting"), (".", "directory")):
        assert said in problems_of(READY | {"response_format": text}, tmp_path)["response_format"]
    reader = FormReader(READY | {"response_format": "own.json"}, tmp_path)
    assert reader.request().parameters == {"response_format": {"type": "json_object"}}
    reader = FormReader(READY | {"response_format": '{"type": "text"}'}, tmp_path)
    assert reader.request().parameters == {"response_format": {"type": "text"}}


@pytest.mark.parametrize(
    ("models", "efforts", "problem"),
    [("o3-mini", "low", ""), ("o3-mini", "default, high", ""), ("o3-mini", "xhigh", "o3-mini does not take xhigh"),
     ("unheard-of", "xhigh", ""), ("unheard-of, gpt-4o", "low", "gpt-4o does not take low"),
     ("m", "fast", "there is no effort 'fast'")],
)  # fmt: skip
def test_only_efforts_that_the_models_take(models: str, efforts: str, problem: str) -> None:
    assert problems_of(READY | {"models": models, "efforts": efforts}).get("efforts", "") == problem


def test_offered_efforts_are_those_of_every_model() -> None:
    assert offered_efforts(("o3-mini", "unheard-of")) == ("low", "medium", "high")
    assert offered_efforts(("gpt-4o",)) == ()
    assert "xhigh" in offered_efforts(())


def test_lists_with_commas_and_conditions_with_semicolons() -> None:
    assert listed(" a, b,,a ,") == ("a", "b")
    assert conditions("topic~a,b; x~y ;") == ("topic~a,b", "x~y")
