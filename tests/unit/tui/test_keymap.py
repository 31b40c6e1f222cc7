"""Keys: the built-in ones, a person's file, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rft_tui.errors import SettingsError
from rft_tui.tui.actions import ACTIONS, BY_ID, GLOBAL, LIST, REVIEW, SCOPES, TAGS
from rft_tui.tui.keymap import EATEN_BY_TERMINALS, TEXTUAL_NAMES, load_keymap, written


def keymap_file(folder: Path, text: str) -> Path:
    path = folder / "keymap.toml"
    path.write_text(text)
    return path


def test_the_built_in_keys_have_no_clash() -> None:
    keymap = load_keymap()
    assert set(keymap.keys) == {action.id for action in ACTIONS}
    assert not {key for action in ACTIONS for key in action.keys} & EATEN_BY_TERMINALS


def test_every_action_has_words_and_a_scope() -> None:
    assert len(BY_ID) == len(ACTIONS)
    for action in ACTIONS:
        assert action.label
        assert action.sentence
        assert action.scope in SCOPES


def test_the_contract_of_review_keys() -> None:
    keymap = load_keymap()
    scopes = (REVIEW, LIST, GLOBAL)
    found = {key: keymap.find(TEXTUAL_NAMES.get(key, key), scopes) for key in "axwbm0tuio123?/jk"}
    assert {key: action.id for key, action in found.items() if action} == {
        "a": "review.right", "x": "review.wrong", "w": "review.grader", "b": "review.label", "m": "review.both",
        "0": "review.skip", "t": "review.tags", "u": "review.undo", "i": "review.note", "o": "review.reference",
        "1": "screen.data", "2": "screen.runs", "3": "screen.review", "?": "help", "/": "filter",
        "j": "down", "k": "up",
    }  # fmt: skip
    tag = keymap.find("1", (TAGS, *scopes))
    assert tag is not None
    assert tag.id == "tags.1"
    assert keymap.find("f12", scopes) is None


def test_a_file_moves_adds_and_takes_away(tmp_path: Path) -> None:
    keymap = load_keymap(keymap_file(tmp_path, '"review.right" = ["f1", "A"]\n"review.wrong" = []\nhelp = "f2"\n'))
    assert keymap.key(BY_ID["review.right"]) == "f1"
    assert keymap.find("A", (REVIEW,)) is BY_ID["review.right"]
    assert keymap.find("a", (REVIEW,)) is None
    assert keymap.key(BY_ID["review.wrong"]) == ""
    assert keymap.find("f2", (GLOBAL,)) is BY_ID["help"]
    assert keymap.find("question_mark", (GLOBAL,)) is None


def test_no_file_is_no_change(tmp_path: Path) -> None:
    assert load_keymap(tmp_path / "none.toml").keys == load_keymap().keys


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ('"review.rigth" = "a"', "unknown key 'review.rigth'", "review.right"),
        ('"review.right" = "x"', "x means both review.right and review.wrong (review)", '"review.right" = []'),
        ('"review.right" = ["ctrl+m"]', "ctrl+m does not arrive", "another key"),
        ('"review.right" = ["ctrl+enter"]', "ctrl+enter does not arrive", "another key"),
        ('"review.right" = 3', "must be a key or a list of keys", '["a", "f1"]'),
        ('"review.right" = [""]', "must be a key or a list of keys", '["a", "f1"]'),
        ('"review.right" = [["a"]]', "must be a key or a list of keys", '["a", "f1"]'),
        ("review.right = = 3", "keymap.toml", "Correct the line"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(tmp_path: Path, text: str, said: str, hint: str) -> None:
    path = keymap_file(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_keymap(path)
    assert str(path) in caught.value.message
    assert said in caught.value.message
    assert hint in caught.value.hint


def test_the_same_key_may_mean_other_things_in_other_scopes(tmp_path: Path) -> None:
    keymap = load_keymap(keymap_file(tmp_path, '"screen.data" = "a"\n'))
    assert keymap.find("a", (REVIEW, LIST, GLOBAL)) is BY_ID["review.right"]
    assert keymap.find("a", (LIST, GLOBAL)) is BY_ID["screen.data"]


def test_written_names() -> None:
    assert [written(key) for key in ("question_mark", "escape", "a", "f1", "ctrl+d")] == [
        "?",
        "esc",
        "a",
        "f1",
        "ctrl+d",
    ]
