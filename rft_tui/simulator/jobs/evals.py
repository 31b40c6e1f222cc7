"""The evaluation of a reinforcement job: a run for each validation step, its items the validation rows with answers."""

from __future__ import annotations

from functools import partial
from threading import Event
from typing import NamedTuple

from rft_tui.graders.spec import score_rule
from rft_tui.model import JsonObject
from rft_tui.simulator.jobs import curves
from rft_tui.simulator.jobs.agreeing import Score, agreeing
from rft_tui.simulator.jobs.collection import Jobs
from rft_tui.simulator.jobs.criteria import bounds, criterion, graders, result_name, results_of, status_of
from rft_tui.simulator.jobs.grading import scores_of
from rft_tui.simulator.jobs.measuring import answers_of
from rft_tui.simulator.jobs.shown import Job
from rft_tui.simulator.models import PREFIX
from rft_tui.simulator.paging import Row, page, window
from rft_tui.simulator.recorded import Recordings
from rft_tui.simulator.rejection import not_found
from rft_tui.simulator.replies import Reply, tokens_of

SETTLED_STEPS = 16
"""Evaluations of a job whose scores are remembered."""


class Step(NamedTuple):
    """A run: the job, the training step after which its model was asked (0: before the first), and when."""

    job: Job
    number: int
    at: float

    @property
    def id(self) -> str:
        """The id of the run."""
        return f"evalrun_simulated_{self.job.plan.short_id}_{self.number}"

    @property
    def model(self) -> str:
        """The name of the model that was asked."""
        return PREFIX + self.job.plan.model(self.number) if self.number else self.job.plan.base

    def item_id(self, place: int) -> str:
        """The id of the output item at a place."""
        return f"outputitem_simulated_{self.job.plan.short_id}_{self.number}_{place}"


class Answered(NamedTuple):
    """One item of a run: the place of its row, its sample, and what was said."""

    row: int
    sample: int
    said: Reply


class Evals:
    """Evaluations of jobs, read only, as the service offers them."""

    def __init__(self, jobs: Jobs, recordings: Recordings, stop: Event) -> None:
        self._jobs = jobs
        self._recordings = recordings
        self._stop = stop

    def listed(self, query: JsonObject) -> JsonObject:
        """A page of the evaluations. Raises RequestError."""
        jobs = [job for job in self._jobs.all() if self._steps(job)]
        if query.get("order", "asc") != "desc":
            jobs.reverse()
        rows = [Row(job.eval_id, partial(self._eval_json, job)) for job in jobs]
        return {"first_id": "", "last_id": "", **page(rows, query, most=100, default=20)}

    def get(self, eval_id: str) -> JsonObject:
        """An evaluation. Raises RequestError."""
        return self._eval_json(self._job(eval_id))

    def runs(self, eval_id: str, query: JsonObject) -> JsonObject:
        """A page of the runs, the oldest first unless `order` is ``desc``. Raises RequestError."""
        job = self._job(eval_id)
        steps = self._steps(job) if query.get("status", "completed") == "completed" else []
        if query.get("order", "asc") == "desc":
            steps.reverse()
        rows = [Row(step.id, partial(self._run_json, step)) for step in steps]
        return {"first_id": "", "last_id": "", **page(rows, query, most=100, default=20)}

    def run(self, eval_id: str, run_id: str) -> JsonObject:
        """One run. Raises RequestError."""
        job = self._job(eval_id)
        return self._run_json(self._step(job, run_id))

    def items(self, eval_id: str, run_id: str, query: JsonObject) -> JsonObject:
        """A page of the output items, the samples of a row side by side. Raises RequestError."""
        job = self._job(eval_id)
        step = self._step(job, run_id)
        places = list(range(len(self._jobs.rows(job).validation) * job.plan.samples))
        if wanted := query.get("status"):
            scores = self._scores(step)
            places = [place for place in places if status_of(job, scores[place]) == wanted]
        if query.get("order", "asc") == "desc":
            places.reverse()

        def after(given: str) -> int:
            begin = next((number + 1 for number, place in enumerate(places) if step.item_id(place) == given), None)
            return len(places) if begin is None else begin

        begin, end = window(query, len(places), after, most=100, default=20)
        shown = places[begin:end]
        data = [
            self._item_json(step, place, one) for place, one in zip(shown, self._answered(step, shown), strict=True)
        ]
        ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": "", "last_id": ""}
        return {"object": "list", "data": data, **ends, "has_more": end < len(places)}

    def item(self, eval_id: str, run_id: str, item_id: str) -> JsonObject:
        """One output item. Raises RequestError."""
        job = self._job(eval_id)
        step = self._step(job, run_id)
        for place in range(len(self._jobs.rows(job).validation) * job.plan.samples):
            if step.item_id(place) == item_id:
                return self._item_json(step, place, self._answered(step, [place])[0])
        raise not_found("output item", item_id)

    def _job(self, eval_id: str) -> Job:
        for job in self._jobs.all():
            if job.eval_id == eval_id and self._steps(job):
                return job
        raise not_found("eval", eval_id)

    def _step(self, job: Job, run_id: str) -> Step:
        for step in self._steps(job):
            if step.id == run_id:
                return step
        raise not_found("run", run_id)

    def _steps(self, job: Job) -> list[Step]:
        """The steps that have been evaluated; the first is the untrained model."""
        if not job.plan.is_reinforcement:
            return []
        return [
            Step(job, one.step, one.at)
            for one in self._jobs.laid(job).until(self._jobs.now())
            if one.kind == "started" or (one.kind == "step" and job.plan.is_evaluated(one.step))
        ]

    def _answered(self, step: Step, places: list[int]) -> list[Answered]:
        """The answers at some places of a run."""
        job = step.job
        rows = self._jobs.rows(job)
        tuned = self._jobs.at_step(job, step.number)
        held: JsonObject = job.asked["method"]["reinforcement"]
        asked = [divmod(place, job.plan.samples) for place in places]
        said = answers_of(held, rows, [(row, sample + 1) for row, sample in asked], tuned, step.model, self._recordings)
        return [Answered(row, sample, one) for (row, sample), one in zip(asked, said, strict=True)]

    def _scores(self, step: Step) -> list[Score | None]:
        """The scores of all places of a run, None for an error: the real grader's order, the mean of the curve.

        Those of the untrained model are the real ones, whatever the curve says.
        """
        job = step.job
        rows, plan = self._jobs.rows(job), job.plan
        if step.number in rows.settled:
            return rows.settled[step.number]
        grader: JsonObject = job.asked["method"]["reinforcement"]["grader"]
        answered = self._answered(step, list(range(len(rows.validation) * plan.samples)))
        answers = [(one.row, one.said.text or "") for one in answered]
        given = scores_of(grader, score_rule(grader), rows, answers, self._stop)
        broken = _broken(job, step.number, answered)
        graded = [place for place in range(len(given)) if place not in broken]
        brought = [given[place] for place in graded]
        if step.number:
            share = curves.noisy(plan.scenario, plan.seed, step.number, plan.steps, plan.anchors).valid
            brought = agreeing(brought, share, bounds(job))
        scores: list[Score | None] = [None] * len(given)
        for place, score in zip(graded, brought, strict=True):
            scores[place] = score
        rows.settled[step.number] = scores
        while len(rows.settled) > SETTLED_STEPS:
            rows.settled.popitem(last=False)
        return scores

    def _eval_json(self, job: Job) -> JsonObject:
        return {
            "object": "eval",
            "id": job.eval_id,
            "name": f"Reinforcement Fine Tuning validation runs for {job.plan.job_id}",
            "created_at": int(self._steps(job)[0].at),
            "data_source_config": {"type": "custom", "schema": {"type": "object", "properties": {}}},
            "testing_criteria": [criterion(job, name, spec) for name, spec in graders(job)],
            "metadata": {},
        }

    def _run_json(self, step: Step) -> JsonObject:
        job = step.job
        counts = self._counts(step)
        first = graders(job)[0][0]
        return {
            "object": "eval.run",
            "id": step.id,
            "eval_id": job.eval_id,
            "name": f"Step {step.number}",
            "status": "completed",
            "model": step.model,
            "created_at": int(step.at),
            "report_url": f"https://simulated.invalid/evals/{job.eval_id}",
            "result_counts": counts,
            "per_model_usage": [],
            "per_testing_criteria_results": [
                {
                    "testing_criteria": result_name(job, first),
                    "passed": counts["passed"],
                    "failed": counts["failed"],
                }
            ],
            "data_source": {"type": "jsonl", "source": {"type": "file_id", "id": job.files[1]}},
            "metadata": {},
            "error": None,
        }

    def _counts(self, step: Step) -> JsonObject:
        """How many items passed, failed and broke."""
        statuses = [status_of(step.job, score) for score in self._scores(step)]
        return {
            "total": len(statuses),
            "errored": statuses.count("error"),
            "failed": statuses.count("fail"),
            "passed": statuses.count("pass"),
        }

    def _item_json(self, step: Step, place: int, one: Answered) -> JsonObject:
        job = step.job
        rows = self._jobs.rows(job)
        score = self._scores(step)[place]
        tokens = {
            "prompt_tokens": tokens_of(rows.validation[one.row][2].text),
            "completion_tokens": one.said.output_tokens,
        }
        return {
            "object": "eval.run.output_item",
            "id": step.item_id(place),
            "run_id": step.id,
            "eval_id": job.eval_id,
            "created_at": int(step.at),
            "status": status_of(job, score),
            "datasource_item_id": place,
            "datasource_item": rows.validation[one.row][0],
            "results": results_of(job, score) if score is not None else [],
            "sample": {
                "input": [],
                "output": [{"role": "assistant", "content": one.said.text or ""}],
                "finish_reason": "stop",
                "model": step.model,
                "usage": {**tokens, "total_tokens": sum(tokens.values()), "cached_tokens": 0},
                "error": None,
                "temperature": 1.0,
                "max_completion_tokens": 32_768,
                "top_p": 1.0,
                "seed": job.plan.seed,
            },
        }


def _broken(job: Job, step: int, answered: list[Answered]) -> frozenset[int]:
    """The places without a grade: as many as the step's metrics say of validation, always the same ones first."""
    plan = job.plan
    count = curves.ungraded(plan.scenario, plan.seed, step, plan.steps, len(answered)) if step else 0
    if not count:
        return frozenset()
    drawn = sorted(
        (curves.drawn(f"{plan.seed}:broken:{one.row}:{one.sample}"), place) for place, one in enumerate(answered)
    )
    return frozenset(place for _chance, place in drawn[:count])
