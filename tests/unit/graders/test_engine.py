"""The engine: one grade for each call, lazily, in order, until it is stopped."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft_tui.errors import GraderSpecError
from rft_tui.graders.checks import Check
from rft_tui.graders.engine import GradingEngine, compile_grader
from rft_tui.graders.examples import EXAMPLE_TYPES, example_spec
from rft_tui.graders.kinds import GraderType
from rft_tui.graders.outcome import score_text, scored
from rft_tui.graders.registry import GRADER_TYPES
from rft_tui.graders.running import Call, GradingContext, Open, Run
from rft_tui.graders.sample import make_sample
from rft_tui.graders.spec import check_spec
from rft_tui.identity import grader_version
from rft_tui.model import JsonObject, ScoreRule
from tests.unit.judges import ScriptedJudge

IN_PROCESS = ("string_check", "text_similarity", "multi")


def calls(texts: list[str], reference: str = "gout") -> list[Call]:
    return [(make_sample(text), {"reference_answer": reference}) for text in texts]


@pytest.mark.parametrize("name", EXAMPLE_TYPES)
def test_a_compiled_grader_says_what_it_is_and_leaves_the_spec_alone(name: str) -> None:
    spec = {**example_spec(name), "kept": {"unknown": 1}}
    before = copy.deepcopy(spec)
    grader = compile_grader(spec)
    assert (grader.name, grader.type) == (spec["name"], name)
    assert grader.version == grader_version(before)
    assert grader.spec == before
    with GradingEngine(grader, item_timeout_s=10, workers=1, judge=ScriptedJudge()) as engine:
        (grade,) = engine.grade(calls(["gout"]))
    assert grade.score == 1.0
    assert spec == before


def test_what_is_wrong_is_listed() -> None:
    spec: JsonObject = {"type": "string_check", "operation": "neq", "input": 3}
    with pytest.raises(GraderSpecError) as caught:
        compile_grader(spec)
    message = caught.value.message
    assert message.startswith("string_check-neq cannot be used")
    for part in ("operation: ", "input: ", "reference: reference is missing"):
        assert part in message
    assert caught.value.hint


@pytest.mark.parametrize("name", ["score_model", "label_model", "endpoint", "nothing"])
def test_graders_that_say_too_little_are_refused(name: str) -> None:
    with pytest.raises(GraderSpecError):
        compile_grader({"type": name, "name": "n"})


@pytest.mark.parametrize("name", ["score_model", "label_model"])
def test_a_grader_that_asks_a_service_compiles_and_opens_with_a_judge_only(name: str) -> None:
    grader = compile_grader(example_spec(name))
    with pytest.raises(GraderSpecError, match=f"{name} asks a model service") as caught:
        GradingEngine(grader)
    assert "--profile" in caught.value.hint


@settings(max_examples=40)
@given(st.sampled_from(IN_PROCESS), st.lists(st.text(max_size=12), max_size=20), st.text(max_size=12))
def test_one_finite_grade_for_each_call_in_order(name: str, texts: list[str], reference: str) -> None:
    grader = compile_grader(example_spec(name))
    with GradingEngine(grader) as engine:
        together = list(engine.grade(calls(texts, reference)))
        singly = [next(engine.grade([call])) for call in calls(texts, reference)]
    assert together == singly
    assert len(together) == len(texts)
    assert all(grade.error is None and grade.score is not None and 0 <= grade.score <= 1 for grade in together)


@pytest.mark.parametrize("name", EXAMPLE_TYPES)
def test_calls_are_read_a_bounded_way_ahead(name: str) -> None:
    read = 0

    def endless() -> Iterator[Call]:
        nonlocal read
        while True:
            read += 1
            yield make_sample("gout"), {"reference_answer": "gout"}

    with GradingEngine(
        compile_grader(example_spec(name)), item_timeout_s=10, workers=1, judge=ScriptedJudge()
    ) as engine:
        grades = engine.grade(endless())
        assert [next(grades).score for _number in range(3)] == [1.0] * 3
        assert read < 5_000


@pytest.mark.parametrize("name", EXAMPLE_TYPES)
def test_a_stop_ends_it_early(name: str) -> None:
    stop = Event()

    def endless() -> Iterator[Call]:
        while True:
            yield make_sample("gout"), {"reference_answer": "gout"}

    with GradingEngine(
        compile_grader(example_spec(name)), item_timeout_s=10, workers=1, stop=stop, judge=ScriptedJudge()
    ) as engine:
        grades = engine.grade(endless())
        next(grades)
        stop.set()
        assert list(grades) == []
        assert list(engine.grade(calls(["gout"] * 10))) == []


@pytest.mark.parametrize("name", EXAMPLE_TYPES)
def test_an_engine_grades_again_after_a_grading_was_left(name: str) -> None:
    with GradingEngine(
        compile_grader(example_spec(name)), item_timeout_s=10, workers=1, judge=ScriptedJudge()
    ) as engine:
        first = engine.grade(calls(["gout"] * 300))
        next(first)
        del first
        assert [grade.score for grade in engine.grade(calls(["gout", "x"]))] == [1.0, 0.0]


def test_scores_outside_the_range_stay_and_what_is_not_finite_is_an_error() -> None:
    rule = ScoreRule(0, 1, 0.5)
    assert scored(7.0, rule, ()).score == 7.0
    assert scored(0.5, rule, ()).passed is True
    for value in (float("nan"), float("inf")):
        grade = scored(value, rule, ())
        assert (grade.score, grade.passed) == (None, None)
        assert grade.error is not None
        assert grade.error.kind == "not_a_number"


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (0.0, "0.00"),
        (1.0, "1.00"),
        (0.999, "0.999"),
        (0.42, "0.42"),
        (0.425001, "0.43"),
        (5, "5.00"),
        (-0.004, "-0.004"),
        (1e-9, "0.000000001"),
        (0.99999999, "0.99999999"),
        (1e-20, "1e-20"),
        (1e300, "1e+300"),
        (77.0, "77.00"),
    ],
)
def test_a_score_is_shown_short_and_never_as_a_mark_it_is_not(score: float, text: Any) -> None:
    assert score_text(score) == text


class _Length(GraderType):
    """A type from elsewhere: the length of the model's output."""

    name = "length"

    def check(self, check: Check, spec: JsonObject, path: str) -> None:
        check.keys(spec, path, ("most",))
        check.field(spec, path, "most", "a number")

    def derived_name(self, spec: JsonObject) -> str:
        return f"length-{spec.get('most')}"

    def compile(self, spec: JsonObject, rule: ScoreRule) -> Open:
        def open_run(context: GradingContext) -> Run:
            return lambda calls: (
                scored(len(sample["output_text"]) / spec["most"], rule, ()) for sample, _item in calls
            )

        return open_run


def test_a_new_type_is_a_class_and_one_line_of_registration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GRADER_TYPES, _Length.name, _Length())
    missing = check_spec({"type": "length"})
    assert {(problem.path, problem.kind) for problem in missing.problems} == {
        ("name", "no_name"),
        ("most", "missing_field"),
    }
    spec: JsonObject = {"type": "length", "most": 8, "pass_threshold": 0.5}
    both: JsonObject = {"type": "multi", "graders": {"long": spec}, "calculate_output": "1 - long"}
    for whole, score, passed in ((spec, 0.5, True), (both, 0.5, None)):
        with GradingEngine(compile_grader(whole)) as engine:
            (grade,) = engine.grade(calls(["gout"]))
        assert (grade.score, grade.passed) == (score, passed)
