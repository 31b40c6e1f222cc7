"""Grading with a judge behind a profile: what it costs is said first, and the work outlives the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rft_tui.cli import text
from rft_tui.cli.console import Calling
from rft_tui.cli.task_lines import ended, task_json, wait_for
from rft_tui.errors import UsageError
from rft_tui.model import JsonObject

if TYPE_CHECKING:
    from rft_tui.store.graders import StoredGrader
    from rft_tui.store.tasks import StoredTask
    from rft_tui.tasks.grade import GradeReport
    from rft_tui.tasks.judging.judge import ServiceJudge
    from rft_tui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of it: the figures, the task that asked (None where all was known), what is not graded yet."""

    report: GradeReport
    task: StoredTask | None
    missing: int

    def as_json(self) -> JsonObject:
        """What scripts read beside the figures."""
        task = {} if self.task is None else {key: task_json(self.task)[key] for key in _TASK_KEYS}
        return {"missing": self.missing, **task}


_TASK_KEYS = ("task", "state", "requests", "cost", "message")


@dataclass(frozen=True, slots=True)
class Judging:
    """What a person says of how a judge is asked."""

    profile: str
    concurrency: int | None
    spend_cap: float | None
    detach: bool
    yes: bool


def grade_by_model(
    calling: Calling,
    workspace: Workspace,
    grader: StoredGrader,
    runs: Sequence[int],
    item_timeout: float,
    judging: Judging,
) -> Judged | None:
    """Grade stored runs through the worker; None where nobody waits for it or the person said no."""
    from rft_tui.providers.profiles import find_key, named_profile
    from rft_tui.store.grades import count_ungraded, forget_service_errors
    from rft_tui.store.summary import summarise
    from rft_tui.tasks.grade import GradeReport
    from rft_tui.tasks.judging.task import start_grading
    from rft_tui.tasks.predicting.estimate import estimate_grading

    store = workspace.store
    profile = named_profile(workspace.settings, judging.profile or None, judge=True)
    with store.write() as db:
        forget_service_errors(db, grader.id, runs)
    with store.read() as db:
        before = summarise(db, grader.id, grader.rule, runs).graded
        figures = estimate_grading(db, grader, runs, profile)
        to_do = count_ungraded(db, grader.id, runs)
    task = None
    if to_do:
        find_key(profile)
        if judging.spend_cap is not None and figures.cost is None:
            raise UsageError(
                "a spend cap needs the judge's price, which is not known",
                hint="Write the price into rft.toml: [profiles.NAME.prices.MODEL] input, output.",
            )
        cost = text.money(figures.cost) if figures.cost is not None else "unknown price"
        said = f"at most {text.counted(figures.requests, 'question')} through {profile.name}, about {cost}"
        calling.tell(said)
        if not judging.yes and not judging.detach and not calling.confirm("Ask them?"):
            calling.tell("Nothing was done.")
            return None
        number = start_grading(
            store, grader, runs, profile, item_timeout_s=item_timeout, concurrency=judging.concurrency,
            spend_cap=judging.spend_cap,
        )  # fmt: skip
        task = wait_for(calling, workspace, number, detach=judging.detach)
        if judging.detach:
            if calling.as_json:
                calling.emit(task_json(task))
            return None
        if task.state == "failed":
            ended(calling, task)
        calling.tell(
            f"{text.counted(task.progress.requests, 'request')}, {task.progress.cached:,} answers from the cache, "
            + (text.money(task.progress.cost) if not task.progress.unpriced else "unknown price")
        )
    with store.read() as db:
        summary = summarise(db, grader.id, grader.rule, runs)
        missing = count_ungraded(db, grader.id, runs)
    if missing:
        calling.tell(f"{missing:,} predictions are not graded yet" + (f": {task.message}" if task is not None else ""))
    return Judged(GradeReport(before, summary.graded - before, summary), task, missing)


@contextmanager
def file_judge(
    calling: Calling, workspace: Workspace | None, spec: JsonObject, judging: Judging
) -> Iterator[ServiceJudge | None]:
    """The judge for predictions of a file, asked by this process; None where the grader asks no service."""
    from rft_tui.graders.registry import models_asked
    from rft_tui.tasks.judging.in_process import judge_for

    if not models_asked(spec):
        yield None
        return
    with judge_for(
        workspace or calling.workspace(),
        judging.profile or None,
        concurrency=judging.concurrency,
        spend_cap=judging.spend_cap,
    ) as judge:
        yield judge
