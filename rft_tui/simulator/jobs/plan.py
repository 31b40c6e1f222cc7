"""What is settled when a simulated job is created: all that comes later follows from it, the actions and the time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from rft_tui.graders.multi import named_children
from rft_tui.graders.registry import display_name
from rft_tui.graders.spec import score_rule
from rft_tui.model import JsonObject
from rft_tui.simulator.jobs.curves import Anchors
from rft_tui.simulator.models import PREFIX
from rft_tui.simulator.rejection import RequestError

ORGANIZATION = "simulated"
"""The organisation in the names of fine-tuned models."""

AUTO_STEPS = 10
"""Steps of an epoch where the batch size is left to the service."""

AUTO_EPOCHS = 3
MOST_STEPS = 20_000
MOST_EVALUATED = 5_000
"""Samples of one evaluation."""

AUTO_EVALUATIONS = 6
"""Evaluations of a job whose interval is left to the service."""

_UNSUITED = re.compile(r"[^A-Za-z0-9_-]")


class ShownGrader(NamedTuple):
    """One grader of a job as its metrics name it; `low` to `high` is the range of its scores."""

    name: str
    type: str
    model: str | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A job as it was asked for; `began` in seconds since 1970, `seconds` how long all of it takes.

    `validation_rows` is 0 without a validation file; `interval` counts steps from evaluation to evaluation; `low` to
    `high` is the range of the reward; `files_error` is what the files are refused for; `anchors`
    are the scores between which the curve runs, None where nothing could be measured.
    """

    job_id: str
    method: str
    scenario: str
    seed: int
    began: float
    seconds: float
    steps: int
    epochs: int
    interval: int
    samples: int
    validation_rows: int
    base: str
    suffix: str
    graders: tuple[ShownGrader, ...] = ()
    low: float = 0.0
    high: float = 1.0
    files_error: JsonObject | None = None
    anchors: Anchors | None = None

    @property
    def short_id(self) -> str:
        """The end of the id, which stands in the names of what the job makes."""
        return self.job_id.rpartition("-")[2]

    @property
    def is_reinforcement(self) -> bool:
        """Whether a grader is the reward."""
        return self.method == "reinforcement"

    def model(self, step: int | None = None) -> str:
        """The name of the fine-tuned model, or of the checkpoint after a step."""
        suffix = _UNSUITED.sub("-", self.suffix)
        name = f"ft:{self.base}:{ORGANIZATION}:{suffix}:{self.short_id}"
        return name if step is None else f"{name}:ckpt-step-{step}"

    def is_evaluated(self, step: int) -> bool:
        """Whether the validation file is looked at after a step."""
        return bool(self.validation_rows) and (step % self.interval == 0 or step == self.steps)

    def is_epoch_end(self, step: int) -> bool:
        """Whether an epoch ends with a step."""
        return step > 0 and step * self.epochs // self.steps > (step - 1) * self.epochs // self.steps

    def has_checkpoint(self, step: int) -> bool:
        """Whether a checkpoint is made after a step: at each evaluation with a grader, else at the end of an epoch."""
        return self.is_evaluated(step) if self.is_reinforcement else self.is_epoch_end(step)


def steps_of(hyperparameters: JsonObject, rows: int, wanted: Any) -> tuple[int, int]:
    """Steps and epochs of a job; `wanted` is the number of steps that its metadata say, if any. Raises RequestError."""
    epochs = _number(hyperparameters.get("n_epochs"), AUTO_EPOCHS)
    batch = _number(hyperparameters.get("batch_size"), 0)
    steps = epochs * (-(-max(rows, 1) // batch) if batch else AUTO_STEPS)
    if wanted is not None:
        steps = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 7 else 0
        if not 1 <= steps <= MOST_STEPS:
            message = f"metadata.steps must be a number from 1 to {MOST_STEPS} at the simulated service."
            raise RequestError(message, param="metadata.steps", code="invalid_value")
    steps = max(1, min(steps, MOST_STEPS))
    return steps, min(epochs, steps)


def interval_of(hyperparameters: JsonObject, steps: int) -> int:
    """Steps from evaluation to evaluation."""
    return _number(hyperparameters.get("eval_interval"), max(1, steps // AUTO_EVALUATIONS))


def samples_of(hyperparameters: JsonObject, validation_rows: int) -> int:
    """Samples of each validation row at an evaluation, fewer than asked for where there would be too many."""
    return min(_number(hyperparameters.get("eval_samples"), 1), max(1, MOST_EVALUATED // max(1, validation_rows)))


def shown_graders(grader: JsonObject) -> tuple[ShownGrader, ...]:
    """The graders that the metrics list: the children of a multi grader, else the grader itself."""
    if grader["type"] != "multi":
        return tuple(_shown([(display_name(grader), grader)]))
    return tuple(_shown(named_children(grader["graders"]).items()))


def _shown(named: Iterable[tuple[str, JsonObject]]) -> Iterable[ShownGrader]:
    for key, spec in named:
        rule = score_rule(spec)
        model = spec.get("model")
        judge = None if not isinstance(model, str) else model if model.startswith(PREFIX) else PREFIX + model
        name = spec.get("name")
        yield ShownGrader(name if isinstance(name, str) and name else key, spec["type"], judge, rule.low, rule.high)


def _number(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise
