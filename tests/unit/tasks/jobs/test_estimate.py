"""What a job may take: figures by hand, carried over from what ran here, and nothing where nothing is known."""

from __future__ import annotations

from typing import Any

import pytest

from rft_tui.job_model import JobEvent
from rft_tui.model import Grade, JudgeUse, Usage
from rft_tui.providers.profiles import NamedProfile
from rft_tui.settings import Price, Profile
from rft_tui.store.database import Store
from rft_tui.store.job_events import add_events
from rft_tui.store.jobs import NewJob, about_to_create, add_job
from rft_tui.tasks.graders import ensure_grader
from rft_tui.tasks.jobs.estimate import JobSize, estimate_job, judged_tokens
from rft_tui.tasks.jobs.measured import Measured, measured_job
from rft_tui.tasks.jobs.request import job_body
from tests.unit.store.building import give, predict, run_key
from tests.unit.tasks.jobs.preflight.desk import ELSEWHERE, OPENAI, SIMULATED
from tests.unit.tasks.jobs.requests import JUDGE, a_request, add_rows, questions

SIZE = JobSize(rows=100, size=40_000, validation_rows=10)
LOCAL = NamedProfile("local", Profile(base_url="http://127.0.0.1:1/v1", backend="trl"))
PILOT = Measured("the pilot ftjob-1", 32, 1, 0.5, 9.0, {"j": (2000.0, 100.0)})


def test_time_and_money_from_a_pilot() -> None:
    request = a_request(hyperparameters={"n_epochs": 2, "compute_multiplier": 1.0})
    made = estimate_job(request, OPENAI, SIZE, PILOT, {})
    assert made.seconds == 9.0 * 100 * 2 * 2
    assert made.training_cost == pytest.approx(100.0)
    assert made.cost == made.training_cost
    assert not made.is_per_epoch
    assert any("the pilot ftjob-1" in note for note in made.notes)


def test_judges_from_a_pilot_and_from_assumptions() -> None:
    request = a_request(grader=JUDGE | {"model": "j"}, hyperparameters={"n_epochs": 1, "compute_multiplier": 0.5})
    measured = estimate_job(request, ELSEWHERE, SIZE, PILOT, {})
    assert measured.judge_tokens == {"j": (200_000, 10_000)}
    assert measured.judge_cost == pytest.approx(0.2 * 2 + 0.01 * 4)
    assumed = estimate_job(request, ELSEWHERE, SIZE, None, {"j-2026-01-01": (1000.0, 10.0)})
    assert assumed.judge_calls == 100 * 8 * 0.5 + 10 * 10
    assert assumed.judge_tokens == {"j": (500_000, 5_000)}
    assert any("assumed: 4 answers" in note for note in assumed.notes)
    guessed = estimate_job(request, ELSEWHERE, SIZE, None, {})
    assert any("for a question to j, assumed" in note for note in guessed.notes)


def test_what_is_not_known_is_not_nothing() -> None:
    made = estimate_job(a_request(model="o9", grader=JUDGE | {"model": "x"}), ELSEWHERE, SIZE, None, {})
    assert (made.seconds, made.training_cost, made.judge_cost, made.cost) == (None, None, None, None)
    assert made.is_per_epoch
    nowhere = estimate_job(a_request(grader=JUDGE | {"model": "j"}), OPENAI, JobSize(), PILOT, {})
    assert (nowhere.seconds, nowhere.judge_cost, nowhere.judge_tokens) == (None, None, {})


@pytest.mark.parametrize("profile", [SIMULATED, LOCAL])
def test_nothing_is_paid_for_machines_of_ones_own(profile: NamedProfile) -> None:
    assert estimate_job(a_request(), profile, SIZE, None, {}).cost == 0.0
    assert estimate_job(a_request("supervised"), profile, SIZE, None, {}).cost == 0.0


@pytest.mark.parametrize(
    ("price", "cost"),
    [(Price(training=3.0), 0.09), (Price(1.0, 1.0), None), (Price(training=float("nan")), None), (None, None)],
)
def test_other_methods_by_tokens_where_a_price_is_known(price: Price | None, cost: float | None) -> None:
    profile = NamedProfile("p", Profile(base_url="https://x.test/v1", prices={"m": price} if price else {}))
    made = estimate_job(a_request("dpo", model="m", hyperparameters={"n_epochs": 3}), profile, SIZE, None, {})
    assert made.training_tokens == 30_000
    assert made.training_cost == (None if cost is None else pytest.approx(cost))
    assert made.as_json()["training_tokens"] == 30_000


def a_job(store: Store, *, steps: int = 4, sent: dict[str, Any] | None = None, **others: Any) -> None:
    """A job that ran here on the dataset train, with step times of 2 s and judge tokens."""
    values = {"n_epochs": 1} if sent is None else sent
    body = job_body(a_request(hyperparameters=values), training_file="t", validation_file="v", mark="m")
    parts = {"dataset": "train", "grader_version": a_request().grader_version} | others
    new = NewJob("p", "openai", "s", str(others), "n", "reinforcement", "o4-mini", **parts)
    metrics = {
        "timing/step/full_iteration": 2.0,
        "model_graders_token_usage/j/train_prompt_tokens": 1000.0,
        "model_graders_token_usage/j/train_completion_tokens": 50.0,
        "model_graders_token_usage/j/train_cached_tokens": 10.0,
    }
    with store.write() as db:
        number = add_job(db, new)
        about_to_create(db, number, body)
        events = [
            JobEvent(f"e{number}-{step}", float(step), "info", "metrics", "", step, metrics, {}, 8)
            for step in range(1, steps + 1)
        ]
        add_events(db, number, events)


def test_what_an_earlier_job_took(store: Store) -> None:
    add_rows(store, "train", questions(100))
    a_job(store, pilot=True)
    with store.read() as db:
        measured = measured_job(db, a_request(), simulated=False)
        assert measured_job(db, a_request(), simulated=True) is None
        assert measured_job(db, a_request(model="other"), simulated=False) is None
    assert measured is not None
    assert (measured.label, measured.rows, measured.epochs, measured.compute) == ("the pilot job 1", 32, 1.0, None)
    assert measured.seconds == pytest.approx(2.0 * 8 / 32)
    assert list(measured.judge_tokens) == ["j"]
    assert measured.judge_tokens["j"] == pytest.approx((250.0, 12.5))


def test_the_base_of_a_simulated_job_is_known_as_the_service_shows_it_and_its_clock_is_called_compressed(
    store: Store,
) -> None:
    add_rows(store, "train", questions(100))
    a_job(store, simulated=True)
    with store.write() as db:
        db.execute("UPDATE job SET model = 'simulated-o4-mini'")
    with store.read() as db:
        measured = measured_job(db, a_request(), simulated=True)
    assert measured is not None
    made = estimate_job(a_request(), SIMULATED, SIZE, measured, {})
    assert made.seconds is not None
    assert any("compressed" in note for note in made.notes)
    assert not any("compressed" in note for note in estimate_job(a_request(), LOCAL, SIZE, measured, {}).notes)


def test_jobs_that_cannot_be_measured_are_passed_over(store: Store) -> None:
    add_rows(store, "train", questions(100))
    a_job(store, grader_version="other")
    a_job(store, steps=0)
    a_job(store, dataset="gone")
    a_job(store, sent={"n_epochs": "auto"})
    with store.read() as db:
        measured = measured_job(db, a_request(), simulated=False)
    assert measured is not None
    assert (measured.label, measured.rows) == ("the job job 1", 100)


def test_a_job_with_the_same_grader_goes_first(store: Store) -> None:
    add_rows(store, "train", questions(100))
    a_job(store)
    a_job(store, grader_version="other")
    with store.read() as db:
        measured = measured_job(db, a_request(), simulated=False)
    assert measured is not None
    assert measured.label == "the job job 1"


def test_what_judges_took_here(store: Store) -> None:
    grader = ensure_grader(store, JUDGE)
    of = add_rows(store, "train", questions(3))
    with store.write() as db:
        run, _added = predict(db, run_key(of.id), ["a", "b", "c"])
        ids = [row[0] for row in db.execute("SELECT id FROM prediction WHERE run = ?", [run])]
        uses = [Usage(100, 10), Usage(200, 30), Usage()]
        give(db, grader, {n: Grade(1.0, judged=(JudgeUse("j", use),)) for n, use in zip(ids, uses, strict=True)})
        assert judged_tokens(db, grader.id) == {"j": (150.0, 20.0)}
