"""Making an expected order from a row of the probe set."""

from __future__ import annotations

from collections.abc import Mapping

from rft_tui.graders.spec import score_rule
from rft_tui.model import Grade, ScoreRule
from rft_tui.safetext import one_line
from rft_tui.tui.screens.graders.messages import OrderBegun
from rft_tui.tui.screens.graders.on_pause import GradersOnPause
from rft_tui.tui.task_words import counted


class GradersOrders(GradersOnPause):
    """What opens the screen of an expected order."""

    def why_no_order(self) -> str | None:
        """Why no order can be made of the row; None where one can."""
        row = self.probe
        if row is None:
            return "there is no prediction here"
        if row.item <= 0:
            return "this order is for fields, not for an item of a dataset: edit its line in graders/"
        return None

    def do_graders_order(self) -> None:
        """Read what is known of the item, in the background, and open the screen."""
        from rft_tui.tasks.bench_items import orderings_path

        row, entry = self.probe, self.opened
        if row is None or entry is None:
            return
        workspace, spec, judge = self.rft.workspace, self.spec, self.known_answers()
        path = orderings_path(workspace.graders_folder, entry.name)
        item, replaces = row.item, row.place.order if row.place else 0

        def work() -> None:
            from rft_tui.tasks.retesting.order_draft import begin_order

            self.post_message(OrderBegun(entry.name, begin_order(workspace.store, path, item, spec, judge, replaces)))

        self.keep()
        self.run_worker(work, thread=True, exclusive=True, group="graders.order", exit_on_error=False)

    def on_order_begun(self, message: OrderBegun) -> None:
        """Show what is known of the item."""
        from rft_tui.tui.screens.graders.order_screen import OrderScreen

        draft, name = message.draft, message.name
        spec, judge = self.spec, self.known_answers()
        rule = score_rule(spec) if spec is not None else ScoreRule()

        def grade(answers: list[str]) -> Mapping[str, Grade]:
            """In a thread."""
            from rft_tui.tasks.retesting.order_draft import grades_of

            return grades_of(answers, draft.item, spec, judge) if spec is not None else {}

        def kept() -> None:
            file = one_line(draft.path.name, 60)
            self.say(f"kept: {counted(len(draft.answers), 'answer')} in graders/{file}", "state.good")
            if self.choice.kind == "orders":
                self.read_probes()

        if self.is_current:
            self.app.push_screen(OrderScreen(draft, rule, name, grade, kept))
