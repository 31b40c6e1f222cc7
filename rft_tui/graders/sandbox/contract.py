"""What a sandbox promises: its limits, and the result of one call."""

from __future__ import annotations

from dataclasses import dataclass

from rft_tui.model import GradeError

RUNTIME_ERROR = "python_grader_runtime_error"
"""The code raised, could not be loaded, or is no grader; the service's flag of that name."""
SERVER_ERROR = "python_grader_server_error"
"""The sandbox itself could not be started; the service's flag of that name."""


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """What a python grader may use; time, memory, disk and source as at the service (API facts 3.2).

    Times are wall clock in seconds, sizes in bytes. `start_timeout_s` covers the module's own code. `file_bytes` bounds
    the whole temporary folder where the kernel lets us mount one, else each file. `recycle_after` calls a worker is
    replaced, because what one call leaves behind in the interpreter (changed builtins, module globals) is seen by the
    next call on the same worker.
    """

    call_timeout_s: float = 120.0
    start_timeout_s: float = 30.0
    memory_bytes: int = 2 << 30
    file_bytes: int = 1 << 30
    source_bytes: int = 256_000
    threads: int = 64
    recycle_after: int = 10_000


@dataclass(frozen=True, slots=True)
class CallResult:
    """What came of one call of ``grade(sample, item)``: a finite score or an error, never both.

    Error kinds: ``python_grader_runtime_error``, ``not_a_number``, ``timeout``, ``memory``, ``crash``, ``protocol``
    (something that is no result stood in the result channel), ``python_grader_server_error`` (the sandbox could not
    start) and ``other_error`` (sample or item cannot be written as JSON).
    """

    score: float | None
    error: GradeError | None = None


def failed(kind: str, message: str) -> CallResult:
    """The result of a call that has no score."""
    return CallResult(None, GradeError(kind, message))
