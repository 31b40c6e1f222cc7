"""Response formats: one nested form, and what keeps a schema from being strict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rft_tui.errors import InputError
from rft_tui.tasks.jobs.response_format import job_response_format, nested_form, schema_of, strictness_problems

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"answer": {"type": "string"}, "steps": {"type": "array", "items": {"$ref": "#/$defs/step"}}},
    "required": ["answer", "steps"],
    "additionalProperties": False,
    "$defs": {"step": {"type": "object", "properties": {}, "required": [], "additionalProperties": False}},
}


def nested(schema: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": schema} | others}


def test_a_strict_schema_has_no_problem() -> None:
    assert strictness_problems(nested(SCHEMA)) == []


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (SCHEMA | {"additionalProperties": True}, ["schema lacks additionalProperties: false"]),
        (SCHEMA | {"required": ["answer"]}, ["schema does not require steps"]),
        (SCHEMA | {"required": "answer"}, ["schema does not require answer, steps"]),
        (SCHEMA | {"$defs": {"step": {"type": "object"}}}, ["schema.step lacks additionalProperties: false"]),
        ({"type": "string"}, ["the schema is no object at its top"]),
        (
            SCHEMA | {"properties": {"answer": {"anyOf": [{"type": ["object", "null"]}]}}, "required": ["answer"]},
            ["schema.answer.anyOf[0] lacks additionalProperties: false"],
        ),
    ],
)
def test_what_is_not_strict_is_named(schema: dict[str, Any], said: list[str]) -> None:
    assert strictness_problems(nested(schema)) == said


def test_the_envelope_counts_too() -> None:
    assert strictness_problems({"type": "json_schema"}) == ["it has no json_schema"]
    assert strictness_problems(nested(SCHEMA, strict=None, name="")) == [
        "json_schema has no name",
        "json_schema.strict is not true",
    ]


def test_hostile_depth_ends() -> None:
    schema: dict[str, Any] = {"type": "object", "additionalProperties": False}
    for _level in range(200):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"], "additionalProperties": False}
    assert strictness_problems(nested(schema)) == ["it is nested more than 30 deep"]


def test_files_in_any_form_come_out_nested(tmp_path: Path) -> None:
    flat = {"type": "json_schema", "name": "mine", "strict": True, "schema": SCHEMA}
    assert nested_form(flat)["json_schema"]["name"] == "mine"
    for number, document in enumerate((flat, nested(SCHEMA), SCHEMA)):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(document))
        made = job_response_format(path)
        assert schema_of(made) == SCHEMA
        assert strictness_problems(made) == []
    with pytest.raises(InputError):
        job_response_format(tmp_path / "none.json")
    assert schema_of(None) is None
    assert schema_of({"type": "text"}) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"type": "object", "minimum": NaN}', "cannot carry"),
        ('{"type": "object", "maximum": 1e999}', "cannot carry"),
        ('{"type": "object", "title": "\\ud800"}', "cannot carry"),
        ('{"a":' * 900 + "1" + "}" * 900, "nested more than 100 deep"),
        ("null", "is an object"),
    ],
)
def test_what_cannot_be_sent_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "form.json").write_text(text)
    with pytest.raises(InputError, match=said):
        job_response_format(tmp_path / "form.json")
