"""Editing in the Graders screen: parts, raw JSON, typing and its pauses, history, another editor."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from textual.timer import Timer

from rft_tui.graders.document import Part
from rft_tui.tui.actions import GRADER_WORK
from rft_tui.tui.editing.choice_words import choice_words
from rft_tui.tui.editing.grader_text import RAW, Tab, key_of
from rft_tui.tui.editing.part_values import value_text
from rft_tui.tui.editing.text_buffer import Change
from rft_tui.tui.paint import Line, justify, line_length
from rft_tui.tui.screens.graders.fields import choices_of, form_field
from rft_tui.tui.screens.graders.keeping import GradersKeeping
from rft_tui.tui.screens.graders.panes import TEXT
from rft_tui.tui.widgets.form import LABEL

PAUSE_S = 0.15
"""How long no key must come before the text is kept, checked and tried on the probe set."""


class GradersEditing(GradersKeeping):
    """The text that is shown, and the keys that change it."""

    def __init__(self) -> None:
        super().__init__()
        self._pause: Timer | None = None
        self._typed_at = 0.0
        self.work.on_shown = self._tab_shown
        self.editor.on_edit = self._edit
        self.editor.take_key = self._take_editing_key
        self.form.on_chosen = self.guarded(self.edit_here)
        self.form.on_moved = self._show_field

    def text_changed(self) -> None:
        """The text is another one: try it on the probe set."""
        raise NotImplementedError

    # Parts

    def _tab_shown(self) -> None:
        tab = self.work.tab
        if tab.kind == "form":
            self.form.fields = tuple(form_field(part) for part in tab.parts)
            self.form.cursor = min(self.form.cursor, len(self.form.fields) - 1)
            self.form.label_width = max(LABEL, 2 + max(len(field.label) for field in self.form.fields))
            self.color_form()
            self.fill_form()
        else:
            self.editor.completer = self.completer(tab)
            self.editor.show(self.work.buffer.text, self.highlighter(tab), numbers=tab.kind in ("python", "raw"))
            self.mark_lines()
        self.tab_bar.show(self._tab_line)
        if self.is_mounted:
            self._show_body()
            self.size_lint()
            if self.is_typing and tab.kind == "form":
                self.stop_typing()

    def _tab_line(self, width: int) -> list[Line]:
        """The parts as tabs, the one that is shown marked and in view."""
        if self.opened is None:
            return []
        tabs = [Tab(RAW, "raw JSON", "raw")] if self.work.is_raw else self.work.tabs
        active = self.pane == TEXT
        spans: list[Line] = []
        for tab in tabs:
            here = tab.key == self.work.tab.key
            style = ("text.accent bold" if active else "text.normal bold") if here else "text.dim"
            spans.append([(f"[{tab.title}]" if here else f" {tab.title} ", style)])
        shown = next((number for number, tab in enumerate(tabs) if tab.key == self.work.tab.key), 0)
        first, room = shown, width - 5 - line_length(spans[shown])
        while first and (room := room - line_length(spans[first - 1])) >= 0:
            first -= 1
        line: Line = [("▸" if active else " ", "text.accent bold"), *([("‹", "text.dim")] if first else [])]
        for span in spans[first:]:
            line += span
        right = "typing" if self.is_typing else ""
        return [justify(line, [(f"{right} ", "text.accent")] if right else [], width)]

    def fill_form(self) -> None:
        """Show the values of the small parts, and what is wrong with them."""
        tab = self.work.tab
        values = {key_of(part): value_text(part.value) for part in tab.parts}
        problems = {
            key_of(part): problem.message for problem in reversed(self.problems)
            if (part := self.part_of(problem, tab)) is not None
        }  # fmt: skip
        self.form.show(values, problems)

    def _show_field(self) -> None:
        self.footer.say([(self.form.field.sentence, "text.dim")])

    def do_graders_next_part(self) -> None:
        """To the next part."""
        self.work.next_tab(1)

    def do_graders_previous_part(self) -> None:
        """To the part before."""
        self.work.next_tab(-1)

    def do_graders_raw(self) -> None:
        """Show the whole JSON, or the parts."""
        self.work.turn_raw()
        self.paused()

    # Typing

    def edit_here(self) -> None:
        """Let letters type, or ask for the value of a field."""
        self.shows_difference = False
        self.go_to(TEXT)
        self._show_body()
        tab = self.work.tab
        if tab.kind != "form":
            self.is_typing = True
            self.is_asking = True
            self.editor.set_typing(True)
            self.editor.focus()
            self.tab_bar.show(self._tab_line)
            self.refresh_bars()
            return
        self._ask_field(tab.parts[self.form.cursor])

    def enter_text(self) -> None:
        """Go on in the text: letters type; on a form its first field is stood on, and the next key opens it."""
        if self.work.tab.kind != "form":
            self.edit_here()
            return
        self.shows_difference = False
        self.go_to(TEXT)
        self._show_body()
        self.form.go(0)
        self._show_field()

    def _ask_field(self, part: Part) -> None:
        choices = choices_of(part)

        def done(text: str | None) -> None:
            if text is not None:
                self.work.set_part(part, text)
                self.fill_form()
                self.paused()

        def done_and_save(text: str) -> None:
            done(text)
            self.do_graders_save()

        def saves(key: str) -> Callable[[str], None] | None:
            action = None if len(key) == 1 else self.rft.keymap.find(key, (GRADER_WORK,))
            return self.guarded(done_and_save) if action is not None and action.id == "graders.save" else None

        if choices:
            from rft_tui.tui.screens.pick import Choice, PickScreen

            offered = [Choice(one, one, choice_words(str(part.path[-1]), one)) for one in choices]
            picker = PickScreen(part.label, offered, current=value_text(part.value))
            self.app.push_screen(picker, self.guarded(done))
        else:
            completer = self.template_completer() if part.is_templated else None
            self.ask(part.label, value_text(part.value), done, completer=completer, also=saves)

    def do_graders_save(self) -> None:
        """Keep the text as a version."""
        raise NotImplementedError

    def stop_typing(self) -> None:
        """Letters are keys again; the text is kept."""
        if self.is_typing:
            self.is_typing = self.is_asking = False
            self.editor.set_typing(False)
            self.set_focus(None)
            self.tab_bar.show(self._tab_line)
            self.refresh_bars()
            self.paused()

    def do_graders_leave(self) -> None:
        """Back to the list."""
        self.stop_typing()
        self.do_back()

    def _take_editing_key(self, key: str) -> bool:
        """Run a command while letters type; whether the key was one."""
        if self.is_confirming:
            return self.take_key(key)
        if key == "ctrl+z":
            self.do_graders_take_back()
            return True
        if self.rft.keymap.find(key, self.scopes) is None:
            self.footer.say(None)
            return False
        return self.take_key(key)

    def _edit(self, change: Change) -> None:
        self.work.edit(change)
        self.typed()

    def typed(self) -> None:
        """Something was typed: work follows when no key came for a moment."""
        self._typed_at = monotonic()
        if self._pause is None:
            self._pause = self.set_timer(PAUSE_S, self._is_pause)
        if not self._shown_changed:
            self._shown_changed = True
            self.refresh_bars()

    def _is_pause(self) -> None:
        rest = PAUSE_S - (monotonic() - self._typed_at)
        if rest > 0.002:
            self._pause = self.set_timer(rest, self._is_pause)
            return
        self._pause = None
        self.guarded(self.paused)()

    def paused(self) -> None:
        """Keep the text, check it, and try it on the probe set."""
        self.keep()
        self.tab_bar.show(self._tab_line)
        self.refresh_bars()
        self.text_changed()

    def keep(self, *, leaving: bool = False) -> None:
        """Keep what is not saved; no pause has to be waited for any more."""
        if self._pause is not None:
            self._pause.stop()
            self._pause = None
        super().keep(leaving=leaving)

    # History and other editors

    def do_graders_take_back(self) -> None:
        """Take back the last change, wherever it was made."""
        self._gone(self.work.undo(), "nothing to take back")

    def do_graders_again(self) -> None:
        """Bring it again."""
        self._gone(self.work.redo(), "nothing to bring again")

    def _gone(self, done: bool, otherwise: str) -> None:
        if not done:
            self.say(otherwise, "text.dim")
            return
        self.editor.go(self.work.buffer.cursor)
        self.paused()

    def do_graders_external(self) -> None:
        """Edit what is shown in another editor and take it back."""
        tab = self.work.tab
        if tab.kind == "form":
            self.do_graders_raw()
            tab = self.work.tab
        suffix = {"python": ".py", "raw": ".json"}.get(tab.kind, ".txt")
        self.work.replace_shown(self.edited_elsewhere(self.work.buffer.text, suffix))
        self.paused()
