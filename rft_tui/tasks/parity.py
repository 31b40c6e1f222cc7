"""A grader here and at a service: the same predictions graded by both, score by score.

Model graders ask a model twice, so their scores may differ by chance; everything else has to be equal but for rounding.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import copysign, isfinite
from sys import float_info
from typing import Any, Protocol

from rft_tui.errors import ServiceError
from rft_tui.graders.engine import LocalGrader
from rft_tui.graders.judge import Judge
from rft_tui.graders.registry import models_asked
from rft_tui.graders.service_form import names_not_sent, service_form
from rft_tui.identity import content_hash
from rft_tui.model import Grade, JsonObject
from rft_tui.providers.hosted_graders import (
    MALFORMED,
    RUN_PATH,
    VALIDATE_PATH,
    HostedGrade,
    read_run,
    read_validated,
    run_body,
    validate_body,
)
from rft_tui.store.grades import Gradable
from rft_tui.tasks.grade import grade_predictions

LOCAL_TOLERANCE = 1e-6
"""How far scores may lie apart where no model is asked: rounding."""
JUDGED_TOLERANCE = 0.05
"""The same where a model is asked, as a share of the grader's range."""

AT_ONCE = 8
"""Predictions that the service grades at once; a python grader takes it seconds."""

GONE = "not_found"
"""The outcome of a request to an endpoint, or about a model, that is not there."""
REFUSED = "bad_request"
"""The outcome of a request that the service does not take."""
HOPELESS = ("auth", "permission", "quota", "connection")
"""Outcomes after which no other prediction is sent."""

EQUAL = "equal"
DIFFERS = "differs"
LOCAL_ERROR = "local_error"
HOSTED_ERROR = "hosted_error"
BOTH_ERRORS = "both_errors"
UNANSWERED = "unanswered"

_ORDER = (DIFFERS, LOCAL_ERROR, HOSTED_ERROR, UNANSWERED, BOTH_ERRORS, EQUAL)


class Answering(Protocol):
    """An answer of a service."""

    def json(self) -> Any:
        """The body as JSON; ValueError or ServiceError where it is none."""


class GraderService(Protocol):
    """What parity needs of a model service."""

    async def request(self, method: str, path: str, *, body: JsonObject, repeatable: bool) -> Answering:
        """Send a request; ServiceError with an outcome where it fails for good."""


@dataclass(frozen=True, slots=True)
class ParityRow:
    """One prediction graded here and there; `failure` is why the service gave no answer.

    `difference` is hosted minus local; `sub_differences` those of the children whose names both sides have.
    """

    gradable: Gradable
    local: Grade
    hosted: HostedGrade | None
    failure: str
    status: str
    difference: float | None = None
    sub_differences: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParityReport:
    """What came of it: rows with the largest differences first, and what should be said beside them.

    `validated` is None where the service has no endpoint to say it.
    """

    rows: tuple[ParityRow, ...]
    tolerance: float
    validated: bool | None
    notes: tuple[str, ...]

    @property
    def equal(self) -> int:
        """Predictions that both sides score the same, or that both cannot score."""
        return sum(row.status in (EQUAL, BOTH_ERRORS) for row in self.rows)

    @property
    def differences(self) -> tuple[ParityRow, ...]:
        """The other ones."""
        return tuple(row for row in self.rows if row.status not in (EQUAL, BOTH_ERRORS))

    @property
    def tokens(self) -> int:
        """Tokens that the service counted."""
        return sum(row.hosted.tokens or 0 for row in self.rows if row.hosted is not None)


def sample_predictions(predictions: Iterable[Gradable], count: int, seed: int) -> list[Gradable]:
    """At most `count` predictions that have an answer, the same for a seed whatever their order; read once."""
    with_answer = (one for one in predictions if one.error_kind is None)
    return heapq.nsmallest(count, with_answer, key=lambda one: _draw(one, seed))


def _draw(one: Gradable, seed: int) -> str:
    return content_hash("parity", str(seed), one.row_id, str(one.run_index), one.model, one.output_text)


def tolerance_of(grader: LocalGrader) -> float:
    """How far the scores of a grader may lie apart and still count as equal."""
    if models_asked(grader.spec):
        return JUDGED_TOLERANCE * (grader.rule.high - grader.rule.low)
    return LOCAL_TOLERANCE


def notes_on(spec: JsonObject) -> tuple[str, ...]:
    """What makes the two sides differ for reasons that are no mistake."""
    notes = []
    if names := names_not_sent(spec):
        said = ", ".join(f"sample.{name}" for name in names)
        notes.append(f"the grader uses {said}, which the service's endpoint cannot be given")
    if service_form(spec) != spec:
        notes.append("it is sent without the keys that only this program reads, its children as an object")
    if models_asked(spec):
        notes.append("both sides ask a model, whose answers vary from one time to the next")
    return tuple(notes)


async def hosted_grades(
    service: GraderService, spec: JsonObject, predictions: Sequence[Gradable]
) -> tuple[bool | None, list[HostedGrade | ServiceError]]:
    """Whether the service takes the grader, and what it says of each prediction, in their order.

    Raises ServiceError where it refuses the grader, has no such endpoint, or answers nothing at all.
    """
    sent = service_form(spec)
    validated = await _validate(service, sent)
    results: list[HostedGrade | ServiceError] = [ServiceError("not asked")] * len(predictions)
    if predictions:
        results[0] = first = await _run(service, sent, predictions[0])
        if isinstance(first, ServiceError) and first.outcome in (GONE, *HOPELESS):
            raise _gone(first) if first.outcome == GONE else first
    waiting = iter(range(1, len(predictions)))

    async def work() -> None:
        for number in waiting:
            results[number] = await _run(service, sent, predictions[number])

    async with asyncio.TaskGroup() as group:
        for _number in range(min(AT_ONCE, max(0, len(predictions) - 1))):
            group.create_task(work())
    failures = [one for one in results if isinstance(one, ServiceError)]
    if predictions and len(failures) == len(predictions):
        raise failures[0]
    return validated, results


async def _validate(service: GraderService, sent: JsonObject) -> bool | None:
    try:
        answer = await service.request("POST", VALIDATE_PATH, body=validate_body(sent), repeatable=True)
        return read_validated(_json(answer)) is not None
    except ServiceError as error:
        if error.outcome == GONE:
            return None
        if error.outcome == REFUSED:
            raise ServiceError(
                f"the service does not take the grader, or has closed the endpoint: {error.message}",
                hint="rft-tui grader check says what is known about a grader.",
                outcome=error.outcome,
            ) from error
        raise


async def _run(service: GraderService, sent: JsonObject, one: Gradable) -> HostedGrade | ServiceError:
    body = run_body(sent, one.output_text, one.fields)
    try:
        return read_run(_json(await service.request("POST", RUN_PATH, body=body, repeatable=True)))
    except ServiceError as error:
        return error


def _json(answer: Answering) -> Any:
    try:
        return answer.json()
    except (ValueError, RecursionError) as error:
        raise ServiceError("the answer is no JSON", outcome=MALFORMED) from error


def _gone(error: ServiceError) -> ServiceError:
    return ServiceError(
        f"the grader endpoints, or the model that the grader names, are gone at this service: {error.message}",
        hint="Grading here goes on without them: rft-tui grade.",
        outcome=error.outcome,
    )


def compare_grades(
    grader: LocalGrader,
    predictions: Sequence[Gradable],
    validated: bool | None,
    hosted: Sequence[HostedGrade | ServiceError],
    *,
    judge: Judge | None = None,
) -> ParityReport:
    """Grade the predictions here and hold the grades against those of the service.

    Raises GraderSpecError for a grader that needs a judge where none is given.
    """
    tolerance = tolerance_of(grader)
    local = [grade for _one, grade in grade_predictions(grader, predictions, judge=judge)]
    rows = [_row(one, grade, answer, tolerance) for one, grade, answer in zip(predictions, local, hosted, strict=True)]
    rows.sort(key=lambda row: (_ORDER.index(row.status), -_size(row), row.gradable.row_id, row.gradable.run_index))
    notes = notes_on(grader.spec)
    if validated is None:
        notes += ("the service has no endpoint that checks graders",)
    elif not validated:
        notes += ("the service's check of the grader gave no grader back",)
    return ParityReport(tuple(rows), tolerance, validated, notes)


def _size(row: ParityRow) -> float:
    sizes = [abs(one) for one in (row.difference, *row.sub_differences.values()) if one is not None]
    return max(sizes, default=0.0)


def _row(one: Gradable, local: Grade, answer: HostedGrade | ServiceError, tolerance: float) -> ParityRow:
    if isinstance(answer, ServiceError):
        return ParityRow(one, local, None, answer.message, UNANSWERED)
    if local.score is None or answer.reward is None:
        both = local.score is None and answer.reward is None
        return ParityRow(
            one, local, answer, "", BOTH_ERRORS if both else LOCAL_ERROR if local.score is None else HOSTED_ERROR
        )
    difference = _difference(answer.reward, local.score)
    children = {
        name: _difference(there, here)
        for name, here in local.sub_scores.items()
        if here is not None and (there := answer.sub_rewards.get(name)) is not None
    }
    apart = {name: value for name, value in children.items() if abs(value) > tolerance}
    status = DIFFERS if apart or abs(difference) > tolerance else EQUAL
    return ParityRow(one, local, answer, "", status, difference, apart)


def _difference(there: float, here: float) -> float:
    """Hosted minus local; the largest number there is where it would be more."""
    difference = there - here
    return difference if isfinite(difference) else copysign(float_info.max, difference)
