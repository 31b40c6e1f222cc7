"""Findings of pre-flight in the form's words: counts, hints that name fields, and which field one speaks of."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rft_tui.tasks.jobs.preflight.findings import Finding, Preflight
from rft_tui.tui.paint import Line

STYLES = {"error": "state.bad", "warning": "state.warning", "ok": "state.good"}
"""The colour of each state; its sign always stands beside it."""

FIELDS = {
    "training_file": "training", "validation_file": "validation", "leakage": "validation", "final_test": "test",
    "rendering": "prompt", "base_model": "model", "base_model_method": "model", "service_access": "profile",
    "wind_down": "profile", "spending_stop": "profile", "grader": "grader", "grader_bench": "grader",
    "hosted_validate": "grader", "template_variables": "grader", "judge_model": "grader", "judge_cost": "grader",
    "system_role": "training", "response_format": "response_format", "pilot": "pilot", "suffix": "suffix",
    "metadata": "metadata", "seed": "seed", "hyperparameters": "batch_size", "difficulty": "training",
    "same_way": "prompt", "time_and_cost": "n_epochs",
}  # fmt: skip
"""The field that a check speaks of."""

ASKED_OF_SERVICE = (
    "service_access",
    "base_model",
    "judge_model",
    "hosted_validate",
    "training_file",
    "validation_file",
)
"""Checks that know more once the service itself was asked."""

_COMMAND = re.compile(r"rft-tui (?:[^;.]|\.(?=\S))*|--(?P<option>[a-z][a-z0-9-]*)(?: [A-Z]+\b)?")
"""A whole command, which stays as it is, or an option that stands alone."""

_OPTIONS: Mapping[str, str] = {
    "train": "training data", "validation": "validation data", "model": "base model", "grader": "grader",
    "prompt": "prompt", "suffix": "suffix", "pilot": "pilot", "response-format": "JSON schema file",
    "wandb-project": "W&B project", "metadata": "metadata", "seed": "seed",
}  # fmt: skip


def field_of(finding: Finding) -> str:
    """The field that a finding speaks of; empty where it speaks of none."""
    if finding.check == "request":
        return finding.title.rpartition(": ")[2]
    return FIELDS.get(finding.check, "")


def hint_words(finding: Finding, asking: str) -> str:
    """What to do, in the form: options of the command line are its fields; `asking` says how it is with the service."""
    if not finding.is_known and finding.check in ASKED_OF_SERVICE:
        return asking
    return _COMMAND.sub(_label, finding.hint)


def _label(found: re.Match[str]) -> str:
    name = found["option"] or ""
    label = _OPTIONS.get(name)
    return f"the field “{label}”" if label else found[0]


def counts(found: Preflight | None) -> Line:
    """How many of each sign: ``✗ 1  ! 4  ✓ 15``."""
    if found is None:
        return []
    line: Line = []
    for state, sign in (("error", "✗"), ("warning", "!"), ("ok", "✓")):
        number = sum(one.state == state for one in found.findings)
        if number:
            line += [("  " if line else "", "text.normal"), (f"{sign} {number}", STYLES[state])]
    return line
