"""The facts of a job, from the cache and from what a service was asked before; nothing here touches the network."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime

from rft_tui.datasets.limits import Part
from rft_tui.graders.spec import score_rule, template_paths
from rft_tui.model import Prompt, ScoreRule
from rft_tui.providers.profiles import NamedProfile
from rft_tui.store.benches import newest_of
from rft_tui.store.database import Store
from rft_tui.store.datasets import StoredDataset, get_dataset, list_datasets
from rft_tui.store.graders import StoredGrader, grader_of_version
from rft_tui.store.jobs import list_jobs
from rft_tui.tasks.jobs.estimate import JobSize, estimate_job, judged_tokens
from rft_tui.tasks.jobs.files import plan_rows
from rft_tui.tasks.jobs.measured import measured_job
from rft_tui.tasks.jobs.preflight.base_runs import base_facts
from rft_tui.tasks.jobs.preflight.facts import (
    GradeErrors,
    NetworkFacts,
    Overlap,
    PilotFact,
    PreflightFacts,
    RowFacts,
)
from rft_tui.tasks.jobs.preflight.rows import row_facts
from rft_tui.tasks.jobs.request import DataSource, JobRequest

MOST_TESTS = 5
"""Datasets that are taken for a final test by their names."""

_WORD = re.compile(r"[^\W_]+")


def gather(
    store: Store,
    request: JobRequest,
    profile: NamedProfile,
    *,
    prompt: Prompt | None = None,
    network: NetworkFacts | None = None,
    today: date | None = None,
) -> PreflightFacts:
    """Everything that pre-flight needs: one pass over each part's rows, and what the cache knows of base and grader.

    Takes about a second for 50 000 rows. Raises UsageError where a dataset is not there, InputError where a file
    cannot be opened.
    """
    training, validation = _rows(store, request, prompt)
    version = request.grader_version
    with store.read() as db:
        grader = None if version is None else grader_of_version(db, version)
        base = None if grader is None else base_facts(db, request, prompt, grader, _datasets(db, request))
        return PreflightFacts(
            request=request,
            profile=profile,
            prompt=prompt,
            today=today or datetime.now(UTC).date(),
            training=training,
            validation=validation,
            overlaps=tuple(_overlaps(db, request)),
            base=base,
            rule=ScoreRule() if request.grader is None else score_rule(request.grader),
            bench=None if version is None else newest_of(db, version, whole=True),
            pilots=tuple(_pilots(db, version)),
            estimate=estimate_job(
                request,
                profile,
                _size(training, validation),
                measured_job(db, request, simulated=profile.is_simulated),
                {} if grader is None else _judged(db, grader),
            ),
            network=network or NetworkFacts(),
            grade_errors=None if grader is None else _grade_errors(db, grader),
        )


def _grade_errors(db: sqlite3.Connection, grader: StoredGrader) -> GradeErrors:
    """How often this very version gave no score to an answer that is one."""
    rows = db.execute(
        "SELECT error_kind, count(*) FROM grade WHERE grader = ? AND error_kind IS NOT 'prediction'"
        " GROUP BY error_kind",
        [grader.id],
    ).fetchall()
    simulated = db.execute("SELECT 1 FROM grade_detail WHERE grader = ? AND simulated LIMIT 1", [grader.id]).fetchone()
    return GradeErrors(
        sum(count for _kind, count in rows), {kind: count for kind, count in rows if kind is not None},
        simulated is not None,
    )  # fmt: skip


def _rows(store: Store, request: JobRequest, prompt: Prompt | None) -> tuple[RowFacts | None, RowFacts | None]:
    paths = () if request.grader is None else template_paths(request.grader).hard
    train, valid = plan_rows(request, "train", prompt), plan_rows(request, "validation", prompt)
    validation = None if valid is None else row_facts(store, valid, paths)
    return None if train is None else row_facts(store, train, paths, valid), validation


def _size(training: RowFacts | None, validation: RowFacts | None) -> JobSize:
    return JobSize(
        None if training is None else training.rows,
        None if training is None else training.size,
        None if validation is None else validation.rows,
    )


def _judged(db: sqlite3.Connection, grader: StoredGrader) -> dict[str, tuple[float, float]]:
    return judged_tokens(db, grader.id)


def _datasets(db: sqlite3.Connection, request: JobRequest) -> list[tuple[Part, int, int]]:
    found: list[tuple[Part, int, int]] = []
    parts: tuple[tuple[Part, DataSource | None], ...] = (
        ("train", request.training),
        ("validation", request.validation),
    )
    for part, source in parts:
        if source is not None and source.kind == "dataset":
            dataset = get_dataset(db, source.name)
            found.append((part, dataset.id, dataset.rows))
    return found


def _pilots(db: sqlite3.Connection, version: str | None) -> Iterator[PilotFact]:
    for job in list_jobs(db) if version is not None else ():
        if job.pilot and job.grader_version == version:
            yield PilotFact(job.label, job.status, job.model, job.simulated)


def _overlaps(db: sqlite3.Connection, request: JobRequest) -> Iterator[Overlap]:
    """The final test, as the request names it, else datasets that are called so."""
    sources = (request.training, request.validation)
    names = {one.name for one in sources if one is not None and one.kind == "dataset"}
    if request.test:
        tests = [get_dataset(db, request.test)]
    else:
        tests = [one for one in list_datasets(db) if one.name not in names and _is_called_test(one.name)][:MOST_TESTS]
    for test in tests:
        shared = [_shared(db, test, source) for source in sources]
        yield Overlap(test.name, test.rows, not request.test, *shared)


def _is_called_test(name: str) -> bool:
    return "test" in {word.casefold() for word in _WORD.findall(name)}


def _shared(db: sqlite3.Connection, test: StoredDataset, source: DataSource | None) -> int | None:
    """How many inputs of a test stand in a part; None where the part is no dataset here."""
    if source is None or source.kind != "dataset":
        return None
    row = db.execute(
        "SELECT count(DISTINCT mine.input) FROM item AS mine JOIN item AS other ON other.input = mine.input"
        " WHERE mine.dataset = ? AND other.dataset = ?",
        [test.id, get_dataset(db, source.name).id],
    ).fetchone()
    return int(row[0])
