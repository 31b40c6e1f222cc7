"""Where a grader and the person, or a grader and the second rater, disagree about a prediction; the sharpest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rft_tui.model import Grade, ScoreRule
from rft_tui.store.database import Store
from rft_tui.store.grades import get_grade
from rft_tui.store.probes import read_probed
from rft_tui.store.scored_answers import AskedItem, ScoredAnswer, asked_of
from rft_tui.tasks.diff_graders import passes
from rft_tui.tasks.rating.person import PersonSays, person_says
from rft_tui.tasks.rating.report import RatingReport


@dataclass(frozen=True, slots=True)
class Preferred:
    """An answer that the rater holds for better than the one in question, though the grader scores it lower; why."""

    answer: ScoredAnswer
    reason: str


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One prediction about which a grade is disputed: by the person (`person`), or by the rater (`preferred`)."""

    prediction: int
    asked: AskedItem
    answer: str
    grade: Grade
    rule: ScoreRule
    passed: bool
    person: PersonSays | None = None
    preferred: Preferred | None = None

    @property
    def sharpness(self) -> float:
        """How far the score is from where it would be agreed: the threshold, or the preferred answer's score."""
        agreed = self.rule.shown_threshold if self.preferred is None else self.preferred.answer.score
        return abs((self.grade.score or 0.0) - agreed)


def person_disagreements(
    store: Store, grades: Mapping[int, Grade], rule: ScoreRule, reviewer: str
) -> list[Disagreement]:
    """Those of some graded predictions whose pass is not what the reviewer's verdict says.

    `grades` are by prediction, of one version, saved or not, and read by its `rule`. Raises StoreError.
    """
    found: list[Disagreement] = []
    numbers = [number for number in grades if number > 0]
    with store.read() as db:
        person = person_says(db, reviewer, numbers)
        disputed = {
            number: says
            for number, says in person.items()
            if says.right is not None
            and grades[number].score is not None
            and passes(grades[number], rule, None) != says.right
        }
        for probed in read_probed(db, list(disputed), reviewer):
            number, grade = probed.gradable.prediction, grades[probed.gradable.prediction]
            asked, text = asked_of(db, number), probed.gradable.output_text
            passed = passes(grade, rule, None)
            found.append(Disagreement(number, asked, text, grade, rule, passed, person=disputed[number]))
    return sorted(found, key=lambda one: (-one.sharpness, one.prediction))


def rater_disagreements(store: Store, report: RatingReport, *, most: int = 20) -> list[Disagreement]:
    """The wrongly ordered pairs of a report, each as a dispute about the answer that the grader scores too high."""
    found: list[Disagreement] = []
    grader = report.grader
    with store.read() as db:
        for one in report.wrong[:most]:
            better, worse = one.better_and_worse
            grade = get_grade(db, grader.id, worse.prediction)
            if grade is None or grade.score is None:
                continue
            preferred = Preferred(better, one.rating.reason)
            passed = passes(grade, grader.rule, None)
            asked = one.pair.asked
            found.append(
                Disagreement(worse.prediction, asked, worse.text, grade, grader.rule, passed, preferred=preferred)
            )
    return found
