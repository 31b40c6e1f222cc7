"""The versions of a grader: read, compared as texts, and by what they do to all predictions."""

from __future__ import annotations

import json
from difflib import unified_diff
from threading import Event

from rft_tui.errors import GraderSpecError
from rft_tui.graders.spec import parse_spec
from rft_tui.safetext import one_line
from rft_tui.store.graders import StoredGrader, grader_text
from rft_tui.tui.paint import Line, wrap_text
from rft_tui.tui.screens.graders_messages import ConsequencesKnown, ConsequencesProgress
from rft_tui.tui.screens.graders_panes import TEXT, VERSIONS
from rft_tui.tui.screens.graders_probes import GradersProbes
from rft_tui.tui.task_words import counted

DIFF_STYLES = {"-": "state.bad", "+": "state.good", "@": "text.faint"}
"""Colours of the lines of a difference; the sign stands before each line."""

LONGEST_DIFF = 5000
"""Lines on a side that are compared."""


class GradersVersions(GradersProbes):
    """What differs from version to version."""

    def __init__(self) -> None:
        super().__init__()
        self.counting: tuple[int, int] | None = None
        self._stop = Event()

    @property
    def version(self) -> StoredGrader | None:
        """The version that actions are about: the one under the cursor of the versions, else the newest."""
        if self.pane == VERSIONS:
            row: StoredGrader | None = self.versions.current
            return row
        return self.entry.newest if self.entry else None

    def paint_version(self) -> None:
        """Show the version under the cursor, or what differs from the one before."""
        entry, version = self.entry, self.version
        if entry is None or version is None:
            self.reading.show(lambda _width: [[("nothing is saved yet", "text.faint")]])
            return
        number = entry.number(version.version)
        with self.rft.workspace.store.read() as db:
            text = grader_text(db, version)
            older = grader_text(db, entry.versions[number - 2]) if number > 1 else None
        if self.shows_difference:
            now = self.work.text if self.pane != VERSIONS and self.work.is_changed else None
            lines = _difference(text, now, f"v{number} → now") if now is not None else (
                _difference(older, text, f"v{number - 1} → v{number}") if older is not None else None
            )  # fmt: skip
            self.reading.show(lambda width: _diff_lines(lines, width))
            return
        note = [[(one_line(version.note, 300), "text.normal")], []] if version.note else []
        head: Line = [(f"v{number}", "text.normal bold"), (f" @{version.version[:12]}", "text.dim")]
        self.reading.show(lambda width: [head, *note, *wrap_text(text, width)])

    def do_graders_diff(self) -> None:
        """Text or difference."""
        self.shows_difference = not self.shows_difference
        if self.shows_difference and self.is_narrow and self.pane != VERSIONS:
            self.pane = TEXT
        self.paint_version()
        self.panes_changed()

    def do_graders_consequences(self) -> None:
        """Grade all predictions by the version and the one before, and show who flips."""
        from rft_tui.tasks.retesting.consequences import consequences

        entry, after = self.entry, self.version
        if entry is None or after is None:
            return
        number = entry.number(after.version)
        before = entry.versions[number - 2]
        store, self._stop = self.rft.workspace.store, Event()
        stop = self._stop

        def progress(done: int, of: int) -> None:
            self.post_message(ConsequencesProgress(done, of))

        def work() -> None:
            found = consequences(store, before, after, stop=stop, progress=progress)
            self.post_message(ConsequencesKnown(before, after, found))

        self.counting = (0, 0)
        self.refresh_bars()
        self.run_worker(work, thread=True, exclusive=True, group="graders.consequences", exit_on_error=False)

    def on_consequences_progress(self, message: ConsequencesProgress) -> None:
        """Show how far it is."""
        if self.counting is not None:
            self.counting = (message.done, message.of)
            self.refresh_bars()

    def on_consequences_known(self, message: ConsequencesKnown) -> None:
        """Show who flips."""
        self.counting = None
        self.refresh_bars()
        found = message.found
        if found is None:
            return
        if not found.flips:
            self.say(f"no flips among {counted(found.diff.compared, 'prediction')}", "state.good")
            return
        from rft_tui.tui.screens.graders_flips import FlipsScreen

        self.app.push_screen(FlipsScreen(message.before, message.after, found))

    def stop_work(self) -> None:
        """Stop what is done in the background."""
        self._stop.set()
        super().stop_work()


def _readable(text: str) -> list[str]:
    """A grader's JSON as lines in which long texts stand as people write them."""
    try:
        spec = parse_spec(text, "the text")
    except GraderSpecError:
        return text.split("\n")[:LONGEST_DIFF]
    lines = json.dumps(spec, indent=2, ensure_ascii=False).split("\n")
    out: list[str] = []
    for line in lines:
        shown = line.replace("\\n", "\n").replace('\\"', '"') if "\\n" in line else line
        first, *others = shown.split("\n")
        out += [first, *(f"    {other}" for other in others)]
    return out[:LONGEST_DIFF]


def _difference(older: str, newer: str, title: str) -> list[str]:
    """What differs, as lines that begin with ``-``, ``+``, ``@`` or a blank, behind a title."""
    return [title, *list(unified_diff(_readable(older), _readable(newer), lineterm=""))[2:]]


def _diff_lines(lines: list[str] | None, width: int) -> list[Line]:
    if lines is None:
        return [[("there is no version before", "text.faint")]]
    title, *rest = lines
    shown: list[Line] = [[(title, "text.normal bold")], []]
    if not rest:
        return [*shown, [("no difference", "text.faint")]]
    for line in rest:
        shown += wrap_text(line, width, DIFF_STYLES.get(line[:1], "text.normal"))
    return shown
