"""How hard the rows are for the base: training learns from rows that are solved in some runs and not in others."""

from __future__ import annotations

from collections.abc import Iterator

from rft_tui.datasets.limits import Part
from rft_tui.graders.registry import display_name
from rft_tui.model import JsonObject
from rft_tui.tasks.jobs.preflight.base_runs import wanted_effort
from rft_tui.tasks.jobs.preflight.facts import BaseFacts, PartDifficulty, PreflightFacts, Way
from rft_tui.tasks.jobs.preflight.findings import Finding, good, unknown, warning

HOPELESS, NOTHING_TO_LEARN = 0.1, 0.95
"""Means of the base, as shares of the grader's range, at or below which there is hardly ever a reward to learn from,
and from which on hardly anything is left to learn. About 0.6 is a good start."""

FEW_LEARNABLE = 0.2
"""Below this share of rows whose runs differ most of a job's compute brings nothing."""

WORTH_SAYING = 0.5
"""From this share of the rows on grades of some of them stand for all."""

_NAMES: dict[Part, str] = {"train": "training", "validation": "validation"}


def difficulty(facts: PreflightFacts) -> Iterator[Finding]:
    """What cached runs of the base say, for each part."""
    if facts.request.method != "reinforcement" or facts.request.grader is None:
        return
    if facts.base is None:
        said = f"no runs of {facts.request.model} on these rows are graded by this version of the grader"
        hint = f"Benchmark the base first: {_benchmark(facts)}."
        yield unknown("difficulty", "Difficulty for the base", said, hint)
        return
    there = {part.part for part in facts.base.parts}
    for part in facts.base.parts:
        yield _part(part, facts.base.way)
    for missing in [part for part in _NAMES if part not in there]:
        said = f"the base's runs do not cover the {_NAMES[missing]} rows"
        yield unknown("difficulty", f"Difficulty, {_NAMES[missing]}", said, "Benchmark the base on them too.")


def _benchmark(facts: PreflightFacts) -> str:
    """The command that asks the base as the job will ask, as far as the request says it."""
    request = facts.request
    source = request.validation or request.training
    rows = source.name if source is not None and source.kind == "dataset" else "DATASET"
    said = f"rft-tui predict {rows} --model {request.model} --runs 3"
    if facts.prompt is not None:
        said += f" --prompt {facts.prompt.name}"
    if effort := wanted_effort(request):
        said += f" --effort {effort}"
    return said if request.grader is None else f"{said} --then-grade {display_name(request.grader)}"


def _part(part: PartDifficulty, way: Way) -> Finding:
    title = f"Difficulty, {_NAMES[part.part]}"
    runs = f"{part.most} run{'s' * (part.most > 1)}"
    runs = runs if part.fewest == part.most else f"{part.fewest} to {runs}"
    figures = f"base mean {part.mean:.2f} over {part.graded:,} of {part.rows:,} rows, {runs} each"
    if part.most > 1:
        figures += (
            f"; solved never {part.never / part.graded:.0%}, sometimes {part.sometimes / part.graded:.0%}, always"
            f" {part.always / part.graded:.0%}; {part.learnable / part.graded:.0%} of the rows have runs that differ"
        )
    else:
        figures += "; one run cannot show which rows are solved sometimes"
    if part.errors:
        figures += f"; {part.errors:,} grades are errors and left out"
    if way.simulated:
        figures = f"SIMULATED: {figures}"
    evidence = _evidence(part, way)
    trouble = _trouble(part)
    if trouble:
        return warning("difficulty", title, f"{figures}: {trouble[0]}", trouble[1], **evidence)
    return good("difficulty", title, figures, **evidence)


def _trouble(part: PartDifficulty) -> tuple[str, str] | None:
    """What speaks against a start, and what to do."""
    if part.share <= HOPELESS:
        return "near 0 there is no reward to learn from", "Take easier rows, a better prompt, or a grader with steps."
    if part.share >= NOTHING_TO_LEARN:
        return "near full marks there is nothing to learn", "Take harder rows, or a stricter grader."
    if part.part == "train" and part.most > 1 and part.learnable / part.graded < FEW_LEARNABLE:
        return "few rows give a signal", "Take out rows that are solved always or never, or let the grader say more."
    if part.graded < WORTH_SAYING * part.rows:
        return "less than half of the rows", "Benchmark the base on the others too."
    if part.most < 2:
        return "too few runs", "Top up to 3 runs."
    return None


def _evidence(part: PartDifficulty, way: Way) -> JsonObject:
    return {
        "part": _NAMES[part.part],
        "rows": part.rows,
        "graded": part.graded,
        "runs": [part.fewest, part.most],
        "mean": part.mean,
        "never": part.never,
        "sometimes": part.sometimes,
        "always": part.always,
        "learnable_share": part.learnable / part.graded if part.most > 1 else None,
        "errors": part.errors,
        "run_ids": list(way.runs[:100]),
        "simulated": way.simulated,
    }


def same_way(facts: PreflightFacts) -> Iterator[Finding]:
    """Whether the base was benchmarked with the job's prompt and effort."""
    if facts.request.method != "reinforcement" or facts.base is None:
        return
    title, base = "As the base was benchmarked", facts.base
    wanted = _named(wanted_effort(facts.request), _prompt(facts), as_developer=facts.request.as_developer)
    evidence: JsonObject = {"job": wanted, "base": [_way(way) for way in base.ways]}
    if base.is_same:
        yield good("same_way", title, f"the base was asked as the job will ask: {wanted}", **evidence)
        return
    said = f"the job asks with {wanted}, the base was asked with {_others(base)}"
    hint = "Before and after cannot be compared so: benchmark the base with the job's prompt and effort."
    yield warning("same_way", title, said, hint, **evidence)


def _others(base: BaseFacts) -> str:
    ways = [_way(way) for way in base.ways]
    return "; ".join(ways[:3]) + (" …" if len(ways) > 3 else "")


def _prompt(facts: PreflightFacts) -> str:
    return "" if facts.prompt is None else f"{facts.prompt.name}@{facts.prompt.version[:4]}"


def _way(way: Way) -> str:
    prompt = f"{way.prompt_name}@{way.prompt[:4]}" if way.prompt else ""
    return _named(way.effort, prompt, as_developer=way.as_developer)


def _named(effort: str, prompt: str, *, as_developer: bool) -> str:
    said = f"prompt {prompt}{' as developer' if as_developer else ''}" if prompt else "no prompt"
    return f"{said}, {f'effort {effort}' if effort else 'default effort'}"
