"""What a request for a job may hold: the published contract, and what the service takes beyond it."""

from __future__ import annotations

from typing import Any

from rft_tui.graders.kinds import is_number
from rft_tui.graders.multi import is_single
from rft_tui.model import JsonObject
from rft_tui.simulator import checks
from rft_tui.simulator.chat import FORMAT
from rft_tui.simulator.checks import Rule, check_body, list_of, or_null, table, wrong
from rft_tui.simulator.graders import checked_grader
from rft_tui.simulator.rejection import RequestError

LARGEST_SEED = 2_147_483_647


def _auto_or(rule: Rule) -> Rule:
    """The word ``auto``, or what a rule takes."""

    def either(value: Any, path: str) -> None:
        if value != "auto":
            rule(value, path)

    return either


def _above(low: float, high: float | None = None) -> Rule:
    """A number above one and at most another."""

    def rule(value: Any, path: str) -> None:
        if not is_number(value):
            raise wrong(path, "a number or 'auto'")
        if not low < value or (high is not None and value > high):
            most = "" if high is None else f" and at most {high:g}"
            raise wrong(path, f"a number above {low:g}{most}", "decimal_out_of_range")

    return rule


_COMMON: dict[str, Rule] = {
    "batch_size": _auto_or(checks.whole(1, 256)),
    "learning_rate_multiplier": _auto_or(_above(0)),
    "n_epochs": _auto_or(checks.whole(1, 50)),
}
_HYPERPARAMETERS: dict[str, dict[str, Rule]] = {
    "supervised": _COMMON,
    "dpo": {**_COMMON, "beta": _auto_or(_above(0, 2))},
    "reinforcement": {
        **_COMMON,
        "reasoning_effort": checks.one_of("default", "low", "medium", "high"),
        "compute_multiplier": _auto_or(_above(1e-5, 10)),
        "eval_interval": _auto_or(checks.whole(1)),
        "eval_samples": _auto_or(checks.whole(1)),
    },
}
_WANDB = table(
    {
        "project": checks.text,
        "name": or_null(checks.text),
        "entity": or_null(checks.text),
        "tags": list_of(checks.text, 0, 100),
    },
    "project",
)


def _suffix(value: Any, path: str) -> None:
    checks.text_up_to(64)(value, path)
    if not value:
        raise wrong(path, "a string of 1 to 64 characters", "string_below_min_length")


_CREATE: Rule = table(
    {
        "model": checks.name,
        "training_file": checks.name,
        "validation_file": or_null(checks.name),
        "suffix": or_null(_suffix),
        "seed": or_null(checks.whole(0, LARGEST_SEED)),
        "method": table(
            {
                "type": checks.one_of(*_HYPERPARAMETERS),
                "supervised": table({"hyperparameters": table(_HYPERPARAMETERS["supervised"])}),
                "dpo": table({"hyperparameters": table(_HYPERPARAMETERS["dpo"])}),
                "reinforcement": table(
                    {
                        "grader": checks.json_object,
                        "hyperparameters": table(_HYPERPARAMETERS["reinforcement"]),
                        "response_format": or_null(FORMAT),
                    },
                    "grader",
                ),
            },
            "type",
        ),
        "integrations": or_null(
            list_of(table({"type": checks.one_of("wandb"), "wandb": _WANDB}, "type", "wandb"), 0, 5)
        ),
        "metadata": or_null(checks.metadata),
        "hyperparameters": table(_COMMON),
    },
    "model",
    "training_file",
)


def checked_job(body: Any) -> JsonObject:
    """The body of a request for a job, with its method and all hyperparameters filled in. Raises RequestError."""
    asked = check_body(body, _CREATE)
    method = asked.get("method") or {"type": "supervised"}
    kind: str = method["type"]
    if others := set(method) - {"type", kind}:
        at = f"method.{min(others)}"
        raise RequestError(f"'{at}' does not go with the method '{kind}'.", param=at, code="unknown_parameter")
    held: JsonObject = method.get(kind) or {}
    given = held.get("hyperparameters") or (asked.get("hyperparameters") if kind == "supervised" else None) or {}
    known = _HYPERPARAMETERS[kind]
    filled: JsonObject = {
        "hyperparameters": {
            name: given.get(name, "default" if name == "reasoning_effort" else "auto") for name in known
        }
    }
    if kind == "reinforcement":
        if not held:
            raise RequestError(
                "Missing required parameter: 'method.reinforcement'.",
                param="method.reinforcement",
                code="missing_required_parameter",
            )
        if asked.get("validation_file") is None:
            message = "Missing required parameter: 'validation_file'. Reinforcement fine-tuning needs one."
            raise RequestError(message, param="validation_file", code="missing_required_parameter")
        filled = {
            "grader": _grader(held["grader"]),
            "response_format": held.get("response_format"),
            **filled,
        }
    return {**asked, "method": {"type": kind, kind: filled}}


def _grader(grader: JsonObject) -> JsonObject:
    """The grader with a name; one whose children have no names of their own is refused as the service does it."""
    at = "method.reinforcement.grader"
    if grader.get("type") == "multi":
        children = grader.get("graders")
        if isinstance(children, list) or (isinstance(children, dict) and is_single(children)):
            message = "Multigrader validation test failed: 400: 'graders' must be an object of names to graders."
            raise RequestError(message, param=f"{at}.graders", code="invalid_grader")
    return checked_grader(grader, at)
