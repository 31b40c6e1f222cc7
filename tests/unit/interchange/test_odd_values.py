"""Values of other programs that are legal JSON and not what their documents say; and rows that need a second look."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rft_tui.interchange import promptfoo
from rft_tui.interchange.importer import import_predictions
from rft_tui.interchange.messages import with_choices
from rft_tui.interchange.review_log import TEXT_LIMIT, export_log, import_log
from rft_tui.store.database import Store
from tests.unit.interchange.files import write_lines, write_list
from tests.unit.interchange.test_hostile_logs import SAMPLE, log
from tests.unit.interchange.test_other_programs import rows, scores

LM_ROW: dict[str, Any] = {
    "doc_id": 0, "doc": {}, "target": "a", "resps": [["x"]], "filter": "none", "em": 1.0,
    "arguments": {"gen_args_0": {"arg_0": "q", "arg_1": {"until": []}}},
}  # fmt: skip


@pytest.mark.parametrize("metrics", [True, 3.5, 10**30, "em", {"em": 1}])
def test_metrics_that_are_no_list_of_names_are_found_by_their_numbers(
    store: Store, tmp_path: Path, metrics: Any
) -> None:
    import_predictions(store, [write_lines(tmp_path / "a.jsonl", [LM_ROW | {"metrics": metrics}])])
    assert scores(store, "em") == {("q", 1): 1.0}


def test_calls_of_a_trace_that_are_no_list_are_none(store: Store, tmp_path: Path) -> None:
    task = {"data": {"prompt": "q"}}
    trace = {"task": task, "calls": 7, "nodes": [{"sampled": True, "message": {"role": "assistant", "content": "a"}}]}
    path = write_lines(tmp_path / "traces.jsonl", [{"id": "e", "task": task, "traces": [trace]}])
    assert import_predictions(store, [path]).new == 1


@pytest.mark.parametrize("text", [None, 5, ["x"]])
def test_a_text_part_without_a_text_is_kept_as_a_part(store: Store, tmp_path: Path, text: Any) -> None:
    prompt = [{"role": "user", "content": [{"type": "text", "text": text}]}]
    path = write_lines(tmp_path / "results.jsonl", [{"prompt": prompt, "completion": "a", "reward": 1}])
    assert import_predictions(store, [path]).new == 1


def test_what_there_is_to_choose_from_belongs_to_the_question(store: Store, tmp_path: Path) -> None:
    samples = [
        SAMPLE | {"id": 1, "input": "Which is it?", "choices": ["red", "blue"], "target": "A"},
        SAMPLE | {"id": 2, "input": "Which is it?", "choices": ["one", "two"], "target": "B"},
        SAMPLE | {"id": 3, "input": "red or blue?", "choices": ["red", "blue"], "target": "B"},
        SAMPLE
        | {"id": 4, "input": [{"role": "user", "content": [{"type": "image", "image": "u"}]}], "choices": ["cat"]},
    ]
    report = import_predictions(store, [write_list(tmp_path / "a.json", log(samples))])
    assert [(one.run_index, one.predictions) for one in report.runs] == [(1, 4)]
    questions = [found for (found,) in rows(store, "SELECT question FROM input ORDER BY id")]
    assert questions[:3] == ["Which is it?\n\nA) red\nB) blue", "Which is it?\n\nA) one\nB) two", "red or blue?"]
    assert "A) cat" in questions[3]


def test_a_likelihood_of_a_text_is_no_answer(store: Store, tmp_path: Path) -> None:
    row = LM_ROW | {"arguments": {"gen_args_0": {"arg_0": "some text"}}, "resps": [["-0.26"]], "metrics": ["ppl"]}
    import_predictions(store, [write_lines(tmp_path / "a.jsonl", [row])])
    assert rows(store, "SELECT output_text, error_message FROM answer") == [
        ("", "the model was asked how likely the text is; it gave no answer")
    ]


def test_templates_beyond_a_size_are_not_held(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promptfoo, "_MOST_TEMPLATES", 1000)
    result = {"vars": {"question": "q"}, "response": {"output": "a"}, "success": True}
    prompts = [{"raw": "Say {{question}} now."}, {"raw": "x" * 900}, {"raw": "Never {{question}} now."}]
    results = [result | {"promptIdx": n, "prompt": {"raw": raw}} for n, raw in ((0, "Say q now."), (2, "No q now."))]
    document = {"results": {"version": 3, "timestamp": "t", "prompts": prompts, "results": results}}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert import_predictions(store, [path]).new == 2
    texts = {text for (text,) in rows(store, "SELECT text FROM prompt")}
    assert texts == {"Say {{question}} now.", "No {{question}} now."}


@pytest.mark.parametrize("content", ['"\\ud800"', "NaN", "1e999", "[" * 500 + "]" * 500])
def test_a_question_that_reads_as_messages_which_cannot_be_held_is_a_question(
    store: Store, tmp_path: Path, content: str
) -> None:
    text = f'[{{"role": "user", "content": {content}}}]'
    row = LM_ROW | {"arguments": {"gen_args_0": {"arg_0": text, "arg_1": {"until": []}}}}
    assert import_predictions(store, [write_lines(tmp_path / "a.jsonl", [row])]).new == 1
    (stored,) = rows(store, "SELECT messages, question FROM input")
    assert "NaN" not in (stored[0] or "")
    if content.startswith("["):
        assert stored[1] == text


def test_a_number_of_many_digits_that_no_float_holds_is_none(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(LM_ROW | {"doc": {"n": "HERE"}}).replace('"HERE"', "1" * 400 + ".0"), encoding="utf-8")
    assert import_predictions(store, [path]).new == 1
    assert rows(store, "SELECT json_extract(fields, '$.n') FROM item_row") == [(None,)]


@pytest.mark.parametrize(
    "call", [{"time": {"start": 0, "end": 1.7e308}}, {"usage": {"prompt_tokens": 2**40}}, {"time": {"start": -1}}]
)
def test_figures_of_many_calls_that_come_to_too_much_are_not_said(
    store: Store, tmp_path: Path, call: dict[str, Any]
) -> None:
    task = {"data": {"prompt": "q"}}
    nodes = [{"sampled": True, "message": {"role": "assistant", "content": "a"}}]
    trace = {"task": task, "calls": [call] * 2000, "nodes": nodes}
    path = write_lines(tmp_path / "traces.jsonl", [{"id": "e", "task": task, "traces": [trace]}])
    assert import_predictions(store, [path]).new == 1
    assert rows(store, "SELECT latency_s, input_tokens FROM prediction") == [(None, None)]


def test_very_many_choices_are_not_looked_for_one_by_one() -> None:
    choices = [f"{number:05}" for number in range(2000)]
    (message,) = with_choices([{"role": "user", "content": " ".join(choices)}], choices)
    assert message["content"].endswith("2000) 01999")


def test_a_note_is_no_longer_than_a_log_may_say(store: Store, tmp_path: Path) -> None:
    result = {
        "vars": {"question": "q"}, "response": {"output": "a"}, "success": True, "promptIdx": 0,
        "gradingResult": {"pass": True, "score": 1, "comment": "x" * (TEXT_LIMIT + 1)},
    }  # fmt: skip
    assert import_predictions(store, [write_lines(tmp_path / "a.jsonl", [result])]).reviews == 1
    export_log(store, tmp_path / "log.jsonl")
    assert import_log(store, [tmp_path / "log.jsonl"]).known == 1
