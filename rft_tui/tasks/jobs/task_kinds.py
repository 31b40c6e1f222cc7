"""The tasks that bring a job to its service and follow it there: their kinds, and how a job ended badly."""

from __future__ import annotations

import re

from rft_tui.store.tasks import LAUNCH, StoredTask, TaskState

__all__ = ["JOB_KINDS", "LAUNCH", "WATCH", "bad_end"]

WATCH = "watch"
"""Tasks that follow a job there."""

JOB_KINDS = frozenset({LAUNCH, WATCH})
"""Kinds of tasks whose message says how a job stands."""

_BAD_END = re.compile(r" (failed|cancelled)\b")

_LOOKED_AT = 120
"""Characters at the beginning of a message among which the job's status stands."""


def bad_end(task: StoredTask) -> str:
    """How the job of a task that has done its work ended, where that is bad: ``failed``, ``cancelled``; else empty."""
    if task.kind not in JOB_KINDS or task.state is not TaskState.DONE:
        return ""
    found = _BAD_END.search(task.message[:_LOOKED_AT])
    return "" if found is None else found[1]
