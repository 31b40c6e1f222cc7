"""python: what the code is given, what comes back, and graders made from ordinary functions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from rft_tui.errors import GraderSpecError, UsageError
from rft_tui.graders.engine import GradingEngine, compile_grader, grade_one
from rft_tui.graders.from_function import spec_from_function
from rft_tui.graders.sample import make_sample
from rft_tui.graders.spec import check_spec
from rft_tui.model import Grade


def run(source: str, texts: list[str], item: dict[str, Any] | None = None, **more: Any) -> list[Grade]:
    grader = compile_grader({"type": "python", "name": "code", "source": source, **more})
    with GradingEngine(grader, item_timeout_s=10, workers=1) as engine:
        return list(engine.grade((make_sample(text), item or {}) for text in texts))


def test_code_sees_sample_and_item_and_its_errors_have_no_score() -> None:
    source = (
        "def grade(sample, item):\n"
        "    if sample['output_text'] == 'bad':\n"
        "        raise ValueError('no good')\n"
        "    if 'output_json' in sample:\n"
        "        return sample['output_json']['n']\n"
        "    return len(sample['choices'][0]['message']['content']) * item['factor']\n"
    )
    grades = run(source, ["abc", "bad", '{"n": 7}', "bad", ""], {"factor": 2}, pass_threshold=6)
    assert [grade.score for grade in grades] == [6.0, None, 7.0, None, 0.0]
    assert [grade.passed for grade in grades] == [True, None, True, None, False]
    error = grades[1].error
    assert error is not None
    assert error.kind == "python_grader_runtime_error"
    assert "no good" in error.message
    assert grades[0].steps == ("grade() returned 6.00",)


def test_a_multi_mixes_code_with_the_rest_and_keeps_the_order() -> None:
    code = "def grade(sample, item):\n    return 1 / int(sample['output_text'])\n"
    child = {"type": "python", "name": "inverse", "source": code}
    exact = {
        "type": "string_check",
        "name": "e",
        "operation": "eq",
        "input": "{{sample.output_text}}",
        "reference": "{{item.x}}",
    }
    spec = {
        "type": "multi",
        "name": "both",
        "graders": {"code": child, "again": child, "exact": exact},
        "calculate_output": "(code + again) / 2 + exact",
    }
    calls = [(make_sample(str(number % 50)), {"x": str(number)}) for number in range(600)]
    with GradingEngine(compile_grader(spec), item_timeout_s=10) as engine:
        grades = list(engine.grade(calls))
    assert len(grades) == 600
    for number, grade in enumerate(grades):
        if number % 50:
            assert grade.score == pytest.approx(1 / (number % 50) + (number < 50))
        else:
            assert grade.score is None
            assert grade.error is not None
            assert grade.error.message.startswith("code: ")
            assert grade.sub_scores == {"code": None, "again": None, "exact": float(number < 50)}


def test_imports_are_held_against_this_machine_and_the_image() -> None:
    grade = "\n\ndef grade(sample, item):\n    return 1.0\n"
    spec = {"type": "python", "name": "code", "source": "import json\nimport numpy" + grade}
    assert check_spec(spec).problems == ()
    foreign = check_spec({**spec, "source": "import no_such_package_anywhere" + grade})
    assert {problem.severity for problem in foreign.problems} == {"warning"}
    assert all("no_such_package_anywhere" in problem.message for problem in foreign.problems)
    assert {problem.kind for problem in foreign.problems} == {"missing_import", "not_in_image"}
    local = check_spec({**spec, "source": "import pytest" + grade})
    assert {problem.kind for problem in local.problems} == {"not_in_image"}


def file(folder: Path, text: str) -> Path:
    path = folder / "scoring.py"
    path.write_text(text, encoding="utf-8")
    return path


def graded(spec: dict[str, Any], text: str, item: dict[str, Any]) -> float | None:
    assert check_spec(spec, item_fields=item).ok
    return grade_one(compile_grader(spec), make_sample(text), item, item_timeout_s=10).score


def test_a_typed_function_becomes_a_grader(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        "from __future__ import annotations\n\n\n"
        "def _fold(text: str) -> str:\n    return text.lower()\n\n\n"
        "def overlap(output_text: str, reference_answer: str, *, weight: float = 2.0) -> float:\n"
        "    return weight * (_fold(output_text) == _fold(reference_answer))\n",
    )
    spec = spec_from_function(path)
    assert (spec["type"], spec["name"]) == ("python", "overlap")
    assert graded(spec, "Gout", {"reference_answer": "gout"}) == 2.0
    assert graded(spec, "Gout", {"reference_answer": "gout", "weight": 0.5}) == 0.5


def test_a_function_that_is_already_a_grade_is_left_as_it_is(tmp_path: Path) -> None:
    text = "def grade(sample: dict, item: dict) -> float:\n    return 1.0\n"
    spec = spec_from_function(file(tmp_path, text))
    assert (spec["name"], spec["source"]) == ("scoring", text)


def test_a_grade_with_other_parameters_is_called_by_name(tmp_path: Path) -> None:
    path = file(tmp_path, "def grade(item, output_text):\n    return float(output_text == item['x'])\n")
    assert graded(spec_from_function(path), "a", {"x": "a"}) == 1.0


def test_one_of_several_functions_is_named(tmp_path: Path) -> None:
    path = file(tmp_path, "def one(sample):\n    return 1.0\n\n\ndef two(sample):\n    return 2.0\n")
    assert graded(spec_from_function(path, "two"), "", {}) == 2.0
    with pytest.raises(UsageError, match="one, two") as caught:
        spec_from_function(path)
    assert caught.value.hint
    with pytest.raises(UsageError, match="no function three"):
        spec_from_function(path, "three")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def score(answer, reference):\n    return 1.0\n", "no parameter for the model's output"),
        ("async def score(sample):\n    return 1.0\n", "async"),
        ("def score(output_text, /):\n    return 1.0\n", "positional-only"),
        ("def score(sample:\n", "line 1"),
        ("x = 1\n" * 50_000, "too large"),
    ],
)
def test_what_cannot_be_a_grader_says_why(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(GraderSpecError) as caught:
        spec_from_function(file(tmp_path, text))
    assert said in caught.value.message


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe")
    for path in (tmp_path / "none.py", tmp_path / "bytes.py"):
        with pytest.raises(GraderSpecError):
            spec_from_function(path)
    with pytest.raises(UsageError, match="none"):
        spec_from_function(file(tmp_path, "x = 1\n"))


def test_reading_a_file_does_not_run_it(tmp_path: Path) -> None:
    spec_from_function(file(tmp_path, "import sys\n\nsys.ran = True\n\n\ndef score(sample):\n    return 1.0\n"))
    assert not hasattr(sys, "ran")
