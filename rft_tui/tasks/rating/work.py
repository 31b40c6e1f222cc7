"""A rater's work from beginning to end, as screens and commands call it: with a judge of its own, a cap and a stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import TYPE_CHECKING

from rft_tui.providers.profiles import NamedProfile
from rft_tui.tasks.judging.in_process import judge_for
from rft_tui.tasks.judging.judge import CAP_REACHED
from rft_tui.tasks.rating.critiques import Critique, run_critiques
from rft_tui.tasks.rating.disagreements import Disagreement
from rft_tui.tasks.rating.rating import RatingPlan, run_rating
from rft_tui.tasks.rating.report import RatedPair, RatingReport

if TYPE_CHECKING:
    from rft_tui.workspace import Workspace


def rate(
    workspace: Workspace,
    plan: RatingPlan,
    *,
    concurrency: int | None = None,
    spend_cap: float | None = None,
    stop: Event | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    noticed: Callable[[RatedPair], None] = lambda _rated: None,
) -> RatingReport:
    """Ask the rater about the pairs of a plan; blocks, so it is for a thread of the caller's own.

    Where `stop` is set or the spend cap is reached the report has what was judged until then, and says why. Raises
    RftError for a profile that cannot be used, a service that refuses, and a store that cannot be written.
    """
    with judge_for(workspace, plan.profile.name, concurrency=concurrency, spend_cap=spend_cap) as judge:
        report = run_rating(
            workspace.store, plan, judge, workspace.reviewer, stop=stop, progress=progress, noticed=noticed
        )
        if judge.stopped is not None and judge.stopped.outcome != CAP_REACHED:
            raise judge.stopped
        asking, tally = report.asking, judge.tally
        asking.cost = None if tally.unpriced else tally.cost
        asking.stopped = judge.stopped.message if judge.stopped is not None else ""
    return report


def critiques(
    workspace: Workspace,
    version: str,
    about: Sequence[Disagreement],
    rater: str,
    profile: NamedProfile,
    *,
    concurrency: int | None = None,
    spend_cap: float | None = None,
    stop: Event | None = None,
) -> Iterator[Critique]:
    """Critiques of a rater as they come; for a thread of the caller's own, which takes all or closes the iterator.

    `version` is that of the grader whose grades are disputed, saved or not. Raises RftError as `rate` does; where the
    spend cap is reached, what is not asked any more comes as an error that says so.
    """
    with judge_for(workspace, profile.name, concurrency=concurrency, spend_cap=spend_cap) as judge:
        yield from run_critiques(workspace.store, version, about, judge, rater, profile, stop=stop)
        if judge.stopped is not None and judge.stopped.outcome != CAP_REACHED:
            raise judge.stopped
