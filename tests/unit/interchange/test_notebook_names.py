from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.interchange.foreign import FileClaims, KnownNames
from rft_tui.interchange.notebook_names import (
    EFFORTS,
    carries_no_items,
    heads_of,
    parse_name,
)

word = st.text("abcxyz0189.-:", min_size=1, max_size=6).filter(lambda text: text not in EFFORTS)
words = st.lists(word, min_size=1, max_size=3).map("_".join)
any_words = st.lists(word | st.sampled_from(sorted(EFFORTS)), min_size=1, max_size=3).map("_".join)
claims = st.builds(
    FileClaims, word, word, words, st.sampled_from(sorted(EFFORTS)), any_words, st.integers(1, 99), st.just(value=True)
)


def raw_name(claims: FileClaims) -> str:
    """The name that the family gives to a file of raw predictions."""
    run = claims.run_index or 1
    return f"{claims.subset}_{claims.prompt}_{claims.model}_{claims.effort}_predictions_run{run}.json"


def scored_name(claims: FileClaims) -> str:
    """The name that the family gives to a file of scored predictions."""
    head = f"{claims.subset}_{claims.prompt}_{claims.model}_{claims.effort}_{claims.grader}"
    return f"{head}_predictions_run_{claims.run_index or 1}_scored.json"


@given(claims)
def test_a_scored_name_comes_back_whole(made: FileClaims) -> None:
    assert parse_name(scored_name(made)) == made


@given(claims)
def test_a_raw_name_comes_back_whole(made: FileClaims) -> None:
    read = parse_name(raw_name(made))
    assert read == FileClaims(made.subset, made.prompt, made.model, made.effort, "", made.run_index, scored=False)


@given(words, words, any_words, st.sampled_from(sorted(EFFORTS)), any_words, st.integers(1, 99))
def test_known_names_decide_where_every_part_holds_underscores(
    subset: str, prompt: str, model: str, effort: str, grader: str, run: int
) -> None:
    made = FileClaims(subset, prompt, model, effort, grader, run, scored=True)
    known = KnownNames(
        frozenset({f"questions_{subset}"}), frozenset({prompt}), frozenset({model}), heads_of([raw_name(made)])
    )
    read = parse_name(scored_name(made), known)
    assert read is not None
    assert (read.model, read.effort, read.grader, read.run_index) == (model, effort, grader, run)
    assert f"{read.subset}_{read.prompt}" == f"{subset}_{prompt}"


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(name: str) -> None:
    parse_name(name)
    parse_name(f"{name}_predictions_run1.json")


def test_the_worst_name_is_read_soon() -> None:
    assert parse_name("_".join(["low"] * 55) + "_predictions_run_1_scored.json") is not None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "train_simple_qwen-coder-0.5b_default_predictions_run2.json",
            FileClaims("train", "simple", "qwen-coder-0.5b", "default", "", 2),
        ),
        (
            "val_agent_ft:gpt-4.1:org:my_run:x_none_multi_grader_predictions_run_1_scored.json",
            FileClaims("val", "agent", "ft:gpt-4.1:org:my_run:x", "none", "multi_grader", 1, scored=True),
        ),
        ("val_plain_gpt-4o_predictions.json", FileClaims("val", "plain", "gpt-4o", "", "", None)),
        ("gpt-4o_low_predictions_run1.json", FileClaims("", "", "gpt-4o", "low", "", 1)),
        ("predictions.json", FileClaims()),
    ],
)
def test_names_as_they_occur(name: str, expected: FileClaims) -> None:
    assert parse_name(name) == expected


def test_names_of_other_files_are_not_read() -> None:
    assert parse_name("train_simple_o4-mini_low_predictions_run1_metrics.json") is None
    assert carries_no_items("train_simple_o4-mini_low_judge_predictions_run_1_metrics.json")
    assert carries_no_items("all_scores.json")
    assert not carries_no_items("train_simple_o4-mini_low_judge_predictions_run_1_scored.json")


def test_a_raw_file_beside_it_tells_which_effort_is_the_models() -> None:
    scored = "val_simple_qwen_max_low_judge_predictions_run_1_scored.json"
    raw = "val_simple_qwen_max_low_predictions_run1.json"
    alone, together = parse_name(scored), parse_name(scored, KnownNames(heads=heads_of([raw])))
    assert alone is not None
    assert (alone.model, alone.effort, alone.grader) == ("qwen", "max", "low_judge")
    assert together is not None
    assert (together.model, together.effort, together.grader) == ("qwen_max", "low", "judge")
