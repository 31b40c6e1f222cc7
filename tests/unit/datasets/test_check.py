"""Whole files checked: what only several rows together show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft_tui.datasets.check import check_file
from rft_tui.datasets.checker import RowChecker
from rft_tui.datasets.findings import PROBLEMS_PER_KIND
from rft_tui.datasets.items import ItemStream, LoadedItem, load_items
from rft_tui.datasets.leakage import OtherRows
from rft_tui.datasets.limits import limit_problems
from rft_tui.datasets.mapping import METHODS, FieldMapping, RowShape
from rft_tui.datasets.rows import RawRow
from rft_tui.errors import InputError
from rft_tui.model import Problem
from tests.unit.datasets.samples import found, items, question, reply, save, save_bytes, shared, user


def distinct(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [question(f"Question number {number}?", str(number), **fields) for number in range(count)]


def test_a_good_file_has_nothing_wrong_with_it(tmp_path: Path) -> None:
    report = check_file(save(tmp_path, distinct(12)))
    assert (report.rows, report.ok, report.problems, report.method) == (12, True, (), "reinforcement")
    assert set(report.as_json()) >= {"file", "rows", "ok", "problems"}


def test_every_problem_stands_at_its_line(tmp_path: Path) -> None:
    lines = [json.dumps(row) for row in distinct(12)]
    lines[3] = "{oops"
    lines[5] = json.dumps({"messages": [user("a"), reply("b")], "reference_answer": "x"})
    lines[7] = lines[0]
    lines[9] = json.dumps(question("Question number 1?", "another"))
    report = check_file(save_bytes(tmp_path, "\n".join(lines).encode()))
    assert found(report.problems) == [
        (4, "invalid_json", None),
        (6, "last_role", "messages[1].role"),
        (8, "duplicate_row", None),
        (10, "conflicting_reference", None),
    ]
    assert (report.rows, report.ok) == (12, False)
    assert "line 1" in report.problems[2].message
    assert "line 2" in report.problems[3].message
    document = report.as_json()["problems"][0]
    assert set(document) == {"line", "key", "kind", "severity", "message"}


def test_the_same_input_with_another_field_is_told_apart(tmp_path: Path) -> None:
    report = check_file(save(tmp_path, [*distinct(10, topic="a"), question("Question number 0?", "0", topic="b")]))
    assert found(report.problems) == [(11, "duplicate_input", None)]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"[]"])
def test_an_empty_file_is_a_problem(tmp_path: Path, data: bytes) -> None:
    report = check_file(save_bytes(tmp_path, data))
    assert not report.ok
    assert report.problems[-1].kind == "empty_file"


def test_fields_that_differ_between_rows(tmp_path: Path) -> None:
    rows = distinct(12, level=1)
    rows[4]["level"] = "hard"
    rows[6]["level"] = 2.5
    del rows[8]["level"]
    report = check_file(save(tmp_path, rows))
    assert found(report.problems) == [(9, "missing_key", "level"), (5, "mixed_types", "level")]
    assert "number in line 1 and a text in line 5" in report.problems[1].message
    assert report.ok


def test_variables_of_a_grader(tmp_path: Path) -> None:
    rows = distinct(12, tags=[{"name": "a"}])
    rows[2]["tags"] = []
    rows[5]["tags"] = [{"name": None}]
    paths = ["reference_answer", "tags[0].name", "target", '["reference_answer"]', "messages", "tools[0].type"]
    report = check_file(save(tmp_path, rows), grader_paths=paths)
    assert not report.ok
    assert found(report.problems) == [
        (None, "reserved_key", "messages"),
        (None, "reserved_key", "tools[0].type"),
        (3, "missing_variable", "tags[0].name"),
        (1, "missing_variable", "target"),
    ]
    assert "12 rows lack item.target" in report.problems[3].message
    assert "lines 1, 2, 3, 4, 5 …" in report.problems[3].message


def test_leakage_between_files(tmp_path: Path) -> None:
    long = "Tell me which of the rivers that flow through the old town of the capital is the longest one by far"
    train = save(tmp_path, [*distinct(10), question(long)], "train.jsonl")
    rows = [question("Something else entirely?"), question("Question number 3?", "other"), question(f"{long}, please")]
    report = check_file(save(tmp_path, rows, "valid.jsonl"), against=[train])
    assert found(report.problems) == [(2, "leakage", None), (3, "near_leakage", None)]
    assert [p.severity for p in report.problems[:2]] == ["error", "warning"]
    assert f"{train} too, line 4" in report.problems[0].message
    named = OtherRows("the training set", ((n, item) for n, item in enumerate(items(train), 1)))
    again = check_file(tmp_path / "valid.jsonl", against=[named], near_duplicates=False)
    assert found(again.problems) == [(2, "leakage", None)]


def test_limits_are_errors_only_for_a_declared_method(tmp_path: Path) -> None:
    few = save(tmp_path, [{"messages": [user("a"), reply("b")]}])
    assert check_file(few).ok
    assert not check_file(few, method="supervised").ok
    kinds = [(p.kind, p.severity) for p in limit_problems(1001, 1, "reinforcement", "validation", declared=True)]
    assert kinds == [("too_many_rows", "error")]
    assert list(limit_problems(50_000, 512_000_000, "reinforcement", "train", declared=True)) == []
    assert [p.kind for p in limit_problems(50_001, 512_000_001, "reinforcement", None, declared=False)] == [
        "too_many_rows",
        "file_too_large",
    ]


def test_a_declared_method_is_held_to(tmp_path: Path) -> None:
    path = save_bytes(tmp_path, b"question,answer\nWho?,Ann\n", "data.csv")
    assert check_file(path).ok
    report = check_file(path, method="reinforcement")
    assert found(report.problems) == [(2, "missing_messages", "messages")]
    mapped = check_file(path, method="reinforcement", mapping=FieldMapping(prompt_field="question"))
    assert mapped.ok


def test_problems_of_a_kind_are_bounded(tmp_path: Path) -> None:
    report = check_file(save_bytes(tmp_path, b"nothing\n" * (PROBLEMS_PER_KIND + 500)))
    listed = [problem for problem in report.problems if problem.kind == "invalid_json"]
    assert len(listed) == PROBLEMS_PER_KIND + 1
    assert listed[-1].line is None
    assert listed[-1].message.startswith("500 more")
    assert report.rows == PROBLEMS_PER_KIND + 500


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=80), max_size=5), st.sampled_from(["reinforcement", "supervised", "dpo", None]))
def test_no_lines_make_a_check_raise(tmp_path: Path, lines: list[bytes], method: Any) -> None:
    report = check_file(save_bytes(tmp_path, b"\n".join(lines)), method=method, grader_paths=["a.b[0]"])
    assert report.ok == (not any(problem.severity == "error" for problem in report.problems))


KEYS = (
    "messages role content type text image_url url tools tool_calls function weight input preferred_output "
    "non_preferred_output name arguments q"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS.split()),
            inner | st.sampled_from(["user", "assistant", "system", "text", "image_url", "function"]),
            max_size=5,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from(["messages", "input", "preferred_output", "tools", "q", "a"]), JSON), st.data())
def test_no_json_makes_a_row_check_raise(value: dict[str, Any], data: st.DataObject) -> None:
    method = data.draw(st.sampled_from(METHODS))
    mapping = data.draw(st.sampled_from([FieldMapping(prompt_field="q"), FieldMapping(messages_field="q")]))
    checked = RowChecker(RowShape(method, mapping)).check(RawRow(1, json.dumps(value).encode(), value))
    assert (checked.item is None) == any(problem.severity == "error" for problem in checked.problems)


def test_import_is_all_or_nothing_unless_told_otherwise(tmp_path: Path) -> None:
    path = save_bytes(tmp_path, b'{"messages": [{"role": "user", "content": "a"}]}\n{"messages": []}\n' * 2)
    taken: list[LoadedItem | Problem] = []
    with pytest.raises(InputError) as error:
        taken.extend(load_items(ItemStream(path)))
    assert f"{path}: line 2, messages: the list of messages is empty (2 errors in all)" in error.value.message
    assert "--skip-bad" in error.value.hint
    stream = ItemStream(path)
    entries = list(load_items(stream, skip_bad=True))
    assert [entry.line for entry in entries if isinstance(entry, LoadedItem)] == [1, 3]
    assert (stream.rows, stream.items, stream.skipped) == (4, 2, 2)
    assert [p.line for p in entries if isinstance(p, Problem) and p.severity == "error"] == [2, 4]


def test_a_file_without_one_good_row_is_never_imported(tmp_path: Path) -> None:
    for data in (b"", b"{oops\n"):
        with pytest.raises(InputError):
            list(load_items(ItemStream(save_bytes(tmp_path, data)), skip_bad=True))


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("sample/questions_train.jsonl", 80),
        ("sample/questions_val.jsonl", 40),
        ("countdown/countdown_train_100.jsonl", 100),
        ("numersense/items.jsonl", 512),
        ("wiki-search/items.jsonl", 50),
    ],
)
def test_real_files_have_no_errors(name: str, rows: int) -> None:
    report = check_file(shared(name))
    assert (report.rows, report.ok) == (rows, True)


def test_real_parts_do_not_leak() -> None:
    report = check_file(
        shared("sample/questions_val.jsonl"),
        against=[shared("sample/questions_train.jsonl")],
        grader_paths=["reference_answer", "topic"],
        part="validation",
        method="reinforcement",
    )
    assert report.problems == ()
    countdown = check_file(shared("countdown/countdown_train_100.jsonl"), grader_paths=["target", "nums"])
    assert [problem.kind for problem in countdown.problems if "variable" in problem.kind] == []
