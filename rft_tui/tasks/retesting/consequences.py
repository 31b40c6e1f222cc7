"""What a new version of a grader changes on every cached prediction: who flips, the largest change first."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from rft_tui.graders.registry import models_asked
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader
from rft_tui.store.grades import count_unjudged, forget_service_errors
from rft_tui.store.review import graded_runs
from rft_tui.tasks.diff_graders import Flip, GraderDiff, diff_graders
from rft_tui.tasks.grade import Progress, grade_runs
from rft_tui.tasks.retesting.reuse import reuse_children

if TYPE_CHECKING:
    from rft_tui.graders.judge import Judge
    from rft_tui.providers.profiles import NamedProfile


@dataclass(frozen=True, slots=True)
class Consequences:
    """The difference of two versions, its flips by size of change, and how many grades took over their sub-scores."""

    diff: GraderDiff
    flips: tuple[Flip, ...]
    reused: int

    @property
    def predictions(self) -> tuple[int, ...]:
        """The predictions that flip, in the order of the flips."""
        return tuple(flip.prediction for flip in self.flips)


def consequences(
    store: Store,
    before: StoredGrader,
    after: StoredGrader,
    runs: Sequence[int] | None = None,
    *,
    threshold: float | None = None,
    stop: Event | None = None,
    progress: Progress | None = None,
    judge: Judge | None = None,
) -> Consequences | None:
    """Hold two stored versions against each other over the runs (None: all); None where `stop` was set.

    What one of them has not graded yet is graded and stored; of a multi grader only the children that the other version
    does not have. A grader that asks a model is not asked without a `judge`: then what is graded is compared. Raises
    GraderSpecError for a version that cannot run here.
    """
    stop = stop or Event()
    reused = reuse_children(store, before, after, runs, stop=stop, progress=progress, judge=judge)
    for grader in (before, after):
        if stop.is_set():
            return None
        if not grader.is_external and (judge is not None or not models_asked(grader.spec)):
            grade_runs(store, grader, runs, stop=stop, progress=progress, judge=judge)
    diff = diff_graders(store, before, after, runs, threshold=threshold, stop=stop)
    if stop.is_set():
        return None
    flips = sorted(diff.flips, key=lambda flip: (-abs(flip.after - flip.before), flip.prediction))
    return Consequences(diff, tuple(flips), reused)


@dataclass(frozen=True, slots=True)
class Unjudged:
    """What only a judge can say of two versions over some runs (None: all).

    `before` and `after` count the answers that each of them has not graded; `requests` are the questions at most,
    `cost` what they may cost in US dollars, None where a price is not known.
    """

    runs: tuple[int, ...] | None
    before: int
    after: int
    requests: int
    cost: float | None


def unjudged(store: Store, before: StoredGrader, after: StoredGrader, profile: NamedProfile) -> tuple[Unjudged, ...]:
    """What may be asked to compare two versions: all that is missing, and less: only where one of them has graded.

    The larger one comes last; nothing where no judge is needed, or nothing is missing.
    """
    with store.read() as db:
        known = sorted({*graded_runs(db, before.id), *graded_runs(db, after.id)})
        everything = _unjudged(db, before, after, None, profile)
        some = _unjudged(db, before, after, tuple(known), profile) if known else everything
    if not everything.requests:
        return ()
    return (some, everything) if 0 < some.requests < everything.requests else (everything,)


def _unjudged(
    db: sqlite3.Connection,
    before: StoredGrader,
    after: StoredGrader,
    runs: tuple[int, ...] | None,
    profile: NamedProfile,
) -> Unjudged:
    from rft_tui.tasks.predicting.estimate import estimate_grading

    counts, requests = [0, 0], 0
    cost: float | None = 0.0
    for place, grader in enumerate((before, after)):
        if grader.is_external or not models_asked(grader.spec):
            continue
        counts[place] = count_unjudged(db, grader.id, runs)
        figures = estimate_grading(db, grader, runs, profile, count=counts[place])
        requests += figures.requests
        cost = None if cost is None or figures.cost is None else cost + figures.cost
    return Unjudged(runs, counts[0], counts[1], requests, cost)


def forget_failures(store: Store, before: StoredGrader, after: StoredGrader, runs: Sequence[int] | None) -> None:
    """Take away what failed for a service's sake in either version, so that its judge is asked once more."""
    with store.write() as db:
        for grader in (before, after):
            if not grader.is_external:
                forget_service_errors(db, grader.id, runs)
