"""Advice on a grader from what was seen: pure functions over grades, fields and models that are handed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from rft_tui.errors import GraderSpecError
from rft_tui.graders.formula import FormulaError
from rft_tui.graders.formula_parser import parse_formula
from rft_tui.graders.multi import named_children
from rft_tui.graders.outcome import score_text
from rft_tui.graders.registry import models_asked
from rft_tui.graders.spec import score_rule, template_paths
from rft_tui.graders.template import TemplateSyntaxError, path_parts, value_at
from rft_tui.model import Grade, JsonObject, ScoreRule, Severity
from rft_tui.providers.models import ServiceModel, retirement
from rft_tui.safetext import one_line
from rft_tui.tasks.diff_graders import passes

if TYPE_CHECKING:
    from rft_tui.tasks.retesting.probes import ProbeRow

LEAST_SCORES = 5
"""Scores from which something can be said of all of them."""

SHOWN_NAMES = 60
"""Characters of a name in an advice."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing worth saying; a kind that scripts may rely on."""

    kind: str
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class Learnable:
    """Of `items` with at least two scored runs, how many some runs pass and others fail, all pass, none passes.

    Only the first kind teaches a learner anything: within the others every answer earns the same.
    """

    mixed: int
    all_pass: int
    none_pass: int

    @property
    def items(self) -> int:
        """Items with two runs or more."""
        return self.mixed + self.all_pass + self.none_pass

    @property
    def share(self) -> float | None:
        """The learnable share, None without an item that has two runs."""
        return self.mixed / self.items if self.items else None


@dataclass(frozen=True, slots=True)
class Seen:
    """A prediction that was graded: what its runs have in common (the item and the model), the fields, the grade."""

    group: str
    fields: Mapping[str, object]
    grade: Grade


def seen_in(rows: Sequence[ProbeRow], results: Mapping[int, Grade]) -> list[Seen]:
    """What a retest saw."""
    return [Seen(f"{rows[at].row_id} {rows[at].model}", rows[at].fields, grade) for at, grade in results.items()]


def advise(
    spec: JsonObject, seen: Sequence[Seen], today: date, *, shut_downs: Mapping[str, str] | None = None
) -> list[Advice]:
    """Everything that what was seen says of a grader; `shut_downs` are days that a service itself announced."""
    rule = score_rule(spec)
    grades = [each.grade for each in seen]
    found = [
        no_signal(grades),
        outside_range(grades, rule),
        threshold_outside(rule),
        learnable_advice(learnable([(each.group, each.grade) for each in seen], rule)),
        *undefined_formula(spec, grades),
        *missing_fields(spec, [each.fields for each in seen]),
        *retiring(models_asked(spec), today, shut_downs or {}),
    ]
    return [advice for advice in found if advice is not None]


def no_signal(grades: Iterable[Grade]) -> Advice | None:
    """All scores equal: a learner gets the same reward whatever it does."""
    scores = [grade.score for grade in grades if grade.score is not None]
    if len(scores) < LEAST_SCORES or len(set(scores)) > 1:
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


def learnable(graded: Iterable[tuple[str, Grade]], rule: ScoreRule) -> Learnable:
    """How items split by their runs, from pairs of what runs have in common and a grade; errors are left out."""
    runs: dict[str, list[bool]] = {}
    for group, grade in graded:
        if grade.score is not None:
            runs.setdefault(group, []).append(passes(grade, rule, None))
    several = [passed for passed in runs.values() if len(passed) > 1]
    all_pass = sum(all(passed) for passed in several)
    none_pass = sum(not any(passed) for passed in several)
    return Learnable(len(several) - all_pass - none_pass, all_pass, none_pass)


def learnable_advice(found: Learnable) -> Advice | None:
    """The learnable share in words; None without an item that has two runs."""
    if found.share is None:
        return None
    message = (
        f"{found.mixed:,} of {found.items:,} items ({found.share:.0%}) pass in some runs and not in others:"
        " the learnable share"
    )
    return Advice("learnable_share", "warning", f"{message}{'; nothing can be learnt here' if not found.mixed else ''}")


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
