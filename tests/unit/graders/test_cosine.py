"""cosine: embeddings made by a service, what they come to, and vectors that come to nothing."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import GraderSpecError
from rft_tui.graders.cosine import cosine_similarity
from rft_tui.graders.engine import GradingEngine, compile_grader, grade_one
from rft_tui.graders.judge import EmbeddingReply
from rft_tui.graders.sample import make_sample
from rft_tui.model import Grade, GradeError
from tests.unit.judges import USE, ScriptedJudge

SPEC: dict[str, Any] = {
    "type": "text_similarity",
    "name": "near",
    "evaluation_metric": "cosine",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference_answer}}",
    "pass_threshold": 0.5,
}


def graded(text: str, reference: str, judge: ScriptedJudge | None = None, **more: Any) -> Grade:
    grader = compile_grader({**SPEC, **more})
    return grade_one(grader, make_sample(text), {"reference_answer": reference}, judge=judge or ScriptedJudge())


def test_both_texts_are_embedded_together() -> None:
    judge = ScriptedJudge()
    found = graded("aab", "ab", judge)
    assert judge.embedded == [("text-embedding-3-large", ["aab", "ab"])]
    assert found.score == pytest.approx(3 / (5**0.5 * 2**0.5))
    assert (found.passed, found.judged) == (True, (USE,))
    assert found.steps == ("cosine 0.95 (text-embedding-3-large)",)
    assert graded("ab", "aabb").score == 1.0
    graded("a", "b", judge, embedding_model="mine")
    assert judge.embedded[-1][0] == "mine"


def test_it_needs_a_judge() -> None:
    with pytest.raises(GraderSpecError, match="cosine asks a model service"):
        GradingEngine(compile_grader(SPEC))


def test_below_zero_counts_zero_and_it_is_said() -> None:
    judge = ScriptedJudge(vectors=lambda _texts: EmbeddingReply(((1.0, 0.0), (-1.0, 1.0)), USE))
    found = graded("a", "b", judge)
    assert (found.score, found.passed) == (0.0, False)
    assert found.steps == ("cosine -0.71 (text-embedding-3-large), clipped to 0.00",)


@pytest.mark.parametrize(
    "vectors",
    [(), ((1.0,),), ((1.0,),) * 3, ((), ()), ((1.0, 2.0), (1.0,)), ((0.0, 0.0), (1.0, 0.0)), ((nan,), (1.0,)),
     ((inf,), (1.0,)), ((1e308,) * 4, (1.0,) * 4)],
)  # fmt: skip
def test_vectors_without_a_cosine_are_errors(vectors: tuple[tuple[float, ...], ...]) -> None:
    found = graded("a", "b", ScriptedJudge(vectors=lambda _texts: EmbeddingReply(vectors, USE)))
    assert found.score is None
    assert found.error is not None
    assert found.error.kind == "other_error"
    assert found.judged == (USE,)


def test_an_error_of_the_service_stays_one() -> None:
    error = GradeError("model_grader_server_error", "down")
    judge = ScriptedJudge(vectors=lambda _texts: EmbeddingReply((), USE, error))
    assert graded("a", "b", judge).error == error


@pytest.mark.parametrize(("text", "reference"), [("", "a"), ("a", " \n")])
def test_an_empty_text_is_not_asked_about(text: str, reference: str) -> None:
    judge = ScriptedJudge()
    found = graded(text, reference, judge)
    assert found.error is not None
    assert judge.embedded == []


def test_a_missing_field_is_not_asked_about_and_the_next_is() -> None:
    judge = ScriptedJudge(window=2)
    rows = [
        (make_sample("ab"), {"reference_answer": "ab"}),
        (make_sample("a"), {}),
        (make_sample("a"), {"reference_answer": "b"}),
    ]
    with GradingEngine(compile_grader(SPEC), judge=judge) as engine:
        scores = [one.score for one in engine.grade(rows)]
    assert scores == [1.0, None, 0.0]
    assert len(judge.embedded) == 2


NUMBERS = st.floats(-1e6, 1e6).filter(lambda number: number == 0 or abs(number) > 1e-6)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=20), st.floats(0.001, 1000))
def test_a_cosine_is_symmetric_and_knows_no_lengths(pairs: list[tuple[float, float]], factor: float) -> None:
    left, right = (tuple(column) for column in zip(*pairs, strict=True))
    try:
        found = cosine_similarity(left, right)
    except ValueError:
        assert not any(left) or not any(right)
        return
    assert -1 <= found <= 1
    assert found == cosine_similarity(right, left)
    assert cosine_similarity([number * factor for number in left], right) == pytest.approx(found, abs=1e-8)
    assert cosine_similarity(left, left) == 1.0
