"""What enter opens in Compare: the cards of a line, or a list in Review with what both operands answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rft_tui.errors import RftError, UsageError
from rft_tui.store.filters import Sort
from rft_tui.tui.comparing.rows import Target
from rft_tui.tui.screens.compare.card import CardsScreen
from rft_tui.tui.screens.compare.messages import ListKept
from rft_tui.tui.screens.compare.reading import CompareReading
from rft_tui.tui.screens.compare.state import VERSIONS

if TYPE_CHECKING:
    from rft_tui.tasks.comparing.cards import Card

CHANGES = ("regressions", "improvements")
"""The lists of a pair."""


class CompareOpening(CompareReading):
    """Actions of Compare that open something else."""

    def open_target(self, target: Target | None) -> None:
        """Open what a line leads to."""
        if target is None:
            self.say("nothing to open here: enter opens lines that the cursor stops at", "text.dim")
        elif target.kept_list:
            self.open_list(target.kept_list, target.pair, target.prediction)
        else:
            self._open_cards(target)

    def _open_cards(self, target: Target) -> None:
        comparison = self.comparison
        if comparison is None:
            return
        from rft_tui.tasks.comparing.cards import cards

        if target.cards and target.cards[0].startswith("pairs."):
            self.state.pair = target.pair
        if target.cells:
            shown = self._cards_of_cells(target)
        else:
            known = cards(comparison)
            shown = [known[key] for key in target.cards if key in known]
        if not shown:
            raise UsageError("there is no card for this line")
        self.app.push_screen(CardsScreen(shown, simulated=comparison.simulated))

    def _cards_of_cells(self, target: Target) -> list[Card]:
        """The cards of cells of the table of models by graders."""
        from rft_tui.tui.comparing.grader_cards import cell_cards

        table = self.found.get("graders")
        if not isinstance(table, tuple) and table is not None and not isinstance(table, RftError):
            return [card for model, grader in target.cells for card in cell_cards(table, model, grader)]
        return []

    def do_compare_regressions(self) -> None:
        """Read what got worse in Review."""
        self.open_list("regressions", self.state.pair, None)

    def do_compare_improvements(self) -> None:
        """Read what got better in Review."""
        self.open_list("improvements", self.state.pair, None)

    def open_list(self, name: str, place: int, prediction: int | None) -> None:
        """Keep a list in the background, then open it in Review at a prediction."""
        comparison = self.comparison
        if comparison is None:
            return
        if name not in CHANGES:
            self._keep_other(name, prediction)
            return
        pair = comparison.pairs[min(place, len(comparison.pairs) - 1)]
        if not (pair.regressions if name == "regressions" else pair.improvements):
            self.say(f"there are no {name}", "text.dim")
            return
        first, second = (comparison.operands[number].operand for number in (pair.first, pair.second))
        look: dict[str, Any] = {
            "runs": sorted({*first.run_ids, *second.run_ids}),
            "grader": second.grader.id,
            "baseline": first.grader.id if self.state.what == VERSIONS else -1,
        }
        store, is_of_versions = self.rft.workspace.store, self.state.what == VERSIONS

        def work() -> None:
            from rft_tui.tasks.comparing.comparison import keep_changes
            from rft_tui.tui.comparing.version_changes import keep_version_changes, most_changed

            place = prediction
            if is_of_versions:
                keep_version_changes(store, pair, first.grader.id, second.grader.id)
                sign = -1 if name == "regressions" else 1
                with store.read() as db:
                    place = next(
                        (
                            most_changed(db, one, first.grader.id, second.grader.id, sign)
                            for one in pair.changes
                            if prediction is not None and prediction in one.predictions_after
                        ),
                        None,
                    )
            else:
                keep_changes(store, pair)
            self.post_message(ListKept(name, place, look))

        self._work("list", work)

    def _keep_other(self, name: str, prediction: int | None) -> None:
        """Keep the list of a panel that reads for itself."""
        from rft_tui.tui.screens.compare.panels import first_of, keep_found, runs_of

        comparison, panel, store = self.comparison, self.state.panel, self.rft.workspace.store
        found = self.found.get(panel)
        if comparison is None or found is None:
            return
        runs = runs_of(comparison)
        if panel == "labels":  # suspects come from all answers to the items of the dataset
            dataset = comparison.operands[0].operand.datasets[0]
            runs = sorted(run for group in self.groups if group.dataset == dataset for run in group.runs)
        look: dict[str, Any] = {"runs": runs, "grader": comparison.graders[-1].id}
        place = first_of(panel, found) if prediction is None else prediction

        def work() -> None:
            keep_found(store, panel, found)
            self.post_message(ListKept(name, place, look))

        self._work("list", work)

    def on_list_kept(self, message: ListKept) -> None:
        """Show the list in Review."""
        from rft_tui.tui.screens.review.screen import ReviewScreen

        review = self.rft.work_screen("review")
        if isinstance(review, ReviewScreen):
            review.look_by(
                {
                    **message.look,
                    "query": f"list:{message.name}",
                    "sort": Sort.LIST.value,
                    "descending": False,
                    "threshold": None,
                    "prediction": message.prediction,
                    "list_open": False,
                }
            )
        self.rft.show_screen("review")
