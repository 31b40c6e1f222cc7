"""Reading for Compare: what there is to compare, quick figures, then resampled ones, and panels of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import Vertical
from textual.widget import Widget

from rft_tui.errors import RftError, UsageError
from rft_tui.store.graders import StoredGrader, list_graders
from rft_tui.store.runs import RunGroup, run_groups
from rft_tui.tui.actions import COMPARE
from rft_tui.tui.comparing.ring_search import PAUSE
from rft_tui.tui.screens.compare.messages import ChoicesRead, Compared, NotCompared, PanelRead
from rft_tui.tui.screens.compare.operands import OperandsSource
from rft_tui.tui.screens.compare.pane import ComparePane, PanelTabs
from rft_tui.tui.screens.compare.state import VERSIONS, CompareState
from rft_tui.tui.screens.two_panes import TwoPanes

if TYPE_CHECKING:
    from rft_tui.store.database import Store
    from rft_tui.tasks.comparing.comparison import Comparison

_GRADED = "SELECT id FROM grader WHERE EXISTS (SELECT 1 FROM grade WHERE grade.grader = grader.id)"

BY_VERDICTS = ("hacking", "people", "labels")
"""Panels that verdicts change: they are read again on coming back, and show what they had until then."""

FEWEST = 2
"""Operands without which there is nothing to compare."""


class CompareReading(TwoPanes):
    """The widgets of Compare and what is read for them.

    `turn` counts readings: what belongs to an earlier one is not shown, and its resampling stops.
    """

    scope: ClassVar[str] = COMPARE
    title_word: ClassVar[str] = "Compare"
    list_share = "10fr"
    pane_share = "21fr"

    def __init__(self) -> None:
        super().__init__(OperandsSource([], "reading …", lambda _ids: None, lambda _place: ""))
        self.pane: ComparePane = ComparePane()
        self.panel_tabs = PanelTabs()
        self.state = CompareState()
        self.groups: list[RunGroup] = []
        self.indexes: dict[int, int] = {}
        self.graders: list[StoredGrader] = []
        self.comparison: Comparison | None = None
        self.problem: RftError | None = None
        self.found: dict[str, Any] = {}
        self.turn = 0
        self.is_read = False
        self.is_reading = False
        self._seen_growth = 0
        self._read_again = False

    def body(self) -> Widget:
        """The names of the panels above list and panel."""
        return Vertical(self.panel_tabs, super().body())

    def on_mount(self) -> None:
        """Read in the background."""
        self.state = CompareState.restored(self.rft.session.get("compare", {}))
        self.in_pane = self.state.in_pane
        super().on_mount()
        self.read_choices()

    def on_screen_resume(self) -> None:
        """Show what came in meanwhile."""
        super().on_screen_resume()
        if self.has_grown:
            self.read_choices()
        elif self.is_read and self.state.panel in BY_VERDICTS:
            self._read_again = True
            self.read_panel()

    def remembered(self) -> dict[str, Any]:
        """The state of the screen; before it is read, what was written down."""
        if not self.is_read:
            kept = self.rft.session.get("compare")
            return kept if isinstance(kept, dict) else {}
        self.state.in_pane = self.in_pane
        self.state.cursor = self.table.cursor
        return self.state.as_json()

    def stop_work(self) -> None:
        """Stop resampling."""
        self.turn += 1

    def cache_grew(self) -> None:
        """Say quietly that there is more; the figures stay as they were read."""
        self.refresh_bars()

    @property
    def has_grown(self) -> bool:
        """Whether tasks have stored more since this was read."""
        return self.is_read and self._seen_growth != self.rft.tasks.growth

    # Reading

    def read_choices(self) -> None:
        """Read what there is to compare, then compare."""
        self._seen_growth = self.rft.tasks.growth
        self.run_worker(self._read_choices, thread=True, exclusive=True, group="compare.choices", exit_on_error=False)

    def _read_choices(self) -> None:
        with self.rft.workspace.store.read() as db:
            groups = run_groups(db)
            indexes = dict(db.execute("SELECT id, run_index FROM run"))
            graded = {row[0] for row in db.execute(_GRADED)}
            graders = [grader for grader in list_graders(db) if grader.id in graded]
        self.post_message(ChoicesRead(groups, indexes, graders))

    @property
    def runs(self) -> list[int] | None:
        """The runs of all marked operands; None where no runs are marked."""
        return sorted({run for one in self.state.operands or [] for run in one}) or None

    def names(self) -> list[str]:
        """The operands as words for the comparison: run ids joined by commas, or grader versions."""
        if self.state.what == VERSIONS:
            known = {one.id: one for one in self.graders}
            return [f"{known[one].name}@{known[one].version}" for one in self.state.versions if one in known]
        return [",".join(map(str, one)) for one in self.state.operands or []]

    def compare_again(self) -> None:
        """Compare what is marked; what is on screen belongs to an earlier turn at once."""
        self.turn += 1
        self.comparison, self.problem, self.found = None, None, {}
        names = self.names()
        self.is_reading = len(names) >= FEWEST and bool(self.graders)
        if self.is_reading:
            turn, store, cluster = self.turn, self.rft.workspace.store, self.state.cluster
            grader = None if self.state.what == VERSIONS else self.grader()
            runs = self.runs if self.state.what == VERSIONS else None
            self._work("", lambda: self._compare(turn, store, names, grader, runs, cluster))
        self.show_all()

    def _compare(
        self,
        turn: int,
        store: Store,
        names: list[str],
        grader: StoredGrader | None,
        runs: list[int] | None,
        cluster: str,
    ) -> None:
        from rft_tui.tasks.comparing.comparison import compare

        PAUSE.take_back()
        self.post_message(Compared(turn, compare(store, names, grader=grader, runs=runs, cluster=cluster)))

    def _work(self, panel: str, work: Callable[[], None]) -> None:
        """Run something in a worker; what goes wrong is shown where its figures would stand."""
        turn = self.turn

        def guarded() -> None:
            try:
                with PAUSE:
                    work()
            except RftError as error:
                self.post_message(NotCompared(turn, error, panel))
            except Exception as error:
                said = UsageError(f"this failed: {type(error).__name__}", hint="The log has the details.")
                self.post_message(NotCompared(turn, said, panel))
                raise

        group = f"compare.{panel or 'figures'}"
        self.run_worker(guarded, thread=True, exclusive=True, group=group, exit_on_error=False)

    def grader(self) -> StoredGrader | None:
        """The grader that was chosen; None for the one that has graded most."""
        return next((one for one in self.graders if one.id == self.state.grader), None)

    def is_stale(self, turn: int) -> bool:
        """Whether something belongs to an earlier reading, or nobody waits for it."""
        return turn != self.turn or self.rft.is_leaving or not self.is_mounted

    def on_compared(self, message: Compared) -> None:
        """Show the figures, then resample in a second worker."""
        if self.is_stale(message.turn):
            return
        is_first = self.comparison is None
        self.comparison, self.is_reading = message.comparison, False
        self.show_all(keep_place=not is_first)
        if not message.comparison.is_resampled:
            self._resample(message.turn, message.comparison)

    def _resample(self, turn: int, comparison: Comparison) -> None:
        def work() -> None:
            from rft_tui.tasks.comparing.comparison import resampled
            from rft_tui.tasks.comparing.without import without_suspects

            done = resampled(comparison, lambda: self.is_stale(turn))
            if done is None:
                return
            self.post_message(Compared(turn, done))
            without = without_suspects(self.rft.workspace.store, done)
            if without is not None:
                self.post_message(Compared(turn, replace(done, without=without)))

        self._work("resampling", work)

    def on_not_compared(self, message: NotCompared) -> None:
        """Say why where the figures would stand."""
        if self.is_stale(message.turn):
            return
        if message.panel and message.panel != "resampling":
            self.found[message.panel] = message.error
        elif self.comparison is None:
            self.is_reading, self.problem = False, message.error
        else:
            self.say_error(message.error)
        self.show_all(keep_place=True)

    def read_panel(self) -> None:
        """Read what the panel shows beside the comparison, once for every reading."""
        from rft_tui.tui.screens.compare.panels import READERS, Asked

        comparison, panel, turn = self.comparison, self.state.panel, self.turn
        reader = READERS.get(panel)
        if comparison is None or not comparison.items or reader is None:
            return
        if panel in self.found and not self._read_again:
            return
        self._read_again = False
        self.found.setdefault(panel, None)
        gold = next((one for one in self.graders if one.id == self.state.gold), None)
        asked = Asked(
            self.rft.workspace, comparison, self.names(), list(self.graders), self.state.cluster, gold,
            lambda: self.is_stale(turn),
        )  # fmt: skip

        def work() -> None:
            self.post_message(PanelRead(turn, panel, reader(asked)))

        self._work(panel, work)

    def on_panel_read(self, message: PanelRead) -> None:
        """Show it, if its panel is still wanted."""
        if not self.is_stale(message.turn):
            self.found[message.panel] = message.found
            self.show_all(keep_place=True)

    def show_all(self, *, keep_place: bool = False) -> None:
        """Show the list, the panel and the bars."""
        raise NotImplementedError
