"""What a job may take in time and money, with everything it rests on; what is not known is None and never 0.

No service says how many answers a step tries or how long it takes. What an earlier job of the same base and method
took here, a pilot above all, is carried over in proportion to rows, epochs and compute; without one only assumptions
are left, and they are said.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite

from rft_tui.graders.registry import models_asked
from rft_tui.model import JsonObject, Usage
from rft_tui.providers.backends.hyperparameters import number_of
from rft_tui.providers.backends.wind_down import HOURLY
from rft_tui.providers.prices import cost_of, price_of
from rft_tui.providers.profiles import NamedProfile
from rft_tui.store.grades import judged_of
from rft_tui.tasks.guesses import ASSUMED_OUTPUT, CHARACTERS_A_TOKEN, JUDGE_OUTPUT
from rft_tui.tasks.jobs.measured import Measured
from rft_tui.tasks.jobs.request import JobRequest

ASSUMED_ROLLOUTS = 8
"""Answers tried for each training row and epoch, with a compute multiplier of 1, where nothing was measured."""

ASSUMED_EVALUATIONS = 10
"""Evaluations of a job where nothing was measured."""

COMPRESSED = "simulated steps say what real ones might take, the simulated clock is compressed: it ends far sooner"
"""What is said wherever the seconds of simulated steps are shown beside a clock."""

JUDGED_LOOKED_AT = 50
"""Newest grades whose judges' tokens are averaged."""


@dataclass(frozen=True, slots=True)
class JobSize:
    """How much there is to train on, None where the rows are at the service and cannot be counted; bytes of a file."""

    rows: int | None = None
    size: int | None = None
    validation_rows: int | None = None


@dataclass(slots=True)
class JobEstimate:
    """Seconds and US dollars, None where not known; `notes` say what they rest on.

    `is_per_epoch` says that the number of epochs is left to the service and that all figures are for one;
    `training_tokens` are those of supervised and preference jobs; `judge_calls` counts questions to all judges.
    """

    seconds: float | None = None
    training_cost: float | None = None
    training_tokens: int | None = None
    judge_calls: int | None = None
    judge_tokens: dict[str, tuple[int, int]] = field(default_factory=dict)
    judge_cost: float | None = None
    is_per_epoch: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def cost(self) -> float | None:
        """Training and judges together."""
        if self.training_cost is None or self.judge_cost is None:
            return None
        return self.training_cost + self.judge_cost

    def as_json(self) -> JsonObject:
        """The figures for scripts."""
        return {
            "seconds": self.seconds,
            "cost": self.cost,
            "training_cost": self.training_cost,
            "training_tokens": self.training_tokens,
            "judge_calls": self.judge_calls,
            "judge_tokens": {model: list(tokens) for model, tokens in self.judge_tokens.items()},
            "judge_cost": self.judge_cost,
            "is_per_epoch": self.is_per_epoch,
            "notes": list(self.notes),
        }


def estimate_job(
    request: JobRequest,
    profile: NamedProfile,
    size: JobSize,
    measured: Measured | None,
    judged: Mapping[str, tuple[float, float]],
) -> JobEstimate:
    """What a job may take. `judged` holds the tokens in and out of one question to each judge, where they are known."""
    made = JobEstimate(judge_cost=0.0)
    epochs = number_of(request.hyperparameters, "n_epochs")
    if epochs is None:
        made.is_per_epoch = True
        made.notes.append("the number of epochs is left to the service: all figures are for one epoch")
    if request.method == "reinforcement":
        _reinforcement(made, request, profile, size, epochs or 1, measured)
        _judges(made, request, profile, size, epochs or 1, measured, judged)
    else:
        _by_tokens(made, request, profile, size, epochs or 1)
    if profile.is_simulated:
        made.notes.append("SIMULATED: nothing is trained and nothing is paid")
    return made


def _is_free(profile: NamedProfile) -> bool:
    return profile.is_loopback or profile.profile.backend in ("simulated", "trl")


def _by_tokens(made: JobEstimate, request: JobRequest, profile: NamedProfile, size: JobSize, epochs: float) -> None:
    made.notes.append("the time of such jobs is not known before they run")
    if size.size is None:
        made.notes.append("the rows are at the service: their tokens are not known")
    else:
        made.training_tokens = round(size.size / CHARACTERS_A_TOKEN * epochs)
        made.notes.append(f"{CHARACTERS_A_TOKEN:g} bytes of the file for a token are assumed")
    price = price_of(profile, request.model)
    if _is_free(profile):
        made.training_cost = 0.0
    elif price is None or not (isfinite(price.training) and price.training >= 0):
        where = f'[profiles.{profile.name}.prices."{request.model}"]'
        made.notes.append(f"no price of training {request.model} is known: write training = … under {where}")
    elif made.training_tokens is not None:
        made.training_cost = made.training_tokens * price.training / 1_000_000
        made.notes.append(f"price of training {request.model} as of {price.date or 'an unknown day'}")


def _reinforcement(
    made: JobEstimate,
    request: JobRequest,
    profile: NamedProfile,
    size: JobSize,
    epochs: float,
    measured: Measured | None,
) -> None:
    if measured is None:
        made.notes.append("no job of this base has run here with a known number of rows: the time is not known")
    elif size.rows is None:
        made.notes.append("the rows are at the service: the time is not known")
    elif measured.seconds is not None:
        multiplier = _multiplier(request, measured)
        made.seconds = measured.seconds * size.rows * epochs * multiplier
        made.notes.append(
            f"time from {measured.label}: {measured.seconds:.3g} s for a row and epoch, in proportion to rows, epochs"
            " and compute"
        )
        if profile.is_simulated:
            made.notes.append(COMPRESSED)
    if _is_free(profile):
        made.training_cost = 0.0
        return
    hourly = HOURLY.get(request.model)
    if hourly is None:
        made.notes.append(f"no hourly price of training {request.model} is known")
        return
    whose = "" if profile.is_openai else "; this service may ask another price"
    made.notes.append(f"{hourly:g} USD for an hour of the core training loop, as OpenAI documents it{whose}")
    if made.seconds is not None:
        made.training_cost = hourly * made.seconds / 3600


def _multiplier(request: JobRequest, measured: Measured) -> float:
    """How much more compute each row gets than in the measured job; 1 where either left it to the service."""
    wanted = number_of(request.hyperparameters, "compute_multiplier")
    return 1.0 if wanted is None or measured.compute is None else wanted / measured.compute


def _judges(
    made: JobEstimate,
    request: JobRequest,
    profile: NamedProfile,
    size: JobSize,
    epochs: float,
    measured: Measured | None,
    judged: Mapping[str, tuple[float, float]],
) -> None:
    models = models_asked(request.grader or {})
    if not models:
        return
    if size.rows is None:
        made.judge_cost = None
        made.notes.append("the rows are at the service: what judges take is not known")
        return
    if measured is not None and all(model in measured.judge_tokens for model in models):
        scale = size.rows * epochs * _multiplier(request, measured)
        made.judge_tokens = {
            model: (round(tokens[0] * scale), round(tokens[1] * scale))
            for model, tokens in measured.judge_tokens.items()
            if model in models
        }
        made.notes.append(f"judge tokens from {measured.label}, evaluations left out")
    else:
        calls = _calls(made, request, size, epochs)
        made.judge_calls = calls * len(models)
        for model in models:
            known = _known(judged, model)
            each = known or _guessed(request.grader or {}, len(models))
            made.judge_tokens[model] = (round(each[0] * calls), round(each[1] * calls))
            said = "as in grades made here" if known else "assumed"
            made.notes.append(f"{each[0]:,.0f} tokens in and {each[1]:,.0f} out for a question to {model}, {said}")
    _price_judges(made, profile)


def _calls(made: JobEstimate, request: JobRequest, size: JobSize, epochs: float) -> int:
    """Answers that are judged while the job runs, with what is assumed said."""
    values = request.hyperparameters
    compute = number_of(values, "compute_multiplier") or 1.0
    training = (size.rows or 0) * epochs * ASSUMED_ROLLOUTS * compute
    samples = number_of(values, "eval_samples") or 1
    evaluations = (size.validation_rows or 0) * samples * ASSUMED_EVALUATIONS
    made.notes.append(
        f"assumed: {ASSUMED_ROLLOUTS * compute:g} answers for a training row and epoch, {ASSUMED_EVALUATIONS}"
        f" evaluations with {samples:g} for a validation row; no service documents them, a pilot measures them"
    )
    return round(training + evaluations)


def _known(judged: Mapping[str, tuple[float, float]], model: str) -> tuple[float, float] | None:
    """What a question to a judge took; services answer under dated names."""
    return next((tokens for name, tokens in judged.items() if name == model or name.startswith(f"{model}-20")), None)


def _guessed(grader: JsonObject, models: int) -> tuple[float, float]:
    """Tokens of one question where none was asked here: the judge's prompt, an answer, and what judges say."""
    return len(str(grader)) / models / CHARACTERS_A_TOKEN + ASSUMED_OUTPUT, float(JUDGE_OUTPUT)


def _price_judges(made: JobEstimate, profile: NamedProfile) -> None:
    for model, tokens in made.judge_tokens.items():
        price = price_of(profile, model)
        cost = cost_of(Usage(*tokens), price)
        if cost is None:
            made.notes.append(f"no price of the judge {model} is known")
            made.judge_cost = None
        elif made.judge_cost is not None:
            made.judge_cost += cost
            if price is not None and price.date:
                made.notes.append(f"price of the judge {model} as of {price.date}")


def judged_tokens(db: sqlite3.Connection, grader: int) -> dict[str, tuple[float, float]]:
    """Mean tokens in and out of a question to each judge, from the newest grades of a version that asked anew."""
    totals: dict[str, tuple[int, int, int]] = {}
    for model, tokens_in, tokens_out in _uses(db, grader):
        count, before_in, before_out = totals.get(model, (0, 0, 0))
        totals[model] = (count + 1, before_in + tokens_in, before_out + tokens_out)
    return {model: (tokens_in / count, tokens_out / count) for model, (count, tokens_in, tokens_out) in totals.items()}


def _uses(db: sqlite3.Connection, grader: int) -> Iterator[tuple[str, int, int]]:
    rows = db.execute(
        "SELECT judged FROM grade_detail WHERE grader = ? AND judged IS NOT NULL AND NOT simulated"
        " ORDER BY id DESC LIMIT ?",
        [grader, JUDGED_LOOKED_AT],
    )
    for (text,) in rows:
        for use in judged_of(text):
            if use.usage.input_tokens is not None and use.usage.output_tokens is not None:
                yield use.model, use.usage.input_tokens, use.usage.output_tokens
