"""The grader of a job among the graders that are kept here."""

from __future__ import annotations

import sqlite3

from rft_tui.errors import GraderSpecError, UsageError
from rft_tui.graders.registry import display_name
from rft_tui.graders.spec import check_spec, score_rule
from rft_tui.identity import grader_version
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line
from rft_tui.store.graders import NAME_LENGTH, StoredGrader, add_grader, grader_of_version, versions_of
from rft_tui.store.jobs import StoredJob

ELSEWHERE = " (job)"
"""Put behind the name of a job's grader where a grader of that name is kept here that it is not."""


def grader_of_job(db: sqlite3.Connection, job: StoredJob) -> StoredGrader | None:
    """The version that a job was made with, if it is kept here with its rule, deleted or not."""
    spec = job.grader
    for version in (job.grader_version, grader_version(spec) if spec else None):
        found = grader_of_version(db, version) if version else None
        if found is not None and not found.is_external:
            return found
    return None


def keep_grader_of_job(db: sqlite3.Connection, job: StoredJob, spec: JsonObject | None = None) -> StoredGrader:
    """The version that a job was made with, kept now if it was not: its rule is `spec`, or what the job shows.

    One that came with a job never stands as a newer version of a grader that a person keeps here. Raises UsageError
    with the reason where there is no grader that works here.
    """
    if (found := grader_of_job(db, job)) is not None:
        return found
    spec = spec or job.grader
    if job.method != "reinforcement":
        raise UsageError(f"a job of the method {job.method or 'unknown'} has no grader of its own")
    if spec is None:
        raise UsageError("the job does not say what it was graded by")
    try:
        report = check_spec(spec, context="rft")
        if not report.ok:
            problem = next((one.message for one in report.problems if one.severity == "error"), "")
            raise UsageError(f"the job's grader does not work here: {one_line(problem, 200)}")
        known = grader_of_version(db, grader_version(spec))
        name = one_line(display_name(spec), NAME_LENGTH) or "grader"
        if known is None and any(not one.is_external for one in versions_of(db, name)):
            name = one_line(name, NAME_LENGTH - len(ELSEWHERE)) + ELSEWHERE
        return add_grader(db, name, spec, score_rule(spec), note=f"from {one_line(job.label, 80)}")
    except GraderSpecError as error:
        raise UsageError(f"the job's grader does not work here: {error.message}") from error
