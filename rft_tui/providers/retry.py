"""When a failed request is tried again: pure policy, without a clock of its own."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from rft_tui.providers.outcomes import Outcome

_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|[smhd])")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Waits double from `first_s` to `most_s`, less a random part; a service's own wait is kept up to `longest_s`,
    and a random part of `first_s` is added, so that calls that were refused together do not come back together.

    A service that asks for more than `longest_s` is not asked again, since an earlier attempt would only be refused.
    `total_s` limits all the waits of one call together. Seconds throughout.
    """

    first_s: float = 0.5
    most_s: float = 20.0
    longest_s: float = 300.0
    total_s: float = 900.0
    jitter: float = 0.5

    def wait(
        self, found: Outcome, attempts: int, waited_s: float, said_s: float | None, random: Callable[[], float]
    ) -> float | None:
        """Seconds to wait before the next attempt, None where there is none.

        `attempts` counts those made, `waited_s` what the call has waited so far, `said_s` is what the service asked
        for; `random` gives numbers from 0 to 1.
        """
        if not found.retry or attempts >= found.attempts:
            return None
        wait = min(self.most_s, self.first_s * 2.0 ** min(attempts - 1, 30)) * (1 - self.jitter * random())
        if said_s is not None:
            if said_s > self.longest_s:
                return None
            wait = said_s + self.first_s * random() if said_s > 0 else min(wait, self.first_s)
        return wait if waited_s + wait <= self.total_s else None


def said_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that a service asks to wait: ``retry-after-ms``, or ``retry-after`` as seconds or as an HTTP date.

    A date is taken against the answer's own ``date``, so that a wrong clock here does no harm; else against `now`,
    seconds of the epoch. None where nothing readable is said; never negative.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is not None or text is None:
        return seconds
    then = _epoch(text)
    if then is None:
        return None
    sent = _epoch(headers.get("date", ""))
    return max(0.0, then - (now if sent is None else sent))


def span(text: str | None) -> float | None:
    """Seconds of a text such as ``1s``, ``6m0s``, ``120ms`` or a bare number; None where it is neither."""
    if text is None or len(text) > 64:
        return None
    found = _SPAN.findall(text)
    if found and "".join(number + unit for number, unit in found) == text.strip():
        return sum(float(number) * _UNITS[unit] for number, unit in found)
    return _number(text)


def _number(text: str | None) -> float | None:
    """A plain number that is not negative."""
    if text is None or len(text) > 32:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _epoch(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text) if len(text) < 100 else None
        if moment is None:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
