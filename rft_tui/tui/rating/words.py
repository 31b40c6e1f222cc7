"""What a second rater says of a grader, in lines: figures with their intervals, a pair in full, a critique."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rft_tui.analysis.intervals import Interval
from rft_tui.analysis.ranking import Ranking
from rft_tui.model import BandEdges, Grade, ScoreRule
from rft_tui.safetext import one_line
from rft_tui.store.ratings import StoredCritique
from rft_tui.store.scored_answers import AskedItem, ScoredAnswer
from rft_tui.tasks.diff_graders import passes
from rft_tui.tasks.rating.critiques import SIDES, side_of
from rft_tui.tasks.rating.disagreements import Disagreement
from rft_tui.tasks.rating.person import PersonSays
from rft_tui.tasks.rating.report import RatedPair, RatingReport
from rft_tui.tui.paint import Line, wrap_line, wrap_text
from rft_tui.tui.rating.desk import bill_words
from rft_tui.tui.score_words import shown_score
from rft_tui.tui.screens.review.item import VERDICT_WORDS, diff_lines
from rft_tui.tui.task_words import counted, moment
from rft_tui.tui.word_diff import word_diff

FEW_PAIRS = 20
"""Ordered pairs below which nothing can be said of a grader: the interval is wider than ±20 points."""

TURNED_OFTEN = 0.8
"""A rater that contradicts itself in more than a fifth of the pairs goes by the place, not by the answers."""

CHANCE = 0.5
"""How often somebody agrees who tosses a coin."""

TEXT_LINES = 60
"""Lines of a question or a reference that are shown."""

STEPS = 12
"""Steps of a grader that are shown."""


def share(value: float | None) -> str:
    """A share as per cent."""
    return "–" if value is None else f"{value:.0%}"


def span(interval: Interval | None) -> str:
    """An interval of a share, with a blank before it; empty where there is none."""
    return "" if interval is None else f" [{interval.low:.0%}, {interval.high:.0%}]"


def rating_lines(report: RatingReport) -> list[Line]:
    """The figures of a report; the pairs it is about stand elsewhere."""
    lines = [_ranking_line(report.ranking)]
    if report.rated:
        lines.append(_pairs_line(report))
    if report.person is not None:
        of_rater, of_grader = report.person.rater, report.person.grader
        lines.append([
            (f"with you, on {counted(of_rater.pairs, 'pair')} that you tell apart: ", "text.dim"),
            (f"the rater agrees {share(of_rater.accuracy)}", "text.normal"), (span(of_rater.interval), "text.dim"),
            (" · ", "text.dim"),
            (f"the grader {share(of_grader.accuracy)}", "text.normal"), (span(of_grader.interval), "text.dim"),
        ])  # fmt: skip
    return [*lines, *_asked_lines(report), *_doubts(report)]


def _ranking_line(ranking: Ranking) -> Line:
    if ranking.accuracy is None:
        return [("the rater holds neither answer of any pair for better", "text.dim")]
    alike = f", {ranking.ties:,} scored alike count half" if ranking.ties else ""
    return [
        ("orders answers as the rater does: ", "text.dim"),
        (share(ranking.accuracy), "text.normal bold"),
        (span(ranking.interval), "text.normal"),
        (f" of {counted(ranking.pairs, 'pair')} ({counted(ranking.items, 'item')}{alike})", "text.dim"),
    ]


def _pairs_line(report: RatingReport) -> Line:
    consistency, first = report.consistency, report.first_place
    doubtful = consistency is not None and consistency < TURNED_OFTEN
    line: Line = [
        (f"{counted(len(report.rated), 'pair')} in both orders: {report.ties:,} the same · ", "text.dim"),
        (f"{share(consistency)} consistent", "state.warning" if doubtful else "text.normal"),
    ]
    if report.swapped:
        line.append((f" ({report.swapped:,} turned with the order)", "text.dim"))
    if first is not None:
        line.append((f" · first place preferred {share(first)}", "text.dim"))
    return line


def _asked_lines(report: RatingReport) -> list[Line]:
    """What was asked this time, and what came in place of answers."""
    asking = report.asking
    lines: list[Line] = []
    if asking.asked or asking.cached:
        lines.append([(bill_words(asking.asked, asking.cached, asking.cost), "text.dim")])
    for kind, count in list(asking.errors.items())[:3]:
        lines.append([(f"✗ {counted(count, 'pair')} without an answer: {one_line(kind, 60)}", "state.bad")])
    if asking.unasked:
        why = f": {one_line(asking.stopped, 120)}" if asking.stopped else ""
        lines.append([(f"{counted(asking.unasked, 'pair')} not asked{why}", "state.warning")])
    return lines


def _doubts(report: RatingReport) -> list[Line]:
    """Why the figures should not be believed, where there is a reason."""
    lines: list[Line] = []
    ordered = report.ranking.pairs
    if 0 < ordered < FEW_PAIRS:
        said = f"only {counted(ordered, 'pair')} that the rater orders: too few to say much ({FEW_PAIRS} or more)"
        lines.append([("! ", "state.warning bold"), (said, "state.warning")])
    if report.person is not None:
        of_rater = report.person.rater
        low = of_rater.interval.low if of_rater.interval is not None else None
        if of_rater.pairs >= FEW_PAIRS and low is not None and low <= CHANCE:
            said = "the rater agrees with you no better than a coin: it says nothing about the grader"
            lines.append([("! ", "state.warning bold"), (said, "state.warning")])
    return lines


@dataclass(frozen=True, slots=True)
class PairView:
    """A pair with what else is known of its answers: their grades, and what the person says of them."""

    rated: RatedPair
    rule: ScoreRule
    grades: dict[int, Grade]
    person: dict[int, PersonSays]
    rater: str


def pair_lines(view: PairView, width: int) -> list[Line]:
    """A wrongly ordered pair in full: both answers word by word, their scores, and the rater's reason."""
    better, worse = view.rated.better_and_worse
    left, right = word_diff(better.text, worse.text)
    lines = asked_lines(view.rated.pair.asked, width)
    lines += wrap_line([("▲ the rater prefers", "text.accent bold"), *_scored(view, better)], width)
    lines += [*diff_lines(left, width, "(empty answer)"), *_steps(view.grades.get(better.prediction), width), []]
    lines += wrap_line([("▼ the grader scores higher", "text.accent bold"), *_scored(view, worse)], width)
    lines += [*diff_lines(right, width, "(empty answer)"), *_steps(view.grades.get(worse.prediction), width), []]
    why: Line = [(f"why, says {one_line(view.rater, 40)}", "text.dim")]
    if view.rated.rating.simulated:
        why.append((" SIMULATED", "state.warning bold"))
    lines += wrap_line([*why, (" · it prefers it in both orders, and calls it the first", "text.faint")], width)
    return [*lines, *(wrap_text(view.rated.rating.reason, width) if view.rated.rating.reason else [_silent()])]


def asked_lines(asked: AskedItem, width: int) -> list[Line]:
    """Question and reference."""
    lines: list[Line] = [[("question", "text.dim")], *wrap_text(asked.question, width, limit=TEXT_LINES), []]
    if asked.reference is not None:
        lines += [[("reference", "text.dim")], *wrap_text(asked.reference, width, limit=TEXT_LINES), []]
    return lines


def _scored(view: PairView, answer: ScoredAnswer) -> Line:
    grade = view.grades.get(answer.prediction, Grade(answer.score))
    line = _score_spans(grade, view.rule)
    says = view.person.get(answer.prediction)
    if says is not None:
        line += [("  you: ", "text.dim"), (VERDICT_WORDS[says.verdict], f"verdict.{says.verdict.value} bold")]
    return [*line, (f"  {one_line(answer.model, 30)} · run {answer.run_index}", "text.faint")]


def _score_spans(grade: Grade, rule: ScoreRule) -> Line:
    score = grade.score or 0.0
    sign, style = ("✓ passes", "state.good") if passes(grade, rule, None) else ("✗ fails", "state.bad")
    band = f"band.{BandEdges().band(score, rule).value} bold"
    return [("  ", "text.normal"), (shown_score(score), band), (" ", "text.normal"), (sign, style)]


def _steps(grade: Grade | None, width: int) -> list[Line]:
    if grade is None:
        return []
    lines: list[Line] = []
    scores = " · ".join(
        f"{one_line(name, 24)} {'err' if score is None else shown_score(score)}"
        for name, score in grade.sub_scores.items()
    )
    for text in [scores] * bool(scores) + [one_line(step, 300) for step in grade.steps[:STEPS]]:
        lines += [[("  ", "text.dim"), *part] for part in wrap_line([(text, "text.faint")], max(1, width - 2))]
    return lines


def _silent() -> Line:
    return [("it gives no reason", "text.faint")]


def critique_lines(
    about: Disagreement, critique: StoredCritique | None, width: int, *, is_current: bool, word: str, error: str
) -> list[Line]:
    """A disagreement in full: the answer against the reference, the grader, the person, then the critique."""
    lines = asked_lines(about.asked, width)
    _reference, answer = word_diff(about.asked.reference or about.answer, about.answer)
    lines += wrap_line([("answer", "text.dim"), *_score_spans(about.grade, about.rule)], width)
    lines += [*diff_lines(answer, width, "(empty answer)"), *_steps(about.grade, width), []]
    if about.person is not None:
        verdict = about.person.verdict
        lines.append([("you   ", "text.dim"), (VERDICT_WORDS[verdict], f"verdict.{verdict.value} bold")])
        if about.person.note:
            lines += [[("note  ", "text.dim"), *part] for part in wrap_text(about.person.note, max(1, width - 6))]
    if about.preferred is not None:
        other = about.preferred.answer
        head: Line = [
            ("the rater prefers", "text.dim"),
            ("  ", "text.normal"),
            (shown_score(other.score), "text.normal"),
        ]
        lines += [*wrap_line(head, width), *wrap_text(other.text or "(empty answer)", width, limit=TEXT_LINES)]
        if about.preferred.reason:
            lines += wrap_text(about.preferred.reason, width, "text.dim")
    return [*lines, [], *_critique(critique, width, is_current=is_current, word=word, error=error)]


def _critique(critique: StoredCritique | None, width: int, *, is_current: bool, word: str, error: str) -> list[Line]:
    """What the rater says, dim where it is of another version or by another rater."""
    lines: list[Line] = []
    if error:
        lines += wrap_line([("✗ ", "state.bad bold"), (one_line(error, 300), "state.bad")], width)
    if critique is None:
        return lines or [[("no critique yet", "text.faint")]]
    made_by = one_line(critique.rater, 40)
    head: Line = [(f"critique by {made_by}, a model", "text.accent bold" if is_current else "text.dim")]
    if critique.simulated:
        head.append((" SIMULATED", "state.warning bold"))
    if not is_current:
        head.append((f" · kept: {word or '@' + critique.version[:4]} · {moment(critique.at)}", "text.dim"))
    style = "text.normal" if is_current else "text.faint"
    return [*lines, *wrap_line(head, width), *wrap_text(critique.text, width, style)]


def side_words(critique: StoredCritique | None) -> str:
    """With whom a critique sides, in one word; empty where there is none."""
    side = "" if critique is None else side_of(critique.text)
    return {"person": "you", "rater": "itself"}.get(side, side)


def sides_line(counts: Sequence[tuple[str, int]]) -> Line:
    """With whom critiques side, counted."""
    parts = [f"{_SIDES[side]} {count:,}" for side, count in counts if side in SIDES]
    return [("sides with: ", "text.dim"), (" · ".join(parts) or "–", "text.normal")]


_SIDES = {"grader": "the grader", "person": "you", "rater": "its own comparison", "neither": "neither",
          "unclear": "cannot tell"}  # fmt: skip
