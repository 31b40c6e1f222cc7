"""What a predict task asks: jobs, settled from the cache where they can be, claimed where nobody else asks the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rft_tui.datasets.render import render
from rft_tui.identity import content_hash
from rft_tui.model import Answer, JsonObject, Prompt
from rft_tui.providers.calls import ModelCall
from rft_tui.store.answers import AskedAnswer, KnownAnswer, NewPrediction, known_answers, put_answer, put_prediction
from rft_tui.store.asking import claim, release
from rft_tui.store.runs import RunKey
from rft_tui.store.wanted import AskedItem, iter_to_ask

PROMPT_ROLE = "prompt_role"
"""The parameter of a run that sends its prompt as a developer message; it is for us, not for the service."""


@dataclass(frozen=True, slots=True)
class AskedRun:
    """One run of a task: its number, what makes it, the text of its prompt."""

    run: int
    key: RunKey
    parameters: JsonObject
    prompt: Prompt | None

    def call(self, item: AskedItem, service_tier: str) -> ModelCall:
        """What is asked for an item."""
        as_developer = self.parameters.get(PROMPT_ROLE) == "developer"
        messages = item.messages
        if self.prompt is not None:
            messages = render(self.prompt, messages, as_developer=as_developer).messages
        parameters = {name: value for name, value in self.parameters.items() if name != PROMPT_ROLE}
        key = self.key
        return ModelCall(key.model, messages, item.tools, key.effort, parameters, service_tier, key.run_index)


@dataclass(frozen=True, slots=True)
class Job:
    """One item of one run that has no usable prediction yet; `key` is the identity of the answer it wants.

    `tries` counts how often it was sent and not answered.
    """

    run: AskedRun
    item: AskedItem
    key: str
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of some jobs: those to ask now, those that somebody else asks, how many came from the cache."""

    to_ask: list[Job]
    waiting: list[Job]
    cached: int


def iter_jobs(
    db: sqlite3.Connection, runs: Sequence[AskedRun], *, which: str, task: int, before: int, kinds: Sequence[str] = ()
) -> Iterator[Job]:
    """The jobs of a task, run after run; `before` is the last answer number from before the task."""
    for run in runs:
        for item in iter_to_ask(db, run.run, which=which, task=task, before=before, kinds=kinds):
            yield Job(run, item, run.key.answer_key(item.input_id))


def settle(db: sqlite3.Connection, jobs: Sequence[Job], owner: str) -> Settled:
    """Answer jobs from the cache, and claim the others that nobody is asking; inside a write transaction."""
    known = known_answers(db, [job.key for job in jobs])
    for job in jobs:
        if (found := known.get(job.key)) is not None:
            _let_stand(db, job, found)
    open_jobs = [job for job in jobs if job.key not in known]
    mine = claim(db, dict.fromkeys(job.key for job in open_jobs), owner)
    to_ask: dict[str, Job] = {}
    waiting: list[Job] = []
    for job in open_jobs:
        if job.key in mine and job.key not in to_ask:
            to_ask[job.key] = job
        else:
            waiting.append(job)
    return Settled(list(to_ask.values()), waiting, len(jobs) - len(open_jobs))


def store_reply(db: sqlite3.Connection, job: Job, answer: Answer, raw: bytes, cost: float | None) -> None:
    """Store what came for a job, and ask it no more; an answer that somebody else has stored meanwhile stands."""
    run = job.run.run
    if (found := known_answers(db, [job.key]).get(job.key)) is not None:
        _let_stand(db, job, found)
    else:
        stored = put_answer(db, AskedAnswer(job.key, answer, raw, cost), run)
        put_prediction(db, NewPrediction(run, job.run.key.run_index, job.item.item, stored, answer, cost))
    release(db, [job.key])


def _let_stand(db: sqlite3.Connection, job: Job, found: KnownAnswer) -> None:
    """Let an answer of the cache stand for a job's item."""
    run = job.run
    cached = found.asked_by != run.run
    put_prediction(
        db, NewPrediction(run.run, run.key.run_index, job.item.item, found.id, found.answer, found.cost, cached)
    )


def claim_owner(worker: str, task: int) -> str:
    """The name under which a task claims what it asks: the worker's, so that it dies with it, and the task's."""
    return f"{worker}|{content_hash(str(task))[:8]}"
