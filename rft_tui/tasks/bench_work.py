"""A bench from its plan to what is kept of it, for a screen: what it would ask, how far it is, an end at any time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, closing
from dataclasses import dataclass
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

from rft_tui.graders.engine import LocalGrader
from rft_tui.graders.judge import EmbeddingReply, Judge, JudgeCall, JudgeReply
from rft_tui.graders.registry import models_asked
from rft_tui.model import JsonObject
from rft_tui.store.benches import keep_bench
from rft_tui.store.database import Store
from rft_tui.store.datasets import StoredItem, get_item
from rft_tui.tasks.bench import BenchPlan, BenchReport, estimate_bench, run_bench
from rft_tui.tasks.bench_document import bench_document
from rft_tui.tasks.bench_plan import BenchWish

if TYPE_CHECKING:
    from rft_tui.providers.profiles import NamedProfile
    from rft_tui.tasks.judging.judge import ServiceJudge
    from rft_tui.workspace import Workspace

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class BenchAsks:
    """What a bench of a model grader would ask: at most so many questions beside those whose answer is known.

    `cost` in US dollars, None where a price is not known.
    """

    profile: NamedProfile
    questions: int
    known: int
    cost: float | None


@dataclass(frozen=True, slots=True)
class Benched:
    """A bench that was done: its document, which is kept, its report, and what it took.

    `asked` counts the requests to a service, `cost` in US dollars what they cost.
    """

    document: JsonObject
    report: BenchReport
    seconds: float
    asked: int = 0
    cached: int = 0
    cost: float = 0.0


class BenchWork:
    """One bench of a grader by a plan. `run` works in the caller's thread, `end` ends it from any other."""

    def __init__(self, workspace: Workspace, grader: LocalGrader, name: str, plan: BenchPlan, wish: BenchWish) -> None:
        self._workspace = workspace
        self._grader = grader
        self._name = name
        self._plan = plan
        self._wish = wish
        self._stop = Event()
        self._judge: ServiceJudge | None = None

    def end(self) -> None:
        """Ask and grade nothing more; what is done is not kept."""
        self._stop.set()
        if self._judge is not None:
            self._judge.stop.set()

    def run(self, progress: Progress = lambda _done, _total: None) -> Benched | None:
        """Grade everything and keep what comes out; None where it was ended.

        Raises ServiceError where the service is of no use, and whatever keeps the store from being written; nothing is
        kept then.
        """
        begun = monotonic()
        with ExitStack() as stack:
            if models_asked(self._grader.spec):
                from rft_tui.tasks.judging.in_process import judge_for

                self._judge = stack.enter_context(judge_for(self._workspace, None))
            judge = self._judge
            if self._stop.is_set():
                return None
            stop = self._stop if judge is None else judge.stop
            report = run_bench(self._grader, self._plan, judge=judge, stop=stop, progress=progress)
        if self._stop.is_set():
            return None
        if judge is not None and judge.stopped is not None:
            raise judge.stopped
        wish = self._wish
        document = bench_document(
            self._grader, report, limits=wish.limits, seed=wish.seed, items=len(self._plan.items), probes=wish.probes
        )
        with self._workspace.store.write() as db:
            keep_bench(db, document, self._name)
        seconds = monotonic() - begun
        if judge is None:
            return Benched(document, report, seconds)
        tally = judge.tally
        return Benched(document, report, seconds, tally.requests, tally.cached, tally.cost)


def bench_asks(workspace: Workspace, grader: LocalGrader, plan: BenchPlan, stop: Event) -> BenchAsks | None:
    """What a bench would ask the judge's profile; None for a grader that asks nobody.

    Raises ProfileError and its like where there is no profile or no key.
    """
    from rft_tui.providers.profiles import find_key, named_profile
    from rft_tui.tasks.judging.known import KnownAnswers

    if not models_asked(grader.spec):
        return None
    profile = named_profile(workspace.settings, None, judge=True)
    find_key(profile)
    figures = estimate_bench(grader.spec, plan, profile)
    counting = _Counting(KnownAnswers(workspace.store, profile))
    run_bench(grader, plan, judge=counting, stop=stop)
    cost = None if figures.cost is None else figures.cost * counting.unknown / max(1, figures.requests)
    return BenchAsks(profile, counting.unknown, counting.known, cost)


class _Counting:
    """Counts the questions whose answer is known, and the others."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.known = self.unknown = 0

    @property
    def window(self) -> int:
        return self._judge.window

    def ask(self, call: JudgeCall) -> Future[JudgeReply]:
        answer = self._judge.ask(call)
        self._count(answer.result().error is None)
        return answer

    def embed(self, model: str, texts: Sequence[str]) -> Future[EmbeddingReply]:
        answer = self._judge.embed(model, texts)
        self._count(answer.result().error is None)
        return answer

    def _count(self, is_known: bool) -> None:
        self.known += is_known
        self.unknown += not is_known


def item_of_row(store: Store, row_id: str) -> StoredItem | None:
    """The item with a row id, of several equal ones the first; None where it is gone."""
    with closing(store.connect()) as db:
        row = db.execute("SELECT min(id) FROM item WHERE row_id = ?", [row_id]).fetchone()
        return None if row[0] is None else get_item(db, row[0])
