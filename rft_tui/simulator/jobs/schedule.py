"""What happens in a simulated job and when: a pure function of its plan and of the control actions so far.

The whole future is laid out as if nobody did anything more; an action cuts it off at its time and lays out what
follows instead. So past events never change, and a service that starts again goes on as if it had never been away.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from rft_tui.simulator.jobs.plan import Plan

Control: TypeAlias = Literal["pause", "resume", "cancel"]

VALIDATING_SHARE, QUEUED_SHARE, FINISHING_SHARE = 0.04, 0.04, 0.04
"""Shares of a job's whole time before it trains and after it has trained."""

RUNNING_SHARE = 1 - VALIDATING_SHARE - QUEUED_SHARE - FINISHING_SHARE

BREAKS_AT = 0.8
"""The share of the training after which a late failure breaks it."""

ENDED = ("succeeded", "failed", "cancelled")


class Action(NamedTuple):
    """What somebody asked of a job, at a time in seconds since 1970."""

    kind: Control
    at: float


class Happening(NamedTuple):
    """Something that becomes an event; `step` counts the training steps that are done by then."""

    at: float
    kind: str
    step: int


class Schedule:
    """The happenings of a job in their order, and the statuses that it goes through."""

    def __init__(self, happenings: list[Happening], statuses: list[tuple[float, str]]) -> None:
        self.happenings = happenings
        self._times = [one.at for one in happenings]
        self._statuses = statuses
        self._status_times = [at for at, _status in statuses]

    def count(self, now: float) -> int:
        """How many happenings there have been."""
        return bisect_right(self._times, now)

    def until(self, now: float) -> Sequence[Happening]:
        """What has happened so far."""
        return self.happenings[: self.count(now)]

    def status(self, now: float) -> str:
        """The status at a time."""
        return self._statuses[max(0, bisect_right(self._status_times, now) - 1)][1]

    @property
    def end(self) -> float:
        """When the last status is reached."""
        return self._status_times[-1]

    def steps_done(self, now: float) -> int:
        """The training steps that are done."""
        count = self.count(now)
        return self.happenings[count - 1].step if count else 0

    def reached(self, kind: str, now: float) -> Happening | None:
        """The first happening of a kind, if it has happened."""
        return next((one for one in self.until(now) if one.kind == kind), None)


def schedule(plan: Plan, actions: Sequence[Action] = ()) -> Schedule:
    """The schedule of a job after some actions, each of which must have been possible at its time."""
    happenings: list[Happening] = []
    statuses: list[tuple[float, str]] = []

    def lay(steps: Iterator[tuple[Happening | None, str | None, float]]) -> None:
        for happening, status, at in steps:
            if happening is not None:
                happenings.append(happening)
            if status is not None:
                statuses.append((at, status))

    lay(_from_the_beginning(plan))
    for kind, at in actions:
        del happenings[bisect_right([one.at for one in happenings], at) :]
        del statuses[bisect_right([one[0] for one in statuses], at) :]
        lay(_after(plan, kind, at, happenings[-1].step if happenings else 0))
    return Schedule(happenings, statuses)


_Laid: TypeAlias = Iterator[tuple[Happening | None, str | None, float]]


def _happens(at: float, kind: str, step: int = 0, status: str | None = None) -> tuple[Happening, str | None, float]:
    return Happening(at, kind, step), status, at


def _from_the_beginning(plan: Plan) -> _Laid:
    at = plan.began
    yield _happens(at, "created", status="validating_files")
    yield _happens(at, "validating")
    at += VALIDATING_SHARE * plan.seconds
    if plan.files_error is not None:
        yield _happens(at, "files refused", status="failed")
        return
    yield _happens(at, "validated", status="queued")
    yield from _queued(plan, at, 0)


def _after(plan: Plan, kind: Control, at: float, done: int) -> _Laid:
    match kind:
        case "cancel":
            yield _happens(at, "cancelled", done, "cancelled")
        case "pause":
            if done and not plan.has_checkpoint(done):
                yield _happens(at, "snapshot", done)
            yield _happens(at, "paused", done, "paused")
        case "resume":
            yield _happens(at, "resumed", done, "queued")
            yield from _queued(plan, at, done)


def _queued(plan: Plan, at: float, done: int) -> _Laid:
    """The rest of a job that was just put into the queue with some steps done."""
    at += QUEUED_SHARE * plan.seconds
    yield _happens(at, "started" if done == 0 else "restarted", done, "running")
    last = _last_step(plan)
    begin = at - _offset(plan, done)
    for step in range(done + 1, last + 1):
        at = begin + _offset(plan, step)
        yield _happens(at, "step", step)
        if plan.has_checkpoint(step):
            yield _happens(at, "checkpoint", step)
    at += FINISHING_SHARE * plan.seconds
    if plan.scenario == "moderation":
        yield _happens(at, "blocked", last)
        yield _happens(at, "failed", last, "failed")
    elif last < plan.steps:
        yield _happens(at, "broke", last)
        if plan.scenario == "late-failure" and newest_checkpoint(plan):
            yield _happens(at, "kept", last)
            yield _happens(at, "completed", last, "succeeded")
        else:
            yield _happens(at, "failed", last, "failed")
    else:
        yield _happens(at, "checked", last)
        yield _happens(at, "model", last)
        yield _happens(at, "completed", last, "succeeded")


def newest_checkpoint(plan: Plan) -> int:
    """The step of the newest checkpoint of a job that ended by itself, 0 for none."""
    return next((step for step in range(_last_step(plan), 0, -1) if plan.has_checkpoint(step)), 0)


def _last_step(plan: Plan) -> int:
    if plan.scenario in ("late-failure", "late-failure-failed"):
        return max(0, min(plan.steps - 1, round(BREAKS_AT * plan.steps)))
    return plan.steps


def _offset(plan: Plan, step: int) -> float:
    """Seconds of training until a step is done; in silence the steps before and after take half as long."""
    share = step / plan.steps
    if plan.scenario == "silent":
        share = share / 2 + (0.5 if share > 0.3 else 0.0)
    return share * RUNNING_SHARE * plan.seconds
