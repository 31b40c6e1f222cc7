"""How hard rows are for a base: figures by hand, ways that are not mixed, and nothing made of nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.model import Prompt, ScoreRule
from rft_tui.store.database import Store
from rft_tui.tasks.jobs.preflight.base_runs import _summed, same_effort
from rft_tui.tasks.jobs.preflight.checks import preflight
from rft_tui.tasks.jobs.preflight.facts import PartDifficulty
from rft_tui.tasks.jobs.preflight.gather import gather
from tests.unit.tasks.jobs.preflight.desk import ELSEWHERE, TODAY, findings, graded_base, only
from tests.unit.tasks.jobs.requests import EXACT, a_request, add_rows, questions, two_parts

REQUEST = a_request(model="o9")
PROMPT = Prompt("p", "P.", "a" * 32)


def difficulties(store: Store) -> dict[str, tuple[str, str]]:
    """State and message for each part."""
    found = findings(store, REQUEST)["difficulty"]
    return {str(one.evidence.get("part", "?")): (one.state, one.message) for one in found}


def test_shares_by_hand(store: Store) -> None:
    two_parts(store, 4, 12)
    graded_base(store, "train", [[1, 1], [1, 0], [0, 0], [1, None]])
    finding = findings(store, REQUEST)["difficulty"][0]
    assert finding.evidence == {
        "part": "training", "rows": 4, "graded": 4, "runs": [1, 2], "mean": 0.625, "never": 1, "sometimes": 1,
        "always": 2, "learnable_share": 0.25, "errors": 1, "run_ids": [1, 2], "simulated": False,
    }  # fmt: skip
    assert finding.state == "ok"
    assert "solved never 25%, sometimes 25%, always 50%" in finding.message
    assert "1 grades are errors" in finding.message
    assert not findings(store, REQUEST)["difficulty"][1].is_known


@pytest.mark.parametrize(
    ("scores", "state", "said"),
    [
        ([[0, 0]] * 9 + [[1, 0]], "warning", "no reward to learn from"),
        ([[1, 1]] * 9 + [[1, 1]], "warning", "nothing to learn"),
        ([[1, 1]] * 5 + [[0, 0]] * 4 + [[1, 0]], "warning", "few rows give a signal"),
        ([[1, 0]] * 4, "warning", "less than half"),
        ([[1], [0]] * 5, "warning", "too few runs"),
        ([[1, 0], [1, 1]] * 5, "ok", ""),
    ],
)
def test_what_speaks_against_a_start(store: Store, scores: list[list[float]], state: str, said: str) -> None:
    two_parts(store, 10, 12)
    graded_base(store, "train", scores)
    found = difficulties(store)["training"]
    assert found[0] == state
    assert said in found[1]


def test_graded_scores_of_which_none_passes_may_still_be_learned_from(store: Store) -> None:
    two_parts(store, 4, 12)
    judge = {"type": "score_model", "name": "j", "model": "j", "range": [0, 100], "pass_threshold": 90, "input": []}
    graded_base(store, "train", [[20, 60], [30, 30], [50, 80], [10, 90]], grader=judge)
    finding = findings(store, a_request(model="o9", grader=judge))["difficulty"][0]
    assert finding.evidence["learnable_share"] == 0.75
    assert (finding.evidence["never"], finding.evidence["sometimes"]) == (3, 1)
    assert finding.evidence["mean"] == pytest.approx(46.25)
    assert finding.state == "ok"


def test_rows_that_were_asked_in_another_dataset_count(store: Store) -> None:
    add_rows(store, "all", [*questions(10, "T"), *questions(10, "V")])
    two_parts(store, 10, 10)
    graded_base(store, "all", [[1, 0]] * 20)
    assert [message[1].split(";")[0] for message in difficulties(store).values()] == [
        "base mean 0.50 over 10 of 10 rows, 2 runs each"
    ] * 2


def test_the_same_answers_in_two_datasets_count_once(store: Store) -> None:
    two_parts(store, 10, 12)
    add_rows(store, "all", [*questions(10, "T"), *questions(3, "X")])
    graded_base(store, "train", [[1, 0]] * 10)
    graded_base(store, "all", [[1, 0]] * 10)
    assert findings(store, REQUEST)["difficulty"][0].evidence["runs"] == [2, 2]


def test_runs_asked_as_the_job_asks_go_before_others(store: Store) -> None:
    two_parts(store, 10, 12)
    graded_base(store, "train", [[1, 1]] * 10)
    graded_base(store, "train", [[1, 0]] * 8, prompt=PROMPT, effort="medium")
    found = findings(store, a_request(model="o9", hyperparameters={"reasoning_effort": "medium"}), prompt=PROMPT)
    assert found["difficulty"][0].evidence["mean"] == 0.5
    assert only(found, "same_way").state == "ok"
    other = findings(store, a_request(model="o9", hyperparameters={"reasoning_effort": "low"}), prompt=PROMPT)
    assert other["difficulty"][0].evidence["mean"] == 1.0
    said = only(other, "same_way")
    assert said.state == "warning"
    assert "prompt p@aaaa, effort low" in said.message
    assert "no prompt, default effort; prompt p@aaaa, effort medium" in said.message


def test_the_place_of_the_prompt_counts(store: Store) -> None:
    two_parts(store, 4, 12)
    graded_base(store, "train", [[1, 0]] * 4, prompt=PROMPT, parameters=json.dumps({"prompt_role": "developer"}))
    assert only(findings(store, REQUEST, prompt=PROMPT), "same_way").state == "warning"
    as_developer = a_request(model="o9", as_developer=True)
    assert only(findings(store, as_developer, prompt=PROMPT), "same_way").state == "ok"


def test_a_default_is_what_it_stands_for() -> None:
    assert same_effort("", "medium", "o4-mini")
    assert not same_effort("", "high", "o4-mini")
    assert not same_effort("", "medium", "of-somebody")


def test_dated_names_and_aliases_are_one_base(store: Store) -> None:
    two_parts(store, 4, 12)
    graded_base(store, "train", [[1, 0]] * 4, model="o9-2026-01-01")
    assert "training" in difficulties(store)


def test_without_graded_runs_nothing_is_known(store: Store) -> None:
    two_parts(store)
    found = findings(store, REQUEST)
    assert not only(found, "difficulty").is_known
    assert "same_way" not in found
    assert "rft-tui predict " in only(found, "difficulty").hint
    assert only(found, "difficulty").hint.endswith("--model o9 --runs 3 --then-grade exact.")
    graded_base(store, "train", [[1, 0]] * 4, model="another")
    assert not only(findings(store, REQUEST), "difficulty").is_known
    graded_base(store, "train", [[1, 0]] * 4, grader=EXACT | {"operation": "like"})
    assert not only(findings(store, REQUEST), "difficulty").is_known


def test_simulated_runs_are_marked(store: Store) -> None:
    two_parts(store, 4, 12)
    graded_base(store, "train", [[1, 0]] * 4)
    with store.write() as db:
        db.execute("UPDATE run SET simulated = 1")
    assert difficulties(store)["training"][1].startswith("SIMULATED: ")
    facts = gather(store, REQUEST, ELSEWHERE, today=TODAY)
    assert preflight(facts).as_json()["simulated"] is True


@given(st.lists(st.lists(st.sampled_from([0.0, 0.25, 1.0]), min_size=1, max_size=5), min_size=1, max_size=20))
def test_shares_add_up(rows: list[list[float]]) -> None:
    found = [
        (n, len(one), sum(score >= 0.5 for score in one), sum(one) / len(one), sum(s * s for s in one) / len(one), 0)
        for n, one in enumerate(rows)
    ]
    summed = _summed("train", len(rows), found, ScoreRule())  # type: ignore[arg-type]
    assert isinstance(summed, PartDifficulty)
    assert summed.never + summed.sometimes + summed.always == summed.graded == len(rows)
    assert summed.learnable == sum(len(set(one)) > 1 for one in rows)
    assert summed.sometimes <= summed.learnable
    assert 0 <= summed.share <= 1
