"""The versions of a grader: read, and compared as texts, with the one before or with any other."""

from __future__ import annotations

import json
from difflib import unified_diff

from rft_tui.errors import GraderSpecError
from rft_tui.graders.spec import parse_spec
from rft_tui.safetext import one_line
from rft_tui.store.graders import SHORT_HASH, StoredGrader, get_grader, grader_text
from rft_tui.tui.paint import Line, wrap_text
from rft_tui.tui.screens.graders.lists import EntriesSource, GraderEntry
from rft_tui.tui.screens.graders.orders import GradersOrders
from rft_tui.tui.screens.graders.panes import TEXT, VERSIONS
from rft_tui.tui.task_words import moment

DIFF_STYLES = {"-": "state.bad", "+": "state.good", "@": "text.faint"}
"""Colours of the lines of a difference; the sign stands before each line."""

LONGEST_DIFF = 3000
"""Lines on a side that are compared."""


class GradersVersions(GradersOrders):
    """What differs from version to version."""

    def __init__(self) -> None:
        super().__init__()
        self._against: tuple[str, StoredGrader] | None = None

    @property
    def version(self) -> StoredGrader | None:
        """The version that actions are about: the one under the cursor of the versions, else the newest."""
        if self.pane == VERSIONS:
            row: StoredGrader | None = self.versions.current
            return row
        return self.entry.newest if self.entry else None

    @property
    def against(self) -> StoredGrader | None:
        """What the versions of this grader are held against, where a person has chosen that."""
        entry = self.entry
        return self._against[1] if self._against is not None and entry and self._against[0] == entry.name else None

    def compared_with(self, version: StoredGrader) -> StoredGrader | None:
        """What a version is held against: what was chosen, else the version before it; None where there is none."""
        if self.against is not None and self.against.id != version.id:
            return self.against
        number = self.entry.number(version.version) if self.entry else 0
        return self.entry.versions[number - 2] if self.entry and number > 1 else None

    def name_of(self, version: StoredGrader) -> str:
        """How a version is called on this screen: by its number, or where it is another grader's by its name."""
        number = self.entry.number(version.version) if self.entry else 0
        return f"v{number}" if number else one_line(version.label, 40)

    def paint_version(self) -> None:
        """Show the version under the cursor, or what differs from the one it is held against."""
        entry, version = self.entry, self.version
        if self.shows_difference and entry is not None:
            lines = self._difference(entry, version)
            self.reading.show(lambda width: _diff_lines(lines, width))
            return
        if entry is None:
            self.reading.show(self.empty_lines)
            return
        if version is None:
            self.reading.show(lambda _width: [[("nothing is saved yet", "text.faint")]])
            return
        with self.rft.workspace.store.read() as db:
            text = grader_text(db, version)
        note = [[(one_line(version.note, 300), "text.normal")], []] if version.note else []
        head: Line = [(self.name_of(version), "text.normal bold"), (f" @{version.version[:12]}", "text.dim")]
        self.reading.show(lambda width: [head, *note, *wrap_text(text, width)])

    def _difference(self, entry: GraderEntry, version: StoredGrader | None) -> list[str] | None:
        """What differs from what is compared with, behind a title; None where there is nothing to compare with."""
        is_now = self.pane != VERSIONS and self.work.is_changed
        if is_now:
            older, newer_name = self.against or version, "now"
        else:
            older, newer_name = (self.compared_with(version), self.name_of(version)) if version else (None, "")
        if older is None:
            return None
        with self.rft.workspace.store.read() as db:
            texts = [grader_text(db, one) for one in (older, version) if one is not None]
        return _difference(texts[0], self.work.text if is_now else texts[1], f"{self.name_of(older)} → {newer_name}")

    def do_graders_diff(self) -> None:
        """Text or difference."""
        self.shows_difference = not self.shows_difference
        if self.shows_difference and self.is_narrow and self.pane != VERSIONS:
            self.pane = TEXT
        self.paint_version()
        self.panes_changed()

    def do_graders_against(self) -> None:
        """Choose the version, of this grader or another, that others are held against."""
        from rft_tui.tui.screens.pick import Choice, PickScreen

        entry = self.entry
        if entry is None:
            return
        source = self.table.source
        entries = source.entries if isinstance(source, EntriesSource) else []
        choices = [Choice("0", "the version before", "of whichever is looked at")]
        for one in reversed(entry.versions):
            beside = one_line(one.note, 60) or moment(one.created_at)
            choices.append(Choice(str(one.id), f"{self.name_of(one)} @{one.version[:SHORT_HASH]}", beside))
        choices += [
            Choice(str(other.newest.id), one_line(other.newest.label, 60), other.newest.type)
            for other in entries
            if other.newest is not None and other.name != entry.name
        ]

        def chosen(value: str | None) -> None:
            if value is None:
                return
            with self.rft.workspace.store.read() as db:
                grader = get_grader(db, int(value))
            self._against = None if grader is None else (entry.name, grader)
            self.paint_version()
            self.read_probes()
            self.refresh_bars()

        current = str(self.against.id) if self.against else "0"
        self.app.push_screen(PickScreen("compare with", choices, current=current), self.guarded(chosen))


def _readable(text: str) -> list[str]:
    """A grader's JSON as lines in which long texts stand as people write them."""
    try:
        spec = parse_spec(text, "the text")
    except GraderSpecError:
        return text.split("\n")
    lines = json.dumps(spec, indent=2, ensure_ascii=False).split("\n")
    out: list[str] = []
    for line in lines:
        shown = line.replace("\\n", "\n").replace('\\"', '"') if "\\n" in line else line
        first, *others = shown.split("\n")
        out += [first, *(f"    {other}" for other in others)]
    return out


def _difference(older: str, newer: str, title: str) -> list[str]:
    """What differs, as lines that begin with ``-``, ``+``, ``@`` or a blank, behind a title."""
    before, after = _readable(older), _readable(newer)
    lines = list(unified_diff(before[:LONGEST_DIFF], after[:LONGEST_DIFF], lineterm=""))[2:]
    cut = max(len(before), len(after)) > LONGEST_DIFF
    return [f"{title} · the first {LONGEST_DIFF:,} lines" if cut else title, *lines]


def _diff_lines(lines: list[str] | None, width: int) -> list[Line]:
    if lines is None:
        return [[("there is nothing to compare with", "text.faint")]]
    title, *rest = lines
    shown: list[Line] = [[(title, "text.normal bold")], []]
    if not rest:
        return [*shown, [("no difference", "text.faint")]]
    for line in rest:
        shown += wrap_text(line, width, DIFF_STYLES.get(line[:1], "text.normal"))
    return shown
