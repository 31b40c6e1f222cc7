"""What a grader is when nothing was edited: its very bytes, through reading, every view, saving and reading again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rft_tui.graders.engine import compile_grader, grade_one
from rft_tui.graders.examples import EXAMPLE_TYPES, example_spec
from rft_tui.graders.sample import make_sample
from rft_tui.graders.spec import load_text, parse_spec, score_rule
from rft_tui.model import JsonObject
from rft_tui.store.database import Store
from rft_tui.store.graders import grader_text, save_version
from rft_tui.tui.editing.grader_text import GraderText, Tab
from rft_tui.tui.editing.text_buffer import TextBuffer
from tests.unit.judges import ScriptedJudge, judged_spec, reply

NUMBERS = '[ 1,1.0 , 1e0, 1E+2 ,-0, 0.10, 10000000000000000000001, {"\\u0061":null ,"a b":[ ]}]'


def odd(value: Any, depth: int = 0) -> str:
    """A value in an odd spelling: blanks anywhere, the first sign of each text escaped, whole numbers as fractions."""
    blank = " \t\n  "[: depth % 4 + 1]
    if isinstance(value, dict):
        return "{" + f",{blank}".join(f"{odd(key)} :{blank}{odd(one, depth + 1)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + f"{blank},".join(odd(one, depth + 1) for one in value) + blank + "]"
    if isinstance(value, str):
        rest = json.dumps(value[1:], ensure_ascii=False)[1:].replace("/", "\\/")
        return f'"\\u{ord(value[0]):04X}{rest}' if value else '""'
    return f"{value}.0" if isinstance(value, int) and not isinstance(value, bool) else json.dumps(value)


def spelt(name: str, spelling: str) -> bytes:
    """The example of a type with keys that nobody knows, in one of the spellings."""
    spec = {**example_spec(name), "x_own": "ünbekannt ☃ 日本"}
    whole = f'{{"x_numbers": {NUMBERS},\n{odd(spec)[1:]}\n\n'
    if spelling == "windows":
        return ("\ufeff" + whole.replace("\n", "\r\n")).encode()
    if spelling == "endpoint":
        return f'\n{{"grader":\t{whole}  }}'.encode()
    plain = {"one line": None, "four blanks": 4, "tabs": "\t"}
    return whole.encode() if spelling == "odd" else json.dumps(spec, indent=plain[spelling]).encode()


def looked_at(text: str) -> GraderText:
    """A grader opened in the workbench and looked at in every view, with nothing edited."""
    work = GraderText(TextBuffer())
    work.open(text, text)
    for _ in range(len(work.tabs)):
        work.next_tab(1)
        work.flush()
    work.turn_raw()
    work.flush()
    work.turn_raw()
    for part in (part for tab in work.tabs for part in tab.parts):
        work.set_part(part, _typed_again(work, part.label))
    assert not work.is_changed
    return work


def _typed_again(work: GraderText, label: str) -> str:
    from rft_tui.tui.editing.part_values import value_text

    return value_text(next(part for tab in work.tabs for part in tab.parts if part.label == label).value)


@pytest.mark.parametrize("spelling", ["odd", "windows", "endpoint", "one line", "four blanks", "tabs"])
@pytest.mark.parametrize("name", EXAMPLE_TYPES)
def test_every_type_in_every_spelling_is_the_same_bytes_when_nothing_is_edited(
    name: str, spelling: str, tmp_path: Path
) -> None:
    path = tmp_path / "grader.json"
    path.write_bytes(spelt(name, spelling))
    text = load_text(path)
    spec = parse_spec(text, "it")
    work = looked_at(text)
    store = Store(tmp_path / "cache.db")
    with store.write() as db:
        again = grader_text(db, save_version(db, "it", spec, score_rule(spec), text=work.text))
    store.close()
    assert again.encode() == path.read_bytes()


@pytest.mark.parametrize("name", EXAMPLE_TYPES)
def test_an_edit_and_its_undo_leave_the_same_bytes(name: str) -> None:
    text = spelt(name, "windows").decode()
    work = GraderText(TextBuffer())
    work.open(text, text)
    written = [tab.key for tab in work.tabs if tab.kind != "form"]
    for key in [*written, "raw"]:
        work.flush()
        work.show(key)
        for letter in "x\ny":
            work.edit(work.buffer.put(letter))
    work.replace_all("{}")
    while work.undo():
        pass
    assert work.text == text


TEXT = {"type": "text", "text": "is x"}
FORMS: dict[str, tuple[Any, Any, str]] = {
    "a text": ("is {{item.a}}", "is x", "is {{item.a}}"),
    "input_text": ({"type": "input_text", "text": "is {{item.a}}"}, "is x", "is {{item.a}}"),
    "output_text": ({"type": "output_text", "text": "is {{item.a}}"}, "is x", "is {{item.a}}"),
    "input_image": (
        {"type": "input_image", "image_url": "https://h/{{item.a}}.png", "detail": "low"},
        [{"type": "image_url", "image_url": {"url": "https://h/x.png", "detail": "low"}}],
        "https://h/{{item.a}}.png",
    ),
    "input_audio": (
        {"type": "input_audio", "input_audio": {"data": "AA{{item.a}}", "format": "wav"}},
        [{"type": "input_audio", "input_audio": {"data": "AAx", "format": "wav"}}],
        "AA{{item.a}}",
    ),
    "a list of all": (
        [
            "is {{item.a}}",
            {"type": "input_text", "text": "is {{item.a}}"},
            {"type": "output_text", "text": "is {{item.a}}"},
            {"type": "input_image", "image_url": "u{{item.a}}"},
            {"type": "input_audio", "input_audio": {"data": "d{{item.a}}", "format": "mp3"}},
        ],
        [TEXT, TEXT, TEXT, {"type": "image_url", "image_url": {"url": "ux"}},
         {"type": "input_audio", "input_audio": {"data": "dx", "format": "mp3"}}],
        "d{{item.a}}",
    ),
}  # fmt: skip
"""Content forms of a message by name: as a grader holds it, as a judge is sent it, and a text that a part shows."""


def shown_texts(tabs: list[Tab]) -> list[str]:
    return [part.value for tab in tabs for part in tab.parts if part.role]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["score_model", "label_model"])
def test_each_content_form_of_a_message_is_a_part_and_is_sent_as_given(name: str, form: str) -> None:
    content, sent, shown = FORMS[form]
    labels: JsonObject = {"labels": ["y", "n"], "passing_labels": ["y"]} if name == "label_model" else {}
    spec = judged_spec(type=name, input=[{"role": "user", "content": content}], **labels)
    text = json.dumps(spec, indent=1)
    work = looked_at(text)
    texts = shown_texts(work.tabs)
    assert shown in texts
    assert len(texts) == (len(content) if isinstance(content, list) else 1)
    answer = reply({"steps": [], "label": "y"} if labels else {"result": 1, "steps": []})
    judge = ScriptedJudge(lambda _call: answer)
    grade = grade_one(compile_grader(parse_spec(work.text, "it")), make_sample("o"), {"a": "x"}, judge=judge)
    assert grade.score == 1.0
    assert judge.calls[0].messages == [{"role": "user", "content": sent}]
