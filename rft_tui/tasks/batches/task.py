"""The task `batch`: predictions through the batches of a service, stored as live calls store them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rft_tui.model import JsonObject
from rft_tui.providers.batch import endpoint_of
from rft_tui.providers.batch_remote import BatchRemote
from rft_tui.providers.calls import ModelCall, ModelReply
from rft_tui.providers.prices import price_of
from rft_tui.providers.profiles import NamedProfile, find_key, secret_values
from rft_tui.providers.secrets import Secrets
from rft_tui.settings import Price
from rft_tui.store.answers import AskedAnswer, NewPrediction, put_answer, put_prediction
from rft_tui.store.batches import BatchLine
from rft_tui.store.wanted import PAGE
from rft_tui.tasks.background.bench import Bench
from rft_tui.tasks.background.control import Control, TaskEnd
from rft_tui.tasks.batches.batching import Batching, BatchOptions
from rft_tui.tasks.batches.parts import Question, SettledPage
from rft_tui.tasks.predicting.asking import AskedRun, Job, iter_jobs, settle
from rft_tui.tasks.predicting.predict import PredictWork
from rft_tui.tasks.predicting.task import work_of


async def predict_in_batches(bench: Bench, control: Control, options: BatchOptions | None = None) -> TaskEnd:
    """Ask for everything the task still lacks, through batches."""
    request = control.task.request
    profile = bench.services.profile(str(request["profile"]))
    with bench.store.read() as db:
        work = work_of(db, request, profile)
    service = await bench.services.open(profile)
    engine = Batching(
        bench.store,
        bench.writer,
        BatchRemote(service),
        PredictingInBatches(work, control.task.id),
        control,
        endpoint_of(profile),
        _Prices(profile),
        options=options,
        secrets=await asyncio.to_thread(_secrets, profile),
    )
    return await engine.run()


def _secrets(profile: NamedProfile) -> Secrets:
    """What a service must not get into the files by repeating it."""
    return Secrets(secret_values(profile, find_key(profile)))


@dataclass(slots=True)
class _Prices:
    """What a model costs in a batch: half the usual price, whatever the service tier."""

    profile: NamedProfile

    def __call__(self, model: str) -> Price | None:
        return price_of(self.profile, model, batch=True)


class PredictingInBatches:
    """The predictions of a task's runs as work for batches. A service tier is for live calls and is left out."""

    def __init__(self, work: PredictWork, task: int) -> None:
        self._work = work
        self._task = task
        self._runs: dict[int | None, AskedRun] = {run.run: run for run in work.runs}

    def pages(self, db: sqlite3.Connection) -> Iterator[Sequence[Job]]:
        """The jobs that have no prediction yet, the runs of one model behind one another."""
        work = self._work
        runs = sorted(work.runs, key=lambda run: run.key.model)
        jobs = iter_jobs(db, runs, which=work.which, task=self._task, before=work.before, kinds=work.kinds)
        while page := list(islice(jobs, PAGE)):
            yield page

    def settle(self, db: sqlite3.Connection, jobs: Sequence[Job], owner: str) -> SettledPage[Job]:
        """Answer jobs from the cache and claim the others."""
        settled = settle(db, jobs, owner)
        return SettledPage(settled.to_ask, [job.key for job in settled.waiting], settled.cached)

    def question(self, job: Job) -> Question:
        """The line of a job."""
        return Question(job.key, job.run.call(job.item, ""), job.run.run, job.item.item)

    def call_of(self, line: BatchLine) -> ModelCall:
        """The model and the parameters of a line's run."""
        run = self._runs[line.run]
        parameters: JsonObject = run.parameters
        return ModelCall(run.key.model, [], None, run.key.effort, parameters)

    def keep(self, db: sqlite3.Connection, line: BatchLine, reply: ModelReply, cost: float | None) -> None:
        """Store what came for a line, as a live call's reply is stored."""
        run = self._runs[line.run]
        assert line.item is not None
        stored = put_answer(db, AskedAnswer(line.key, reply.answer, reply.raw, cost), run.run)
        put_prediction(db, NewPrediction(run.run, run.key.run_index, line.item, stored, reply.answer, cost))

    def name_of(self, db: sqlite3.Connection, line: BatchLine) -> str:
        """The line's place in the dataset's file, and its run."""
        row = db.execute(
            "SELECT dataset.name, item.line FROM item JOIN dataset ON dataset.id = item.dataset WHERE item.id = ?",
            [line.item],
        ).fetchone()
        where = f"line {row[1]} of {row[0]}" if row is not None else f"item {line.item}"
        return f"{where}, run {line.run}"
