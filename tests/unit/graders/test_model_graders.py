"""Model graders: what a judge is asked, what becomes of its answers, and asking several questions at once."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event, Timer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.graders.ask_ahead import HELD_WINDOWS
from rft_tui.graders.engine import GradingEngine, compile_grader, grade_one
from rft_tui.graders.examples import example_spec
from rft_tui.graders.judge import JudgeCall, JudgeReply
from rft_tui.graders.judge_answers import SCORE_SCHEMA
from rft_tui.graders.running import Call
from rft_tui.graders.sample import make_sample
from rft_tui.model import Grade, GradeError, JsonObject
from tests.unit.judges import STEPS, USE, ScriptedJudge, judged_spec, reply


def graded(spec: JsonObject, answer: JudgeReply, text: str = "gout", **item: Any) -> Grade:
    judge = ScriptedJudge(lambda _call: answer)
    return grade_one(compile_grader(spec), make_sample(text), {"reference_answer": "gout", **item}, judge=judge)


def calls(count: int) -> list[Call]:
    return [(make_sample(str(number)), {"reference_answer": "r"}) for number in range(count)]


def by_number(call: JudgeCall) -> JudgeReply:
    return reply({"result": int(call.messages[-1]["content"].rpartition(": ")[2]), "steps": []})


def asked(content: Any, sample: JsonObject, **item: Any) -> Any:
    """What a judge gets to see of one user message."""
    judge = ScriptedJudge(lambda _call: reply({"result": 1, "steps": []}))
    spec = judged_spec(input=[{"role": "user", "content": content}])
    found = grade_one(compile_grader(spec), sample, item, judge=judge)
    return judge.calls[0].messages[0]["content"] if judge.calls else found.error


def test_a_question_holds_what_the_grader_says_and_nothing_else() -> None:
    sampling = {"temperature": 0, "max_completions_tokens": 50, "seed": None, "reasoning_effort": "low", "own": [1]}
    messages = [
        {"type": "message", "role": "developer", "content": "Compare."},
        {"role": "assistant", "content": [{"type": "output_text", "text": "Yes."}, "No."]},
        {"role": "user", "content": {"type": "input_text", "text": "{{item.n}} {{sample.output_text}}"}},
    ]
    judge = ScriptedJudge(lambda _call: reply({"result": 1, "steps": []}))
    spec = judged_spec(model="judge-x", input=messages, sampling_params=sampling)
    grade_one(compile_grader(spec), make_sample("{{item.n}}"), {"n": [1, "é"]}, judge=judge)
    (call,) = judge.calls
    assert (call.model, call.sampling, call.repeat) == ("judge-x", sampling, 0)
    assert call.schema == SCORE_SCHEMA
    assert call.messages == [
        {"role": "developer", "content": "Compare."},
        {"role": "assistant", "content": [{"type": "text", "text": "Yes."}, {"type": "text", "text": "No."}]},
        {"role": "user", "content": '[1,"é"] {{item.n}}'},
    ]


def test_every_content_form_is_filled_in_and_put_in_chat_form() -> None:
    sample = make_sample("answer") | {"output_audio": {"data": "UklG"}}
    content = [
        "bare {{item.a}}",
        {"type": "input_text", "text": "in {{item.a}}", "prompt_cache_breakpoint": {"mode": "explicit"}},
        {"type": "output_text", "text": "out {{sample.output_text}}"},
        {"type": "input_image", "image_url": "{{ item.url }}", "detail": "low", "file_id": None},
        {"type": "input_image", "image_url": "data:image/png;base64,{{item.a}}", "detail": None},
        {"type": "input_audio", "input_audio": {"data": "{{ sample.output_audio.data }}", "format": "wav"}},
    ]
    assert asked(content, sample, a="A", url="https://x/y.png") == [
        {"type": "text", "text": "bare A"},
        {"type": "text", "text": "in A", "prompt_cache_breakpoint": {"mode": "explicit"}},
        {"type": "text", "text": "out answer"},
        {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,A"}},
        {"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}},
    ]
    assert asked({"type": "input_image", "image_url": "x"}, sample) == [
        {"type": "image_url", "image_url": {"url": "x"}}
    ]


@pytest.mark.parametrize(
    "content",
    [
        "{{item.missing}}",
        [{"type": "output_text", "text": "{{sample.output_tools[0]}}"}],
        {"type": "input_image", "image_url": "{{item.empty}}"},
        {"type": "input_audio", "input_audio": {"data": "{{sample.output_audio.data}}", "format": "mp3"}},
    ],
)
def test_what_is_missing_is_an_error_and_nothing_is_asked(content: Any) -> None:
    found = asked(content, make_sample("x"), empty=" ")
    assert isinstance(found, GradeError)
    assert found.kind == "invalid_variable_error"


def test_the_grade_has_score_steps_and_use() -> None:
    found = graded(judged_spec(pass_threshold=0.5), reply({"result": 0.5, "steps": STEPS}))
    assert found == Grade(0.5, True, {}, ("the judge gave 0.50", "compared both → the same"), judged=(USE,))


@pytest.mark.parametrize(("result", "score"), [(7, 5.0), (-1e300, 1.0), (1, 1.0), (5, 5.0), (3.5, 3.5)])
def test_a_result_is_clipped_to_the_range_and_it_is_said(result: float, score: float) -> None:
    found = graded(judged_spec(range=[1, 5], pass_threshold=4), reply({"result": result, "steps": []}))
    assert (found.score, found.passed) == (score, score >= 4)
    assert ("clipped" in found.steps[0]) == (result != score)


def test_how_an_answer_was_read_is_marked() -> None:
    found = graded(judged_spec(), reply("Result: 0.5", "text"))
    assert found.score == 0.5
    assert found.steps == ("the judge gave 0.50", "read from a number behind its name in a text")
    assert found.judged[0].note == "read from a number behind its name in a text"
    assert found.judged[0].cost == USE.cost


@pytest.mark.parametrize("kind", ["model_grader_refusal_error", "model_grader_exceeded_max_tokens_error"])
def test_an_error_of_the_judge_stays_one_and_is_counted(kind: str) -> None:
    answer = JudgeReply('{"result": 1, "steps": []}', USE, error=GradeError(kind, "no\nway"))
    found = graded(judged_spec(), answer)
    assert (found.score, found.error, found.judged) == (None, GradeError(kind, "no way"), (USE,))
    unread = graded(judged_spec(), reply("I cannot say"))
    assert unread.score is None
    assert unread.error is not None
    assert unread.judged == (USE,)


@pytest.mark.parametrize(("label", "score"), [("correct", 1.0), ("partly", 0.0), ("wrong", 0.0)])
def test_a_passing_label_counts_one(label: str, score: float) -> None:
    found = graded(example_spec("label_model"), reply({"steps": STEPS, "label": label}))
    assert (found.score, found.passed) == (score, score == 1.0)
    assert found.steps[0].startswith(f"the judge's label is {label}, which")
    assert found.judged == (USE,)


def test_grades_come_in_order_though_answers_do_not() -> None:
    def put(number: int) -> None:
        if number % 3 == 2:
            for earlier in (number, number - 1, number - 2):
                judge.release(earlier)

    judge = ScriptedJudge(by_number, window=3, waits=True, put=put)
    with GradingEngine(compile_grader(judged_spec(range=[0, 100])), judge=judge) as engine:
        assert [one.score for one in engine.grade(calls(30))] == list(range(30))
    assert judge.most == 3


def test_a_slow_question_in_front_does_not_hold_up_those_behind() -> None:
    def put(number: int) -> None:
        if number:
            judge.release(number)
        if number == most - 1:
            judge.release(0)

    most = HELD_WINDOWS * 2
    judge = ScriptedJudge(by_number, window=2, waits=True, put=put)
    with GradingEngine(compile_grader(judged_spec(range=[0, 100])), judge=judge) as engine:
        grades = engine.grade(calls(30))
        assert next(grades).score == 0
        assert len(judge.calls) == most
        assert [one.score for one in grades] == list(range(1, 30))
    assert judge.most == 2


def test_a_stop_begins_nothing_more_and_gives_up_what_is_open() -> None:
    stop = Event()
    judge = ScriptedJudge(by_number, window=5, waits=True, put=lambda number: stop.set() if number == 2 else None)
    with GradingEngine(compile_grader(judged_spec()), stop=stop, judge=judge) as engine:
        assert list(engine.grade(calls(10))) == []
    assert len(judge.calls) == 3
    assert all(future.cancelled() for future in judge.open.values())


def test_a_stop_ends_the_wait_for_an_answer() -> None:
    stop = Event()
    timer = Timer(0.02, stop.set)
    judge = ScriptedJudge(by_number, window=2, waits=True, put=lambda number: timer.start() if number else None)
    with GradingEngine(compile_grader(judged_spec()), stop=stop, judge=judge) as engine:
        assert list(engine.grade(calls(10))) == []
    timer.join()
    assert len(judge.calls) == 2


def test_a_grading_that_is_left_gives_up_what_is_open() -> None:
    judge = ScriptedJudge(by_number, window=3)
    with GradingEngine(compile_grader(judged_spec(range=[0, 9])), judge=judge) as engine:
        grades = engine.grade(endless())
        assert next(grades).score == 0
        judge.waits = True
        assert next(grades).score == 1
        del grades
    assert all(future.cancelled() for future in judge.open.values())
    assert len(judge.calls) <= 3 * HELD_WINDOWS + 2


def endless() -> Iterator[Call]:
    number = 0
    while True:
        yield make_sample(str(number)), {"reference_answer": "r"}
        number += 1


def test_a_question_that_the_judge_gave_up_is_an_error() -> None:
    def put(number: int) -> None:
        judge.open[number].cancel()

    judge = ScriptedJudge(by_number, window=1, waits=True, put=put)
    with GradingEngine(compile_grader(judged_spec()), judge=judge) as engine:
        (found,) = engine.grade(calls(1))
    assert found.error is not None
    assert found.error.kind == "model_grader_server_error"


ANSWERS = st.one_of(
    st.floats(-10, 10).map(lambda number: reply({"result": number, "steps": []})),
    st.sampled_from([reply("x"), reply("0.5", "text"), JudgeReply("", USE, error=GradeError("k", "m"))]),
)


@given(st.lists(st.one_of(ANSWERS, st.none()), max_size=20), st.integers(0, 5))
def test_one_grade_for_each_call_and_no_score_outside_the_range(answers: list[JudgeReply | None], window: int) -> None:
    wanted = iter([each for each in answers if each is not None])
    judge = ScriptedJudge(lambda _call: next(wanted), window)
    spec = judged_spec(range=[0, 2])
    rows = [(make_sample("x"), {} if each is None else {"reference_answer": "r"}) for each in answers]
    with GradingEngine(compile_grader(spec), judge=judge) as engine:
        grades = list(engine.grade(rows))
    assert len(grades) == len(answers)
    for found, given_answer in zip(grades, answers, strict=True):
        assert (found.score is None) == (found.error is not None)
        assert found.score is None or 0 <= found.score <= 2
        assert len(found.judged) == (given_answer is not None)
