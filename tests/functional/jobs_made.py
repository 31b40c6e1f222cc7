"""Jobs put into a workspace as a watching worker would put them there."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rft_tui.model import JsonObject
from rft_tui.providers.backends.reading import read_checkpoint, read_event, read_job
from rft_tui.store.job_events import add_events, put_checkpoints
from rft_tui.store.jobs import NewJob, about_to_create, add_job, saw_job
from tests.functional.tasks_made import worker_store

BEGAN = int(time.time()) - 600
"""When the jobs of these tests were created, in seconds since 1970."""

STEP_S = 19
"""Seconds from step to step; the thirtieth is just now, so that no job counts as silent or as late."""

GRADERS = ("exact", "phrase")

MODEL = "ft:o4-mini:acme:tuned:abc"

Share = Callable[[float], float]
"""A curve: from the share of the steps that are done to a value."""


def rising(share: float) -> float:
    """A reward that rises evenly."""
    return 0.3 + 0.4 * share


def metrics(step: int, total: int, train: Share, valid: Share, tokens: Share, errors: Share) -> JsonObject:
    """The data of a step's event; validation every fifth step."""
    share = step / total
    has_valid = step % 5 == 0
    graders = [
        {"name": name, "type": "string_check", "train_reward_mean": round(train(share) - 0.05 * place, 4),
         **({"valid_reward_mean": round(valid(share) - 0.05 * place, 4)} if has_valid else {})}
        for place, name in enumerate(GRADERS)
    ]  # fmt: skip
    return {
        "step": step,
        "total_steps": total,
        "train_mean_reward": round(train(share), 4),
        **({"full_valid_mean_reward": round(valid(share), 4)} if has_valid else {}),
        "completion_tokens_mean": tokens(share),
        "reasoning_tokens_mean": 300.0,
        "scores": {"graders": graders},
        "errors": {"graders": [{"name": "exact", "type": "string_check", "train_other_error_mean": errors(share)}]},
        "timing": {"step": {"full_iteration": 41.0}},
    }


def step_event(step: int, total: int, **curves: Share) -> JsonObject:
    """The event of a step."""
    shapes: dict[str, Share] = {"train": rising, "valid": lambda share: rising(share) - 0.02,
                                "tokens": lambda _share: 500.0, "errors": lambda _share: 0.0}  # fmt: skip
    return {
        "id": f"ftevent-{step}",
        "created_at": int(time.time()) + STEP_S * (step - 30),
        "level": "info",
        "type": "metrics",
        "message": f"Step {step}/{total} , train mean reward=…",
        "data": metrics(step, total, **(shapes | curves)),
    }


def message_event(name: str, message: str, level: str = "info", at: int = 0) -> JsonObject:
    """The event of a message."""
    return {"id": name, "created_at": BEGAN + at, "level": level, "type": "message", "message": message, "data": {}}


def put_job(
    folder: Path, remote_id: str = "ftjob-one", *, status: str = "running", steps: int = 30, total: int = 50,
    suffix: str = "tuned", simulated: bool = False, profile: str = "openai", raw: JsonObject | None = None,
    messages: tuple[JsonObject, ...] = (), made_here: bool = False, curves: dict[str, Share] | None = None,
    checkpoints: tuple[int, ...] = (),
) -> int:  # fmt: skip
    """Put a job with its events into the cache of a folder; its number."""
    body: JsonObject = {
        "id": remote_id, "status": status, "model": "o4-mini", "created_at": BEGAN, "training_file": "file-train",
        "validation_file": "file-valid", "user_provided_suffix": suffix, "metadata": {"experiment": "e1"}, "error": {},
        "fine_tuned_model": MODEL if status == "succeeded" else None,
        "result_files": ["file-result"] if status == "succeeded" else [],
        "method": {"type": "reinforcement", "reinforcement": {"hyperparameters": {"reasoning_effort": "low"}}},
        **(raw or {}),
    }  # fmt: skip
    events = [message_event("created", f"Created fine-tuning job: {remote_id}")]
    events += [step_event(step, total, **(curves or {})) for step in range(1, steps + 1)]
    with worker_store(folder) as store, store.write() as db:
        number = None
        if made_here:
            new = NewJob(profile, "openai", "https://api.openai.com/v1", "mark", suffix, "reinforcement", "o4-mini",
                         "train", "val", simulated=simulated)  # fmt: skip
            number = add_job(db, new)
            about_to_create(db, number, {"model": "o4-mini", "suffix": suffix, "method": body["method"]})
        number = saw_job(
            db, read_job(body), profile=profile, backend="openai", service="https://api.openai.com/v1",
            simulated=simulated, number=number,
        )  # fmt: skip
        add_events(db, number, [read_event(one) for one in (*events, *messages)])
        put_checkpoints(db, number, [read_checkpoint(checkpoint(step)) for step in checkpoints])
    return number


def add_steps(folder: Path, number: int, first: int, last: int, total: int = 50, **curves: Any) -> None:
    """Let a job go on."""
    with worker_store(folder) as store, store.write() as db:
        add_events(db, number, [read_event(step_event(step, total, **curves)) for step in range(first, last + 1)])


def checkpoint(step: int) -> JsonObject:
    """A checkpoint after a step."""
    return {
        "id": f"ftckpt-{step}",
        "created_at": BEGAN + step,
        "fine_tuned_model_checkpoint": f"{MODEL}:ckpt-step-{step}",
        "step_number": step,
        "metrics": {"step": step, "full_valid_mean_reward": 0.5 + step / 1000},
    }
