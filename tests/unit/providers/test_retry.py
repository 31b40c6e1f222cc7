from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.providers.outcomes import RULES, outcome
from rft_tui.providers.retry import RetryPolicy, said_wait, span

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def date(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(NOW.timestamp() + seconds, UTC), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "3", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": date(30)}, 30.0),
        ({"retry-after": date(-30)}, 0.0),
        ({"retry-after": date(500), "date": date(480)}, 20.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "9" * 400}, None),
    ],
)
def test_what_a_service_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert said_wait(headers, NOW.timestamp()) == seconds


@given(st.text(max_size=40))
def test_any_text_is_a_wait_or_none(text: str) -> None:
    for found in (said_wait({"retry-after": text}, 0.0), span(text)):
        assert found is None or found >= 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1.0), ("6m0s", 360.0), ("120ms", 0.12), ("1h2m3.5s", 3723.5), ("17", 17.0), ("6m x", None), (None, None)],
)
def test_spans(text: str | None, seconds: float | None) -> None:
    assert span(text) == seconds


def test_waits_double_up_to_a_limit_and_end() -> None:
    policy, found = RetryPolicy(), outcome("server", "")
    waits = [policy.wait(found, attempts, 0.0, None, lambda: 0.0) for attempts in range(1, 8)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, None, None]
    assert policy.wait(outcome("rate_limit", ""), 20, 0.0, None, lambda: 0.0) == policy.most_s


def test_what_is_asked_for_is_kept_up_to_a_limit() -> None:
    policy, found = RetryPolicy(), outcome("rate_limit", "")
    assert policy.wait(found, 1, 0.0, 60.0, lambda: 0.0) == 60.0
    assert policy.wait(found, 1, 0.0, 60.0, lambda: 1.0) == 60.0 + policy.first_s
    assert policy.wait(found, 1, 0.0, policy.longest_s + 1, lambda: 0.5) is None
    assert policy.wait(found, 2, policy.total_s - 10, 60.0, lambda: 0.5) is None


@given(
    st.sampled_from(sorted(RULES)),
    st.integers(1, 100),
    st.floats(0, 1000),
    st.none() | st.floats(0, 1e9),
    st.floats(0, 1),
)
def test_waits_stay_within_all_limits(
    kind: str, attempts: int, waited: float, said: float | None, chance: float
) -> None:
    policy = RetryPolicy()
    wait = policy.wait(outcome(kind, ""), attempts, waited, said, lambda: chance)
    if wait is not None:
        assert attempts < RULES[kind].attempts
        assert 0 < wait <= policy.longest_s + policy.first_s
        assert waited + wait <= policy.total_s
        assert said is None or said == 0 or wait >= said
