"""Advice on a grader from what was seen: pure functions over grades, fields and models that are handed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, TypeAlias

from rft_tui.errors import GraderSpecError
from rft_tui.graders.formula import FormulaError
from rft_tui.graders.formula_parser import parse_formula
from rft_tui.graders.multi import named_children
from rft_tui.graders.outcome import score_text
from rft_tui.graders.registry import models_asked
from rft_tui.graders.spec import score_rule, template_paths
from rft_tui.graders.template import TemplateSyntaxError, path_parts, value_at
from rft_tui.model import Grade, JsonObject, ScoreRule
from rft_tui.providers.models import ServiceModel, retirement
from rft_tui.safetext import one_line
from rft_tui.tasks.diff_graders import passes

if TYPE_CHECKING:
    from rft_tui.tasks.retesting.probes import ProbeRow

LEAST_SCORES = 5
"""Scores from which something can be said of all of them."""

MOST_SEEN = 0.8
"""The share of the rows that must have a score before something is said of all scores."""

LEAST_GROUPS = 5
"""Groups of runs, all of them scored, from which a learnable share is said."""

SURE_GROUPS = 20
"""Groups of runs from which a small learnable share is a warning."""

LITTLE = 0.05
"""Below this a learnable share is small."""

SHOWN_NAMES = 60
"""Characters of a name in an advice."""


AdviceSeverity: TypeAlias = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing worth saying; a kind that scripts may rely on; ``info`` is no fault."""

    kind: str
    severity: AdviceSeverity
    message: str


@dataclass(frozen=True, slots=True)
class Learnable:
    """Of `groups`, how many some runs pass and others fail, all pass, none passes; they are of so many `questions`.

    A group is all runs of one question that differ in nothing but their run index: two at least, all of them scored.
    Only the first kind teaches a learner anything: within the others every answer earns the same.
    """

    mixed: int
    all_pass: int
    none_pass: int
    questions: int

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return self.mixed + self.all_pass + self.none_pass

    @property
    def share(self) -> float | None:
        """The learnable share, None without a group."""
        return self.mixed / self.groups if self.groups else None


@dataclass(frozen=True, slots=True)
class Seen:
    """A prediction that was graded.

    Its question, the group of runs it belongs to (numbered within the question), how many predictions that group has
    in the cache, 0 where that is not known; the fields, the grade.
    """

    question: str
    group: int
    runs: int
    fields: Mapping[str, object]
    grade: Grade


def seen_in(rows: Sequence[ProbeRow], results: Mapping[int, Grade]) -> list[Seen]:
    """What a retest saw."""
    found = ((rows[at], grade) for at, grade in results.items())
    return [Seen(row.row_id, row.group, row.runs, row.fields, grade) for row, grade in found]


def advise(
    spec: JsonObject,
    seen: Sequence[Seen],
    today: date,
    *,
    rows: int = 0,
    by_score: bool = False,
    shut_downs: Mapping[str, str] | None = None,
) -> list[Advice]:
    """Everything that what was seen says of a grader; `shut_downs` are days that a service itself announced.

    What was seen are grades of so many `rows`. Where these were chosen `by_score`, scores alike or a small learnable
    share come from the choice and say nothing of the grader.
    """
    rule = score_rule(spec)
    grades = [each.grade for each in seen]
    found = [
        None if by_score else no_signal(grades, rows),
        outside_range(grades, rule),
        threshold_outside(rule),
        None if by_score else learnable_advice(learnable(seen, rule)),
        *undefined_formula(spec, grades),
        *missing_fields(spec, [each.fields for each in seen]),
        *retiring(models_asked(spec), today, shut_downs or {}),
    ]
    return [advice for advice in found if advice is not None]


def no_signal(grades: Iterable[Grade], rows: int = 0) -> Advice | None:
    """All scores equal, of nearly all `rows`: a learner gets the same reward whatever it does."""
    scores = [grade.score for grade in grades if grade.score is not None]
    if len(scores) < max(LEAST_SCORES, MOST_SEEN * rows) or len(set(scores)) > 1:
        return None
    message = f"all {len(scores):,} scores are {score_text(scores[0])}: there is no signal to learn from"
    return Advice("no_signal", "warning", message)


def outside_range(grades: Iterable[Grade], rule: ScoreRule) -> Advice | None:
    """Scores that lie outside the range that the grader declares."""
    scores = [grade.score for grade in grades if grade.score is not None]
    outside = [score for score in scores if not rule.low <= score <= rule.high]
    if not outside:
        return None
    said = f"from {score_text(min(outside))} to {score_text(max(outside))}"
    message = (
        f"{len(outside):,} of {len(scores):,} scores lie outside the range"
        f" {score_text(rule.low)} to {score_text(rule.high)}: {said}"
    )
    return Advice("outside_range", "warning", message)


def threshold_outside(rule: ScoreRule) -> Advice | None:
    """A pass threshold that no score of the range can miss or reach."""
    threshold = rule.pass_threshold
    if threshold is None or rule.low < threshold <= rule.high:
        return None
    what = "everything passes" if threshold <= rule.low else "nothing can pass"
    return Advice(
        "threshold_outside_range",
        "warning",
        f"the pass threshold {score_text(threshold)} lies outside the range"
        f" {score_text(rule.low)} to {score_text(rule.high)}: {what}"
        if threshold != rule.low
        else f"the pass threshold is the bottom of the range: {what}",
    )


def learnable(seen: Iterable[Seen], rule: ScoreRule) -> Learnable:
    """How questions split by their runs; a group of which a run is missing or has no score is left out."""
    runs: dict[tuple[str, int], list[bool]] = {}
    sizes: dict[tuple[str, int], int] = {}
    for each in seen:
        if each.grade.score is not None:
            key = (each.question, each.group)
            runs.setdefault(key, []).append(passes(each.grade, rule, None))
            sizes[key] = each.runs
    whole = {key: passed for key, passed in runs.items() if len(passed) == sizes[key] > 1}
    all_pass = sum(all(passed) for passed in whole.values())
    none_pass = sum(not any(passed) for passed in whole.values())
    questions = len({question for question, _group in whole})
    return Learnable(len(whole) - all_pass - none_pass, all_pass, none_pass, questions)


def learnable_advice(found: Learnable) -> Advice | None:
    """The learnable share in words, a warning where it is small for sure; None with too few groups to say one."""
    if found.share is None or found.groups < LEAST_GROUPS:
        return None
    what = "questions" if found.questions == found.groups else "question-and-model groups"
    message = f"learnable share {found.share:.0%}: {found.mixed:,} of {found.groups:,} {what}"
    is_small = found.groups >= SURE_GROUPS and found.share < LITTLE
    return Advice("learnable_share", "warning" if is_small else "info", message)


def undefined_formula(spec: JsonObject, grades: Iterable[Grade]) -> list[Advice]:
    """Sub-scores that were seen for which the formula has no value, such as a division by zero; one for each reason."""
    try:
        formula = parse_formula(str(spec.get("calculate_output", "")), named_children(spec.get("graders")))
    except (FormulaError, GraderSpecError):
        return []
    reasons: dict[str, int] = {}
    tried = 0
    for grade in grades:
        scores = {name: grade.sub_scores.get(name) for name in formula.names}
        values = {name: float(score) for name, score in scores.items() if score is not None}
        if len(values) < len(scores):
            continue
        tried += 1
        try:
            formula.evaluate(values)
        except FormulaError as error:
            reasons[error.message] = reasons.get(error.message, 0) + 1
    return [
        Advice("formula_undefined", "warning", f"the formula at {reason} on {count:,} of {tried:,} predictions")
        for reason, count in reasons.items()
    ]


def missing_fields(spec: JsonObject, items: Sequence[Mapping[str, object]]) -> list[Advice]:
    """Template names that some or all of the items do not have: there the grade is an error."""
    found = []
    for path in template_paths(spec).hard:
        missing = sum(not _has(fields, path) for fields in items)
        if not missing:
            continue
        name = one_line(f"item.{path}", SHOWN_NAMES)
        if missing == len(items):
            found.append(Advice("unknown_field", "error", f"{name} is in none of the {len(items):,} items"))
        else:
            found.append(
                Advice("field_missing", "warning", f"{name} is missing in {missing:,} of {len(items):,} items")
            )
    return found


def _has(fields: Mapping[str, object], path: str) -> bool:
    try:
        value_at(fields, path_parts(path))
    except (LookupError, TypeError, TemplateSyntaxError):
        return False
    return True


def retiring(models: Iterable[str], today: date, shut_downs: Mapping[str, str] | None = None) -> list[Advice]:
    """Judges that have ended or will; a day that a service announced itself goes before the known ones."""
    found = []
    for model in models:
        day = (shut_downs or {}).get(model, "")
        if said := retirement(ServiceModel(model, shutdown_date=day), today):
            found.append(Advice("retiring_model", "warning", f"the judge {one_line(said, 200)}"))
    return found
