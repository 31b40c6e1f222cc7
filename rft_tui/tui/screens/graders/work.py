"""What is done with whole graders: made, saved, copied, brought in, written out, renamed, deleted, compared."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

from rft_tui.graders.spec import parse_spec, score_rule
from rft_tui.identity import grader_version
from rft_tui.safetext import one_line, storable
from rft_tui.settings import write_file
from rft_tui.store.drafts import drop_draft
from rft_tui.store.graders import (
    SHORT_HASH,
    StoredGrader,
    delete_grader,
    grader_text,
    rename_grader,
    save_version,
    set_note,
    set_text,
    undo_grader_change,
)
from rft_tui.tasks.graders import file_name, is_file, unstored_files
from rft_tui.tasks.retesting.orders_file import move_orders
from rft_tui.tui.paint import Line
from rft_tui.tui.screens.graders.lists import EntriesSource, GraderEntry, file_entries, read_entries
from rft_tui.tui.screens.graders.making import GradersMaking
from rft_tui.tui.screens.graders.panes import VERSIONS


class GradersWork(GradersMaking):
    """The actions on graders and versions."""

    # The list

    def read_list(self, name: str = "", *, again: bool = True) -> None:
        """Read the graders, stand on one of them, and show it."""
        with self.rft.workspace.store.read() as db:
            entries = read_entries(db)
        workspace = self.rft.workspace
        files = unstored_files(workspace.store, workspace.graders_folder)
        entries += file_entries(files, {one.name for one in entries})
        position = next((number for number, one in enumerate(entries) if one.name == name), 0)
        words: list[Line] = [
            [(" No graders yet.", "text.normal")],
            [(f" {self.hint_key('graders.new')} makes one.", "text.dim")],
        ]
        self.table.show(EntriesSource(entries, words), position)
        if again:
            self.open_current()
        else:
            self.opened = self.entry

    def open_current(self) -> None:
        """Show the grader under the cursor."""
        self.open_entry(self.entry)
        if self.entry is None:
            self.reading.show(self.empty_lines)
        self.rows, self.results, self.summary, self.spec = [], {}, None, None
        self.show_rows()
        self._show_body()
        self.refresh_bars()
        if self.opened is not None:
            self.read_probes()

    def _storing(self) -> AbstractContextManager[sqlite3.Connection]:
        """One write transaction, behind all that still waits to be stored."""
        self.rft.outbox.flush()
        return self.rft.workspace.store.write()

    # Saving

    def do_graders_save(self) -> None:
        """Keep the text as a version; a note is asked for and may stay empty."""
        self.keep()
        entry = self.opened
        if entry is None:
            return
        spec = parse_spec(self.work.text, one_line(entry.name, 60))
        version = grader_version(spec)
        if number := entry.number(version):
            known = entry.versions[number - 1]
            with self._storing() as db:
                is_respelt = grader_text(db, known) != self.work.text
                if is_respelt:
                    set_text(db, known, self.work.text)
            self._take_saved(entry, known)
            kept = "its new spelling is kept" if is_respelt else "nothing new was saved"
            self.say(f"v{number} @{version[:SHORT_HASH]} is this very grader; {kept}", "state.info")
            return
        was_typing = self.is_typing

        def done(note: str) -> None:
            self._save(entry, note)
            if was_typing:
                self.edit_here()

        self.stop_typing()
        self.ask(f"note on @{version[:SHORT_HASH]}", "", done, on_cancel=self.edit_here if was_typing else None,
                 hints=(("empty", "no note"),))  # fmt: skip

    def _save(self, entry: GraderEntry, note: str) -> None:
        text = self.work.text
        spec = parse_spec(text, one_line(entry.name, 60))
        with self._storing() as db:
            grader = save_version(db, entry.name, spec, score_rule(spec), note.strip(), text=text)
            drop_draft(db, entry.name)
        self._take_saved(entry, grader)
        number = self.opened.number(grader.version) if self.opened else 0
        other = "".join(f" · {one_line(one.message, 120)}" for one in self.other_name())
        self.say(f"saved {one_line(entry.name, 40)} v{number} @{grader.version[:SHORT_HASH]}{other}",
                 "state.warning" if other else "state.good")  # fmt: skip

    def _take_saved(self, entry: GraderEntry, grader: StoredGrader) -> None:
        """The text is a version now: what comes is held against it."""
        self.work.saved = self.work.text
        self.rebase(grader)
        with self._storing() as db:
            drop_draft(db, entry.name)
        self._refresh_list(entry.name)
        self.read_probes()

    def _refresh_list(self, name: str) -> None:
        from rft_tui.tui.screens.graders.lists import VersionsSource

        self.read_list(name, again=False)
        here: StoredGrader | None = self.versions.current if self.pane == VERSIONS else None
        source = VersionsSource(self.opened, self.base.version if self.base else None)
        place = next((number for number, one in enumerate(source.versions) if here and one.id == here.id), 0)
        self.versions.show(source, place)
        self.paint_version()
        self._shown_changed = self.work.is_changed
        self.refresh_bars()

    def do_graders_discard(self) -> None:
        """Throw the unsaved text away, after a question."""
        entry = self.opened
        if entry is None or not self.work.is_changed:
            self.say("everything is saved", "text.dim")
            return

        def discard() -> None:
            self.work.saved = self.work.text
            with self._storing() as db:
                drop_draft(db, entry.name)
            self.opened = None
            self.read_list(entry.name)
            self.say("the unsaved text is gone", "state.info")

        self.confirm(f"throws the unsaved text of {one_line(entry.name, 40)} away", discard)

    # Names, notes, files

    def do_graders_rename(self) -> None:
        """Give the grader another name."""
        entry = self.entry
        if entry is None or not entry.versions:
            return

        def rename(typed: str) -> None:
            self.keep()
            with self._storing() as db:
                renamed = rename_grader(db, entry.name, typed)
                has_moved = move_orders(self.rft.workspace.graders_folder, entry.name, renamed[0].name)
            self.opened = None
            self.read_list(renamed[0].name)
            along = ", its expected orders too" if has_moved else ""
            if self.other_name():
                along += f"; its JSON keeps its own name, {self.hint_key('graders.next_problem')} goes there"
            self.say(f"renamed{along} · {self.hint_key('graders.undo')} takes it back", "state.good")

        self.ask("new name", entry.name, rename)

    def do_graders_delete(self) -> None:
        """Put the grader away, or the version under the cursor; grades are kept."""
        entry = self.entry
        if entry is None:
            return
        version = self.version if self.pane == VERSIONS and len(entry.versions) > 1 else None
        what = f"v{entry.number(version.version)} of {entry.name}" if version else entry.name
        name = f"{entry.name}@{version.version}" if version else entry.name

        kept = "its grades are kept" if entry.versions else "it was never saved"
        draft = ", its unsaved text is not" if entry.versions and entry.has_draft and version is None else ""

        def delete() -> None:
            with self._storing() as db:
                if entry.versions:
                    delete_grader(db, name)
                if version is None:
                    drop_draft(db, entry.name)
            self.work.saved = self.work.text
            self.opened = None
            self.read_list(entry.name if version else "")
            back = f" · {self.hint_key('graders.undo')} takes it back" if entry.versions else ""
            self.say(f"deleted {one_line(what, 60)}{back}", "state.good")

        self.confirm(f"deletes {one_line(what, 60)}; {kept}{draft}", delete)

    def do_graders_undo(self) -> None:
        """Take back the last rename, delete or note."""
        self.keep()
        with self._storing() as db:
            change = undo_grader_change(db)
            if change is not None and change.kind == "rename":
                move_orders(self.rft.workspace.graders_folder, change.name, change.graders[0].name)
        if change is None:
            self.say("nothing to take back", "text.dim")
            return
        self.opened = None
        self.read_list(change.graders[0].name)
        self.say(f"took back: {change.kind} {one_line(change.graders[0].name, 40)}", "state.good")

    def do_graders_note(self) -> None:
        """Write the note of a version."""
        version, entry = self.version, self.entry
        if version is None or entry is None:
            return

        def note(text: str) -> None:
            with self._storing() as db:
                set_note(db, version, text.strip())
            self._refresh_list(entry.name)

        self.ask(f"note on v{entry.number(version.version)}", version.note, note)

    def do_graders_export(self) -> None:
        """Write the exact JSON into graders/; text that is not saved only after a question, as is writing over."""
        entry = self.entry
        if entry is None:
            return
        self.keep()
        path = self.rft.workspace.graders_folder / f"{file_name(entry.name)}.json"
        data = storable(self.work.text).encode()

        def write() -> None:
            write_file(path, data)
            self.say(f"written: graders/{one_line(path.name, 60)}", "state.good")

        unsaved = "the unsaved text " if self.work.is_changed else ""
        over = "over" if _holds_other(path, data) else "to"
        if unsaved or over == "over":
            self.confirm(f"writes {unsaved}{over} graders/{one_line(path.name, 60)}", write)
        else:
            write()


def _holds_other(path: Path, data: bytes) -> bool:
    """Whether something else stands in a file, or it cannot be read."""
    try:
        return is_file(path) and path.read_bytes() != data
    except OSError:
        return True
