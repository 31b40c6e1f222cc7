"""How a simulated job, its checkpoints and its result file are shown."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from rft_tui.model import JsonObject
from rft_tui.simulator.jobs.events import BLOCKED_CATEGORY
from rft_tui.simulator.jobs.metrics import checkpoint_metrics, judge_tokens, metrics
from rft_tui.simulator.jobs.plan import ORGANIZATION, Plan
from rft_tui.simulator.jobs.schedule import ENDED, Action, Schedule, newest_checkpoint

KEPT_CHECKPOINTS = 3

TOKENS_OF_STEP = 55_000
"""Tokens that a step is billed for."""

_REWARD_COLUMNS = (
    "step", "train_mean_reward", "full_valid_mean_reward", "completion_tokens_mean", "reasoning_tokens_mean",
    "mean_unresponsive_rewards", "train_sample_parse_error_count", "train_other_error_count", "pg_loss_sum",
    "total_loss_sum", "entropy_loss_sum",
)  # fmt: skip
_LOSS_COLUMNS = {
    "step": "step",
    "train_loss": "train_loss",
    "train_accuracy": "train_mean_token_accuracy",
    "valid_loss": "valid_loss",
    "valid_mean_token_accuracy": "valid_mean_token_accuracy",
    "full_valid_loss": "full_valid_loss",
    "full_valid_mean_token_accuracy": "full_valid_mean_token_accuracy",
}


@dataclass(slots=True)
class Job:
    """A job: what was asked (with its defaults), its plan, and what somebody did to it since.

    `number` counts the jobs of a service, the oldest first.
    """

    number: int
    asked: JsonObject
    plan: Plan
    actions: list[Action] = field(default_factory=list)
    laid: Schedule | None = None

    @property
    def files(self) -> tuple[str, str | None]:
        """The ids of the training and the validation file."""
        return self.asked["training_file"], self.asked.get("validation_file")

    @property
    def result_file(self) -> str:
        """The id of the result file that it has once it has succeeded."""
        return f"file-simulated-result-{self.plan.short_id}"

    @property
    def eval_id(self) -> str:
        """The id of its evaluation, which there is with a grader only."""
        return f"eval_simulated_{self.plan.short_id}"


def final_model(job: Job, laid: Schedule, now: float) -> str | None:
    """The model that a succeeded job made."""
    if laid.status(now) != "succeeded":
        return None
    newest = newest_checkpoint(job.plan) if laid.reached("kept", now) else None
    return job.plan.model(newest)


def job_json(job: Job, laid: Schedule, now: float) -> JsonObject:
    """The job object; a healthy one with a grader has an empty object as its error, the others null."""
    plan, asked, status = job.plan, job.asked, laid.status(now)
    started = laid.reached("started", now)
    method: JsonObject = asked["method"]
    has_eval = plan.is_reinforcement and started is not None
    shown: JsonObject = {
        "object": "fine_tuning.job",
        "id": plan.job_id,
        "model": asked["model"],
        "created_at": int(plan.began),
        "finished_at": ceil(laid.end) if status in ENDED else None,
        "estimated_finish": ceil(laid.end) if status == "running" else None,
        "status": status,
        "error": _error(plan, laid, status, now),
        "fine_tuned_model": final_model(job, laid, now),
        "organization_id": f"org-{ORGANIZATION}",
        "training_file": job.files[0],
        "validation_file": job.files[1],
        "result_files": [job.result_file] if status == "succeeded" else [],
        "trained_tokens": TOKENS_OF_STEP * laid.steps_done(now) if status == "succeeded" else None,
        "seed": plan.seed,
        "method": method,
        "integrations": asked.get("integrations"),
        "metadata": asked.get("metadata"),
        "eval_id": job.eval_id if has_eval else None,
        "usage_metrics": _usage(plan, laid, now) if has_eval else None,
        "user_provided_suffix": asked.get("suffix"),
        "shared_with_openai": False,
    }
    if plan.method == "supervised":
        shown["hyperparameters"] = method["supervised"]["hyperparameters"]
    return shown


def _error(plan: Plan, laid: Schedule, status: str, now: float) -> JsonObject | None:
    if status != "failed":
        return {} if plan.is_reinforcement else None
    if plan.files_error is not None:
        return plan.files_error
    if laid.reached("blocked", now):
        message = f"The fine-tuned model did not pass the safety checks: {BLOCKED_CATEGORY}."
        return {"code": "moderation_checks_failed", "message": message, "param": None}
    return {"code": "internal_error", "message": "Training stopped because of an internal error.", "param": None}


def _usage(plan: Plan, laid: Schedule, now: float) -> JsonObject:
    """The use so far; a step counts as at the step that is done last, since no step is billed apart."""
    done = laid.steps_done(now)
    judges = {
        model: {key: value * done for key, value in counts.items() if key.startswith("train_")}
        for model, counts in (judge_tokens(plan, done) if done else {}).items()
    }
    return {"training_seconds": 88.0 * done, "model_graders_token_usage": judges}


def checkpoints_json(job: Job, laid: Schedule, now: float) -> list[JsonObject]:
    """The checkpoints that are kept, the newest first: three, and those of pauses."""
    plan = job.plan
    made: dict[int, float] = {}
    snapshots: set[int] = set()
    for one in laid.until(now):
        if one.kind in ("checkpoint", "snapshot"):
            made.setdefault(one.step, one.at)
            if one.kind == "snapshot":
                snapshots.add(one.step)
    regular = [step for step in made if plan.has_checkpoint(step)]
    if plan.is_reinforcement:
        regular.sort(key=lambda step: checkpoint_metrics(plan, step)["full_valid_mean_reward"])
    kept = sorted({*regular[-KEPT_CHECKPOINTS:], *snapshots}, reverse=True)
    return [
        {
            "object": "fine_tuning.job.checkpoint",
            "id": f"ftckpt_simulated_{plan.short_id}_{step}",
            "created_at": int(made[step]),
            "fine_tuned_model_checkpoint": plan.model(step),
            "fine_tuning_job_id": plan.job_id,
            "step_number": step,
            "metrics": checkpoint_metrics(plan, step),
        }
        for step in kept
    ]


def result_csv(plan: Plan, steps: int) -> bytes:
    """The result file: one row a step, empty cells where a step has no such number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if not plan.is_reinforcement:
        writer.writerow(_LOSS_COLUMNS)
        for step in range(1, steps + 1):
            data = metrics(plan, step)
            writer.writerow([data.get(key, "") for key in _LOSS_COLUMNS.values()])
        return text.getvalue().encode()
    names = [grader.name for grader in plan.graders]
    paths = [f"errors/graders/{name}/train_invalid_variable_error_count" for name in names]
    writer.writerow([*_REWARD_COLUMNS, *paths])
    for step in range(1, steps + 1):
        data = metrics(plan, step)
        errors = data["errors"]["graders"]
        loss = round(0.05 * (1 - data["train_mean_reward"]), 6)
        summed: dict[str, Any] = {
            **data,
            "train_sample_parse_error_count": _total(errors, "train_sample_parse_error_count"),
            "train_other_error_count": _total(errors, "train_other_error_count"),
            "pg_loss_sum": loss,
            "total_loss_sum": round(loss + 0.01, 6),
        }
        cells = [summed.get(column, "") for column in _REWARD_COLUMNS]
        writer.writerow([*cells, *(one["train_invalid_variable_error_count"] for one in errors)])
    return text.getvalue().encode()


def _total(graders: Sequence[JsonObject], key: str) -> float:
    return float(sum(grader[key] for grader in graders))
