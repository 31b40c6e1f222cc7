"""How hard the rows of a job are for its base, from predictions and grades that are in the cache already."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence

from rft_tui.datasets.limits import Part
from rft_tui.model import Prompt, ScoreRule
from rft_tui.providers.efforts import default_effort
from rft_tui.store.graders import StoredGrader
from rft_tui.tasks.jobs.preflight.facts import BaseFacts, PartDifficulty, Way
from rft_tui.tasks.jobs.request import JobRequest
from rft_tui.tasks.predicting.asking import PROMPT_ROLE

_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_DIFFERENT = 1e-9
"""Variances below this, as a share of the squared range, are rounding: all runs of the row have the same score."""


def base_facts(
    db: sqlite3.Connection,
    request: JobRequest,
    prompt: Prompt | None,
    grader: StoredGrader,
    datasets: Sequence[tuple[Part, int, int]],
) -> BaseFacts | None:
    """What grades of the base say of some datasets (part, number, rows); None where there are none.

    Runs that were asked as the job asks, with its prompt and effort, are read before others; runs that were asked in
    different ways are never mixed.
    """
    ways = _ways(db, request.model)
    ways.sort(key=lambda way: not is_same_way(way, request, prompt))
    found: list[tuple[Way, tuple[PartDifficulty, ...]]] = []
    for way in ways:
        parts = tuple(
            measured
            for part, dataset, rows in datasets
            if (measured := _difficulty(db, part, dataset, rows, way.runs, grader)) is not None
        )
        if parts:
            found.append((way, parts))
            if is_same_way(way, request, prompt):
                break
    if not found:
        return None
    first = found[0][0]
    best = found[0] if is_same_way(first, request, prompt) else max(found, key=lambda one: _graded(one[1]))
    return BaseFacts(best[0], is_same_way(best[0], request, prompt), tuple(way for way, _parts in found), best[1])


def _graded(parts: Iterable[PartDifficulty]) -> int:
    return sum(part.graded for part in parts)


def is_same_way(way: Way, request: JobRequest, prompt: Prompt | None) -> bool:
    """Whether the base was asked as the job will ask: same prompt in the same place, same effort."""
    version = "" if prompt is None else prompt.version
    if way.prompt != version or (version and way.as_developer != request.as_developer):
        return False
    return same_effort(way.effort, wanted_effort(request), request.model)


def wanted_effort(request: JobRequest) -> str:
    """The effort with which the job trains; empty for the service's default."""
    effort = request.hyperparameters.get("reasoning_effort")
    return "" if effort in (None, "default") else str(effort)


def same_effort(one: str, other: str, model: str) -> bool:
    """Whether two efforts are the same, the default of the model counted as what it stands for."""
    default = default_effort(model)
    return (one or default) == (other or default)


def _ways(db: sqlite3.Connection, model: str) -> list[Way]:
    """The ways in which a base was asked, a dated name and its alias taken as one."""
    plain = _DATED.sub("", model)
    grouped: dict[tuple[str, str, bool], tuple[list[int], str, bool]] = {}
    rows = db.execute(
        "SELECT run.id, run.model, run.effort, run.prompt, coalesce(prompt.name, ''), run.parameters, run.simulated"
        " FROM run LEFT JOIN prompt ON prompt.version = run.prompt ORDER BY run.id"
    )
    for run, name, effort, prompt, prompt_name, parameters, simulated in rows:
        if _DATED.sub("", name) != plain:
            continue
        as_developer = json.loads(parameters).get(PROMPT_ROLE) == "developer"
        runs, named, marked = grouped.get((effort, prompt, as_developer), ([], prompt_name, False))
        grouped[effort, prompt, as_developer] = ([*runs, run], named, marked or bool(simulated))
    return [
        Way(effort, prompt, named, as_developer, tuple(runs), simulated)
        for (effort, prompt, as_developer), (runs, named, simulated) in grouped.items()
    ]


_SCORES = """
    SELECT item, count(score), sum(coalesce(passed, score >= ?)), avg(score), avg(score * score),
        count(*) - count(score)
    FROM (
        SELECT DISTINCT mine.id AS item, prediction.answer AS answer, grade.score AS score, grade.passed AS passed
        FROM item AS mine {same}
        CROSS JOIN prediction ON prediction.item = {item} AND prediction.run IN ({runs})
        CROSS JOIN grade ON grade.grader = ? AND grade.prediction = prediction.id
        WHERE mine.dataset = ?)
    GROUP BY item"""


def _difficulty(
    db: sqlite3.Connection, part: Part, dataset: int, rows: int, runs: Sequence[int], grader: StoredGrader
) -> PartDifficulty | None:
    """What the runs say of a dataset's rows, also where the same rows were asked in another dataset."""
    marks = ",".join("?" * len(runs))
    asked = [row[0] for row in db.execute(f"SELECT DISTINCT dataset FROM run WHERE id IN ({marks})", list(runs))]  # noqa: S608
    elsewhere = any(one != dataset for one in asked)
    same = "CROSS JOIN item AS other ON other.row_id = mine.row_id" if elsewhere else ""
    sql = _SCORES.format(same=same, item="other.id" if elsewhere else "mine.id", runs=marks)
    found = db.execute(sql, [grader.rule.shown_threshold, *runs, grader.id, dataset])
    return _summed(part, rows, found, grader.rule)


def _summed(part: Part, rows: int, found: Iterable[tuple[int, ...]], rule: ScoreRule) -> PartDifficulty | None:
    graded = never = sometimes = always = learnable = errors = 0
    fewest, most, total = 10**9, 0, 0.0
    span = rule.high - rule.low if rule.high > rule.low else 1.0
    for _item, count, solved, mean, squares, failed in found:
        errors += failed
        if not count:
            continue
        graded += 1
        total += mean
        fewest, most = min(fewest, count), max(most, count)
        never += solved == 0
        always += solved == count
        mixed = 0 < solved < count
        sometimes += mixed
        learnable += mixed or squares - mean * mean > _DIFFERENT * span * span
    if not graded:
        return None
    mean_of_all = total / graded
    share = (mean_of_all - rule.low) / span
    return PartDifficulty(
        part, rows, graded, fewest, most, mean_of_all, share, never, sometimes, always, learnable, errors
    )
