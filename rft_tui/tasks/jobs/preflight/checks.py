"""All checks of pre-flight, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rft_tui.tasks.jobs.preflight import data, difficulty, grader, limits, models, money, service
from rft_tui.tasks.jobs.preflight.facts import PreflightFacts
from rft_tui.tasks.jobs.preflight.findings import Finding, Preflight

CHECKS: tuple[Callable[[PreflightFacts], Iterator[Finding]], ...] = (
    limits.request,
    service.access,
    service.wind_down,
    models.base,
    models.judges,
    data.files,
    data.leakage,
    data.final_test,
    data.rendering,
    data.system_role,
    data.template_variables,
    grader.service_takes_it,
    grader.response_format,
    grader.bench,
    grader.grade_errors,
    grader.hosted_validate,
    difficulty.difficulty,
    difficulty.same_way,
    money.pilot,
    money.time_and_cost,
    money.judge_cost,
    service.spending_stop,
    limits.suffix,
    limits.metadata,
    limits.seed,
    limits.steps,
)
"""A new check is one function and one line here."""


def preflight(facts: PreflightFacts) -> Preflight:
    """Every finding about a job, from facts that are gathered already; a ✗ among them stands against its launch."""
    findings = tuple(finding for check in CHECKS for finding in check(facts))
    return Preflight(findings, facts.request.name, _is_simulated(facts))


def _is_simulated(facts: PreflightFacts) -> bool:
    """Whether any number in it came from the embedded service."""
    base = facts.base is not None and facts.base.way.simulated
    return facts.profile.is_simulated or base or (facts.bench is not None and facts.bench.simulated)
