"""Jobs that tests create, and how far their answers may differ from the published description."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from openai import BaseModel, OpenAI

from rft_tui.simulator.jobs.plan import Plan, ShownGrader
from tests.unit.simulator.contract import assert_fits

STRING_CHECK = {
    "type": "string_check", "name": "exact", "operation": "ilike",
    "input": "{{sample.output_text}}", "reference": "{{item.reference_answer}}",
}  # fmt: skip
TEXT_SIMILARITY = {
    "type": "text_similarity", "name": "alike", "evaluation_metric": "fuzzy_match",
    "input": "{{sample.output_text}}", "reference": "{{item.reference_answer}}",
}  # fmt: skip
PYTHON = {"type": "python", "name": "code", "source": "def grade(sample, item):\n    return 1.0\n"}
JUDGING = [{"role": "user", "content": "Reference: {{item.reference_answer}}\nCandidate: {{sample.output_text}}"}]
SCORE_MODEL = {"type": "score_model", "name": "rubric", "model": "gpt-4o", "input": JUDGING, "range": [0, 10]}
LABEL_MODEL = {
    "type": "label_model", "name": "label", "model": "gpt-4o", "input": JUDGING, "labels": ["a", "b"],
    "passing_labels": ["a"],
}  # fmt: skip
MULTI = {
    "type": "multi", "name": "overall", "graders": {"exact": STRING_CHECK, "judged": SCORE_MODEL},
    "calculate_output": "0.5 * exact + 0.05 * judged",
}  # fmt: skip
GRADERS: dict[str, dict[str, Any]] = {
    "string_check": STRING_CHECK,
    "text_similarity": TEXT_SIMILARITY,
    "python": PYTHON,
    "score_model": SCORE_MODEL,
    "multi": MULTI,
}
"""One grader of every type that a job takes."""

FORMAT = {
    "type": "json_schema",
    "json_schema": {
        "name": "answer",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"answer": {"type": "string"}},
            "required": ["answer"],
            "additionalProperties": False,
        },
    },
}


def plain(answer: BaseModel) -> dict[str, Any]:
    """An answer as it came; the client takes a multi grader for one of another type, and would warn of it."""
    shown: dict[str, Any] = answer.to_dict(warnings=False)
    return shown


def row(number: int, method: str = "reinforcement") -> dict[str, Any]:
    """One row of a file for a method."""
    asked = {"role": "user", "content": f"Which word stands for number {number} in the list?"}
    answer = {"role": "assistant", "content": f"word{number}"}
    if method == "supervised":
        return {"messages": [asked, answer]}
    if method == "dpo":
        other = {"role": "assistant", "content": "none"}
        return {"input": {"messages": [asked]}, "preferred_output": [answer], "non_preferred_output": [other]}
    return {"messages": [asked], "reference_answer": f"word{number}"}


def send_rows(client: OpenAI, numbers: range, method: str = "reinforcement") -> str:
    """Send a file for training; its id."""
    content = "\n".join(json.dumps(row(number, method)) for number in numbers).encode()
    return client.files.create(file=("rows.jsonl", content), purpose="fine-tune").id


def body(client: OpenAI, method: str = "reinforcement", **others: Any) -> dict[str, Any]:
    """A request for a job whose files have been sent."""
    held: dict[str, Any] = {"grader": STRING_CHECK} if method == "reinforcement" else {}
    return {
        "model": "simulated-smollm2",
        "training_file": send_rows(client, range(20), method),
        "validation_file": send_rows(client, range(20, 30), method),
        "seed": 7,
        "method": {"type": method, method: held},
        **others,
    }


def assert_job_fits(shown: dict[str, Any]) -> None:
    """Hold a job against the description, but for ``paused``, an empty error, and hyperparameters where they belong."""
    shown = deepcopy(shown)
    if shown["status"] == "paused":
        shown["status"] = "running"
    if shown["method"]["type"] == "reinforcement" and shown["error"] == {}:
        shown["error"] = None
    if shown["method"]["type"] != "supervised":
        assert "hyperparameters" not in shown
        shown["hyperparameters"] = {}
    assert_fits(shown, "FineTuningJob")


def assert_events_fit(shown: dict[str, Any]) -> None:
    """Hold a page of events against the description, but for the type ``moderation_checks``."""
    shown = deepcopy(shown)
    for event in shown["data"]:
        if event["type"] == "moderation_checks":
            event["type"] = "message"
    assert_fits(shown, "ListFineTuningJobEventsResponse")


def plan(**others: Any) -> Plan:
    """A job with one grader that begins at 1000 and takes 100 seconds."""
    settled: dict[str, Any] = {
        "job_id": "ftjob-simulated-abc", "method": "reinforcement", "scenario": "healthy", "seed": 1, "began": 1000.0,
        "seconds": 100.0, "steps": 30, "epochs": 3, "interval": 5, "samples": 1, "validation_rows": 40,
        "base": "simulated-m", "suffix": "", "graders": (ShownGrader("exact", "string_check", None, 0, 1),),
    }  # fmt: skip
    return Plan(**{**settled, **others})
