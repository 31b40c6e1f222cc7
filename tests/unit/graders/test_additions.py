"""Parts that come and go outside raw JSON: each in its place, all other characters as they were."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rft_tui.errors import GraderSpecError, UsageError
from rft_tui.graders.additions import Addition, additions, removals, with_addition
from rft_tui.graders.document import PartPath, parts
from rft_tui.graders.document_edits import with_entry, without_part
from rft_tui.graders.examples import EXAMPLE_TYPES, example_spec
from rft_tui.graders.spec import check_spec


def named(text: str, label: str, grader: PartPath = (), shown: PartPath = ()) -> Addition:
    return next(one for one in additions(text, grader, shown) if one.label == label)


def labels(spec: Any, grader: PartPath = ()) -> list[str]:
    return [one.label for one in additions(json.dumps(spec), grader)]


class TestEntries:
    def test_an_entry_is_laid_out_as_its_neighbours(self) -> None:
        text = '{\n   "labels": [\n      "a",\n      "b"\n   ],\n   "x": 1.50\n}'
        assert with_entry(text, ("labels",), 2, "c") == text.replace('"b"', '"b",\n      "c"')
        assert with_entry(text, ("labels",), 0, "c") == text.replace('"a"', '"c",\n      "a"')
        assert with_entry(text, ("labels",), 1, "c") == text.replace('"a"', '"a",\n      "c"')
        assert with_entry('{"a": [1, 2]}', ("a",), 9, 3) == '{"a": [1, 2, 3]}'
        assert with_entry('{"a": [1,2]}', ("a",), 1, 3) == '{"a": [1,3,2]}'
        assert with_entry('{"a": [ ]}', ("a",), 0, 3) == '{"a": [3]}'
        assert with_entry('{"a": [1]}', ("a",), 1, 3) == '{"a": [1, 3]}'

    def test_objects_go_over_lines_where_the_one_before_does(self) -> None:
        flat = '{\n "input": [\n  {"role": "user"}\n ]\n}'
        assert with_entry(flat, ("input",), 1, {"r": 1}) == flat.replace("}\n ]", '},\n  {"r": 1}\n ]')
        spread = json.dumps({"input": [{"role": "user"}]}, indent=4)
        assert with_entry(spread, ("input",), 1, {"r": 1}) == json.dumps(
            {"input": [{"role": "user"}, {"r": 1}]}, indent=4
        )

    def test_lines_go_on_ending_as_they_do(self) -> None:
        text = json.dumps({"input": [{"role": "user"}]}, indent=2).replace("\n", "\r\n")
        after = with_entry(text, ("input",), 1, {"r": 1})
        assert after == json.dumps({"input": [{"role": "user"}, {"r": 1}]}, indent=2).replace("\n", "\r\n")

    @pytest.mark.parametrize("path", [("a",), ("nowhere",), ("b", 0)])
    def test_only_lists_have_entries(self, path: PartPath) -> None:
        with pytest.raises(GraderSpecError, match="there is no list"):
            with_entry('{"a": 1, "b": [2]}', path, 0, 1)


@pytest.mark.parametrize("indent", [None, 1, 2, 4])
@pytest.mark.parametrize("name", EXAMPLE_TYPES)
def test_whatever_is_offered_makes_a_grader_that_holds_all_that_was_there(name: str, indent: int | None) -> None:
    spec = {**example_spec(name), "x_unknown": [1, 2.5]}
    text = json.dumps(spec, indent=indent).replace("2.5", "2.50")
    offered = additions(text, (), ())
    for addition in offered:
        after, path = with_addition(text, addition, "new_one")
        again = without_part(after, path)
        assert json.loads(again) == json.loads(text)
        same = next(at for at in range(len(text) + 1) if not after.startswith(text[: at + 1]) or at == len(text))
        assert after.endswith(text[same:])
        errors = [one.message for one in check_spec(json.loads(after), context="local").problems
                  if one.severity == "error"]  # fmt: skip
        assert not errors


def test_what_is_offered_depends_on_the_type() -> None:
    model = labels({**example_spec("score_model"), "sampling_params": {"seed": 1}})
    assert {"user message", "system message", "developer message", "assistant message", "temperature", "top_p",
            "max_completions_tokens", "reasoning_effort"} <= set(model)  # fmt: skip
    assert "seed" not in model
    assert "seed" in labels({"type": "score_model"})
    assert {"label", "passing label partly"} <= set(labels(example_spec("label_model")))
    assert "temperature" not in labels(example_spec("label_model"))
    assert labels(example_spec("string_check")) == []
    assert labels({"type": "string_check", "name": "n"}) == ["operation", "input", "reference"]
    assert {"image tag", "pass threshold"} == set(labels({"type": "python", "name": "p", "source": ""}))
    assert "grader: string_check" in labels(example_spec("multi"))
    assert "grader: multi" not in labels(example_spec("multi"))
    assert "embedding model" in labels({**example_spec("text_similarity"), "evaluation_metric": "cosine"})
    assert labels({"type": ["odd"]}) == []


def test_a_message_goes_behind_the_one_that_is_shown() -> None:
    text = json.dumps({**example_spec("score_model")})
    after, path = with_addition(text, named(text, "developer message", shown=("input", 0, "content")))
    assert path == ("input", 1)
    assert [one["role"] for one in json.loads(after)["input"]] == ["system", "developer", "user"]
    after, path = with_addition(text, named(text, "assistant message"))
    assert [one["role"] for one in json.loads(after)["input"]] == ["system", "user", "assistant"]
    bare = '{"type": "label_model"}'
    assert json.loads(with_addition(bare, named(bare, "user message"))[0])["input"] == [{"role": "user", "content": ""}]


@pytest.mark.parametrize("form", ["object", "list"])
def test_children_come_in_the_form_of_their_neighbours(form: str) -> None:
    spec = example_spec("multi")
    if form == "list":
        spec["graders"] = list(spec["graders"].values())
    text = json.dumps({"grader": spec}, indent=2)
    addition = named(text, "grader: python", ("grader",))
    after, path = with_addition(text, addition, "own")
    assert path == ("grader", "graders", "own" if form == "object" else 2)
    graders = json.loads(after)["grader"]["graders"]
    child = graders["own"] if form == "object" else graders[2]
    assert (child["type"], child["name"]) == ("python", "own")
    for typed, said in (("exact", "already"), (" ", "needs a name"), ("1", "cannot stand in a formula")):
        with pytest.raises(UsageError, match=said):
            with_addition(text, addition, typed)


def test_a_child_is_offered_what_fits_it_and_what_fits_its_parent() -> None:
    spec = example_spec("multi")
    spec["graders"]["judge"] = example_spec("score_model")
    found = labels(spec, ("graders", "judge"))
    assert "judge · user message" in found
    assert "grader: python" in found
    alone = {"type": "multi", "graders": example_spec("python"), "calculate_output": "word_share"}
    assert not [label for label in labels(alone) if label.startswith("grader")]


def test_labels_are_not_taken_twice() -> None:
    text = json.dumps(example_spec("label_model"))
    with pytest.raises(UsageError, match="already"):
        with_addition(text, named(text, "label"), "wrong")


def test_what_can_be_taken_out_is_the_part_and_the_children_around_it() -> None:
    spec = example_spec("multi")
    several = [{"type": "input_text", "text": "a"}, {"type": "input_image", "image_url": "u"}]
    spec["graders"]["judge"] = {
        **example_spec("score_model"), "input": [{"role": "user", "content": "q"}, {"role": "user", "content": several}]
    }  # fmt: skip
    found = {part.label: [(one.label, one.path) for one in removals(part)] for part in parts(json.dumps(spec))}
    child = ("graders", "judge")
    of_child = ("the grader judge", child)
    assert found["judge · user"] == [("judge · user", (*child, "input", 0)), of_child]
    assert found["judge · user 2 · part 2"] == [
        ("judge · user 2 · part 2", (*child, "input", 1, "content", 1)), of_child
    ]  # fmt: skip
    assert found["judge · range to"] == [("range", (*child, "range")), of_child]
    assert found["judge · seed"][0] == ("judge · seed", (*child, "sampling_params", "seed"))
    assert found["formula"] == []
    assert found["name"] == [("name", ("name",))]
