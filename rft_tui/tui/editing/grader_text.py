"""A grader while it is edited: its JSON is the truth, its parts are views of it, and one history spans them all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rft_tui.errors import GraderSpecError
from rft_tui.graders.document import Part, PartPath, parts
from rft_tui.graders.document_edits import with_part, without_part
from rft_tui.graders.text_change import difference
from rft_tui.safetext import one_line
from rft_tui.tui.editing.history import History, Step, reverse
from rft_tui.tui.editing.part_values import WRITTEN, typed_value, value_text
from rft_tui.tui.editing.spelling import respelled
from rft_tui.tui.editing.text_buffer import Change, TextBuffer

RAW = "raw"
"""The name of the view of the whole JSON."""

IN_JSON = "json "
"""Begins the name of a step on a small part: its change is one of the JSON, which an undo makes exactly as it was."""

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


RAW_TAB = Tab(RAW, "raw JSON", "raw")


def key_of(part: Part) -> str:
    """A part's name in the history: its path as JSON."""
    return json.dumps(part.path)


def tabs_of(found: list[Part]) -> list[Tab]:
    """The tabs of a grader: written parts first, then its small parts as a form; children in the same way."""
    tabs: list[Tab] = []
    forms: dict[PartPath, list[Part]] = {}
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
        tabs.append(Tab(f"form {json.dumps(grader)}", _form_title(small), "form", tuple(small)))
    return tabs


def _form_title(small: list[Part]) -> str:
    """The names of the children around a form's fields, or that these are the fields of the grader itself."""
    label = next((part.label for part in small if not part.role), str(small[0].grader[-1:]))
    return one_line(label.rpartition(" · ")[0], 20) or "fields"


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
        self.tab = RAW_TAB
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
        known = {tab.key: tab for tab in self.tabs}
        self.tab = RAW_TAB if key == RAW or not self.tabs else known.get(key, self.tabs[0])
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
        if not text.strip() and part.kind not in (*WRITTEN, "field"):
            self._become(without_part(self.text, part.path), key_of(part))
        else:
            self._become(with_part(self.text, part.path, typed_value(part, text)), key_of(part))
        self._reread()

    def change_json(self, text: str, path: PartPath) -> None:
        """Put another JSON text, in which something at a path came or went, in the place of this one, as one step.

        Shown is what stands at the path, or what stood beside it.
        """
        self.flush()
        keys = [tab.key for tab in self.tabs]
        place = keys.index(self.tab.key) if self.tab.key in keys else 0
        self._become(text, json.dumps(path))
        self._read_parts()
        tab = RAW_TAB if self.is_raw else self.tab_of(json.dumps(path))
        if tab is None and self.tabs and self.tab.key not in {one.key for one in self.tabs}:
            tab = self.tabs[min(place, len(self.tabs) - 1)]
        self.show(tab.key if tab else self.tab.key)

    def replace_all(self, text: str) -> None:
        """Put another JSON text in the place of the whole one, as one step."""
        self.flush()
        self._become(text, RAW)
        self._read_parts()
        self.show(self.tab.key)

    def _become(self, text: str, path: str) -> None:
        """Be another JSON text, by a step of its own at a path."""
        change = difference(self.text, text)
        self.history.seal()
        self.history.did(f"{IN_JSON}{path}", Change((0, change.start), change.removed, change.inserted))
        self.history.seal()
        self.text = text

    def _reread(self) -> None:
        self._read_parts()
        tabs = {tab.key: tab for tab in self.tabs}
        if self.tab.key in tabs:
            self.tab = tabs[self.tab.key]

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
            self.text = respelled(self.text, self.buffer.text)
            self._read_parts()
        else:
            part = self.tab.parts[0]
            self.text = with_part(self.text, part.path, respelled(value_text(part.value), self.buffer.text))
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
            path = step.path.removeprefix(IN_JSON)
            start = change.at[1]
            self.text = self.text[:start] + change.inserted + self.text[start + len(change.removed) :]
            self._read_parts()
            tab = None if path == RAW or self.is_raw else self.tab_of(path)
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
        """The tab that shows a part, named as in the history, or else what is inside it or around it."""
        if path == RAW:
            return RAW_TAB
        found = self.place_of(tuple(json.loads(path)))
        return found[0] if found else None

    def place_of(self, path: PartPath) -> tuple[Tab, int] | None:
        """The tab that shows what stands at a path, what is inside it or around it, and the part's number there."""
        places = [(tab, number) for tab in self.tabs for number in range(len(tab.parts))]
        paths = [tab.parts[number].path for tab, number in places]
        inside = (at for at, one in enumerate(paths) if path and one[: len(path)] == path)
        around = (at for at, one in enumerate(paths) if path[: len(one)] == one)
        best = paths.index(path) if path in paths else next(inside, next(around, None))
        return None if best is None else places[best]
