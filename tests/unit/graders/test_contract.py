"""The service's published contract: the graders we write are what it describes, and we know every word of it.

The contract is not part of the project; it is read from beside the checkout. Where CI is set it must be there.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from rft_tui.graders.examples import EXAMPLE_TYPES, example_spec
from rft_tui.graders.metrics import METRIC_NAMES, SERVICE_METRIC_NAMES
from rft_tui.graders.spec import check_spec
from rft_tui.graders.string_check import OPERATIONS
from rft_tui.sample import sample_folder

CONTRACT = Path(__file__).resolve().parents[3] / "../shared/reference/openai-openapi-subset.json"

SCHEMA_OF = {
    "string_check": "GraderStringCheck",
    "text_similarity": "GraderTextSimilarity",
    "python": "GraderPython",
    "multi": "GraderMulti",
    "score_model": "GraderScoreModel",
    "label_model": "GraderLabelModel",
}

BESIDE_THE_CONTRACT = {"pass_threshold"}
"""Keys that the service takes though its contract does not name them."""


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    if not CONTRACT.is_file():
        if os.environ.get("CI"):
            pytest.fail(f"the contract is missing: {CONTRACT}")
        pytest.skip(f"there is no contract at {CONTRACT}")
    found: dict[str, Any] = json.loads(CONTRACT.read_text(encoding="utf-8"))["components"]["schemas"]
    return found


def assert_fits(spec: dict[str, Any], schemas: dict[str, Any]) -> None:
    schema = schemas[SCHEMA_OF[spec["type"]]]
    properties = schema["properties"]
    assert set(schema["required"]) <= set(spec)
    assert set(spec) <= set(properties) | BESIDE_THE_CONTRACT
    for key, value in spec.items():
        if "enum" in properties.get(key, {}):
            assert value in properties[key]["enum"]
    if spec["type"] == "multi":  # an object of name to grader: the named mismatch
        assert "x-known-mismatch" in properties["graders"]
        for child in spec["graders"].values():
            assert_fits(child, schemas)


@pytest.mark.parametrize("name", EXAMPLE_TYPES)
def test_graders_to_begin_with_fit(name: str, schemas: dict[str, Any]) -> None:
    assert_fits(example_spec(name), schemas)


@pytest.mark.parametrize("path", sorted((sample_folder() / "graders").glob("*.json")), ids=lambda path: path.stem)
def test_sample_graders_fit(path: Path, schemas: dict[str, Any]) -> None:
    spec = json.loads(path.read_text(encoding="utf-8"))
    assert_fits(spec, schemas)
    assert check_spec(spec).type == spec["type"]


def test_no_operation_and_no_metric_is_unknown(schemas: dict[str, Any]) -> None:
    assert set(OPERATIONS) == set(schemas["GraderStringCheck"]["properties"]["operation"]["enum"])
    metrics = schemas["GraderTextSimilarity"]["properties"]["evaluation_metric"]["enum"]
    assert {*METRIC_NAMES, *SERVICE_METRIC_NAMES} == set(metrics)


@pytest.mark.parametrize("name", EXAMPLE_TYPES)
def test_a_missing_required_key_is_said(name: str, schemas: dict[str, Any]) -> None:
    for key in schemas[SCHEMA_OF[name]]["required"]:
        spec = example_spec(name)
        del spec[key]
        said = [problem for problem in check_spec(spec).problems if problem.path.split(".")[0] in (key, "type", "")]
        assert said, f"{key} may be missing without a word"
