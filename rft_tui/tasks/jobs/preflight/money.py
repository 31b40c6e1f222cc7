"""What a job may take: time, money, judges, and whether a pilot has looked at the grader before."""

from __future__ import annotations

from collections.abc import Iterator

from rft_tui.graders.registry import models_asked
from rft_tui.tasks.jobs.estimate import JobEstimate
from rft_tui.tasks.jobs.pilot import pilot_words
from rft_tui.tasks.jobs.preflight.facts import PilotFact, PreflightFacts
from rft_tui.tasks.jobs.preflight.findings import Finding, good, unknown, warning

_WELL_ENDED = "succeeded"


def time_and_cost(facts: PreflightFacts) -> Iterator[Finding]:
    """Training by itself, with everything it rests on."""
    made = facts.estimate
    title = "Time and cost of training"
    said = f"{_time(made)}, {_money(made.training_cost)}{_each(made)}"
    if made.training_tokens is not None:
        said = f"about {made.training_tokens:,} tokens, {_money(made.training_cost)}{_each(made)}"
    notes = "; ".join(note for note in made.notes if "judge" not in note)
    is_time_unknown = made.seconds is None and made.training_tokens is None
    if is_time_unknown and made.training_cost is not None:
        said = f"the time; {_money(made.training_cost)}{_each(made)}"
    message = f"{said} ({notes})" if notes else said
    if made.training_cost is None or is_time_unknown:
        hint = "A pilot shows how long a row takes." if facts.request.method == "reinforcement" else ""
        yield unknown("time_and_cost", title, message, hint, **made.as_json())
    else:
        yield good("time_and_cost", title, message, **made.as_json())


def judge_cost(facts: PreflightFacts) -> Iterator[Finding]:
    """What the judges take beside."""
    models = models_asked(facts.request.grader or {})
    if not models:
        return
    made = facts.estimate
    calls = "" if made.judge_calls is None else f"about {made.judge_calls:,} questions, "
    tokens = sum(sum(pair) for pair in made.judge_tokens.values())
    said = (
        f"{calls}about {tokens:,} tokens, {_money(made.judge_cost)}{_each(made)}" if tokens else "the rows are unknown"
    )
    notes = "; ".join(
        note for note in made.notes if "judge" in note or note.startswith("assumed") or "question" in note
    )
    message = f"{said} ({notes})" if notes else said
    if made.judge_cost is not None and not tokens:
        yield unknown("judge_cost", "Cost of the judges", message, models=list(models))
    elif made.judge_cost is None:
        hint = f'Write prices in rft.toml: [profiles.{facts.profile.name}.prices."{models[0]}"].'
        yield unknown("judge_cost", "Cost of the judges", message, hint, models=list(models))
    else:
        yield good("judge_cost", "Cost of the judges", message, models=list(models), cost=made.judge_cost)


def pilot(facts: PreflightFacts) -> Iterator[Finding]:
    """Whether a pilot with this version of the grader has run: the cheap look for reward hacking."""
    if facts.request.method != "reinforcement":
        return
    title = "Pilot"
    if facts.request.pilot:
        yield good("pilot", title, pilot_words(facts.request))
        return
    counted = [one for one in facts.pilots if one.simulated == facts.profile.is_simulated]
    ended = [one for one in counted if one.status == _WELL_ENDED]
    evidence = {"pilots": [{"job": one.label, "status": one.status, "model": one.model} for one in facts.pilots]}
    if ended:
        best = next((one for one in ended if one.model == facts.request.model), ended[0])
        other = "" if best.model == facts.request.model else f", of another base ({best.model})"
        said = f"{best.label} with this version of the grader succeeded{other}"
        yield good("pilot", title, f"{said}; read its samples before you go on", **evidence)
        return
    said, hint = _no_pilot(facts, counted)
    yield warning("pilot", title, said, hint, **evidence)


def _no_pilot(facts: PreflightFacts, counted: list[PilotFact]) -> tuple[str, str]:
    if counted:
        newest = counted[0]
        return f"the pilot {newest.label} is {newest.status}", "Wait for it, or see why it failed: rft-tui job show."
    if facts.pilots:
        return "this version of the grader was only tried in the simulated service", "Make one: --pilot."
    return "no pilot has tried this version of the grader", "Make one first, it is a few rows for one epoch: --pilot."


def _time(made: JobEstimate) -> str:
    if made.seconds is None:
        return "an unknown time"
    hours = made.seconds / 3600
    return f"about {hours:.1f} hours" if hours >= 1 else f"about {max(1, round(made.seconds / 60))} minutes"


def _money(cost: float | None) -> str:
    if cost is None:
        return "an unknown cost"
    return "nothing to pay" if cost == 0 else f"about {cost:,.2f} USD"


def _each(made: JobEstimate) -> str:
    return " for each epoch" if made.is_per_epoch else ""
