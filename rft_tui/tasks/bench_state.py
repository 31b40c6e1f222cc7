"""How a grader version stands with the bench, in figures and in words: for lists, and for who would train by it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from rft_tui.graders.bench.rules import DEFAULT_LIMITS
from rft_tui.model import JsonObject
from rft_tui.store.benches import BenchResult, newest_of

SHOWN_KINDS = 4
"""Kinds of checks that a sentence names."""


class Standing(StrEnum):
    """What is known of a version; the values are the words of the command line's JSON."""

    NEVER = "never"
    PASSED = "passed"
    FAILED = "failed"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class BenchState:
    """How one version stands; `age_s` in seconds, `result` None where it was never benched.

    Only a bench that left no probe out makes it ``passed``: what holds of some probes alone is ``partial``.
    """

    standing: Standing
    label: str
    result: BenchResult | None = None
    age_s: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether it was tried as a whole, and everything held."""
        return self.standing is Standing.PASSED

    @property
    def failing(self) -> list[tuple[str, int, int]]:
        """The kinds of checks that do not hold: name, failed, checked; those that fail most first."""
        counts = self.result.summary if self.result else ()
        failed = [(name, bad, checked) for name, checked, bad in counts if bad]
        return sorted(failed, key=lambda one: -one[1] / one[2])

    @property
    def short(self) -> str:
        """In few words: ``✓ 2 h ago``, ``✗ 3 of 10``, ``– never``."""
        result = self.result
        if result is None:
            return "– never"
        if self.standing is Standing.FAILED:
            return f"✗ {len(self.failing)} of {len(result.summary)}" if result.summary else "✗ nothing checked"
        sign = "✓" if self.passed else f"– {len(result.summary)} of it"
        return f"{sign} {ago(self.age_s)}"

    @property
    def sentence(self) -> str:
        """In one sentence, as a pre-flight says it."""
        result = self.result
        if result is None:
            return f"{self.label} was never benched: rft-tui grader bench {self.label}"
        mark = "SIMULATED " if result.simulated else ""
        when = f"{mark}{ago(self.age_s)}"
        on = f"{result.checks:,} checks on {result.items:,} item{'' if result.items == 1 else 's'}"
        held = self._limits
        if self.standing is Standing.FAILED:
            if not result.checks:
                return f"{self.label}: the bench found nothing to check ({when})"
            kinds = [f"{name} {bad:,} of {checked:,}" for name, bad, checked in self.failing]
            more = len(kinds) - SHOWN_KINDS
            shown = ", ".join(kinds[:SHOWN_KINDS]) + (f" and {more} more" if more > 0 else "")
            return f"{self.label} fails the bench ({when}, {on}{held}): {shown}"
        if self.standing is Standing.PARTIAL:
            names = ", ".join(name for name, _checked, _failed in result.summary)
            return f"{self.label} was benched in part only ({when}, {on}{held}): {names} hold"
        return f"{self.label} passes the bench ({when}, {on}{held})"

    @property
    def _limits(self) -> str:
        """The limits that are not the usual ones."""
        limits = self.result.limits if self.result else {}
        other = [f"{name}={value:g}" for name, value in limits.items() if DEFAULT_LIMITS.get(name) != value]
        return f", limits {' '.join(other)}" if other else ""

    def as_json(self) -> JsonObject:
        """What scripts read of it."""
        result = self.result
        if result is None:
            return {"state": self.standing.value}
        made: JsonObject = {
            "state": self.standing.value,
            "at": result.at,
            "items": result.items,
            "checks": result.checks,
            "failures": result.failures,
            "partial": result.partial,
            "failing": [name for name, _bad, _checked in self.failing],
        }
        return made | ({"simulated": True} if result.simulated else {})


def bench_state(db: sqlite3.Connection, version: str, label: str, *, now: datetime | None = None) -> BenchState:
    """How a version stands; `label` is what sentences call it: ``exact@3f2a``.

    The newest result counts. One that left probes out and found nothing does not take away what a whole one said.
    """
    result = newest_of(db, version)
    if result is not None and result.partial and result.ok:
        result = newest_of(db, version, whole=True) or result
    if result is None:
        return BenchState(Standing.NEVER, label)
    standing = Standing.FAILED if not result.ok else Standing.PARTIAL if result.partial else Standing.PASSED
    return BenchState(standing, label, result, _age(result.at, now or datetime.now(UTC)))


def ago(seconds: float) -> str:
    """A time gone by, in its largest unit: ``just now``, ``5 min ago``, ``2 h ago``, ``3 days ago``."""
    minutes = int(max(0.0, seconds) // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    hours = minutes // 60
    return f"{hours} h ago" if hours < 48 else f"{hours // 24} days ago"


def _age(at: str, now: datetime) -> float:
    try:
        return max(0.0, (now - datetime.fromisoformat(at)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
