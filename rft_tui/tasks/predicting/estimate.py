"""What a plan may take, before it is started: tokens from real lengths, money from the price table."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from rft_tui.graders.registry import models_asked
from rft_tui.model import Prompt, Usage
from rft_tui.providers.prices import cost_of, price_of
from rft_tui.providers.profiles import NamedProfile
from rft_tui.store.datasets import StoredDataset
from rft_tui.store.graders import StoredGrader
from rft_tui.store.grades import count_ungraded, runs_clause
from rft_tui.tasks.guesses import ASSUMED_OUTPUT, CHARACTERS_A_TOKEN, JUDGE_OUTPUT
from rft_tui.tasks.predicting.planned_run import PlannedRun
from rft_tui.tasks.predicting.requests import PredictRequest


@dataclass(frozen=True, slots=True)
class Estimate:
    """Requests, tokens and US dollars; `cost` is None where a price is not known, `notes` say what it rests on.

    `is_guess` says that the length of some answers is assumed: nothing was asked of the model yet.
    """

    requests: int
    input_tokens: int
    output_tokens: int
    cost: float | None
    notes: tuple[str, ...]
    is_guess: bool = False


def estimate(
    db: sqlite3.Connection,
    request: PredictRequest,
    profile: NamedProfile,
    prompt: Prompt | None,
    dataset: StoredDataset,
    chosen: Sequence[int] | None,
    runs: Sequence[PlannedRun],
) -> Estimate:
    """What the requests of a plan may take."""
    characters = _characters(db, dataset, chosen) + _prompt_characters(prompt)
    inputs = outputs = requests = 0
    cost: float | None = 0.0
    notes: dict[str, None] = {}
    is_guess = False
    for run in runs:
        if not run.requests:
            continue
        requests += run.requests
        model = run.key.model
        seen = _seen(db, model)
        each_in = characters * seen.tokens_a_character
        each_out = seen.output if seen.output is not None else request.parameters.get("max_output_tokens")
        if each_out is None:
            each_out, is_guess = ASSUMED_OUTPUT, True
            notes[f"{model} has not answered here yet: {ASSUMED_OUTPUT} output tokens a call are assumed"] = None
        run_in, run_out = round(each_in * run.requests), round(each_out * run.requests)
        inputs, outputs = inputs + run_in, outputs + run_out
        price = price_of(profile, model, service_tier=request.service_tier, batch=request.batch)
        part = cost_of(Usage(run_in, run_out), price)
        if profile.is_loopback and not profile.is_simulated and part == 0:
            notes["a service on this machine is taken as free"] = None
        if part is None:
            notes[f"unknown price: {model} (write it in rft.toml, or cap tokens instead)"] = None
        elif price is not None and price.date:
            notes[f"price of {model} as of {price.date}"] = None
        cost = None if cost is None or part is None else cost + part
    return Estimate(requests, inputs, outputs, cost, tuple(notes), is_guess)


@dataclass(frozen=True, slots=True)
class _Seen:
    tokens_a_character: float
    output: float | None


def _seen(db: sqlite3.Connection, model: str) -> _Seen:
    """What the newest predictions of a model took: input tokens for a character of question, output tokens a call."""
    row = db.execute(
        "SELECT avg(output), count(output) FROM (SELECT coalesce(prediction.output_tokens,"
        " prediction.reasoning_tokens) AS output FROM prediction JOIN run ON run.id = prediction.run"
        " WHERE run.model = ? AND prediction.error_kind IS NULL ORDER BY prediction.id DESC LIMIT 200)",
        [model],
    ).fetchone()
    return _Seen(1 / CHARACTERS_A_TOKEN, row[0] if row[1] else None)


def _characters(db: sqlite3.Connection, dataset: StoredDataset, chosen: Sequence[int] | None) -> float:
    """The mean length of what is asked, messages and tools as they are sent."""
    sizes = "avg(length(coalesce(input.messages, input.question)) + length(coalesce(input.tools, '')))"
    source = "FROM item JOIN input ON input.id = item.input WHERE item.dataset = ?"
    if chosen is None:
        row = db.execute(f"SELECT {sizes} {source}", [dataset.id]).fetchone()
    else:
        some = list(chosen[:500])
        row = db.execute(
            f"SELECT {sizes} {source} AND item.id IN ({','.join('?' * len(some))})",
            [dataset.id, *some],
        ).fetchone()
    return float(row[0] or 0)


def _prompt_characters(prompt: Prompt | None) -> int:
    if prompt is None:
        return 0
    copies = 1 + len(prompt.examples)
    return copies * len(prompt.text) + sum(len(str(example)) for example in prompt.examples)


def estimate_grading(
    db: sqlite3.Connection,
    grader: StoredGrader,
    runs: Sequence[int] | None,
    profile: NamedProfile,
    *,
    count: int | None = None,
) -> Estimate:
    """What it may take to grade what a version has not graded yet of the runs (None: all), or `count` predictions.

    Every prediction is one question to each judge.
    """
    if count is None:
        count = count_ungraded(db, grader.id, runs)
    where, values = runs_clause("run", runs)
    row = db.execute(f"SELECT avg(length) FROM prediction WHERE 1{where}", values).fetchone()  # noqa: S608 - our own words
    models = models_asked(grader.spec)
    characters = len(str(grader.spec)) / max(1, len(models)) + float(row[0] or 0)
    inputs, outputs = round(count * characters / CHARACTERS_A_TOKEN), count * JUDGE_OUTPUT
    cost: float | None = 0.0
    notes = [f"{JUDGE_OUTPUT} output tokens an answer are assumed"]
    for model in models:
        part = cost_of(Usage(inputs, outputs), price_of(profile, model))
        if part is None:
            notes.append(f"unknown price: {model}")
            cost = None
        elif cost is not None:
            cost += part
    asked = len(models)
    return Estimate(count * asked, inputs * asked, outputs * asked, cost, tuple(notes))
