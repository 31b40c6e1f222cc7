"""Checks of the service: whether it takes jobs from this profile, and for how long it will."""

from __future__ import annotations

from collections.abc import Iterator

from rft_tui.providers.backends.wind_down import SPENDING_STOP, jobs_ending
from rft_tui.safetext import one_line
from rft_tui.tasks.jobs.preflight.facts import PreflightFacts
from rft_tui.tasks.jobs.preflight.findings import Finding, error, good, unknown, warning


def access(facts: PreflightFacts) -> Iterator[Finding]:
    """What the service said when it was asked whether it takes jobs."""
    title, name = "Access", facts.profile.name
    if facts.network.refusal is None:
        trouble = one_line(facts.network.trouble, 300)
        said = f"whether {name} takes jobs: {trouble}" if trouble else f"whether {name} takes jobs; it was not asked"
        yield unknown("service_access", title, said, "Ask it: rft-tui profile test.")
    elif facts.network.refusal:
        said = f"{name}: {one_line(facts.network.refusal, 300)}"
        yield error("service_access", title, said, "Choose another profile: rft-tui profile list.")
    else:
        simulated = "SIMULATED: " if facts.profile.is_simulated else ""
        yield good("service_access", title, f"{simulated}nothing speaks against jobs through {name}")


def wind_down(facts: PreflightFacts) -> Iterator[Finding]:
    """Until when new jobs are taken, as announced."""
    title, ending = "New jobs", jobs_ending(facts.profile, facts.today)
    hint = "The same job runs at Microsoft Foundry, or on open weights."
    if ending.is_past:
        yield error("wind_down", title, ending.message, hint)
    elif ending.known:
        yield warning("wind_down", title, ending.message, hint)


def spending_stop(facts: PreflightFacts) -> Iterator[Finding]:
    """Where Microsoft pauses a job by itself."""
    if facts.profile.profile.backend != "foundry" or facts.request.method != "reinforcement":
        return
    title, cost = "Spending stop", facts.estimate.cost
    said = f"Microsoft pauses a reinforcement job at {SPENDING_STOP:,.0f} USD by itself"
    if cost is not None and cost >= SPENDING_STOP:
        hint = "It goes on with rft-tui job resume; or take fewer rows or epochs."
        yield warning("spending_stop", title, f"{said}; about {cost:,.0f} USD are estimated", hint)
    else:
        yield good("spending_stop", title, said)
