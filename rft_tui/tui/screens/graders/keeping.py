"""What was typed is kept at every pause: the draft of a grader, also where another window writes one."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from rft_tui.errors import RftError
from rft_tui.graders.spec import load_text
from rft_tui.store.drafts import Draft, drop_draft, free_draft_name, load_draft, save_draft
from rft_tui.store.graders import StoredGrader, grader_text
from rft_tui.tui.screens.graders.lists import EntriesSource, GraderEntry, VersionsSource
from rft_tui.tui.screens.graders.names import GradersNames


class GradersKeeping(GradersNames):
    """The grader that is open, from what was kept of it; `base` is the version that its text came from."""

    def __init__(self) -> None:
        super().__init__()
        self.base: StoredGrader | None = None
        self._shown_changed = False
        self._kept = ("", "")
        self._seen: dict[str, set[int]] = {}
        self._waiting: dict[str, Draft | None] = {}

    # What is open

    def open_entry(self, entry: GraderEntry | None) -> None:
        """Show a grader: the unsaved text that is kept for it, else its newest version."""
        self.keep(leaving=True)
        self.opened, self.base = entry, entry.newest if entry else None
        text = saved = ""
        if entry is not None:
            with self.rft.workspace.store.read() as db:
                draft = self._begun(db, entry.name)
                if draft is not None:
                    self._saw(entry.name, draft.text)
                    self.base = next((one for one in entry.versions if one.version == draft.base_version), self.base)
                saved = grader_text(db, self.base) if self.base is not None else self._file_text(entry)
                text = draft.text if draft is not None else saved
        self.forget_problems()
        self.work.open(text, saved)
        self._shown_changed = self.work.is_changed
        self.versions.show(VersionsSource(entry, self.base.version if self.base else None))
        self.show_lint()

    def _file_text(self, entry: GraderEntry) -> str:
        """The text of the file that a grader is taken up from; none where it has none that can be read."""
        try:
            return load_text(entry.path) if entry.path is not None else ""
        except RftError as error:
            self.say_error(error)
            return ""

    def _begun(self, db: sqlite3.Connection, name: str) -> Draft | None:
        """The unsaved text of a grader, also where the cache was too busy to take it yet."""
        if not self.rft.outbox.waiting:
            self._waiting.clear()
        return self._waiting[name] if name in self._waiting else load_draft(db, name)

    # Keeping

    def keep(self, *, leaving: bool = False) -> None:
        """Keep what is not saved, so that nothing that was typed is lost; `leaving` where its history goes with it."""
        self.work.flush()
        entry = self.opened
        if entry is None:
            return
        changed = self._shown_changed = self.work.is_changed
        name, text = entry.name, self.work.text
        base = self.base.version if self.base else None

        def store(db: sqlite3.Connection) -> None:
            if changed:
                save_draft(db, name, base, text)
            else:
                drop_draft(db, name)

        if changed != entry.has_draft or (changed and (name, text) != self._kept):
            if self._is_changed_elsewhere(leaving):
                return
            self._saw(name, text)
            if self.rft.store_soon(store):
                self._waiting.pop(name, None)
            else:
                self._waiting[name] = Draft(name, base, text, "", "") if changed else None
            self._kept = (name, text)
            if changed != entry.has_draft:
                self._entry_changed(changed)

    def _saw(self, name: str, text: str) -> None:
        """An unsaved text of a grader that this window has read or written: it may write over it."""
        self._seen.setdefault(name, set()).add(hash(text))

    def _is_changed_elsewhere(self, leaving: bool = False) -> bool:
        """Whether another window has kept a text that this one has never shown.

        Then that text is shown, and the text of this window is one step back; it is kept as a grader of its own where
        the steps are about to be forgotten.
        """
        entry, text = self.opened, self.work.text
        if entry is None:
            return False
        with self.rft.workspace.store.read() as db:
            there = load_draft(db, entry.name)
        if there is None or there.text == text or hash(there.text) in self._seen.get(entry.name, ()):
            return False
        if leaving:
            if self.work.is_changed:
                self.rft.store_soon(lambda db: save_draft(db, free_draft_name(db, entry.name), None, text))
            return True
        self._saw(entry.name, there.text)
        self._kept = (entry.name, there.text)
        self.work.replace_all(there.text)
        self._shown_changed = self.work.is_changed
        if not entry.has_draft:
            self._entry_changed(True)
        self.say(f"this text was changed elsewhere · {self.hint_key('graders.take_back')} brings yours back",
                 "state.warning")  # fmt: skip
        return True

    def _entry_changed(self, has_draft: bool) -> None:
        """Mark the grader in the list as one with unsaved text, or take the mark away."""
        entry, source = self.opened, self.table.source
        if entry is None or not isinstance(source, EntriesSource) or entry not in source.entries:
            return
        position = source.entries.index(entry)
        self.opened = source.entries[position] = replace(entry, has_draft=has_draft)
        self.table.replace(position, self.opened)
