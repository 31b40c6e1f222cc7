"""Checks of the models that a job needs: until when base and judges are there, and whether they fit the method."""

from __future__ import annotations

from collections.abc import Iterator

from rft_tui.graders.registry import models_asked
from rft_tui.model import JsonObject
from rft_tui.providers.backends.wind_down import base_ending
from rft_tui.providers.efforts import efforts_of
from rft_tui.safetext import one_line
from rft_tui.tasks.jobs.preflight.facts import PreflightFacts
from rft_tui.tasks.jobs.preflight.findings import Finding, error, good, unknown, warning


def base(facts: PreflightFacts) -> Iterator[Finding]:
    """The base: a fine-tune ends with it."""
    model = facts.request.model
    yield _lasting(facts, "base_model", "The base model", model, "Choose a base that stays; a fine-tune ends with it.")
    if facts.request.method == "reinforcement" and not facts.profile.is_simulated and efforts_of(model) == ():
        said = f"{one_line(model, 60)} is not known to reason; reinforcement needs a reasoning model"
        yield warning("base_model_method", "Base and method", said, "Choose another base, or supervised.")


def judges(facts: PreflightFacts) -> Iterator[Finding]:
    """The judges: a job fails in its middle where one of them ends."""
    for model in models_asked(facts.request.grader or {}):
        yield _lasting(facts, "judge_model", "The judge", model, "Let the grader ask another model.")


def _lasting(facts: PreflightFacts, check: str, title: str, model: str, hint: str) -> Finding:
    listed, shown = facts.network.models, one_line(model, 60)
    served = None if listed is None else listed.get(model)
    ending = base_ending(facts.profile, model, served, facts.today)
    evidence: JsonObject = {"model": model, "listed": None if listed is None else served is not None}
    if ending.is_past:
        return error(check, title, ending.message, hint, **evidence)
    if ending.known:
        return warning(check, title, ending.message, hint, **evidence)
    if listed is None:
        said = f"no end of {shown} is announced, and the service was not asked for its models"
        return unknown(check, title, said, **evidence)
    if served is None and not facts.profile.is_simulated:
        said = f"the service does not list {shown}"
        return warning(check, title, said, "See what it offers: rft-tui profile test.", **evidence)
    return good(check, title, f"{shown} is there, no end is announced", **evidence)
