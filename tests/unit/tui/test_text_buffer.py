"""The text of an editor: changes, their history, and how lines are broken into rows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from rft_tui.tui.editing.history import History, reverse
from rft_tui.tui.editing.rows import painted, row_starts
from rft_tui.tui.editing.text_buffer import Change, TextBuffer

TEXTS = st.text(st.sampled_from("ab \n日é\t."), max_size=30)


@given(TEXTS, st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), TEXTS), max_size=8))
def test_every_change_can_be_taken_back_and_brought_again(text: str, edits: list[tuple[int, int, str]]) -> None:
    buffer, history = TextBuffer(text), History()
    states = [buffer.text]
    for line, column, typed in edits:
        buffer.anchor, buffer.cursor = buffer.cursor, buffer.clamp((line % len(buffer.lines), column))
        change = buffer.put(typed)
        history.did("part", change)
        history.seal()
        buffer.apply(change)
        states.append(buffer.text)
    assert states[0] == text
    for before in reversed(states[:-1]):
        step = history.undo()
        assert step is not None
        buffer.apply(reverse(step.change))
        assert buffer.text == before
    assert history.undo() is None
    for after in states[1:]:
        step = history.redo()
        assert step is not None
        buffer.apply(step.change)
        assert buffer.text == after


def test_letters_in_a_row_are_one_step() -> None:
    history = History()
    for column, letter in enumerate("word"):
        history.did("a", Change((0, column), "", letter))
    history.did("a", Change((0, 4), "", " "))
    history.did("b", Change((0, 5), "", "x"))
    step = history.undo()
    assert step is not None
    assert (step.path, step.change.inserted) == ("b", "x")
    step = history.undo()
    assert step is not None
    assert step.change.inserted == "word "
    assert history.undo() is None


def test_typing_forgets_what_was_taken_back() -> None:
    history = History()
    history.did("a", Change((0, 0), "", "x"))
    history.undo()
    history.did("a", Change((0, 0), "", "y"))
    assert history.redo() is None


def test_a_new_line_begins_as_deep_as_the_one_before() -> None:
    buffer = TextBuffer("def f():\n    if x:")
    buffer.indents = True
    buffer.cursor = buffer.bottom()
    buffer.apply(buffer.new_line())
    assert buffer.text.endswith("\n        ")
    buffer.indents = False
    buffer.set_text("  a:")
    buffer.cursor = buffer.bottom()
    buffer.apply(buffer.new_line())
    assert buffer.lines == ["  a:", "  "]


def test_selected_lines_move_in_and_out() -> None:
    buffer = TextBuffer("a\n\n  b")
    buffer.anchor, buffer.cursor = (0, 0), (2, 2)
    change = buffer.indent(less=False)
    assert change is not None
    buffer.apply(change)
    assert buffer.lines == ["    a", "", "      b"]
    buffer.anchor, buffer.cursor = (0, 0), (2, 0)
    change = buffer.indent(less=True)
    assert change is not None
    buffer.apply(change)
    assert buffer.lines == ["a", "", "  b"]
    buffer.cursor = (0, 0)
    assert buffer.indent(less=True) is None


def test_words_and_ends() -> None:
    buffer = TextBuffer("  say hello\nnext")
    buffer.cursor = (0, 11)
    assert buffer.word_left() == (0, 6)
    assert buffer.home() == (0, 2)
    buffer.cursor = (0, 2)
    assert buffer.home() == (0, 0)
    assert buffer.word_right() == (0, 5)
    buffer.cursor = (0, 11)
    assert buffer.right() == (1, 0)
    assert buffer.word_right() == (1, 0)


@given(st.text(st.sampled_from("ab .,()日é\t\x00"), max_size=200), st.integers(2, 30), st.booleans())
def test_rows_hold_the_line_and_fit(text: str, width: int, code: bool) -> None:
    starts = row_starts(text, width, code=code)
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    rows = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    assert "".join(rows) == text
    assert all(cell_len(painted(row)) <= width for row in rows)
    assert len(painted(text)) == len(text)
