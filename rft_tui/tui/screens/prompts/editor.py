"""Editing the text of a prompt inside the app; ctrl+s saves it, esc leaves and asks first where something is new."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.widget import Widget
from textual.widgets import TextArea
from textual.widgets.text_area import TextAreaTheme

from rft_tui.model import Prompt
from rft_tui.safetext import one_line
from rft_tui.tui.actions import ACTIONS, EDITOR
from rft_tui.tui.paint import Line
from rft_tui.tui.prompt_files import save_prompt
from rft_tui.tui.screens.over import OverScreen
from rft_tui.tui.widgets.line_input import signs
from rft_tui.tui.workbench import workbench

DRAFT = "prompt_draft"
"""Under which name of the session text that is not saved yet is kept: it survives a lost connection."""


class _Area(TextArea):
    """A text area in the colours of the theme, whose commands come from the registry."""

    DEFAULT_CSS = """
    _Area, _Area:focus { border: none; padding: 0 1; width: 1fr; height: 1fr; background-tint: transparent; }
    """

    def __init__(self, text: str, owner: PromptEditor) -> None:
        super().__init__(
            text, tab_behavior="indent", show_line_numbers=False, soft_wrap=True, highlight_cursor_line=False,
            compact=True,
        )  # fmt: skip
        self.cursor_blink = False
        self._owner = owner

    def on_mount(self) -> None:
        """Put on the theme's colours; the cursor is in reverse video, which every terminal shows."""
        palette = workbench(self).palette
        colors = palette.colors
        ground, text = str(colors["surface"]["background"]), str(colors["text"]["normal"])
        self.styles.background = "ansi_default" if ground == "default" else ground
        self.styles.color = "ansi_default" if text == "default" else text
        normal = palette.style("text.normal")
        self.register_theme(
            TextAreaTheme(
                "rft", base_style=normal, cursor_style=normal + Style(reverse=True),
                selection_style=palette.style("text.normal", "selection"),
            )
        )  # fmt: skip
        self.theme = "rft"

    def on_focus(self) -> None:
        """Take the keys that came before the area was there."""
        workbench(self).field_is_there()

    def get_line(self, line_index: int) -> Text:
        """A line as it is painted: nothing in it commands a terminal."""
        return Text(signs(self.document.get_line(line_index)), end="", no_wrap=True)

    async def _on_key(self, event: events.Key) -> None:
        if self._owner.take_editing_key(event.key):
            event.stop()
            event.prevent_default()
            return
        await super()._on_key(event)


class PromptEditor(OverScreen):
    """One text, and the keys of an editor."""

    scope: ClassVar[str] = EDITOR

    def __init__(self, name: str, text: str, on_saved: Callable[[Prompt], None]) -> None:
        super().__init__()
        self._prompt_name = name
        self._saved_text = text
        self._on_saved = on_saved
        self.area = _Area(text, self)
        self.is_asking = True

    def body(self) -> Widget:
        """The text."""
        return self.area

    @property
    def scopes(self) -> tuple[str, ...]:
        """Letters type: only the editor's own keys count."""
        return (EDITOR,)

    def on_mount(self) -> None:
        """Let letters type."""
        super().on_mount()
        self.area.focus()
        draft = self.rft.session.get(DRAFT)
        if isinstance(draft, dict) and draft.get("name") == self._prompt_name and isinstance(draft.get("text"), str):
            self.area.text = draft["text"]
            self.say("this is the text that was not saved last time", "state.info")

    @property
    def is_changed(self) -> bool:
        """Whether something is not saved."""
        return self.area.text != self._saved_text

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """The prompt; whether it is saved."""
        name: Line = [(one_line(self.rft.workspace.name, 40), "text.accent bold")]
        state: Line = [("not saved", "state.warning")] if self.is_changed else [("saved", "text.dim")]
        letters = f"{len(self.area.text):,} letters"
        return (name, [(letters, "text.dim")]), (
            [(f"▸prompt {one_line(self._prompt_name, 40)}", "text.accent bold")],
            state,
        )

    def refresh_bars(self) -> None:
        """Show what the keys do while letters type."""
        if not self.is_mounted:
            return
        first, second = self.header_rows()
        self.header.show(first, second)
        if self.is_confirming:
            return
        keymap = self.rft.keymap
        shown = sorted((one for one in ACTIONS if one.scope == EDITOR), key=lambda one: -one.footer)
        self.footer.show([(key, one.label) for one in shown if (key := keymap.key(one))], None)

    def on_text_area_changed(self) -> None:
        """Say that something is not saved, and keep it."""
        self.refresh_bars()
        self._keep_draft()

    def _keep_draft(self) -> None:
        draft = {"name": self._prompt_name, "text": self.area.text} if self.is_changed else None
        if draft != self.rft.session.get(DRAFT):
            self.rft.session[DRAFT] = draft
            self.rft.remember()

    def take_editing_key(self, key: str) -> bool:
        """Run a command of the editor; whether the key was one."""
        if self.is_confirming:
            return self.take_key(key)
        if self.rft.keymap.find(key, self.scopes) is None:
            self.footer.say(None)
            return False
        return self.take_key(key)

    def do_editor_save(self) -> None:
        """Write the file and keep the version."""
        text = self.area.text
        prompt = save_prompt(self.rft.workspace, self._prompt_name, text, self.rft.store_soon)
        self._saved_text = text
        self.refresh_bars()
        self._keep_draft()
        self._on_saved(prompt)
        self.say(f"saved {prompt.name}, version {prompt.version[:6]}", "state.good")

    def do_editor_external(self) -> None:
        """Edit in another editor and take the text back."""
        text = self.edited_elsewhere(self.area.text, ".txt")
        if text != self.area.text:
            self.area.text = text
            self.refresh_bars()

    def do_editor_undo(self) -> None:
        """Take back the last change."""
        self.area.undo()

    def do_editor_redo(self) -> None:
        """Bring it again."""
        self.area.redo()

    def do_editor_leave(self) -> None:
        """Leave; ask where something is not saved."""
        if self.is_changed:
            self.confirm("leaves without saving", self._throw_away)
        else:
            self.close_over()

    def _throw_away(self) -> None:
        self._saved_text = self.area.text
        self._keep_draft()
        self.close_over()
