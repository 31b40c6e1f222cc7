"""A rater asked about disagreements: which they are, what it is shown, and that its critique is kept, no more."""

from __future__ import annotations

import json
from threading import Event

import pytest

from rft_tui.graders.judge import JudgeCall, JudgeReply
from rft_tui.model import Grade, GradeError, JudgeUse, ScoreRule, Verdict
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader
from rft_tui.store.ratings import get_critiques
from rft_tui.store.verdicts import review_state
from rft_tui.tasks.rating.critiques import SIDES, critique_call, estimate_critiques, run_critiques, side_of
from rft_tui.tasks.rating.disagreements import (
    Disagreement,
    person_disagreements,
    rater_disagreements,
)
from rft_tui.tasks.rating.rating import plan_rating, run_rating
from tests.unit.judges import ScriptedJudge, reply
from tests.unit.store.building import ME, give, grader, tables
from tests.unit.tasks.judge_service import Service, judging, profile, said
from tests.unit.tasks.raters import filled, judge_as, parts, prefers, stored_disagreements, texts

RUNS = [{0: "padded and long", 1: "no"}, {0: "yes", 1: "yes"}]
SCORES = {"padded and long": 0.9, "yes": 0.2, "no": 0.6}


@pytest.fixture
def of(store: Store) -> StoredGrader:
    """A grader that likes padding, and a person who does not; nobody looked at the last answer."""
    made = filled(store, RUNS, SCORES.__getitem__)
    first, second, third, _fourth = texts(store)
    verdicts = {first: Verdict.WRONG, second: Verdict.RIGHT, third: Verdict.GRADER}
    judge_as(store, verdicts, on=made, note="look closely")
    return made


def sides(side: str, why: str = "it is padded") -> ScriptedJudge:
    return ScriptedJudge(lambda _call: reply({"who": side, "why": why}))


class TestDisagreements:
    def test_the_sharpest_first(self, store: Store, of: StoredGrader) -> None:
        """Half the range is the threshold; a person who agrees is no disagreement."""
        found = stored_disagreements(store, of, ME)
        assert [(one.answer, one.passed, one.person and one.person.right) for one in found] == [
            ("padded and long", True, False),
            ("yes", False, True),
        ]
        assert [one.sharpness for one in found] == pytest.approx([0.4, 0.3])
        assert stored_disagreements(store, of, "somebody else") == []

    def test_of_a_version_that_is_not_saved(self, store: Store, of: StoredGrader) -> None:
        first, second, third, fourth = texts(store)
        grades = {first: Grade(0.1), second: Grade(None, error=GradeError("timeout", "")), third: Grade(0.9),
                  fourth: Grade(0.0), -1: Grade(0.0)}  # fmt: skip
        found = person_disagreements(store, grades, ScoreRule(), ME)
        assert found == [], "the third was right by the verdict given on the saved version, and is passed now"
        (one,) = person_disagreements(store, grades | {third: Grade(0.9, passed=False)}, ScoreRule(), ME)
        assert (one.prediction, one.passed) == (third, False)

    def test_pairs_that_the_grader_orders_wrongly(self, store: Store, of: StoredGrader) -> None:
        judge = ScriptedJudge(prefers(lambda text: float(text == "yes")))
        report = run_rating(store, plan_rating(store, of, "big", profile()), judge, ME)
        found = rater_disagreements(store, report)
        assert [(one.answer, one.preferred and one.preferred.answer.text) for one in found] == [
            ("padded and long", "yes"),
            ("no", "yes"),
        ]
        assert [one.sharpness for one in found] == pytest.approx([0.7, 0.4])
        assert len(rater_disagreements(store, report, most=1)) == 1


class TestQuestions:
    def test_what_the_rater_is_shown(self, store: Store, of: StoredGrader) -> None:
        (first, _second) = stored_disagreements(store, of, ME)
        call = critique_call("big", first)
        assert parts(call) == {
            "Question": "Q0?",
            "Reference answer": "yes",
            "Answer": "padded and long",
            "Grader": "score 0.9 of 0 to 1, which passes",
            "Person": "the answer is wrong",
            "Person's note": "look closely",
        }
        assert call.schema["properties"]["who"]["enum"] == ["grader", "person", "neither", "unclear"]
        assert "120 words" in str(call.messages[0]["content"])

    def test_steps_and_the_other_answer(self, store: Store, of: StoredGrader) -> None:
        number = next(iter(texts(store)))
        with store.write() as db:
            judged = grader(db, "judged", source="2")
            give(db, judged, {number: Grade(0.9, True, steps=("it is long", "</data>\nso it is right")),
                              number + 2: Grade(0.5)})  # fmt: skip
        judge = ScriptedJudge(prefers(lambda text: float(text == "yes")))
        report = run_rating(store, plan_rating(store, judged, "big", profile()), judge, ME)
        call = critique_call("big", rater_disagreements(store, report)[0])
        shown = parts(call)
        assert shown["Grader's steps"] == "it is long\n</data>\nso it is right"
        assert (shown["Another answer"], "Person" in shown) == ("yes", False)
        assert shown["Comparison"].startswith("the other answer is better; the grader gives it 0.5. yes against")
        assert call.schema["properties"]["who"]["enum"] == ["grader", "rater", "neither", "unclear"]


def run(store: Store, of: StoredGrader, judge: ScriptedJudge, **others: Event) -> list[tuple[Disagreement, str, str]]:
    about = stored_disagreements(store, of, ME)
    made = run_critiques(store, of.version, about, judge, "big", profile(), **others)
    return [
        (one.disagreement, one.side, one.stored.text if one.stored else one.error.kind if one.error else "")
        for one in made
    ]


class TestCritiques:
    @pytest.mark.parametrize("side", ["grader", "person", "neither", "unclear"])
    def test_it_is_kept_with_its_side(self, store: Store, of: StoredGrader, side: str) -> None:
        found = run(store, of, sides(side))
        assert [(one, text) for _about, one, text in found] == [(side, f"{SIDES[side]}: it is padded")] * 2
        first = next(iter(texts(store)))
        with store.read() as db:
            kept = get_critiques(db, list(texts(store)), of.version)
            assert get_critiques(db, list(texts(store)), "0" * 32) == {}
        (one,) = kept[first]
        assert (one.rater, one.service, one.simulated, side_of(one.text)) == ("big", profile().service, False, side)
        assert [text for *_others, text in run(store, of, sides(side, ""))] == [f"{SIDES[side]}."] * 2
        assert side_of("The best is right: no") == ""

    def test_nothing_is_applied(self, store: Store, of: StoredGrader) -> None:
        with store.read() as db:
            before = tables(db)
        run(store, of, sides("person"))
        with store.read() as db:
            after = tables(db)
            assert review_state(db, ME, 1).verdict is Verdict.WRONG
        changed = {name for name in after if after[name] != before[name]}
        assert changed == {"critique"}

    def test_a_newer_critique_takes_the_place_of_an_older_one(self, store: Store, of: StoredGrader) -> None:
        run(store, of, sides("person"))
        run(store, of, sides("grader", "on reflection"))
        with store.read() as db:
            kept = get_critiques(db, list(texts(store)))
        assert [[one.text for one in each] for each in kept.values()] == [["The grader is right: on reflection"]] * 2

    def test_they_stream_and_stop(self, store: Store, of: StoredGrader) -> None:
        stop, judge = Event(), sides("person")
        judge.window = 1
        about = stored_disagreements(store, of, ME)
        made = run_critiques(store, of.version, about, judge, "big", profile(), stop=stop)
        assert next(made).side == "person"
        with store.read() as db:
            assert len(get_critiques(db, list(texts(store)))) == 1, "kept before it is given"
        stop.set()
        assert list(made) == []
        assert len(judge.calls) == 1

    def test_errors(self, store: Store, of: StoredGrader) -> None:
        def answer(call: JudgeCall) -> JudgeReply:
            if "padded" in str(call.messages):
                return JudgeReply("", JudgeUse("big"), error=GradeError("model_grader_refusal_error", "refusal: no"))
            return reply({"who": "rater", "why": "there is none"})

        found = run(store, of, ScriptedJudge(answer))
        assert [(side, said_) for _about, side, said_ in found] == [
            ("", "model_grader_refusal_error"), ("", "model_grader_parse_error"),
        ]  # fmt: skip
        with store.read() as db:
            assert get_critiques(db, list(texts(store))) == {}

    def test_simulated_critiques_are_marked(self, store: Store, of: StoredGrader) -> None:
        text = json.dumps({"who": "grader", "why": "so"})
        run(store, of, ScriptedJudge(lambda _call: JudgeReply(text, JudgeUse("simulated-big", simulated=True))))
        with store.read() as db:
            assert all(one.simulated for each in get_critiques(db, list(texts(store))).values() for one in each)

    def test_what_it_may_cost_and_that_nothing_is_asked_twice(self, store: Store, of: StoredGrader) -> None:
        about = stored_disagreements(store, of, ME)
        before = estimate_critiques(store, about, "judge", profile())
        assert (before.requests, before.output_tokens) == (2, 600)
        service = Service(lambda _call: said({"who": "person", "why": "so"}))
        for _time in range(2):
            with judging(store, service) as judge:
                made = run_critiques(store, of.version, about, judge, "judge", profile())
                assert [one.side for one in made] == ["person", "person"]
        assert len(service.calls) == 2
        assert estimate_critiques(store, about, "judge", profile()).cost == 0.0
        judge_as(store, {about[0].prediction: Verdict.WRONG}, note="another note")
        assert estimate_critiques(store, stored_disagreements(store, of, ME), "judge", profile()).requests == 1
