from __future__ import annotations

import json
import time
from contextlib import suppress
from math import isfinite
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.analysis.job_alarms import JobCurves, job_alarms
from rft_tui.errors import ServiceError
from rft_tui.model import JsonObject
from rft_tui.providers.backends.reading import (
    LARGEST_EVENT,
    LONGEST_SERIES,
    MOST_SERIES,
    read_checkpoint,
    read_event,
    read_job,
)
from rft_tui.tui.plot import Curve, draw_plot, whole_view
from tests.unit.providers.backends.wire import event, job

TEXTS = st.text(st.characters(), max_size=20)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=15,
)
KEYS = st.sampled_from(
    ["id", "status", "method", "error", "data", "type", "message", "created_at", "level", "metrics", "metadata",
     "result_files", "model", "step_number", "fine_tuned_model_checkpoint", "hyperparameters", "name"]
)  # fmt: skip
OBJECTS = st.dictionaries(KEYS, JSON | st.sampled_from(["metrics", "ftevent-1"]), max_size=10)

MULTI: JsonObject = {
    "step": 10.0, "total_steps": 20, "train_mean_reward": 0.42, "full_valid_mean_reward": None, "is_eval": True,
    "scores": {"train_reward_mean": 0.42, "graders": [
        {"name": "phrase", "type": "string_check", "train_reward_mean": 0.5},
        {"name": "judge", "type": "score_model", "train_reward_mean": -1},
    ]},
    "model_graders_token_usage": {"gpt-5": {"train_prompt_tokens": 120741.0}},
    "timing": {"step": {"full_iteration": 12.5}},
}  # fmt: skip


def test_numbers_of_an_event_by_their_paths() -> None:
    read = read_event(event(1, data=MULTI))
    assert (read.step, read.total_steps) == (10, 20)
    assert dict(read.metrics) == {
        "train_mean_reward": 0.42, "scores/train_reward_mean": 0.42, "scores/graders/phrase/train_reward_mean": 0.5,
        "scores/graders/judge/train_reward_mean": -1.0, "model_graders_token_usage/gpt-5/train_prompt_tokens": 120741.0,
        "timing/step/full_iteration": 12.5,
    }  # fmt: skip
    assert read.raw == event(1, data=MULTI)


def test_graders_of_one_name_do_not_hide_each_other() -> None:
    graders = [{"name": "g", "x": 1}, {"name": "g", "x": 2}, {"x": 3}]
    assert dict(read_event(event(1, data={"graders": graders})).metrics) == {
        "graders/g/x": 1.0, "graders/g 1/x": 2.0, "graders/2/x": 3.0,
    }  # fmt: skip


@given(JSON | OBJECTS)
def test_whatever_comes_is_read_or_refused(value: Any) -> None:
    for read in (read_job, read_event, read_checkpoint):
        with suppress(ServiceError):
            found = read(value)
            json.dumps(found.raw, allow_nan=False).encode()
            assert found.remote_id
    with suppress(ServiceError):
        seen = read_event(value)
        assert len(seen.metrics) <= MOST_SERIES
        assert all(isfinite(one) and len(name) <= LONGEST_SERIES for name, one in seen.metrics.items())
        assert seen.step is None or 0 <= seen.step < 2**31
        assert isfinite(seen.at)


@given(JSON)
def test_whatever_stands_in_an_event_its_id_is_kept(data: Any) -> None:
    assert read_event(event(5, data=data)).remote_id == "ftevent-5"


def nested(depth: int) -> JsonObject:
    value: JsonObject = {"x": 1}
    for _ in range(depth):
        value = {"x": value}
    return value


HUGE: dict[str, JsonObject] = {
    "many numbers": {str(number): number for number in range(200_000)},
    "a long list": {"x": list(range(500_000))},
    "lists in lists": {"x": [[[{"name": str(a), "v": b} for b in range(20)] for _ in range(20)] for a in range(500)]},
    "long names": {"k" * 2_000_000: {str(number): number for number in range(2000)}},
    "named long": {"x": [{"name": "n" * 1_000_000, "v": number} for number in range(5)]},
    "deep": nested(900),
    "many texts": {str(number): "text" for number in range(300_000)},
}


@pytest.mark.parametrize("name", HUGE)
def test_large_events_are_read_in_bounded_time(name: str) -> None:
    whole = event(1, data=HUGE[name])
    started = time.process_time()
    read = read_event(whole)
    assert time.process_time() - started < 5
    assert len(read.metrics) <= MOST_SERIES
    assert read.remote_id == "ftevent-1"


def test_an_event_too_deep_to_be_kept_is_still_an_event() -> None:
    read = read_event(event(3, data=nested(500)))
    assert (read.remote_id, read.message, read.metrics) == ("ftevent-3", "Step 3", {})
    assert "data" not in read.raw


@pytest.mark.parametrize("error", [None, {}, {"code": None, "message": None}, [], "x", 3])
def test_a_healthy_job_has_no_error(error: Any) -> None:
    assert read_job(job(1, error=error)).error == ""


def test_an_error_of_a_job_is_a_sentence() -> None:
    said = {"code": "invalid_training_file", "message": "line 3\nis no JSON", "param": None}
    assert read_job(job(1, error=said)).error == "invalid_training_file: line 3\nis no JSON"


@pytest.mark.parametrize("status", ["paused", "a new state", 3, None])
def test_states_that_are_not_known_go_on(status: Any) -> None:
    assert not read_job(job(1, status=status)).has_ended


@pytest.mark.parametrize(
    "others",
    [
        {"data": {"step": 3, "train_mean_reward": 0.5, "x": "y" * LARGEST_EVENT}},
        {"message": "m" * LARGEST_EVENT},
        {str(number): "y" for number in range(LARGEST_EVENT // 8)},
        {"k" * LARGEST_EVENT: 1},
    ],
)
def test_an_event_that_is_too_large_is_kept_in_short(others: JsonObject) -> None:
    read = read_event(event(3) | others)
    assert read.step == 3
    assert read.metrics
    assert len(json.dumps(read.raw)) < 10_000
    assert read.raw["id"] == event(3)["id"]


def test_numbers_with_which_nothing_can_be_reckoned_are_none() -> None:
    said = {"step": 1, "huge": 1e308, "low": -1e200, "tiny": 5e-324, "large": -1e99}
    assert read_event(event(1) | {"data": said}).metrics == {"tiny": 0.0, "large": -1e99}


@given(st.lists(st.floats(), min_size=1, max_size=40))
def test_whatever_numbers_come_alarms_and_charts_can_reckon_with_them(values: list[float]) -> None:
    read = [read_event(event(step) | {"data": {"step": step, "x": value}}) for step, value in enumerate(values, 1)]
    points = [(one.step or 0, one.metrics["x"]) for one in read if "x" in one.metrics]
    job_alarms(JobCurves(points, points, points, points, points, {"other": points}, {}, 5.0, is_running=True))
    curves = [Curve("x", points), Curve("y", points, is_marks=True)]
    assert len(draw_plot(curves, 60, 12, whole_view(curves))) == 12
