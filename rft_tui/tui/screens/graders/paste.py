"""A place for the JSON of a grader that stands in the clipboard: pasted or typed, checked, and handed back."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from rft_tui.errors import RftError
from rft_tui.graders.json_spans import parse_spans
from rft_tui.graders.spec import MAX_FILE_BYTES, parse_spec
from rft_tui.safetext import one_line
from rft_tui.tui.editing.highlight import json_text
from rft_tui.tui.paint import Line, justify
from rft_tui.tui.screens.dialog import Dialog
from rft_tui.tui.screens.graders.making import too_large
from rft_tui.tui.widgets.completing_editor import CompletingEditor
from rft_tui.tui.widgets.lines import LineWidget

WHAT = "paste the JSON of a grader here, or type it"


class _Bar(LineWidget):
    """One line over or under the text."""

    DEFAULT_CSS = "_Bar { height: 1; }"

    def __init__(self, left: Line, right: Line) -> None:
        super().__init__()
        self.left, self.right = left, right

    def say(self, left: Line) -> None:
        """Say something else."""
        if left != self.left:
            self.left = left
            self.refresh()

    def line(self, y: int, width: int) -> tuple[Line, str]:
        return justify([(" ", "text.normal"), *self.left], [*self.right, (" ", "text.normal")], width), "panel"


class PasteScreen(Dialog):
    """Returns the text of a grader, None when left with esc."""

    CSS = """
    PasteScreen CompletingEditor { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.editor = CompletingEditor()
        self.editor.take_key = self._take_key
        self.editor.take_paste = self._refuse
        self.editor.show("", json_text, numbers=True)
        keys: Line = [
            ("ctrl+s", "text.accent bold"), (" makes it   ", "text.dim"),
            ("esc", "text.accent bold"), (" leaves", "text.dim"),
        ]  # fmt: skip
        self._title = _Bar([("new grader from JSON", "text.accent bold")], keys)
        self._said = _Bar([(WHAT, "text.dim")], [])

    def compose(self) -> ComposeResult:
        """Title, text, and what is wrong with it."""
        with Vertical():
            yield self._title
            yield self.editor
            yield self._said

    def on_mount(self) -> None:
        """Let letters type."""
        self.editor.set_typing(True)
        self.editor.focus()

    def _take_key(self, key: str) -> bool:
        if key == "escape":
            self.give(None)
        elif key == "ctrl+s":
            self._make()
        else:
            self._said.say([(WHAT, "text.dim")])
            return False
        return True

    def _make(self) -> None:
        text = self.editor.buffer.text
        try:
            parse_spans(text)
            parse_spec(text, "the JSON")
        except RftError as error:
            self._said.say([("✗ ", "state.bad bold"), (one_line(error.message, 200), "state.bad")])
            return
        self.give(text)

    def _refuse(self, text: str) -> bool:
        """Refuse what is too large."""
        if len(text) <= MAX_FILE_BYTES:
            return False
        self._said.say([("✗ ", "state.bad bold"), (too_large(text), "state.bad")])
        return True
