"""Checks of the grader: what a job takes, response formats, the bench's last word, the service's own check."""

from __future__ import annotations

from typing import Any

import pytest

from rft_tui.graders.examples import example_spec
from rft_tui.model import JsonObject
from rft_tui.store.database import Store
from rft_tui.tasks.jobs.preflight.facts import HostedCheck, NetworkFacts
from tests.unit.tasks.jobs.preflight.desk import benched, findings, graded_base, only
from tests.unit.tasks.jobs.requests import EXACT, a_request, two_parts

SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}
FORM: JsonObject = {"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": SCHEMA}}
READS_JSON = EXACT | {"input": "{{sample.output_json.answer}}"}
READS_JSON_IN_CODE: JsonObject = {
    "type": "python",
    "name": "code",
    "source": "def grade(sample, item):\n    return float(sample['output_json']['answer'] == 'a')\n",
}


@pytest.fixture(autouse=True)
def _rows(store: Store) -> None:
    two_parts(store, 12, 11)


@pytest.mark.parametrize(
    ("grader", "state", "said"),
    [
        (EXACT, "ok", "nothing a job would not take"),
        (EXACT | {"operation": "contains"}, "error", "operation"),
        (example_spec("label_model"), "error", "label_model"),
        (example_spec("text_similarity") | {"evaluation_metric": "cosine"}, "error", "cosine"),
        (
            {"type": "multi", "name": "m", "graders": {"a": example_spec("multi")}, "calculate_output": "a"},
            "error",
            "may not hold another",
        ),
        ({"type": "python", "name": "p", "source": "x = 1\n" * 60_000}, "error", "bytes"),
        (
            {"type": "python", "name": "p", "source": "import torch\ndef grade(sample, item): return 0.0"},
            "warning",
            "torch, which the service's image",
        ),
        ({"type": "multi", "graders": 3}, "error", "graders"),
        ({"type": "\x1b[2J"}, "error", "no grader type"),
    ],
)
def test_what_a_job_takes(store: Store, grader: JsonObject, state: str, said: str) -> None:
    finding = only(findings(store, a_request(grader=grader)), "grader")
    assert finding.state == state
    assert said in finding.message


def test_what_concerns_this_machine_alone_is_not_said(store: Store) -> None:
    grader = example_spec("text_similarity") | {"variant": "rapidfuzz_ratio"}
    assert only(findings(store, a_request(grader=grader)), "grader").state == "ok"


@pytest.mark.parametrize(
    ("grader", "form", "state", "said"),
    [
        (READS_JSON, FORM, "ok", "strict"),
        (READS_JSON_IN_CODE, FORM, "ok", "strict"),
        (READS_JSON, None, "warning", "nothing holds the answers to JSON"),
        (READS_JSON_IN_CODE, None, "warning", "nothing holds the answers to JSON"),
        (EXACT, FORM, "warning", "as it stands"),
        (EXACT | {"input": "{{sample.output_json.anser}}"}, FORM, "error", "output_json.anser"),
        (READS_JSON, {"type": "json_object"}, "warning", "only json_schema"),
        (
            READS_JSON,
            {"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": SCHEMA | {"required": []}}},
            "error",
            "does not require answer",
        ),
        ({"type": "multi", "graders": 3}, FORM, "warning", "as it stands"),
    ],
)
def test_the_response_format(store: Store, grader: JsonObject, form: JsonObject | None, state: str, said: str) -> None:
    finding = only(findings(store, a_request(grader=grader, response_format=form)), "response_format")
    assert finding.state == state
    assert said in finding.message


def test_no_format_and_no_use_of_it_is_nothing_to_speak_of(store: Store) -> None:
    assert "response_format" not in findings(store, a_request())


@pytest.mark.parametrize(
    ("bench", "state", "said"),
    [
        ({}, "ok", "100 of 100 checks held, 2 days ago"),
        ({"at": "2026-11-22"}, "ok", "today"),
        ({"failures": 7}, "warning", "93 of 100 checks held"),
        ({"at": "2026-09-01T00:00:00"}, "warning", "82 days ago"),
        ({"at": "some day"}, "warning", "an unknown day"),
        ({"simulated": True}, "warning", "SIMULATED"),
        ({"partial": True}, "warning", "never put to the bench"),
        (None, "warning", "never put to the bench"),
    ],
)
def test_the_bench(store: Store, bench: dict[str, Any] | None, state: str, said: str) -> None:
    request = a_request()
    if bench is not None:
        benched(store, request, **bench)
    finding = only(findings(store, request), "grader_bench")
    assert finding.state == state
    assert said in finding.message
    assert finding.is_known


def test_a_bench_of_another_version_says_nothing(store: Store) -> None:
    benched(store, a_request(grader=EXACT | {"operation": "ne"}))
    assert "never put to the bench" in only(findings(store, a_request()), "grader_bench").message


@pytest.mark.parametrize(
    ("validated", "state", "is_known"),
    [
        (HostedCheck(True), "ok", True),
        (HostedCheck(False, "Invalid type \x1b[1m"), "error", True),
        (HostedCheck(None, "away"), "warning", False),
        (None, "warning", False),
    ],
)
def test_the_services_own_check(store: Store, validated: HostedCheck | None, state: str, is_known: bool) -> None:
    finding = only(findings(store, a_request(), network=NetworkFacts(validated=validated)), "hosted_validate")
    assert (finding.state, finding.is_known) == (state, is_known)


def test_methods_without_a_grader_have_no_such_findings(store: Store) -> None:
    request: Any = a_request("supervised", validation=None)
    checks = findings(store, request)
    assert not {"grader", "response_format", "grader_bench", "hosted_validate", "difficulty", "pilot"} & set(checks)


class TestGradesThatAreErrors:
    def test_nothing_is_said_where_nothing_was_graded(self, store: Store) -> None:
        assert "grade_errors" not in findings(store, a_request())

    @pytest.mark.parametrize(
        ("bad", "state", "said"),
        [(0, "ok", "0 of 10"), (1, "warning", "grades by this version"), (8, "warning", "most of the grades")],
    )
    def test_the_share_and_the_commonest_kind_are_said(self, store: Store, bad: int, state: str, said: str) -> None:
        graded_base(store, "train", [[None] if row < bad else [1.0] for row in range(10)])
        finding = only(findings(store, a_request()), "grade_errors")
        assert (finding.state, said in finding.message) == (state, True)
        assert finding.evidence["errors"] == bad
        if bad:
            assert f"other_error ({bad})" in finding.message
            assert f"{bad} of 10, {bad}0 %" in finding.message

    def test_what_to_do_is_said_by_kind(self, store: Store) -> None:
        graded_base(store, "train", [[None], [1.0]])
        with store.write() as db:
            db.execute("UPDATE grade SET error_kind = 'sample_parse_error' WHERE error_kind IS NOT NULL")
        assert "response format" in only(findings(store, a_request()), "grade_errors").hint

    def test_errors_of_answers_are_not_the_graders(self, store: Store) -> None:
        graded_base(store, "train", [[None], [1.0]])
        with store.write() as db:
            db.execute("UPDATE grade SET error_kind = 'prediction' WHERE error_kind IS NOT NULL")
        assert only(findings(store, a_request()), "grade_errors").state == "ok"
