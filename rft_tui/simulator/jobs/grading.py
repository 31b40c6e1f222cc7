"""Scores of a simulated evaluation: the job's own grader really grades, as far as it can here."""

from __future__ import annotations

from threading import Event

from rft_tui.errors import RftError
from rft_tui.graders.engine import GradingEngine, compile_grader
from rft_tui.graders.sample import make_sample
from rft_tui.model import Grade, JsonObject, ScoreRule
from rft_tui.simulator.jobs.agreeing import Score
from rft_tui.simulator.jobs.rows import Rows
from rft_tui.simulator.lexical import likeness
from rft_tui.simulator.lexical_judge import LexicalJudge

MOST_GRADED = 2_000
"""Answers that are graded for one request; those beyond get a lexical score."""

MOST_SCORES = 50_000
"""Scores of a job that are remembered."""

_ITEM_TIMEOUT_S = 5.0


def scores_of(
    grader: JsonObject, rule: ScoreRule, rows: Rows, answers: list[tuple[int, str]], stop: Event
) -> list[Score]:
    """The scores of some answers, each with the place of its validation row.

    What cannot be graded here, because a library or a model is missing, gets the share of words that it has in common
    with the reference. Blocks while python graders run; `stop` ends it early.
    """
    wanted = [one for one in dict.fromkeys(answers) if one not in rows.scores][:MOST_GRADED]
    for answer, grade in zip(wanted, _graded(grader, rows, wanted, stop), strict=False):
        if grade.error is None and grade.score is not None and len(rows.scores) < MOST_SCORES:
            children = {name: score for name, score in grade.sub_scores.items() if score is not None}
            rows.scores[answer] = Score(grade.score, children)
    return [rows.scores.get(answer) or _lexical(rule, rows, answer) for answer in answers]


def _graded(grader: JsonObject, rows: Rows, answers: list[tuple[int, str]], stop: Event) -> list[Grade]:
    if not answers:
        return []
    calls = [(make_sample(text), rows.validation[place][1]) for place, text in answers]
    try:
        compiled = compile_grader(grader)
        with GradingEngine(
            compiled, item_timeout_s=_ITEM_TIMEOUT_S, workers=1, stop=stop, judge=LexicalJudge()
        ) as engine:
            return list(engine.grade(calls))
    except (RftError, ImportError):
        return []


def _lexical(rule: ScoreRule, rows: Rows, answer: tuple[int, str]) -> Score:
    place, text = answer
    shared = likeness(rows.validation[place][2].reference, text)
    return Score(round(rule.low + shared * (rule.high - rule.low), 4), {})
