"""The graders of a job as its evaluation names them, and what they gave to an answer."""

from __future__ import annotations

import uuid
from hashlib import sha256

from rft_tui.graders.registry import display_name
from rft_tui.graders.spec import score_rule
from rft_tui.model import JsonObject
from rft_tui.simulator.jobs.agreeing import Bounds, Score
from rft_tui.simulator.jobs.shown import Job


def graders(job: Job) -> list[tuple[str, JsonObject]]:
    """The grader of a job by its name, then its children by theirs."""
    grader: JsonObject = job.asked["method"]["reinforcement"]["grader"]
    children = grader["graders"].items() if grader["type"] == "multi" else ()
    return [(display_name(grader), grader), *children]


def criterion(job: Job, name: str, spec: JsonObject) -> JsonObject:
    """A grader as an evaluation lists it."""
    rule = score_rule(spec)
    threshold = {"pass_threshold": rule.shown_threshold} if spec["type"] == "text_similarity" else {}
    return {**threshold, **spec, "name": result_name(job, name)}


def result_name(job: Job, grader: str) -> str:
    """A grader's name with the mark that the service puts behind it."""
    digest = sha256(f"{job.plan.job_id}:{grader}".encode("utf-8", "surrogatepass")).digest()
    return f"{grader}-{uuid.UUID(bytes=digest[:16], version=4)}"


def results_of(job: Job, score: Score) -> list[JsonObject]:
    """What each grader gave to an answer."""
    shown = []
    for place, (name, spec) in enumerate(graders(job)):
        value = score.total if place == 0 else score.children.get(name)
        if value is not None:
            passed = value >= score_rule(spec).shown_threshold
            shown.append({"name": result_name(job, name), "type": spec["type"], "score": value, "passed": passed})
    return shown


def status_of(job: Job, score: Score | None) -> str:
    """``pass``, ``fail``, or ``error`` for an answer without a score."""
    if score is None:
        return "error"
    rule = score_rule(job.asked["method"]["reinforcement"]["grader"])
    return "pass" if score.total >= rule.shown_threshold else "fail"


def bounds(job: Job) -> Bounds:
    """What the job's grader and its children give at least and at most."""
    (_main, grader), *children = graders(job)
    rule = score_rule(grader)
    rules = {name: score_rule(spec) for name, spec in children}
    low = {name: one.low for name, one in rules.items()}
    high = {name: one.high for name, one in rules.items()}
    return Bounds(Score(rule.low, low), Score(rule.high, high))
