"""Until when services take jobs, and which bases they still train, as announced; every date with the day it was read.

Sources: OpenAI's page of deprecations and Microsoft's pages on fine-tuning and model retirement, read in November 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rft_tui.providers.models import ServiceModel, announced_end, retirement
from rft_tui.providers.profiles import NamedProfile

READ = "2026-11-21"
"""When the dates were read."""

NO_NEW_JOBS = date(2027, 1, 6)
"""From this day on OpenAI takes no new jobs from anybody."""

NEVER_TUNED, NOT_IN_USE = date(2026, 5, 7), date(2026, 7, 2)
"""Since then none from organisations that had never fine-tuned; none from those without inference on a fine-tune in the
last 60 days."""

HOURLY: dict[str, float] = {"o4-mini": 100.0, "o4-mini-2025-04-16": 100.0}
"""US dollars for an hour of the core training loop of a reinforcement job, as OpenAI documents it, by base."""

SPENDING_STOP = 5000.0
"""US dollars at which Microsoft pauses a reinforcement job by itself."""

CONTEXT_TOKENS = 65_536
"""Tokens of one supervised example."""

_FOUNDRY_ENDS: dict[str, tuple[date, str]] = {
    "o4-mini": (date(2027, 4, 16), "deployments of its fine-tunes until 2027-10-16"),
    "o4-mini-2025-04-16": (date(2027, 4, 16), "deployments of its fine-tunes until 2027-10-16"),
}


@dataclass(frozen=True, slots=True)
class Ending:
    """What is announced: a sentence, and whether it has come to pass; `known` is False where nothing is announced."""

    message: str
    is_past: bool = False
    known: bool = True


def jobs_ending(profile: NamedProfile, today: date) -> Ending:
    """Whether the service behind a profile still takes new jobs, by what it announced."""
    if profile.is_openai and profile.profile.backend == "openai":
        day = NO_NEW_JOBS.isoformat()
        if today >= NO_NEW_JOBS:
            return Ending(f"OpenAI has taken no new jobs from anybody since {day}", is_past=True)
        return Ending(
            f"OpenAI takes no new jobs from {day} on, in {_days(NO_NEW_JOBS, today)}; since {NEVER_TUNED} none from"
            f" organisations that never fine-tuned, since {NOT_IN_USE} none from those whose fine-tunes were not used"
            f" for 60 days (read {READ})"
        )
    return Ending("no end is announced here", known=False)


def base_ending(profile: NamedProfile, model: str, served: ServiceModel | None, today: date) -> Ending:
    """Until when a base or a judge is there: what the service itself says, else what was announced for it."""
    if served is not None and served.shutdown_date:
        return Ending(retirement(served, today), date.fromisoformat(served.shutdown_date) <= today)
    if profile.profile.backend == "foundry" and model in _FOUNDRY_ENDS:
        return _foundry_ending(model, today)
    if profile.is_openai and profile.profile.backend == "openai" and (day := announced_end(model)):
        return Ending(retirement(model, today), date.fromisoformat(day) <= today)
    return Ending(f"no end of {model} is announced", known=False)


def _foundry_ending(model: str, today: date) -> Ending:
    day, more = _FOUNDRY_ENDS[model]
    when = f"in {_days(day, today)}" if today < day else "which is past; ask the service"
    return Ending(f"{model} is trained for existing customers until at least {day}, {when}; {more} (read {READ})")


def _days(day: date, today: date) -> str:
    left = (day - today).days
    return f"{left} day{'' if left == 1 else 's'}"
