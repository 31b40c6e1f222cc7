"""The probe set of the Graders screen: chosen, read in the background, and pinned."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from rft_tui.errors import RftError
from rft_tui.graders.registry import models_asked
from rft_tui.model import SIMULATED_PREFIX
from rft_tui.safetext import one_line
from rft_tui.store.drafts import pin, pinned, unpin
from rft_tui.store.grades import is_simulated
from rft_tui.tasks.retesting.probes import ProbeChoice, ProbeRow, probe_set
from rft_tui.tui.screens.graders.figures import DRAWN_WORDS, probe_kind
from rft_tui.tui.screens.graders.messages import ProbesRead
from rft_tui.tui.screens.graders.probe_view import GradersProbeView

if TYPE_CHECKING:
    from rft_tui.graders.judge import Judge


class GradersProbeSet(GradersProbeView):
    """Which predictions the text is tried on."""

    def __init__(self) -> None:
        super().__init__()
        self.simulated = False
        self._reading = self._arrived = 0

    def read_probes(self) -> None:
        """Read the probe set of what is edited, in the background."""
        base, held, choice, name = self.base, self.held, self.choice, self.opened.name if self.opened else ""
        workspace = self.rft.workspace
        judge = self.known_answers() if held is not None and models_asked(held.spec) else None
        store, reviewer = workspace.store, workspace.reviewer
        self._reading = serial = self._reading + 1

        def read_orders() -> tuple[list[ProbeRow], str]:
            from rft_tui.tasks.bench_items import orderings_path
            from rft_tui.tasks.retesting.orders import order_rows

            try:
                found = order_rows(store, orderings_path(workspace.graders_folder, name), held, judge)
            except RftError as error:
                return [], error.message.replace(f"{workspace.folder}/", "")
            return list(found.rows), found.problem

        def read() -> None:
            used, problem = choice, ""
            if choice.kind == "orders":
                rows, problem = read_orders()
                total = len(rows)
            else:
                found = probe_set(store, choice, base, reviewer, judge, held)
                if not found.rows and choice == ProbeChoice("mistakes"):
                    used = ProbeChoice("random")
                    found = probe_set(store, used, base, reviewer, judge, held)
                rows, total = list(found.rows), found.total
            with store.read() as db:
                pins = frozenset(pinned(db))
                simulated = any(is_simulated(db, one.id) for one in (base, held) if one is not None)
            simulated = simulated or any(row.model.startswith(SIMULATED_PREFIX) for row in rows)
            self.post_message(ProbesRead(serial, used, rows, pins, simulated, problem, total))

        self.run_worker(read, thread=True, exclusive=True, group="graders.probes", exit_on_error=False)

    def on_probes_read(self, message: ProbesRead) -> None:
        """Show the probe set and try the text on it."""
        if message.serial != self._reading:
            return
        self._arrived = message.serial
        self.rows, self.total, self._pins = message.rows, message.total, message.pins
        self.simulated = message.simulated
        self.refresh_bars()
        self._shown_choice = message.choice
        self._problem = message.problem
        self.results, self.fresh, self.summary, self._advice = {}, {}, None, ()
        self.fields_known(frozenset(key for row in self.rows[:50] for key in row.fields) if self.rows else None)
        self.show_rows(self.probes.cursor)
        self.text_changed()
        self.show_figures()

    def known_answers(self) -> Judge | None:
        """A judge that knows what models answered before and asks nobody; None where no service can be meant."""
        raise NotImplementedError

    def do_graders_probes(self) -> None:
        """Choose the probe set."""
        from rft_tui.store.runs import run_groups
        from rft_tui.tui.screens.pick import Choice, PickScreen

        with self.rft.workspace.store.read() as db:
            models = list(dict.fromkeys(group.model for group in run_groups(db)))
        choices = [
            Choice("mistakes", "last mistakes", DRAWN_WORDS["mistakes"]),
            Choice("pinned", "pinned", f"kept with {self.hint_key('graders.pin')}"),
            Choice("marks", "marked", "in Review"),
            Choice("random", "random sample", f"{DRAWN_WORDS['random']}, the same each time"),
            Choice("filter", "a filter …", "as Review takes it; lowest scores first where it asks for scores"),
            Choice("orders", "expected orders", f"kept with the grader; {self.hint_key('graders.order')} makes one"),
            *(Choice(f"run {model}", f"outputs of {one_line(model, 60)}", DRAWN_WORDS["run"]) for model in models),
        ]

        def done(value: str | None) -> None:
            if value == "filter":
                self.ask("filter", self.choice.text if self.choice.kind == "filter" else "", self._filtered)
                return
            word, _, text = (value or "").partition(" ")
            if (kind := probe_kind(word)) is not None:
                self._choose(ProbeChoice(kind, text))

        current = f"run {self.choice.text}" if self.choice.kind == "run" else self.choice.kind
        title = f"probe set · {self.choice.count} at most"
        self.app.push_screen(PickScreen(title, choices, current=current), self.guarded(done))

    def _filtered(self, text: str) -> None:
        self._choose(ProbeChoice("filter", text))

    def _choose(self, choice: ProbeChoice) -> None:
        self.choice = choice
        self.probes.cursor = 0
        self.rft.remember()
        self.read_probes()

    def do_graders_pin(self) -> None:
        """Pin the prediction under the cursor, or let it go."""
        row = self.probe
        if row is None:
            return
        number, is_pinned = row.prediction, row.prediction in self._pins

        def change(db: sqlite3.Connection) -> None:
            if is_pinned:
                unpin(db, number)
            else:
                pin(db, number)

        self._pins = self._pins ^ {number}
        self.rft.store_soon(change)
        self.say("not pinned any more" if is_pinned else "pinned to the probe set", "state.good")
        self.show_rows(self.probes.cursor)
        self.move(1)
