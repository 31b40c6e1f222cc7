"""A grader while it is edited: its JSON is the truth, its parts are views of it, and one history spans them all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from rft_tui.errors import GraderSpecError, UsageError
from rft_tui.graders.document import Part, parts, with_part, without_part
from rft_tui.safetext import one_line
from rft_tui.tui.editing.history import History, Step, reverse
from rft_tui.tui.editing.text_buffer import Change, TextBuffer

RAW = "raw"
"""The name of the view of the whole JSON."""

IN_JSON = "json "
"""Begins the name of a step on a small part: its change is one of the JSON, which an undo makes exactly as it was."""

WRITTEN = ("text", "python", "formula")
"""Kinds of parts that are written in an editor of their own."""

WITHOUT_THRESHOLD = ("string_check", "label_model")
"""Types that pass by another rule than a threshold."""

TabKind = Literal["text", "python", "formula", "form", "raw"]


@dataclass(frozen=True, slots=True)
class Tab:
    """What is shown at once: one written part, the small parts of one grader as a form, or the whole JSON."""

    key: str
    title: str
    kind: TabKind
    parts: tuple[Part, ...] = ()


def key_of(part: Part) -> str:
    """A part's name in the history: its path as JSON."""
    return json.dumps(part.path)


def value_text(value: Any) -> str:
    """A part's value as a person types it: texts as they are, short lists with commas, the rest as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(_is_plain_word(one) for one in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


def _is_plain_word(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value == value.strip() and not set(value) & set(',"[]\n')


def typed_value(part: Part, text: str) -> Any:
    """The value that a person typed for a part. Raises UsageError."""
    if part.kind in (*WRITTEN, "field") or isinstance(part.value, str):
        return text
    stripped = text.strip()
    if part.kind == "labels" and not stripped.startswith("["):
        return [word.strip() for word in stripped.split(",") if word.strip()]
    try:
        return json.loads(stripped)
    except (ValueError, RecursionError) as error:
        wanted = {"number": "a number", "labels": "labels with commas between them"}.get(part.kind, "JSON")
        raise UsageError(f"{part.label}: {one_line(text, 40)!r} is not {wanted}") from error


def tabs_of(found: list[Part]) -> list[Tab]:
    """The tabs of a grader: written parts first, then its small parts as a form; children in the same way."""
    tabs: list[Tab] = []
    forms: dict[tuple[str | int, ...], list[Part]] = {}
    for part in found:
        if part.kind in WRITTEN:
            kind: TabKind = part.kind if part.kind in ("python", "formula") else "text"
            tabs.append(Tab(key_of(part), one_line(part.label, 30), kind, (part,)))
        else:
            forms.setdefault(part.grader, []).append(part)
    for grader, small in forms.items():
        kind_of, names = small[0].type, {part.path[len(grader) :] for part in small}
        if kind_of and kind_of not in WITHOUT_THRESHOLD and ("pass_threshold",) not in names:
            small.append(Part((*grader, "pass_threshold"), "number", "pass threshold", None, grader, kind_of))
        title = one_line(str(grader[-1]), 20) if grader else "fields"
        tabs.append(Tab(f"form {json.dumps(grader)}", title, "form", tuple(small)))
    return tabs


class GraderText:
    """The text of one grader with its views. `buffer` holds what is shown of a written part or of the whole JSON.

    `text` is the JSON as it was when `flush` last ran; what was typed since then is in the buffer only.
    """

    def __init__(self, buffer: TextBuffer) -> None:
        self.buffer = buffer
        self.on_shown: Callable[[], None] = lambda: None
        self.text = ""
        self.saved = ""
        self.tabs: list[Tab] = []
        self.tab = Tab(RAW, "raw JSON", "raw")
        self.history = History()
        self._is_stale = False

    @property
    def is_raw(self) -> bool:
        """Whether the whole JSON is shown."""
        return self.tab.key == RAW

    @property
    def is_changed(self) -> bool:
        """Whether something is not saved."""
        return self._is_stale or self.text != self.saved

    def open(self, text: str, saved: str, tab: str = "") -> None:
        """Show another grader; `saved` is the text that its version has."""
        self.text, self.saved = text, saved
        self.history = History()
        self._is_stale = False
        self._read_parts()
        self.show(tab)

    def _read_parts(self) -> None:
        try:
            self.tabs = tabs_of(parts(self.text))
        except GraderSpecError:
            self.tabs = []

    def show(self, key: str = "") -> None:
        """Show a tab, the first one where there is none of that key; the whole JSON where nothing else can be shown."""
        raw = Tab(RAW, "raw JSON", "raw")
        known = {tab.key: tab for tab in self.tabs}
        self.tab = raw if key == RAW or not self.tabs else known.get(key, self.tabs[0])
        if self.tab.kind == "raw":
            self.buffer.set_text(self.text)
        elif self.tab.kind != "form":
            self.buffer.set_text(value_text(self.tab.parts[0].value))
        self.on_shown()

    def next_tab(self, step: int) -> None:
        """Show the tab before or behind this one."""
        self.flush()
        keys = [tab.key for tab in self.tabs]
        if keys:
            here = keys.index(self.tab.key) if self.tab.key in keys else -1 if step > 0 else 0
            self.show(keys[(here + step) % len(keys)])

    def turn_raw(self) -> None:
        """Show the whole JSON, or the parts again. Raises GraderSpecError where the JSON cannot be read."""
        self.flush()
        if self.is_raw:
            parts(self.text)
            self._read_parts()
            self.show()
        else:
            self.show(RAW)

    # Changing

    def edit(self, change: Change) -> None:
        """Change what is shown in the buffer."""
        key = RAW if self.tab.kind == "raw" else key_of(self.tab.parts[0])
        self.history.did(key, change)
        self.buffer.apply(change)
        self._is_stale = True

    def set_part(self, part: Part, text: str) -> None:
        """Give a small part another value; an empty one takes it out, unless it is a text.

        Raises UsageError for a value that it cannot have.
        """
        if text == value_text(part.value):
            return
        self.flush()
        before = self.text
        if not text.strip() and part.kind not in (*WRITTEN, "field"):
            self.text = without_part(before, part.path)
        else:
            self.text = with_part(before, part.path, typed_value(part, text))
        self.history.seal()
        self.history.did(f"{IN_JSON}{key_of(part)}", _difference(before, self.text))
        self.history.seal()
        self._reread()

    def _reread(self) -> None:
        self._read_parts()
        tabs = {tab.key: tab for tab in self.tabs}
        if self.tab.key in tabs:
            self.tab = tabs[self.tab.key]

    def replace_all(self, text: str) -> None:
        """Put another JSON text in the place of the whole one, as one step."""
        self.flush()
        self.history.seal()
        self.history.did(RAW, Change((0, 0), self.text, text))
        self.history.seal()
        self.text = text
        self._read_parts()
        self.show(self.tab.key)

    def replace_shown(self, text: str) -> None:
        """Put another text in the place of what the buffer shows, as one step."""
        before = self.buffer.text
        text = text.removesuffix("\n") if not before.endswith("\n") else text
        if text != before:
            self.history.seal()
            self.edit(Change((0, 0), before, text))
            self.history.seal()
            self.flush()

    def flush(self) -> bool:
        """Bring what was typed into the JSON; whether that changed it."""
        if not self._is_stale:
            return False
        self._is_stale = False
        self.history.seal()
        before = self.text
        if self.tab.kind == "raw":
            self.text = self.buffer.text
            self._read_parts()
        else:
            self.text = with_part(self.text, self.tab.parts[0].path, self.buffer.text)
            self._reread()
        return self.text != before

    def undo(self) -> bool:
        """Take back the last step, wherever it was made; whether there was one."""
        self.flush()
        step = self.history.undo()
        return step is not None and self._go(Step(step.path, reverse(step.change)))

    def redo(self) -> bool:
        """Bring it again."""
        self.flush()
        step = self.history.redo()
        return step is not None and self._go(step)

    def _go(self, step: Step) -> bool:
        change = step.change
        if step.path.startswith(IN_JSON):
            start = change.at[1]
            self.text = self.text[:start] + change.inserted + self.text[start + len(change.removed) :]
            self._read_parts()
            tab = self.tab_of(step.path.removeprefix(IN_JSON))
            self.show(tab.key if tab else self.tab.key)
            return True
        tab = self.tab_of(step.path)
        if tab is None:
            return False
        if tab.key != self.tab.key:
            self.show(tab.key)
        self.buffer.apply(change)
        self._is_stale = True
        self.flush()
        return True

    def tab_of(self, path: str) -> Tab | None:
        """The tab that shows a part, named as in the history."""
        if path == RAW:
            return Tab(RAW, "raw JSON", "raw")
        return next((tab for tab in self.tabs if any(key_of(part) == path for part in tab.parts)), None)


def _difference(before: str, after: str) -> Change:
    """What differs between two texts as one change; its column counts from the beginning of the text."""
    start, least = 0, min(len(before), len(after))
    while start < least and before[start] == after[start]:
        start += 1
    end = 0
    while end < least - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return Change((0, start), before[start : len(before) - end], after[start : len(after) - end])
