"""Alarms on a job's curves: signs that a model does not learn, learns to cheat, or is graded by a broken rule.

Every alarm is a rule over numbers that the service sends, says which numbers, and can be switched off. Rewards of
training are of other rows at each step; so they are smoothed, and validation decides where there is one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean, median, stdev
from typing import Literal, TypeAlias

Point: TypeAlias = tuple[int, float]
Severity: TypeAlias = Literal["warning", "error"]

FLAT_EVALUATIONS = 5
"""Evaluations in a row that must lie together before a reward counts as flat."""

FLAT_SPREAD = 0.02
"""How far apart they may lie, as a share of the grader's range."""

WINDOW = 5
"""Steps over which training curves are smoothed."""

JUMP = 0.15
"""A rise from one window of steps to the next that is sudden, as a share of the grader's range."""

GAP = 0.1
"""Training reward above validation reward (the services' own advice), as a share of the grader's range."""

FALL = 0.03
"""A fall or a rise between two thirds of a run that counts, as a share of the grader's range."""

LONGER = 1.5
"""Growth of answers that makes rising rewards suspicious."""

MUCH_LONGER = 3.0
"""Growth of answers that is an alarm by itself."""

GROWN_SHARE = 0.1
"""Growth of the share of answers with lists or padding that makes rising rewards suspicious."""

ERROR_SHARE = 0.02
"""Share of grader calls that may end in an error."""

SILENT_S = 1800.0
"""Seconds without an event after which a running job is silent, while its pace is not known."""

LEAST_SILENT_S = 60.0
PAUSES = 10
"""Where the pace of its events is known: so many times the longest pause between two of them, and this at least."""

LOOKS_BACK = 40
"""Places of a run at which it is looked whether an alarm rang already."""


@dataclass(frozen=True, slots=True)
class JobCurves:
    """What alarms look at: series of steps and values; rewards in the grader's own scale, `span` its range.

    `train_loss` and `valid_loss` are those of the methods without a reward. `tokens` are completion tokens of an answer
    in training, `errors` the share of grader calls that failed by kind, `shares` those of answers of some look, such as
    lists, where outputs were read; `longest_pause_s` lay between two events so far, None where that says nothing.
    """

    train: Sequence[Point] = ()
    valid: Sequence[Point] = ()
    train_loss: Sequence[Point] = ()
    valid_loss: Sequence[Point] = ()
    tokens: Sequence[Point] = ()
    errors: Mapping[str, Sequence[Point]] = field(default_factory=dict)
    shares: Mapping[str, Sequence[Point]] = field(default_factory=dict)
    longest_pause_s: float | None = None
    span: float = 1.0
    is_running: bool = False
    silent_s: float = 0.0


@dataclass(frozen=True, slots=True)
class JobAlarm:
    """One alarm: its name, how bad, the step it was seen at, a sentence with the numbers, and what to do."""

    name: str
    severity: Severity
    step: int
    message: str
    hint: str


Rule: TypeAlias = Callable[[JobCurves], Iterator[JobAlarm]]


def job_alarms(curves: JobCurves, off: Collection[str] = ()) -> list[JobAlarm]:
    """The alarms that ring on a job's curves as they are now, but for those that are switched off.

    An alarm's step is the one at which it first rang, its message what is so now.
    """
    found = []
    for name, rule in RULES.items():
        for alarm in () if name in off else rule(curves):
            since = alarm.step if name in POINTED else _first_rang(curves, rule, alarm.step)
            found.append(replace(alarm, step=since))
    return found


def _first_rang(curves: JobCurves, rule: Rule, now: int) -> int:
    """The first of some steps at which a rule rings."""
    steps = sorted({step for points in (curves.train, curves.train_loss) for step, _value in points if step < now})
    for step in steps[:: max(1, len(steps) // LOOKS_BACK)]:
        if any(rule(_until(curves, step))):
            return step
    return now


def _until(curves: JobCurves, step: int) -> JobCurves:
    """The curves as they were at a step."""

    def cut(points: Sequence[Point]) -> Sequence[Point]:
        return points[: bisect_right(points, step, key=lambda point: point[0])]

    return replace(
        curves, train=cut(curves.train), valid=cut(curves.valid), train_loss=cut(curves.train_loss),
        valid_loss=cut(curves.valid_loss), tokens=cut(curves.tokens),
        errors={kind: cut(points) for kind, points in curves.errors.items()},
        shares={kind: cut(points) for kind, points in curves.shares.items()},
    )  # fmt: skip


def smoothed(points: Sequence[Point], window: int = WINDOW) -> list[Point]:
    """The mean of the last `window` values at each step."""
    return [
        (step, fmean(value for _step, value in points[max(0, place - window + 1) : place + 1]))
        for place, (step, _value) in enumerate(points)
    ]


def _flat(curves: JobCurves) -> Iterator[JobAlarm]:
    points = list(curves.valid) or smoothed(curves.train)[WINDOW - 1 :: WINDOW]
    last = points[-FLAT_EVALUATIONS:]
    if len(last) < FLAT_EVALUATIONS:
        return
    values = [value for _step, value in last]
    if max(values) - min(values) <= FLAT_SPREAD * curves.span:
        what = "validation" if curves.valid else "training"
        yield JobAlarm(
            "flat", "warning", last[-1][0],
            f"{what} reward lies at {fmean(values):.2f} since step {last[0][0]} ({len(last)} evaluations)",
            "Near 0 or 1 there is nothing to learn from: look at the scores of single answers and at the grader.",
        )  # fmt: skip


def _jump(curves: JobCurves) -> Iterator[JobAlarm]:
    """A rise between two windows that is large, and large against the noise inside them."""
    points = curves.train
    for place in range(WINDOW, len(points) - WINDOW + 1):
        before = [value for _step, value in points[place - WINDOW : place]]
        after = [value for _step, value in points[place : place + WINDOW]]
        rise = fmean(after) - fmean(before)
        if rise > JUMP * curves.span and rise > 3 * max(stdev(before), stdev(after)):
            step = points[place][0]
            yield JobAlarm(
                "jump", "warning", step,
                f"training reward jumps by {rise:.2f} at step {step} ({fmean(before):.2f} → {fmean(after):.2f})",
                "Read samples of this step now: a sudden gain is often a trick that the grader pays for.",
            )  # fmt: skip
            return


def _growing(curves: JobCurves) -> Iterator[JobAlarm]:
    """Both rewards rise while answers grow in a way that graders like to pay for."""
    if _trend(curves.train) <= FALL * curves.span or _trend(curves.valid) <= FALL * curves.span:
        return
    grown = [
        f"{name.replace('_', ' ')} {first:.0%} → {last:.0%}"
        for name, points in curves.shares.items()
        if (ends := _ends_of_shares(points)) is not None and (last := ends[1]) - (first := ends[0]) > GROWN_SHARE
    ]
    if (ends := _ends(curves.tokens)) is not None and ends[0] > 0 and ends[1] / ends[0] >= LONGER:
        grown.insert(0, f"answers grow from {ends[0]:.0f} to {ends[1]:.0f} tokens")
    if grown:
        yield JobAlarm(
            "growing", "warning", curves.train[-1][0], f"rewards rise while {', '.join(grown)}",
            "Compare the scores at equal length, and put the padding probe of the bench to the grader.",
        )  # fmt: skip


def _opposite(curves: JobCurves) -> Iterator[JobAlarm]:
    yield from _loss(curves)
    if len(curves.valid) < 3:
        return
    since = curves.valid[len(curves.valid) // 3][0]
    train, valid = _trend(_since(curves.train, since)), _trend(_since(curves.valid, since))
    if train > FALL * curves.span and valid < -FALL * curves.span:
        yield JobAlarm(
            "opposite", "error", curves.valid[-1][0],
            f"validation reward falls by {-valid:.2f} while training reward rises by {train:.2f} since step {since}",
            "The model learns its training rows by heart, or a trick that fails elsewhere: take the best checkpoint.",
        )  # fmt: skip


def _loss(curves: JobCurves) -> Iterator[JobAlarm]:
    """Validation loss rises from its lowest point while training loss goes on falling."""
    if len(curves.valid_loss) < 4:
        return
    step, least = min(curves.valid_loss, key=lambda point: point[1])
    last, now = curves.valid_loss[-1]
    later = [value for at, value in curves.valid_loss if at > step]
    trained = _trend(_since(curves.train_loss, step))
    if len(later) >= 2 and now > least * (1 + FALL) and trained < 0:
        yield JobAlarm(
            "opposite", "error", last,
            f"validation loss rises from {least:.3f} (step {step}) to {now:.3f} while training loss falls",
            "The model learns its training rows by heart: take the checkpoint with the lowest validation loss.",
        )  # fmt: skip


def _gap(curves: JobCurves) -> Iterator[JobAlarm]:
    gap = reward_gap(curves.train, curves.valid) if len(curves.valid) > 1 else None
    if gap is not None and gap > GAP * curves.span:
        step = curves.valid[-1][0]
        yield JobAlarm(
            "gap", "warning", step, f"training reward is {gap:.2f} above validation reward at step {step}",
            "Read the best paid training answers: mend the grader if they are tricks, else take an earlier checkpoint.",
        )  # fmt: skip


def reward_gap(train: Sequence[Point], valid: Sequence[Point]) -> float | None:
    """How far training reward lies above validation reward at the last evaluation, None where it is not known.

    Training is read off a straight line through its last `WINDOW` steps: single steps are of other rows each, and a
    mean over earlier steps would lag behind a curve that climbs.
    """
    if not valid:
        return None
    step, reached = valid[-1]
    end = bisect_right(train, step, key=lambda point: point[0])
    near = train[max(0, end - WINDOW) : end]
    if not near:
        return None
    middle, level = fmean(at for at, _value in near), fmean(value for _at, value in near)
    spread = sum((at - middle) ** 2 for at, _value in near)
    slope = sum((at - middle) * (value - level) for at, value in near) / spread if spread and len(near) > 2 else 0.0
    return level + slope * (near[-1][0] - middle) - reached


def _longer(curves: JobCurves) -> Iterator[JobAlarm]:
    ends = _ends(curves.tokens)
    if ends is not None and ends[0] > 0 and ends[1] / ends[0] >= MUCH_LONGER:
        yield JobAlarm(
            "tokens", "warning", curves.tokens[-1][0],
            f"answers have become {ends[1] / ends[0]:.1f} times as long ({ends[0]:.0f} → {ends[1]:.0f} tokens)",
            "Read the newest outputs: length is the commonest way to please a grader.",
        )  # fmt: skip


def _errors(curves: JobCurves) -> Iterator[JobAlarm]:
    for kind, points in curves.errors.items():
        last = [value for _step, value in points[-WINDOW:]]
        if last and fmean(last) > ERROR_SHARE:
            yield JobAlarm(
                "errors", "error", points[-1][0], f"{fmean(last):.1%} of grader calls end in {kind}",
                "Such answers are graded wrongly or not at all: pause the job and mend the grader.",
            )  # fmt: skip


def _silent(curves: JobCurves) -> Iterator[JobAlarm]:
    if not curves.is_running:
        return
    pause = curves.longest_pause_s
    limit = SILENT_S if pause is None else max(LEAST_SILENT_S, PAUSES * pause)
    if curves.silent_s > limit:
        step = curves.train[-1][0] if curves.train else 0
        yield JobAlarm(
            "silent", "warning", step, f"no event for {max(1, round(curves.silent_s / 60))} min",
            "Refresh; if the service shows nothing either, ask its support with the job's id.",
        )  # fmt: skip


RULES: dict[str, Rule] = {
    "flat": _flat,
    "jump": _jump,
    "growing": _growing,
    "opposite": _opposite,
    "gap": _gap,
    "tokens": _longer,
    "errors": _errors,
    "silent": _silent,
}
"""All alarms by the name that switches them off."""

POINTED = frozenset({"flat", "jump", "silent"})
"""Alarms whose step is where something lies, not when it was first seen."""


def _ends(points: Sequence[Point]) -> tuple[float, float] | None:
    """The medians of the first and of the last few values of a series, None where it is short."""
    if len(points) < 2 * 3:
        return None
    count = WINDOW if len(points) >= 2 * WINDOW else 3
    values = [value for _step, value in points]
    return median(values[:count]), median(values[-count:])


def _ends_of_shares(points: Sequence[Point]) -> tuple[float, float] | None:
    """The same of shares over whole evaluations, which are few and steady: the medians of the first and last third."""
    if len(points) < 3:
        return None
    count = min(WINDOW, max(1, len(points) // 3))
    values = [value for _step, value in points]
    return median(values[:count]), median(values[-count:])


def _trend(points: Sequence[Point]) -> float:
    """How much higher the last third of a series lies than its first, by their means; 0 where it is short."""
    if len(points) < 3:
        return 0.0
    count = max(1, len(points) // 3)
    values = [value for _step, value in points]
    return fmean(values[-count:]) - fmean(values[:count])


def _since(points: Sequence[Point], step: int) -> list[Point]:
    return [point for point in points if point[0] >= step]
