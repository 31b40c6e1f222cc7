"""The panes of the Graders screen: lists, text and probe set; which of them keys move, and which a screen shows."""

from __future__ import annotations

from typing import ClassVar

from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from rft_tui.model import ScoreRule
from rft_tui.tui.actions import GRADER_TEXT, GRADER_WORK, GRADERS
from rft_tui.tui.editing.grader_text import GraderText
from rft_tui.tui.paint import Line, wrap_line
from rft_tui.tui.screens.base import WorkScreen
from rft_tui.tui.screens.graders.lists import EntriesSource, GraderEntry, ProbeSource, VersionsSource
from rft_tui.tui.widgets.bars import Across, Rule
from rft_tui.tui.widgets.completing_editor import CompletingEditor
from rft_tui.tui.widgets.form import Form
from rft_tui.tui.widgets.table import Table
from rft_tui.tui.widgets.text_pane import TextPane

NAMES, VERSIONS, TEXT, PROBES = "names", "versions", "text", "probes"
"""The panes in the order of the keys that go from one to the next."""

ORDER = (NAMES, VERSIONS, TEXT, PROBES)

STRIP = 8
"""Lines of the probe set under the text on a narrow screen."""

STRIP_FROM = 20
"""Lines of the screen from which the strip fits."""


class TitledTable(Table):
    """A list whose title bears a sign while keys move it; where they do not, a sign alone marks the cursor's row."""

    has_title = True

    def line(self, y: int, width: int) -> tuple[Line, str]:
        """The title, then a row."""
        line, surface = super().line(y, width)
        if self.is_active:
            if y == 0 and self.has_title:
                (title, _style), *rest = line
                line = [(f"▸{title[1:]}", "text.accent bold"), *rest]
        elif y and self.top + y - 1 == self.cursor and line:
            (sign, style), *rest = line
            return [("›", "text.dim") if sign.isspace() and len(sign) == 1 else (sign, style), *rest], "panel"
        return line, surface


class GradersPanes(WorkScreen):
    """Widgets and layout."""

    scope: ClassVar[str] = GRADERS
    title_word: ClassVar[str] = "Graders"

    CSS = """
    #grader-lists { width: 21; height: 1fr; }
    #grader-names { height: 3fr; }
    #grader-versions { height: 2fr; }
    #grader-text { width: 14fr; height: 1fr; }
    #grader-right { width: 12fr; height: 1fr; }
    #grader-tabs, #grader-probe-head { height: 1; }
    #grader-lint { height: 2; }
    #grader-bench { height: 1; }
    #grader-probes { height: 1fr; }
    #grader-probe-foot { height: 5; }
    #grader-across { height: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.table = TitledTable(EntriesSource([]), id="grader-names")
        self.versions = TitledTable(VersionsSource(None), id="grader-versions")
        self.editor = CompletingEditor()
        self.form = Form([])
        self.reading = TextPane(id="grader-reading")
        self.tab_bar = TextPane(id="grader-tabs", margin=0)
        self.lint_bar = TextPane(id="grader-lint")
        self.probes = TitledTable(ProbeSource([], {}, (ScoreRule(), ScoreRule())), id="grader-probes")
        self.probes.has_title = False  # its own pane above it bears the name
        self.probe_head = TextPane(id="grader-probe-head", margin=0)
        self.probe_foot = TextPane(id="grader-probe-foot")
        self.bench_bar = TextPane(id="grader-bench")
        self.lists = Vertical(self.table, self.versions, self.bench_bar, id="grader-lists")
        self.middle = Vertical(self.tab_bar, self.editor, self.form, self.reading, self.lint_bar, id="grader-text")
        self.right = Vertical(self.probe_head, self.probes, self.probe_foot, id="grader-right")
        self.rules = (Rule(classes="rule"), Rule(classes="rule"))
        self.across = Across(id="grader-across")
        self.work = GraderText(self.editor.buffer)
        self.pane = NAMES
        self.is_typing = False
        self.shows_difference = False
        self._body: Horizontal | None = None

    def body(self) -> Widget:
        """Lists, text and probe set."""
        for widget in (self.editor, self.form, self.reading):
            widget.styles.height = "1fr"
        self._body = Horizontal(
            self.lists, self.rules[0], self.middle, self.across, self.rules[1], self.right, classes="body"
        )
        return self._body

    @property
    def entry(self) -> GraderEntry | None:
        """The grader under the cursor."""
        row: GraderEntry | None = self.table.current
        return row

    @property
    def scopes(self) -> tuple[str, ...]:
        """While text is edited letters type, and only commands that no letter makes count."""
        if self.is_typing:
            return (GRADER_TEXT, GRADER_WORK)
        scope, *others = super().scopes
        return (scope, GRADER_WORK, *others)

    def on_resize(self) -> None:
        """Lay out for another width."""
        self.lay_out()
        super().on_resize()

    def lay_out(self) -> None:
        """Show the panes that fit, and mark the one that keys move."""
        narrow, pane = self.is_narrow, self.pane
        strip = narrow and pane == TEXT and self.app.size.height >= STRIP_FROM
        self.lists.display = not narrow or pane in (NAMES, VERSIONS)
        self.middle.display = not narrow or pane == TEXT
        self.right.display = not narrow or pane == PROBES or strip
        self.across.display = strip
        for rule in self.rules:
            rule.display = not narrow
        if self._body is not None:
            self._body.styles.layout = "vertical" if narrow else "horizontal"
        self.right.styles.height = STRIP if strip else "1fr"
        self.probe_foot.styles.height = 2 if strip else 5
        for widget, width in ((self.lists, 21), (self.middle, "14fr"), (self.right, "12fr")):
            widget.styles.width = "1fr" if narrow else width
        self.table.jumps = self.versions.jumps = self.probes.jumps = not narrow
        for table, name in ((self.table, NAMES), (self.versions, VERSIONS), (self.probes, PROBES)):
            table.set_active(pane == name)
        self.form.set_active(pane == TEXT)
        self._show_body()

    def _show_body(self) -> None:
        """Of the middle pane: the editor, the form, or a version to read."""
        is_empty = not self.table.count
        self.probes.display = not is_empty
        reads = self.pane == VERSIONS or self.shows_difference or is_empty
        is_form = self.work.tab.kind == "form"
        self.reading.display = reads
        self.editor.display = not reads and not is_form
        self.form.display = not reads and is_form

    def empty_lines(self, width: int) -> list[Line]:
        """How to begin where there is no grader."""
        words = [
            f"{self.hint_key('graders.new')} begins one: from an example, a function, a JSON file, pasted JSON.",
            "Grader files in graders/ are listed here by themselves.",
            "What you type is tried at once on the predictions that are here.",
            f"{self.hint_key('graders.save')} makes it a version.",
        ]
        lines: list[Line] = [[("A grader gives every answer a score.", "text.normal bold")]]
        for said in words:
            lines += [[], *wrap_line([(said, "text.normal")], width)]
        return lines

    def go_to(self, pane: str) -> None:
        """Let keys move a pane."""
        if pane != self.pane:
            self.pane = pane
            self.panes_changed()

    def panes_changed(self) -> None:
        """Another pane is the one that keys move."""
        self.lay_out()
        self.refresh_bars()
        self.rft.remember()

    # Moving

    def move(self, rows: int) -> None:
        """Move in the pane by rows."""
        if self.pane == TEXT:
            self._move_text(rows)
            return
        table = {NAMES: self.table, VERSIONS: self.versions}.get(self.pane, self.probes)
        table.go(table.cursor + rows)

    def _move_text(self, rows: int) -> None:
        if self.reading.display:
            self.reading.scroll(rows)
        elif self.form.display:
            self.form.go(self.form.cursor + rows)
        else:
            self.editor.scroll_rows(rows)

    def do_down(self) -> None:
        """One line down."""
        self.move(1)

    def do_up(self) -> None:
        """One line up."""
        self.move(-1)

    def do_top(self) -> None:
        """To the first line."""
        self.move(-1_000_000)

    def do_bottom(self) -> None:
        """To the last line."""
        self.move(1_000_000)

    def do_page_down(self) -> None:
        """A page down."""
        self.move(self._page)

    def do_page_up(self) -> None:
        """A page up."""
        self.move(-self._page)

    @property
    def _page(self) -> int:
        widget = {NAMES: self.table, VERSIONS: self.versions, PROBES: self.probes}.get(self.pane, self.editor)
        return max(1, widget.size.height - 2)

    def do_left(self) -> None:
        """To the pane on the left."""
        self.go_to(ORDER[max(0, ORDER.index(self.pane) - 1)] if self.pane != TEXT else NAMES)

    def do_right(self) -> None:
        """To the pane on the right."""
        self.go_to(TEXT if self.pane in (NAMES, VERSIONS) else PROBES)

    def do_next_pane(self) -> None:
        """To the next pane."""
        self.go_to(ORDER[(ORDER.index(self.pane) + 1) % len(ORDER)])

    def do_back(self) -> None:
        """Back to the list."""
        self.footer.say(None)
        if self.shows_difference:
            self.shows_difference = False
            self.panes_changed()
        else:
            self.go_to(NAMES)
