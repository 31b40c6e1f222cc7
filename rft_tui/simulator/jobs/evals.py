"""The evaluation of a reinforcement job: a run for each validation step, its items the validation rows with answers."""

from __future__ import annotations

import uuid
from functools import partial
from hashlib import sha256
from threading import Event
from typing import NamedTuple

from rft_tui.graders.registry import display_name
from rft_tui.graders.spec import score_rule
from rft_tui.model import JsonObject
from rft_tui.simulator.jobs import curves
from rft_tui.simulator.jobs.collection import Jobs
from rft_tui.simulator.jobs.grading import Score, scores_of
from rft_tui.simulator.jobs.shown import Job
from rft_tui.simulator.models import PREFIX
from rft_tui.simulator.paging import Row, page, window
from rft_tui.simulator.recorded import Recordings
from rft_tui.simulator.rejection import not_found
from rft_tui.simulator.replies import Question, Reply, reply, tokens_of
from rft_tui.simulator.shared_rules import schema_of

BROKEN_SHARE = 0.14
"""The share of items without a score at the end of a job whose grader breaks."""


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
    """One item of a run: the place of its row, its sample, what was said, and its score, None for an error."""

    row: int
    sample: int
    said: Reply
    score: Score | None


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
            answered = self._answered(step, places)
            places = [place for place in places if _status(job, answered[place]) == wanted]
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
        """The answers at some places of a run, with their scores."""
        job = step.job
        rows = self._jobs.rows(job)
        tuned = self._jobs.at_step(job, step.number)
        held: JsonObject = job.asked["method"]["reinforcement"]
        form = held.get("response_format")
        schema = schema_of(form, (form or {}).get("json_schema"))
        said: list[tuple[int, int, Reply]] = []
        for place in places:
            row, sample = divmod(place, job.plan.samples)
            text = rows.validation[row][2].text
            question = Question(step.model, text, tokens_of(text), sample + 1, schema=schema, tuned=tuned)
            said.append((row, sample, reply(question, self._recordings)))
        answers = [(row, one.text or "") for row, _sample, one in said]
        scores = scores_of(held["grader"], score_rule(held["grader"]), rows, answers, self._stop)
        return [
            Answered(row, sample, one, None if _is_broken(job, step.number, row, sample) else score)
            for (row, sample, one), score in zip(said, scores, strict=True)
        ]

    def _eval_json(self, job: Job) -> JsonObject:
        return {
            "object": "eval",
            "id": job.eval_id,
            "name": f"Reinforcement Fine Tuning validation runs for {job.plan.job_id}",
            "created_at": int(self._steps(job)[0].at),
            "data_source_config": {"type": "custom", "schema": {"type": "object", "properties": {}}},
            "testing_criteria": [_criterion(job, name, spec) for name, spec in _graders(job)],
            "metadata": {},
        }

    def _run_json(self, step: Step) -> JsonObject:
        job = step.job
        counts = self._counts(step)
        criterion = next(iter(_graders(job)))[0]
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
                    "testing_criteria": _result_name(job, criterion),
                    "passed": counts["passed"],
                    "failed": counts["failed"],
                }
            ],
            "data_source": {"type": "jsonl", "source": {"type": "file_id", "id": job.files[1]}},
            "metadata": {},
            "error": None,
        }

    def _counts(self, step: Step) -> JsonObject:
        """How many items passed, failed and broke; graded once while the rows are held."""
        rows = self._jobs.rows(step.job)
        if step.number not in rows.counts:
            answered = self._answered(step, list(range(len(rows.validation) * step.job.plan.samples)))
            statuses = [_status(step.job, one) for one in answered]
            rows.counts[step.number] = {
                "total": len(answered),
                "errored": statuses.count("error"),
                "failed": statuses.count("fail"),
                "passed": statuses.count("pass"),
            }
        return dict(rows.counts[step.number])

    def _item_json(self, step: Step, place: int, one: Answered) -> JsonObject:
        job = step.job
        rows = self._jobs.rows(job)
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
            "status": _status(job, one),
            "datasource_item_id": place,
            "datasource_item": rows.validation[one.row][0],
            "results": list(_results(job, one.score)) if one.score is not None else [],
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


def _graders(job: Job) -> list[tuple[str, JsonObject]]:
    """The grader of a job by its name, then its children by theirs."""
    grader: JsonObject = job.asked["method"]["reinforcement"]["grader"]
    children = grader["graders"].items() if grader["type"] == "multi" else ()
    return [(display_name(grader), grader), *children]


def _criterion(job: Job, name: str, spec: JsonObject) -> JsonObject:
    rule = score_rule(spec)
    threshold = {"pass_threshold": rule.shown_threshold} if spec["type"] == "text_similarity" else {}
    return {**threshold, **spec, "name": _result_name(job, name)}


def _result_name(job: Job, grader: str) -> str:
    """A grader's name with the mark that the service puts behind it."""
    digest = sha256(f"{job.plan.job_id}:{grader}".encode("utf-8", "surrogatepass")).digest()
    return f"{grader}-{uuid.UUID(bytes=digest[:16], version=4)}"


def _results(job: Job, score: Score) -> list[JsonObject]:
    shown = []
    for place, (name, spec) in enumerate(_graders(job)):
        value = score.total if place == 0 else score.children.get(name)
        if value is not None:
            passed = value >= score_rule(spec).shown_threshold
            shown.append({"name": _result_name(job, name), "type": spec["type"], "score": value, "passed": passed})
    return shown


def _status(job: Job, one: Answered) -> str:
    if one.score is None:
        return "error"
    rule = score_rule(job.asked["method"]["reinforcement"]["grader"])
    return "pass" if one.score.total >= rule.shown_threshold else "fail"


def _is_broken(job: Job, step: int, row: int, sample: int) -> bool:
    if job.plan.scenario != "broken-grader":
        return False
    drawn = curves.drawn(f"{job.plan.seed}:broken:{row}:{sample}")
    return drawn < BROKEN_SHARE * max(0.0, step / job.plan.steps - 0.25)
