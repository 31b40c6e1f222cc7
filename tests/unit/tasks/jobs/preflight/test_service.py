"""Checks of service, models, money, limits and pilots, and the document that scripts read."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from rft_tui.model import JsonObject
from rft_tui.providers.models import ServiceModel
from rft_tui.providers.profiles import NamedProfile
from rft_tui.store.database import Store
from rft_tui.store.jobs import NewJob, add_job, set_status
from rft_tui.tasks.jobs.pilot import pilot_of
from rft_tui.tasks.jobs.preflight.checks import preflight
from rft_tui.tasks.jobs.preflight.facts import NetworkFacts
from rft_tui.tasks.jobs.preflight.gather import gather
from rft_tui.tasks.jobs.request import JobRequest
from tests.unit.store.building import tables
from tests.unit.tasks.jobs.preflight.desk import (
    ELSEWHERE,
    FOUNDRY,
    OPENAI,
    SIMULATED,
    TODAY,
    WILLING,
    benched,
    findings,
    graded_base,
    only,
)
from tests.unit.tasks.jobs.requests import JUDGE, a_request, add_rows, questions, two_parts

NEVER_ASKED = NetworkFacts()


@pytest.fixture(autouse=True)
def _rows(store: Store) -> None:
    two_parts(store)


@pytest.mark.parametrize(
    ("profile", "today", "state", "said"),
    [
        (OPENAI, TODAY, "warning", "from 2027-01-06 on, in 45 days"),
        (OPENAI, date(2027, 1, 6), "error", "no new jobs from anybody since 2027-01-06"),
    ],
)
def test_the_end_of_new_jobs(store: Store, profile: NamedProfile, today: date, state: str, said: str) -> None:
    finding = only(findings(store, a_request(), profile, today=today), "wind_down")
    assert finding.state == state
    assert said in finding.message


@pytest.mark.parametrize("profile", [FOUNDRY, SIMULATED, ELSEWHERE])
def test_no_end_is_made_up(store: Store, profile: NamedProfile) -> None:
    assert "wind_down" not in findings(store, a_request(), profile)


@pytest.mark.parametrize(
    ("profile", "model", "listed", "state", "is_known"),
    [
        (OPENAI, "o4-mini-2025-04-16", None, "error", True),
        (OPENAI, "o3", None, "warning", True),
        (OPENAI, "o9", None, "warning", False),
        (OPENAI, "o9", {"o9": ServiceModel("o9", shutdown_date="2026-11-22")}, "error", True),
        (OPENAI, "o9", {"o9": ServiceModel("o9", shutdown_date="2027-11-22")}, "warning", True),
        (OPENAI, "o9", {"o9": ServiceModel("o9")}, "ok", True),
        (OPENAI, "o9", {}, "warning", True),
        (FOUNDRY, "o4-mini", None, "warning", True),
        (ELSEWHERE, "o4-mini", {"o4-mini": ServiceModel("o4-mini")}, "ok", True),
        (SIMULATED, "o4-mini", {}, "ok", True),
    ],
)
def test_until_when_models_are_there(
    store: Store, profile: NamedProfile, model: str, listed: dict[str, ServiceModel] | None, state: str, is_known: bool
) -> None:
    network = NetworkFacts(models=listed)
    finding = only(findings(store, a_request(model=model), profile, network=network), "base_model")
    assert (finding.state, finding.is_known) == (state, is_known)
    judge = only(findings(store, a_request(grader=JUDGE | {"model": model}), profile, network=network), "judge_model")
    assert (judge.state, judge.is_known) == (state, is_known)


def test_a_base_that_does_not_reason(store: Store) -> None:
    assert "base_model_method" in findings(store, a_request(model="gpt-4.1-mini"))
    assert "base_model_method" not in findings(store, a_request(model="o4-mini"))


@pytest.mark.parametrize(("refusal", "state"), [(None, "warning"), ("", "ok"), ("not for you", "error")])
def test_access(store: Store, refusal: str | None, state: str) -> None:
    finding = only(findings(store, a_request(), network=NetworkFacts(refusal=refusal)), "service_access")
    assert finding.state == state
    assert finding.is_known is (refusal is not None)


def test_why_it_is_not_known(store: Store) -> None:
    finding = only(findings(store, a_request(), network=NetworkFacts(trouble="no \x1b key")), "service_access")
    assert "no ␛ key" in finding.message


class TestPilot:
    def add(self, store: Store, status: str, **others: Any) -> None:
        request = a_request(**others)
        new = NewJob(
            "p", "b", "s", f"{status}{others}", "n", "reinforcement", "o9", pilot=True,
            grader_version=request.grader_version, simulated=others.pop("simulated", False),
        )  # fmt: skip
        with store.write() as db:
            set_status(db, add_job(db, new), status)

    def test_none(self, store: Store) -> None:
        self.add(store, "succeeded", grader=JUDGE)
        finding = only(findings(store, a_request(model="o9")), "pilot")
        assert finding.state == "warning"
        assert "no pilot" in finding.message

    @pytest.mark.parametrize(
        ("status", "state"), [("succeeded", "ok"), ("failed", "warning"), ("running", "warning"), ("odd", "warning")]
    )
    def test_one(self, store: Store, status: str, state: str) -> None:
        self.add(store, status)
        finding = only(findings(store, a_request(model="o9")), "pilot")
        assert finding.state == state
        assert finding.evidence == {"pilots": [{"job": "job 1", "status": status, "model": "o9"}]}
        assert only(findings(store, a_request(model="o9"), SIMULATED), "pilot").state == "warning"

    def test_the_pilot_itself(self, store: Store) -> None:
        finding = only(findings(store, pilot_of(a_request())), "pilot")
        assert finding.state == "ok"
        assert "32 training and 16 validation rows" in finding.message


@pytest.mark.parametrize(
    ("others", "check", "state"),
    [
        ({"suffix": "mine"}, "suffix", "ok"),
        ({"suffix": ""}, "suffix", "warning"),
        ({"suffix": "mine & yours"}, "suffix", "warning"),
        ({"suffix": "x" * 65}, "suffix", "error"),
        ({"metadata": {"a": "b"}}, "metadata", "ok"),
        ({"metadata": {"a": "b" * 513}}, "metadata", "ok, error"),
        ({"seed": None}, "seed", "ok"),
        ({"seed": 7}, "seed", "ok"),
        ({"hyperparameters": {"batch_size": 41}}, "hyperparameters", "warning"),
        ({"hyperparameters": {"batch_size": 20, "n_epochs": 2, "eval_interval": 5}}, "hyperparameters", "warning"),
        ({"hyperparameters": {"batch_size": 20, "n_epochs": 2, "eval_interval": 2}}, "hyperparameters", "ok"),
        ({"hyperparameters": {"n_epochs": 51}}, "request", "error"),
    ],
)
def test_limits(store: Store, others: dict[str, Any], check: str, state: str) -> None:
    found = findings(store, a_request(**others))[check]
    assert ", ".join(sorted((one.state for one in found), key=["ok", "warning", "error"].index)) == state


def test_what_microsoft_does_at_some_cost(store: Store) -> None:
    assert only(findings(store, a_request(), FOUNDRY), "spending_stop").state == "ok"
    assert "spending_stop" not in findings(store, a_request(), OPENAI)


def test_a_job_that_microsoft_would_stop(store: Store) -> None:
    facts = gather(store, a_request(), FOUNDRY, today=TODAY)
    facts.estimate.training_cost = 6000.0
    finding = next(one for one in preflight(facts).findings if one.check == "spending_stop")
    assert finding.state == "warning"
    assert "about 6,000 USD" in finding.message


def test_costs_that_are_not_known_are_no_ok(store: Store) -> None:
    found = findings(store, a_request(grader=JUDGE), OPENAI)
    assert not only(found, "time_and_cost").is_known
    assert only(found, "judge_cost").state == "ok"
    assert "assumed" in only(found, "judge_cost").message
    dear = findings(store, a_request(grader=JUDGE | {"model": "of-somebody"}), OPENAI)
    assert not only(dear, "judge_cost").is_known


def sound(store: Store) -> tuple[JobRequest, dict[str, Any]]:
    """A job that nothing is wrong with, and what else is known of it."""
    add_rows(store, "test", questions(12, "X"))
    graded_base(store, "train", [[1, 0]] * 40)
    graded_base(store, "valid", [[1, 0]] * 20)
    request = pilot_of(a_request(model="o9", seed=1))
    benched(store, request)
    return request, {"network": WILLING, "today": TODAY}


def test_a_sound_job_has_no_cross(store: Store) -> None:
    request, known = sound(store)
    result = preflight(gather(store, request, ELSEWHERE, **known))
    assert not result.blocks
    assert [one.check for one in result.findings if one.state != "ok"] == ["time_and_cost"]
    assert [one.sign for one in result.findings if one.check == "seed"] == ["✓"]


def test_the_document(store: Store) -> None:
    request, known = sound(store)
    document = preflight(gather(store, request, ELSEWHERE, **known)).as_json()
    assert json.loads(json.dumps(document)) == document
    assert (document["ok"], document["job"]) == (True, "pilot")
    assert "simulated" not in document
    keys = {"check", "state", "title", "message", "hint", "evidence"}
    assert all(set(one) == keys and one["state"] in ("ok", "warning", "error") for one in document["findings"])
    blocked: JsonObject = preflight(gather(store, a_request(suffix="x" * 65), SIMULATED, today=TODAY)).as_json()
    assert (blocked["ok"], blocked["simulated"]) == (False, True)


def test_looking_changes_nothing(store: Store) -> None:
    request, known = sound(store)
    with store.read() as db:
        before = tables(db)
    preflight(gather(store, request, ELSEWHERE, **known))
    with store.read() as db:
        assert tables(db) == before
