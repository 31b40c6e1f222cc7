"""Graders: their versions, an editor of each part, and a probe set whose scores follow what is typed."""

from __future__ import annotations

from typing import Any

from rft_tui.safetext import one_line
from rft_tui.store.filters import Selection
from rft_tui.store.graders import SHORT_HASH, get_grader, list_graders, most_at_home
from rft_tui.store.review import get_review_item
from rft_tui.tasks.retesting.probes import ProbeChoice
from rft_tui.tui.actions import Action
from rft_tui.tui.editing.grader_text import RAW
from rft_tui.tui.paint import Line
from rft_tui.tui.screens.graders.figures import probe_kind
from rft_tui.tui.screens.graders.panes import NAMES, PROBES, TEXT, VERSIONS
from rft_tui.tui.screens.graders.rating import GradersRating
from rft_tui.tui.widgets.table import Table

NEEDS_GRADER = frozenset(
    f"graders.{name}" for name in (
        "probes", "diff", "against", "consequences", "note", "export", "rename", "delete", "discard", "save", "retest",
        "on_pause", "raw", "next_problem", "external", "previous_part", "next_part", "take_back", "again", "bench",
        "add_part", "drop_part",
    )
)  # fmt: skip
"""Actions on the grader that is shown."""

NEEDS_SAVED = frozenset({"graders.note", "graders.rename"})
"""Actions on what was saved."""

NEEDS_RULE = frozenset(
    f"graders.{name}" for name in ("save", "retest", "export", "raw", "external", "bench", "add_part", "drop_part")
)
"""Actions that an external grader has nothing for."""


class GradersScreen(GradersRating):
    """Screen 4."""

    def on_mount(self) -> None:
        """Show the grader of the last session."""
        saved = self.rft.session.get("graders", {})
        saved = saved if isinstance(saved, dict) else {}
        kind, text = probe_kind(saved.get("probe")), saved.get("probe_text")
        if kind is not None and isinstance(text, str):
            self.choice = ProbeChoice(kind, text)
        self.table.on_moved = self.guarded(self._name_moved)
        self.versions.on_moved = self.guarded(self.paint_version)
        self.probes.on_moved = self.on_probe_moved
        self.lay_out()
        name = saved.get("grader")
        self.read_list(name if isinstance(name, str) else self._read_in_review())
        if saved.get("pane") in (TEXT, PROBES):
            self.go_to(saved["pane"])
        super().on_mount()
        if self.work.is_changed:
            self.say("this text was not saved last time; it is as you left it", "state.info")

    def _read_in_review(self) -> str:
        """The name of the grader whose mistakes are read."""
        review = self.rft.session.get("review")
        wanted = review.get("grader") if isinstance(review, dict) else None
        with self.rft.workspace.store.read() as db:
            grader = get_grader(db, wanted) if isinstance(wanted, int) else None
            grader = grader or most_at_home(db, [one for one in list_graders(db) if not one.is_external])
        return grader.name if grader else ""

    def remembered(self) -> dict[str, Any]:
        """Which grader, which probe set."""
        return {
            "grader": self.opened.name if self.opened else "",
            "pane": self.pane,
            "probe": self.choice.kind,
            "probe_text": self.choice.text,
        }

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """Workspace; the grader, whether it is saved, and how many problems it has."""
        name: Line = [(one_line(self.rft.workspace.name, 40), "text.accent bold")]
        right, counting = self.pause_words(), self.counting_words()
        right = [*right, ("   ", "text.normal"), *counting] if right and counting else right or counting
        entry = self.opened
        if entry is None:
            return (name, right), (self.tabs(), [])
        name += [(" · ", "text.dim"), (one_line(entry.name, 30), "text.normal")]
        if self.simulated:
            name.append((" SIMULATED", "state.warning bold"))
        number = entry.number(self.base.version) if self.base else 0
        shown = one_line(entry.name, 16 if self.is_narrow else 30)
        state: Line
        if self.work.is_changed:
            origin = f"from v{number}" if number else "new"
            state = [("unsaved", "state.warning bold"), (f" · {shown} ({origin})", "text.normal")]
        else:
            version = f" @{self.base.version[:SHORT_HASH]}" if self.base else ""
            at = f"v{number}" if number else "(file)"
            state = [(f"{shown} {at}", "text.normal"), (version, "text.dim")]
        if self.against is not None:
            state.append((f" · Δ against {self.name_of(self.against)}", "state.info"))
        lint = len(self.problems)
        worst = any(problem.severity == "error" for problem in self.problems)
        style = "state.bad" if worst else "state.warning" if lint else "text.dim"
        return (name, right), (self.tabs(), [*state, (f" · lint {lint}", style)])

    def refresh_bars(self) -> None:
        """Show what the keys do, also while letters type."""
        if not self.is_typing:
            super().refresh_bars()
            return
        if not self.is_mounted:
            return
        first, second = self.header_rows()
        self.header.show(self._with_tasks(*first), second)
        if self.is_confirming:
            return
        from rft_tui.tui.actions import ACTIONS

        keymap = self.rft.keymap
        shown = [one for one in ACTIONS if one.footer and one.scope in self.scopes and self.why_not(one) is None]
        shown.sort(key=lambda one: -one.footer)
        self.footer.show([(key, one.label) for one in shown if (key := keymap.key(one))], None)

    def why_not(self, action: Action) -> str | None:
        """Most actions need a grader, some a saved one."""
        entry = self.entry
        if action.id in NEEDS_GRADER and entry is None:
            return "there are no graders here"
        external = entry is not None and entry.newest is not None and entry.newest.is_external
        if external and (action.id in NEEDS_RULE or (action.id == "open" and self.pane != PROBES)):
            return "only scores of this grader came in: its rule is not known here"
        if action.id == "graders.delete" and entry is not None and entry.path is not None and not entry.has_draft:
            return "it is a file in graders/: nothing of it is stored"
        if action.id in NEEDS_SAVED and entry is not None and not entry.versions:
            return f"save it first: {self.hint_key('graders.save')}"
        if action.id == "graders.consequences" and entry is not None and (why := self.why_no_consequences()):
            return why
        if action.id == "graders.pin" and (self.probe is None or self.probe.place is not None):
            return "there is no prediction here"
        if action.id == "graders.order" and (why := self.why_no_order()):
            return why
        if action.id == "open" and entry is None:
            return f"there are no graders here · {self.hint_key('graders.new')} makes one"
        if action.id == "graders.again" and self.shows_difference:
            return "close the difference first"
        return super().why_not(action)

    def _name_moved(self) -> None:
        """Another grader is under the cursor."""
        self.open_current()
        self.paint_version()
        self.rft.remember()

    def panes_changed(self) -> None:
        """Show what belongs to the pane."""
        if self.pane == VERSIONS or self.shows_difference:
            self.paint_version()
        super().panes_changed()
        self.tab_bar.show(self._tab_line)
        self.on_probe_moved()

    def on_table_chosen(self, message: Table.Chosen) -> None:
        """A row was clicked a second time."""
        message.stop()
        panes: dict[Table, str] = {self.table: NAMES, self.versions: VERSIONS}
        self.pane = panes.get(message.table, PROBES)
        self.do_open()

    def do_open(self) -> None:
        """Edit the grader, take up a version, or read a prediction."""
        if self.pane == PROBES:
            self._open_probe()
            return
        said = self._take_up() if self.pane == VERSIONS else ""
        if self.pane == TEXT and not self.reading.display:
            self.edit_here()
        else:
            self.enter_text()
        if said:
            self.say(said, "state.info")

    def _take_up(self) -> str:
        """Put the text of a version into the editor; that is a step like any other. What to say of it."""
        from rft_tui.store.graders import grader_text

        version = self.version
        if version is None:
            return ""
        with self.rft.workspace.store.read() as db:
            text = grader_text(db, version)
        if text == self.work.text:
            return ""
        self.work.replace_all(text)
        self.paused()
        number = self.opened.number(version.version) if self.opened else 0
        return f"the text of v{number} · {self.hint_key('graders.take_back')} takes it back"

    def _open_probe(self) -> None:
        from rft_tui.tui.screens.graders.item import GradedItem, unstored_item

        row = self.probe
        if row is None:
            return
        if row.place is not None:
            item = unstored_item(row)
        else:
            selection = Selection(None, self.base.id if self.base else None, self.rft.workspace.reviewer)
            with self.rft.workspace.store.read() as db:
                item = get_review_item(db, selection, row.prediction)
        is_stale = row.prediction in self.results and row.prediction not in self.fresh
        older, newer = self.side_names
        names = (older or "saved", "an older text" if is_stale else newer)
        new = self.results.get(row.prediction)
        self.app.push_screen(GradedItem(item, row.old, new, self.score_rules, names, row if row.place else None))

    def do_graders_external(self) -> None:
        """Edit what is shown in another editor."""
        if self.reading.display:
            self.shows_difference = False
            self.go_to(TEXT)
            self._show_body()
        super().do_graders_external()

    def do_refresh(self) -> None:
        """Read the cache again."""
        self.keep()
        is_other = self._is_changed_elsewhere()
        if self.opened is None or not (is_other or self.work.is_changed):
            self.read_list(self.opened.name if self.opened else "")
            return
        self._refresh_list(self.opened.name)
        self.tab_bar.show(self._tab_line)
        self.read_probes()

    def on_screen_resume(self) -> None:
        """Graders may have come in meanwhile."""
        super().on_screen_resume()
        entry = self.opened
        if entry is not None and not self.is_typing:
            self._refresh_list(entry.name)

    def text_to_take(self) -> tuple[str, str] | None:
        """What is shown of the grader."""
        if self.opened is None:
            return None
        if self.work.tab.kind == "form" or self.work.tab.key == RAW:
            return self.work.text, ".json"
        return self.work.buffer.text, ".py" if self.work.tab.kind == "python" else ".txt"
