"""Worked examples in prompts: found, and their figures checked."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.graders.bench.arithmetic import equalities, signed_parts, stated_total
from rft_tui.graders.bench.lexical import measure_named, measured
from rft_tui.graders.bench.rules import DEFAULT_LIMITS
from rft_tui.graders.bench.worked_examples import ExampleFinding, check_examples, examples_in, worked_examples
from rft_tui.graders.templates import TEMPLATES, template_spec
from rft_tui.model import JsonObject
from tests.unit.judges import judged_spec

SEEDS = Path(__file__).parents[5] / "shared" / "reference" / "seeds"

PROMPT = """Mark the animal.
{
  "result":
}
──────── What you get ────────
reference_answer:
model_prediction:
──────── Figures ────────
lexical_weight = 0.10
lexical_similarity = normalized_levenshtein(reference_answer,
model_prediction)
──────── Worked examples ────────
reference_answer: arctic fox
model_prediction: fox
why: the place is missing and → **L2**. Lexical ≈ 0.45.
score = 0.90·0.85 + 0.10·0.45 = 0.810 → **0.810**
reference_answer: otter
model_prediction: hotter
why: another word → **L6**. Lexical ≈ 0.83.
score = 0.90·0.10 +
0.10·0.83 = 0.173 → **0.183**
reference_answer: otter
model_prediction: badger
why: nothing in common → **L6**.
score = **0.000**"""


def judged(prompt: str, **more: object) -> JsonObject:
    return judged_spec(
        input=[
            {"role": "system", "content": prompt},
            {"role": "user", "content": "Reference: {{item.r}}. Answer: {{sample.output_text}}"},
        ],
        **more,
    )


def findings(prompt: str, **more: object) -> list[ExampleFinding]:
    return check_examples(judged(prompt, **more), DEFAULT_LIMITS)


def test_examples_are_found_and_empty_blocks_are_none() -> None:
    found = examples_in(PROMPT, "input.0.content")
    assert [(one.reference, one.answer, one.stated) for one in found] == [
        ("arctic fox", "fox", 0.81),
        ("otter", "hotter", 0.183),
        ("otter", "badger", 0.0),
    ]
    assert [one.line for one in found] == [14, 18, 23]


def test_wrong_figures_are_reported_with_the_computed_ones() -> None:
    found = {(one.check, one.example.answer, one.stated): one for one in findings(PROMPT)}
    assert {key for key, one in found.items() if not one.ok} == {("lexical", "fox", 0.45), ("total", "hotter", 0.183)}
    fox = found["lexical", "fox", 0.45]
    assert fox.computed == pytest.approx(0.3)
    assert "1 − edits / longer length gives 0.300, and 0.45 is stated" in fox.evidence
    assert "with it the total is 0.795" in fox.evidence
    assert found["total", "hotter", 0.173].ok
    assert found["lexical", "hotter", 0.83].ok


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("Reference: `lynx`\n**Answer**: 'lynx'\n", [("lynx", "lynx")]),
        ("1. Expected answer: lynx; candidate's answer: a lynx.\n", [("lynx", "a lynx.")]),
        ("Answer: a lynx\nReference: lynx", [("lynx", "a lynx")]),
        ("Reference answer: {{item.r}}\nAnswer: {{sample.output_text}}", []),
        ("Reference: <reference>\nAnswer: <answer>\n", []),
        ("Reference: …\nAnswer: …", []),
        ("Reference: lynx\nReference:\nAnswer: cat", []),
        ("Reference: lynx\n## Rules\nAnswer: cat", []),
        ("The score: 1\nThe reason: none", []),
    ],
)
def test_labels(text: str, pairs: list[tuple[str, str]]) -> None:
    assert [(one.reference, one.answer) for one in examples_in(text)] == pairs


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("score = 0.9·0.45 + 0.1·0.83 = 0.488 → **0.488**", [(0.488, 0.488)]),
        ("score = 0.9 × 0.5 + 0.1 × 1 = 0.55 → **0.6**", [(0.55, 0.55), (0.55, 0.6)]),
        ("0.9*0.5 = 0.45 + 0.1 = 0.55", [(0.55, 0.55)]),
        ("(0.5 + 0.25) / 3 ≈ 0.25 (rounded)", [(0.25, 0.25)]),
        ("- 0.5 + 0.25 -> 0.75", [(0.75, 0.75)]),
        ("0.85 − 0.05 => 0.80", [(0.8, 0.8)]),
        ("rule 3 = 0.5", []),
        ("score = **0.000**", []),
        ("L2 → 0.85", []),
        ("1 / 0 = 4", []),
        ("a + b = c", []),
    ],
)
def test_equations(line: str, found: list[tuple[float, float]]) -> None:
    made = [(one.computed, one.stated) for one in equalities([line])]
    assert made == [pytest.approx(pair) for pair in found]


def test_figures_are_as_good_as_they_are_written() -> None:
    prompt = "Reference: a\nAnswer: b\nscore = 2 / 3 = {}\n"
    assert [one.ok for text in ("0.67", "0.667", "0.7") for one in findings(prompt.format(text))] == [True] * 3
    assert [one.ok for one in findings(prompt.format("0.68"))] == [False]


def test_signed_parts_against_the_total() -> None:
    lines = ["exact wording +0.15", "synonym: **+0.35** (so far 0.50)", "unrelated -0.10", '"result": 0.5']
    assert signed_parts(lines) == [0.15, 0.35, -0.1]
    assert stated_total(lines) == 0.5
    (wrong,) = findings("\n".join(["Reference: a", "Answer: b", *lines]))
    assert (wrong.ok, wrong.stated, round(wrong.computed, 9)) == (False, 0.5, 0.4)
    (capped,) = findings("Reference: a\nAnswer: b\n+0.70\n+0.60\nTotal: 1.0")
    assert capped.ok


def test_a_measure_is_the_one_that_is_named() -> None:
    pair = "Reference: arctic fox\nAnswer: fox arctic\n"
    assert [one.ok for one in findings(f"{pair}Token set ratio = 1.00")] == [True]
    assert [one.ok for one in findings(f"{pair}Levenshtein = 1.00")] == [False]
    assert [one.ok for one in findings(f"{pair}Jaccard 100 %\nJaccard: 0.5")] == [False]
    assert [one.ok for one in findings(f"{pair}Lexical part is 1.0")] == [True]
    assert findings(f"{pair}semantic similarity ≈ 0.30, edit distance: 7.0, lexical weight 0.2") == []


def test_names_of_measures() -> None:
    assert measure_named("the normalized_levenshtein of both, then ROUGE-L") == "normalised Levenshtein"
    assert measure_named("ROUGE-L first") == "rouge_l"
    assert measure_named("how alike they are") is None
    assert measured("Jaro", "x" * 501, "y") == []
    assert measured("normalised Levenshtein", "Acute Otter", "otter")[0].value == pytest.approx(1 - 7 / 11)


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_templates_figures_are_right(name: str) -> None:
    assert all(one.ok for one in check_examples(template_spec(name), DEFAULT_LIMITS))


def test_the_template_with_levels_has_examples_to_check() -> None:
    checks = [one.check for one in check_examples(template_spec("model-levels"), DEFAULT_LIMITS)]
    assert (checks.count("total"), checks.count("lexical")) == (3, 3)
    assert [one.stated for one in worked_examples(template_spec("model-levels"))] == [0.92, 0.77, 0.523, 0.0]


def test_children_of_a_multi_grader_are_read_and_other_types_are_not() -> None:
    spec = {"type": "multi", "graders": {"a": judged(PROMPT), "b": {"type": "python", "source": PROMPT}}}
    assert len(worked_examples(spec)) == 3


@given(st.text(alphabet="Reference: Answ0123456789.=→*·+-()\n{}<>", max_size=400))
def test_any_text_can_be_read(text: str) -> None:
    for one in findings(f"Reference: a\nAnswer: b\n{text}"):
        assert one.check in ("total", "lexical")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "1+" * 100_000,
        "lexical " * 20_000,
        "Reference: a\nAnswer: b\n+0.1\n" * 9_000,
        "= 1 " * 50_000,
        "score " + '"' * 200_000,
        "Reference: a\nAnswer: b\n" + "0.1 + 0.1 =\n" * 20_000,
        "a " * 100_000 + ":",
    ],
)
def test_hostile_texts_take_no_time(text: str) -> None:
    begun = time.perf_counter()
    findings(f"Reference: a\nAnswer: b\n{text}")
    assert time.perf_counter() - begun < 1.5


@pytest.mark.skipif(not SEEDS.is_dir(), reason=f"there are no seeds at {SEEDS}")
def test_the_notebooks_second_prompt() -> None:
    notebook = next(SEEDS.glob("003_*.txt")).read_text(encoding="utf-8")
    prompt = notebook.partition('GRADER_PROMPT_2 = """')[2].partition('"""')[0]
    found = findings(prompt)
    assert len(worked_examples(judged(prompt))) == 7
    assert all(one.ok for one in found if one.check == "total")
    wrong = {(one.example.answer, one.stated): one.computed for one in found if not one.ok}
    assert wrong["pancreatitis", 0.78] == pytest.approx(0.667, abs=0.001)
    assert sorted(stated for _answer, stated in wrong) == [0.31, 0.38, 0.6, 0.78, 0.82, 0.83]
