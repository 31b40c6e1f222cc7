"""Checks of the request by itself: what a service would refuse, and what is worth knowing of suffix, seed and steps."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rft_tui.providers.backends.hyperparameters import number_of
from rft_tui.safetext import one_line
from rft_tui.tasks.jobs.preflight.facts import PreflightFacts
from rft_tui.tasks.jobs.preflight.findings import Finding, error, good, warning
from rft_tui.tasks.jobs.request import LONGEST_SUFFIX, MOST_PAIRS, own_metadata, request_problems

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")

ELSEWHERE = frozenset({"validation"})
"""Fields of a request whose absence another check speaks of."""


def request(facts: PreflightFacts) -> Iterator[Finding]:
    """Everything that a service would refuse, field by field."""
    for problem in request_problems(facts.request, facts.profile.profile.backend):
        if problem.field not in ELSEWHERE:
            check = problem.field if problem.field in ("suffix", "metadata", "seed") else "request"
            yield error(check, f"The request: {problem.field}", problem.message, problem.hint)


def suffix(facts: PreflightFacts) -> Iterator[Finding]:
    """The part of the model's name that a person chooses."""
    text = facts.request.suffix
    if not text:
        said = "none: the model's name will not tell what it is"
        yield warning("suffix", "Suffix", said, "Give one: --suffix NAME.")
    elif len(text) <= LONGEST_SUFFIX and not _PLAIN.fullmatch(text):
        said = f"{one_line(text, LONGEST_SUFFIX)} has other signs than letters, digits, - and _, which may be refused"
        yield warning("suffix", "Suffix", said)
    elif len(text) <= LONGEST_SUFFIX:
        yield good("suffix", "Suffix", f"{text}, {len(text)} of {LONGEST_SUFFIX} characters")


def metadata(facts: PreflightFacts) -> Iterator[Finding]:
    """Pairs beside the app's own mark."""
    count = len(own_metadata(facts.request)) + 1
    if count <= MOST_PAIRS:
        yield good("metadata", "Metadata", f"{count} of {MOST_PAIRS} pairs, the app's own counted")


def seed(facts: PreflightFacts) -> Iterator[Finding]:
    """Whether the job can be repeated."""
    if facts.request.seed is None:
        said = "not set: the service makes one up and shows it in the job"
        yield good("seed", "Seed", said, seed=None)
    else:
        yield good("seed", "Seed", str(facts.request.seed), seed=facts.request.seed)


def steps(facts: PreflightFacts) -> Iterator[Finding]:
    """Hyperparameters that do not go with the number of rows."""
    rows, values = facts.training, facts.request.hyperparameters
    size, epochs, interval = (number_of(values, name) for name in ("batch_size", "n_epochs", "eval_interval"))
    if rows is None or not rows.rows or size is None:
        return
    if size > rows.rows:
        said = f"batch_size {size:g} is more than the {rows.rows:,} training rows"
        yield warning("hyperparameters", "Steps", said, "Take a smaller batch, or auto.")
        return
    count = -(-rows.rows // int(size)) * int(epochs or 1)
    of = "" if epochs else " an epoch"
    if interval is not None and epochs and interval > count:
        said = (
            f"eval_interval {interval:g} is more than the {count:,} steps of the job: nothing is evaluated in between"
        )
        yield warning("hyperparameters", "Steps", said, "Take a smaller interval, or auto.", steps=count)
    else:
        yield good("hyperparameters", "Steps", f"about {count:,} training steps{of}", steps=count)
