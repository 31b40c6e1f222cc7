"""What a new version of a grader changes on every cached prediction: who flips, the largest change first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from rft_tui.graders.registry import models_asked
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader
from rft_tui.tasks.diff_graders import Flip, GraderDiff, diff_graders
from rft_tui.tasks.grade import Progress, grade_runs
from rft_tui.tasks.retesting.reuse import reuse_children

if TYPE_CHECKING:
    from rft_tui.graders.judge import Judge


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
    if stop.is_set():
        return None
    diff = diff_graders(store, before, after, runs, threshold=threshold, grade=False)
    flips = sorted(diff.flips, key=lambda flip: (-abs(flip.after - flip.before), flip.prediction))
    return Consequences(diff, tuple(flips), reused)
