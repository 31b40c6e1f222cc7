"""The bench of a grader: what a learner would try on it, what it says of that, and the evidence."""

from __future__ import annotations

import json
from typing import ClassVar

from rft_tui.errors import RftError
from rft_tui.graders.engine import LocalGrader
from rft_tui.graders.registry import models_asked
from rft_tui.safetext import one_line
from rft_tui.store.graders import SHORT_HASH
from rft_tui.tasks.bench import SHOWN_ANSWER, probe_text, static_report
from rft_tui.tasks.bench_document import bench_document
from rft_tui.tasks.bench_items import NoItemsError, orderings_path
from rft_tui.tasks.bench_plan import BenchWish
from rft_tui.tasks.bench_state import ago
from rft_tui.tasks.bench_work import item_of_row
from rft_tui.tui.actions import BENCH, Action
from rft_tui.tui.paint import Line, wrap_line
from rft_tui.tui.screens.bench.evidence import Whole, entry_lines, group_lines
from rft_tui.tui.screens.bench.rows import (
    EXAMPLES,
    ORDERINGS,
    VARIANCE,
    BenchEntry,
    BenchGroup,
    BenchRow,
    BenchSource,
    groups_of,
    summary_line,
)
from rft_tui.tui.screens.bench.settings import BenchSettings
from rft_tui.tui.task_words import counted, money

MOST_SUMMARY = 3
"""Lines of the summary at the most."""


class BenchScreen(BenchSettings):
    """Kinds of checks at the left, which unfold; at the right the evidence of the line under the cursor."""

    scope: ClassVar[str] = BENCH
    list_share = "10fr"
    pane_share = "9fr"

    def __init__(self, grader: LocalGrader, name: str, version_word: str, wish: BenchWish) -> None:
        super().__init__(grader, name, wish)
        self._version_word = version_word
        self._is_judged = bool(models_asked(grader.spec))
        self.groups: list[BenchGroup] = []

    def on_mount(self) -> None:
        """Begin at once."""
        super().on_mount()
        self.show_result()
        self.begin()

    # What is shown

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """Workspace and grader; how far it is; what is tried."""
        name: Line = [(one_line(self.rft.workspace.name, 24 if self.is_narrow else 40), "text.accent bold")]
        name += [(" · ", "text.dim"), (one_line(self.name_here, 24 if self.is_narrow else 40), "text.normal")]
        unsaved = self._version_word == "unsaved"
        name.append((f" {self._version_word}", "state.warning bold" if unsaved else "text.normal"))
        name.append((f" @{self.grader.version[:SHORT_HASH]}", "text.dim"))
        if self._is_simulated:
            name.append((" SIMULATED", "state.warning bold"))
        right: Line = []
        if self.is_working:
            done, of = self.progress or (0, 0)
            right = [(f"grading {done:,}/{of:,}" if of else "drawing items …", "state.info")]
        words: Line = [*self.tabs(), (" ▸Bench", "text.accent bold")]
        return (name, right), (words, [(self.settings_words(), "text.dim")])

    @property
    def _is_simulated(self) -> bool:
        asks = self.asks is not None and self.asks.profile.is_simulated
        return asks or bool((self.document or {}).get("simulated"))

    def show_result(self) -> None:
        """Show what is known now; what was unfolded stays so."""
        is_open = {group.name for group in self.groups if group.is_open}
        document = self.document
        if document is None and self.error is not None and self._is_judged:
            report = static_report(self.grader.spec, self.wish.limits)
            static = bench_document(self.grader, report, limits=self.wish.limits, seed=self.wish.seed)
            document = static if report.examples else None
        self.groups = [] if document is None else groups_of(document, is_judged=self._is_judged)
        for group in self.groups:
            group.is_open = group.name in is_open
            if group.name == ORDERINGS and not group.entries:
                group.note = f"none kept: {self.hint_key('graders.order')} on a probe row makes one"
        here: BenchRow | None = self.table.current
        source = BenchSource(self.groups, self._empty_words())
        self.table.show(source, self._place(source, here))
        self.show_summary()
        self.show_current()
        self.refresh_bars()

    def _place(self, source: BenchSource, here: BenchRow | None) -> int:
        """Where the line is that the cursor was on; the group of an entry that is not there."""
        if here is None:
            return 0
        best = 0
        for number, row in enumerate(source.rows):
            if row.group.name == here.group.name:
                same = (row.entry.label if row.entry else None) == (here.entry.label if here.entry else None)
                if same:
                    return number
                best = number if row.entry is None else best
        return best

    def _empty_words(self) -> list[Line]:
        if self.error is not None:
            said, hint = self._error_words(self.error)
            width = max(20, self.table.size.width - 2)
            lines = wrap_line([("✗ ", "state.bad bold"), (said, "state.bad")], width)
            lines += wrap_line([(hint, "text.dim")], width) if hint else []
            lines.append([(f"{self.hint_key('bench.again')} tries again.", "text.dim")])
            return [[(" ", "text.normal"), *line] for line in lines]
        if self.is_working:
            return [[(" working …", "state.info")]]
        words: list[Line] = [[(f" {self.hint_key('bench.again')} says the cost and asks.", "text.normal")]]
        if self.asks is not None and self.asks.known:
            known = counted(self.asks.known, "question")
            words.append([(f" {known} need not be asked: the answers are known.", "text.dim")])
        return words

    def _error_words(self, error: RftError) -> tuple[str, str]:
        """What went wrong and what to do about it here."""
        hint = error.hint
        if isinstance(error, NoItemsError):
            data, brings = self.hint_key("screen.data"), self.hint_key("data.import")
            hint = f"{data} shows Data, where {brings} brings some in."
            if error.missing:
                hint = f"{self.hint_key('bench.items')} with reference=FIELD names the field that holds it."
        return one_line(self.said_of(error), 300), one_line(hint, 300)

    @property
    def most_summary(self) -> int:
        """Lines of the summary at the most."""
        return MOST_SUMMARY

    def figures(self) -> list[Line]:
        """What all of it came to, or what went wrong."""
        return [self._summary_spans()]

    def _summary_spans(self) -> Line:
        if self.error is not None and self.groups:
            said, hint = self._error_words(self.error)
            return [("✗ ", "state.bad bold"), (said, "state.bad"), (f" · {hint}" if hint else "", "text.dim")]
        if self.document is None or self.error is not None:
            return []
        benched = self.benched
        line = summary_line(self.groups, seconds=None if benched is None else benched.seconds)
        if self.document["partial"]:
            line.append((" · in part only", "state.warning"))
        if benched is None and self.state is not None:
            line.append((f" · kept {ago(self.state.age_s)}", "text.dim"))
        if benched is not None and (benched.asked or benched.cached):
            line.append((f" · {benched.asked:,} asked, {benched.cached:,} cached", "text.dim"))
            line.append((f", {money(benched.cost)}" if benched.cost else "", "text.dim"))
        return line

    def show_current(self) -> None:
        """Show the evidence of the line under the cursor."""
        row: BenchRow | None = self.table.current
        if row is None:
            self.pane.show(lambda _width: [])
        elif row.entry is None:
            group, how, key = row.group, self._how(row.group), self.hint_key("open")
            self.pane.show(lambda width: group_lines(group, width, open_key=key, how=how))
        else:
            group, entry, whole = row.group, row.entry, self._whole(row.entry)
            score = self._reference_score(entry)
            self.pane.show(lambda width: entry_lines(group, entry, whole, score, width))

    def _how(self, group: BenchGroup) -> str:
        """How to have more of a kind of check."""
        if group.name == ORDERINGS and not group.entries:
            path = orderings_path(self.rft.workspace.graders_folder, self.name_here)
            made = f"{self.hint_key('graders.order')} on a row of the probe set makes one"
            return f"{made}; they stand in graders/{one_line(path.name, 80)}, a line for each item."
        settings = self.hint_key("bench.items")
        if group.name == VARIANCE and self.wish.repeat == 1:
            return f"{settings} with repeat=3 asks everything three times."
        if group.name == EXAMPLES and not self.wish.judge_examples:
            return f"{settings} with examples=yes asks the judge about them too."
        return ""

    def _whole(self, entry: BenchEntry) -> Whole:
        """What of an entry is cut short in the document."""
        item, probe = entry.data.get("item"), entry.data.get("probe")
        if not isinstance(item, str) or not isinstance(probe, str):
            return Whole()
        planned = next((one for one in self.plan.items if one.row_id == item), None) if self.plan else None
        steps = self.benched.report.steps_of(item, probe) if self.benched is not None else ()
        if planned is not None and self.plan is not None:
            text = probe_text(self.grader.spec, self.plan, item, probe)
            is_same = text is not None and one_line(text, SHOWN_ANSWER) == entry.data["answer"]
            return Whole(planned.question, planned.reference, text if is_same else None, steps)
        stored = item_of_row(self.rft.workspace.store, item)
        return Whole() if stored is None else Whole(stored.question, stored.reference)

    def _reference_score(self, entry: BenchEntry) -> str:
        """What the reference of the entry's item scored."""
        for group in self.groups:
            if group.name == "reference":
                for one in group.entries:
                    if one.data["item"] == entry.data.get("item"):
                        return one.value
        return ""

    # What is done

    def why_not(self, action: Action) -> str | None:
        """Opening needs a line; limits and items wait for no one."""
        if action.id == "open" and self.table.current is None:
            return "there is nothing to open yet"
        return super().why_not(action)

    def do_open(self) -> None:
        """Unfold a kind, or fold it; read an entry."""
        row: BenchRow | None = self.table.current
        if row is None:
            return
        if row.entry is not None or not row.group.entries:
            self.go_to_pane(True)
            return
        self._fold(row.group, is_open=not row.group.is_open)

    def _fold(self, group: BenchGroup, *, is_open: bool) -> None:
        group.is_open = is_open
        source = BenchSource(self.groups, self._empty_words())
        place = next(number for number, row in enumerate(source.rows) if row.group is group)
        self.table.show(source, place)
        self.show_current()

    def do_left(self) -> None:
        """To the list; there it folds."""
        row: BenchRow | None = self.table.current
        if self.in_pane or row is None or not row.group.is_open:
            super().do_left()
        else:
            self._fold(row.group, is_open=False)

    def do_back(self) -> None:
        """From the evidence to the list, from the list to Graders; what goes on is ended."""
        if self.in_pane:
            self.go_to_pane(False)
        else:
            self.end()
            self.close_over()

    def do_bench_again(self) -> None:
        """Grade everything again, by the limits and items as they are."""
        self.begin(again=True)

    def text_to_take(self) -> tuple[str, str] | None:
        """An entry as texts; of a kind the whole document."""
        row: BenchRow | None = self.table.current
        if row is None or self.document is None:
            return None
        if row.entry is None or "probe" not in row.entry.data:
            part = self.document if row.entry is None else row.entry.data
            return json.dumps(part, ensure_ascii=False, indent=2) + "\n", ".json"
        whole, data = self._whole(row.entry), row.entry.data
        parts = [
            ("question", whole.question or ""),
            ("reference", data["reference"] if whole.reference is None else whole.reference),
            (f"answer ({row.group.name})", data["answer"] if whole.answer is None else whole.answer),
            ("grader", "\n".join([f"score {data['score']}, expected {data['expected']}", *whole.steps])),
        ]
        return "\n\n".join(f"# {name}\n\n{text}" for name, text in parts) + "\n", ".md"
