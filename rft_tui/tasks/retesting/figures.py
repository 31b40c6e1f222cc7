"""The figures of a retest: before against after, and the person against both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rft_tui.model import Grade, ScoreRule
from rft_tui.tasks.diff_graders import passes
from rft_tui.tasks.retesting.probes import ProbeRow


@dataclass(frozen=True, slots=True)
class RetestSummary:
    """A probe set before and after an edit.

    Means are of item means over what was scored; `scored` and `errors` count new grades, `scored_before` old scores. A
    flip needs a score on both sides. Of `judged` rows, those with a verdict that says right or wrong and a score on
    both sides, `agree_…` have a pass that says the same; where the old version scored nothing, `…_before` are None and
    `judged` needs a new score alone.
    """

    mean_before: float | None
    mean_after: float | None
    passed_before: int | None
    passed_after: int
    scored: int
    errors: int
    flips_up: int
    flips_down: int
    agree_before: int | None
    agree_after: int
    judged: int
    scored_before: int = 0


def summarise_retest(rows: Sequence[ProbeRow], results: Mapping[int, Grade], rule: ScoreRule) -> RetestSummary:
    """The figures of the rows with their new grades by index; `rule` is that of the edited grader."""
    after = {index: passes(grade, rule, None) for index, grade in results.items() if grade.score is not None}
    before = {index: row.old_passed for index, row in enumerate(rows) if row.old_passed is not None}
    person = {index: row.person_right for index, row in enumerate(rows) if row.person_right is not None}
    judged = [index for index in after if index in person and (not before or index in before)]
    flips = [after[index] for index in after if index in before and after[index] != before[index]]
    return RetestSummary(
        mean_before=_mean((row.row_id, row.old.score) for row in rows if row.old is not None),
        mean_after=_mean((rows[index].row_id, grade.score) for index, grade in results.items()),
        passed_before=sum(before.values()) if before else None,
        passed_after=sum(after.values()),
        scored=len(after),
        errors=len(results) - len(after),
        flips_up=sum(flips),
        flips_down=len(flips) - sum(flips),
        agree_before=sum(before[index] == person[index] for index in judged) if before else None,
        agree_after=sum(after[index] == person[index] for index in judged),
        judged=len(judged),
        scored_before=len(before),
    )


def _mean(scores: Iterable[tuple[str, float | None]]) -> float | None:
    """The mean of the item means, None without a score."""
    items: dict[str, list[float]] = {}
    for row_id, score in scores:
        if score is not None:
            items.setdefault(row_id, []).append(score)
    means = [sum(each) / len(each) for each in items.values()]
    return sum(means) / len(means) if means else None
