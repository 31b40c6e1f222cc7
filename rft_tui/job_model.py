"""What jobs, their events and their checkpoints are, as a backend shows them; each keeps the backend's own JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from rft_tui.model import Answer, JsonObject

JobMethod: TypeAlias = Literal["supervised", "dpo", "reinforcement"]

METHODS: tuple[JobMethod, ...] = ("supervised", "dpo", "reinforcement")

UPLOADING, CREATING = "uploading", "creating"
"""States of our own before a service shows the job: its files are on their way; the request may have been sent."""

END_STATES = frozenset({"succeeded", "failed", "cancelled"})
"""States in which nothing more happens to a job. Every other one, also one that is not known, may go on."""


@dataclass(frozen=True, slots=True)
class RemoteJob:
    """A job as its backend showed it; times in seconds since 1970, `error` a sentence, empty where there is none."""

    remote_id: str
    status: str
    method: str
    model: str
    fine_tuned_model: str | None
    created_at: float
    finished_at: float | None
    estimated_finish: float | None
    error: str
    training_file: str
    validation_file: str | None
    result_files: tuple[str, ...]
    eval_id: str | None
    metadata: Mapping[str, str]
    raw: JsonObject

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.status in END_STATES


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One event; `metrics` are the numbers of its data by series, empty for a mere message.

    A series is a path such as ``train_mean_reward`` or ``scores/graders/phrase/valid_reward_mean``: in a list of
    objects the object's name stands for its place.
    """

    remote_id: str
    at: float
    level: str
    type: str
    message: str
    step: int | None
    metrics: Mapping[str, float]
    raw: JsonObject
    total_steps: int | None = None


@dataclass(frozen=True, slots=True)
class JobCheckpoint:
    """A checkpoint: the step after which it was made and the name under which its model answers."""

    remote_id: str
    step: int
    model: str
    at: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    raw: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EvaluationRun:
    """A run of a job's evaluation: the validation rows asked after a step, None where its name tells no step.

    `total` is how many output items it has, None where the service does not say.
    """

    remote_id: str
    name: str
    step: int | None
    status: str
    total: int | None
    raw: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """What one grader of a service said of an output: its name as a person gave it, its score, None for none."""

    name: str
    score: float | None
    passed: bool | None = None
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EvaluationOutput:
    """One output item: the row that was asked, what the model said to it, and what the graders said of that."""

    remote_id: str
    row: JsonObject
    answer: Answer
    results: tuple[EvaluationResult, ...] = ()
