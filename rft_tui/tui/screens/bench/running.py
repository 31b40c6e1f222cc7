"""Running the bench from its screen: planned, asked about where it costs, done in the background, ended with it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from time import monotonic

from rft_tui.errors import RftError, StoreError
from rft_tui.graders.engine import LocalGrader
from rft_tui.model import JsonObject
from rft_tui.store.benches import bench_document as kept_document
from rft_tui.store.graders import SHORT_HASH
from rft_tui.tasks.bench import BenchPlan
from rft_tui.tasks.bench_items import orderings_path
from rft_tui.tasks.bench_plan import BenchWish, plan_bench
from rft_tui.tasks.bench_state import BenchState, bench_state
from rft_tui.tasks.bench_work import BenchAsks, Benched, BenchWork, bench_asks
from rft_tui.tui.screens.bench.messages import BenchDone, BenchFailed, BenchPlanned, BenchProgress
from rft_tui.tui.screens.bench.rows import BenchSource
from rft_tui.tui.screens.over import OverScreen
from rft_tui.tui.screens.summary_panes import SummaryPanes
from rft_tui.tui.task_words import at_most

REPORT_EVERY_S = 0.25
"""How often progress is told."""


class BenchRunning(OverScreen, SummaryPanes):
    """What the bench screen does in the background; a subclass shows it."""

    def __init__(self, grader: LocalGrader, name: str, wish: BenchWish) -> None:
        super().__init__(BenchSource([]))
        self.grader = grader
        self.name_here = name
        self.wish = wish
        self.plan: BenchPlan | None = None
        self.asks: BenchAsks | None = None
        self.document: JsonObject | None = None
        self.benched: Benched | None = None
        self.state: BenchState | None = None
        self.progress: tuple[int, int] | None = None
        self.error: RftError | None = None
        self.is_working = False
        self._serial = 0
        self._stop = Event()
        self._bench_work: BenchWork | None = None

    def show_result(self) -> None:
        """Show what is known now."""
        raise NotImplementedError

    # Planning

    def begin(self, *, again: bool = False) -> None:
        """Draw the items and see what would be asked; `again` where a kept result is not enough."""
        self.end()
        self._serial += 1
        self._stop = stop = Event()
        serial, wish, workspace, grader = self._serial, self.wish, self.rft.workspace, self.grader
        path = orderings_path(workspace.graders_folder, self.name_here)
        label = f"{self.name_here}@{grader.version[:SHORT_HASH]}"

        def plan() -> None:
            with workspace.store.read() as db:
                state = bench_state(db, grader.version, label)
                kept = None if again or state.result is None else kept_document(db, state.result.id)
            planned = plan_bench(workspace.store, grader.spec, wish, path)
            asks = bench_asks(workspace, grader, planned, stop)
            self.post_message(BenchPlanned(serial, planned, asks, state, kept))

        self._in_background(plan, serial, "bench.plan")

    def _in_background(self, work: Callable[[], None], serial: int, group: str) -> None:
        """Work in a thread; what goes wrong is told, unless nobody waits for it any more."""

        def run() -> None:
            try:
                work()
            except StoreError as error:
                if not self.rft.is_leaving:
                    self.post_message(BenchFailed(serial, error))
            except RftError as error:
                self.post_message(BenchFailed(serial, error))

        self.is_working = True
        self.error = None
        self.refresh_bars()
        self.run_worker(run, thread=True, exclusive=True, group=group, exit_on_error=False)

    def on_bench_planned(self, message: BenchPlanned) -> None:
        """Start where nothing is to be asked; else show what is kept, or say the cost and ask."""
        if message.serial != self._serial:
            return
        self.is_working = False
        self.plan, self.asks, self.state = message.plan, message.asks, message.state
        asks = message.asks
        if asks is None or not asks.questions:
            self._start()
            return
        if message.kept is not None:
            self.document, self.benched = message.kept, None
            self.show_result()
            self.say(f"as it was kept · {self.hint_key('bench.again')} asks again", "state.info")
            return
        self.show_result()
        if not self.is_asking:
            self.confirm(self.cost_words(asks), self._start)

    def cost_words(self, asks: BenchAsks) -> str:
        """What a bench asks, and about what that costs."""
        simulated = asks.profile.is_simulated
        return f"asks {at_most(asks.questions, asks.cost, through=asks.profile.name, simulated=simulated)}"

    # Grading

    def _start(self) -> None:
        plan, serial = self.plan, self._serial
        if plan is None:
            return
        self._bench_work = work = BenchWork(self.rft.workspace, self.grader, self.name_here, plan, self.wish)
        told = 0.0

        def progress(done: int, of: int) -> None:
            nonlocal told
            now = monotonic()
            if now - told >= REPORT_EVERY_S:
                told = now
                self.post_message(BenchProgress(serial, done, of))

        def run() -> None:
            benched = work.run(progress)
            if benched is not None:
                self.post_message(BenchDone(serial, benched))

        self.progress = (0, plan.size * plan.repeat)
        self._in_background(run, serial, "bench.run")
        self.show_result()

    def on_bench_progress(self, message: BenchProgress) -> None:
        """Show how far it is."""
        if message.serial == self._serial and self.is_working:
            self.progress = (message.done, message.of)
            self.refresh_bars()

    def on_bench_done(self, message: BenchDone) -> None:
        """Show what came out."""
        if message.serial != self._serial:
            return
        self.is_working, self.progress, self._bench_work = False, None, None
        self.benched, self.document = message.benched, message.benched.document
        self.show_result()

    def on_bench_failed(self, message: BenchFailed) -> None:
        """Say why; what was shown before stays."""
        if message.serial != self._serial:
            return
        self.is_working, self.progress, self._bench_work = False, None, None
        self.error = message.error
        self.rft.log_error(message.error)
        self.show_result()

    def end(self) -> None:
        """End what is done in the background; nothing of it is kept."""
        self._stop.set()
        if self._bench_work is not None:
            self._bench_work.end()
            self._bench_work = None
        self.is_working, self.progress = False, None

    def on_unmount(self) -> None:
        """The screen is left, or the app."""
        self.end()

    def stop_work(self) -> None:
        """The app is about to end."""
        self.end()
        super().stop_work()
