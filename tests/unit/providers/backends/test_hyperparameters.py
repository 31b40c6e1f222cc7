"""Hyperparameters: what every method takes, and texts read as values the published contract accepts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import UsageError
from rft_tui.job_model import METHODS, JobMethod
from rft_tui.providers.backends.hyperparameters import (
    HYPERPARAMETERS,
    Hyperparameter,
    check_hyperparameters,
    hyperparameters_of,
    named_hyperparameter,
    number_of,
    parse_hyperparameters,
)
from tests.unit.simulator.contract import description, fits

SCHEMAS = {
    "supervised": "FineTuneSupervisedHyperparameters",
    "dpo": "FineTuneDPOHyperparameters",
    "reinforcement": "FineTuneReinforcementHyperparameters",
}
NAMED = {one.name: one for one in HYPERPARAMETERS}


@pytest.mark.parametrize("method", METHODS)
def test_every_one_of_the_contract_is_there(method: JobMethod) -> None:
    properties = description()["components"]["schemas"][SCHEMAS[method]]["properties"]
    assert {one.name for one in hyperparameters_of(method)} == set(properties)
    for one in hyperparameters_of(method):
        assert one.unset == properties[one.name]["default"]


@pytest.mark.parametrize("one", HYPERPARAMETERS, ids=lambda one: one.name)
def test_each_says_what_it_means_and_takes(one: Hyperparameter) -> None:
    assert one.meaning.endswith(".")
    assert one.meaning.count(". ") <= 2
    assert one.allowed.startswith(one.unset)
    assert one.option == f"--{one.name.replace('_', '-')}"


def test_one_of_foundry_is_not_offered_elsewhere() -> None:
    assert "l2_multiplier" in {one.name for one in hyperparameters_of("dpo", "foundry")}
    assert parse_hyperparameters({"l2_multiplier": "0.1"}, "dpo", "foundry") == {"l2_multiplier": 0.1}
    with pytest.raises(UsageError, match="at foundry"):
        named_hyperparameter("l2_multiplier", "dpo", "openai")


EDGES: list[tuple[str, str, Any]] = [
    ("batch_size", "1", 1), ("batch_size", "256", 256), ("batch_size", " AUTO ", "auto"), ("n_epochs", "50", 50),
    ("learning_rate_multiplier", "1e-9", 1e-9), ("learning_rate_multiplier", "2", 2.0), ("beta", "2", 2.0),
    ("beta", ".1", 0.1), ("compute_multiplier", "10", 10.0), ("compute_multiplier", "0.000011", 0.000011),
    ("eval_interval", "1", 1), ("eval_samples", "100000", 100000), ("reasoning_effort", "High", "high"),
    ("reasoning_effort", "default", "default"),
]  # fmt: skip

REFUSED = [
    ("batch_size", "0"), ("batch_size", "257"), ("batch_size", "1.5"), ("batch_size", "default"), ("n_epochs", "51"),
    ("n_epochs", ""), ("n_epochs", "-1"), ("learning_rate_multiplier", "0"), ("learning_rate_multiplier", "nan"),
    ("learning_rate_multiplier", "1e999"), ("learning_rate_multiplier", "1e-999"), ("beta", "2.0001"), ("beta", "0"),
    ("beta", "inf"), ("compute_multiplier", "0.00001"), ("compute_multiplier", "10.1"), ("eval_interval", "0"),
    ("eval_samples", "1_0"), ("eval_samples", "9" * 5000), ("learning_rate_multiplier", "9" * 5000),
    ("reasoning_effort", "auto"), ("reasoning_effort", "xhigh"), ("reasoning_effort", "1"), ("beta", "\x1b[2J"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "value"), EDGES)
def test_edges_that_are_allowed(name: str, text: str, value: Any) -> None:
    parsed = NAMED[name].parse(text)
    assert parsed == value
    assert type(parsed) is type(value)
    assert NAMED[name].checked(parsed) == parsed


@pytest.mark.parametrize(("name", "text"), REFUSED)
def test_edges_that_are_not(name: str, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        NAMED[name].parse(text)
    assert name in caught.value.message
    assert len(caught.value.message) < 100
    assert "\x1b" not in caught.value.message
    assert NAMED[name].allowed in caught.value.hint


@given(st.sampled_from([one for one in HYPERPARAMETERS if not one.backends]), st.text(max_size=30))
def test_whatever_a_text_says_is_refused_or_fits_the_contract(one: Hyperparameter, text: str) -> None:
    try:
        value = one.parse(text)
    except UsageError:
        return
    assert fits({one.name: value}, SCHEMAS[one.methods[-1]])


@given(
    st.sampled_from([one for one in HYPERPARAMETERS if not one.backends]),
    st.one_of(st.integers(-5, 300), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none()),
)
def test_values_and_the_contract_agree(one: Hyperparameter, value: Any) -> None:
    schema = SCHEMAS[one.methods[-1]]
    if one.kind == "whole" and isinstance(value, float):
        with pytest.raises(UsageError):
            one.checked(value)
    elif fits({one.name: value}, schema):
        assert one.checked(value) == value
    else:
        with pytest.raises(UsageError):
            one.checked(value)


def test_what_another_method_takes_is_named() -> None:
    with pytest.raises(UsageError, match="beta is a hyperparameter of dpo jobs, not of reinforcement at openai"):
        parse_hyperparameters({"beta": "0.1"}, "reinforcement")
    with pytest.raises(UsageError) as caught:
        check_hyperparameters({"n_epoch": 3}, "supervised")
    assert caught.value.hint.startswith("Did you mean n_epochs?")


def test_empty_texts_are_left_out() -> None:
    assert parse_hyperparameters({"n_epochs": " ", "batch_size": "auto"}, "supervised") == {"batch_size": "auto"}


def test_numbers_that_a_person_set() -> None:
    values = {"n_epochs": 3, "beta": "auto", "odd": True}
    assert [number_of(values, name) for name in ("n_epochs", "beta", "odd", "none")] == [3.0, None, None, None]
