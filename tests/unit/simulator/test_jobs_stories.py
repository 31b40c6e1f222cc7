"""What scenarios look like, and what happens when: the pure parts of simulated jobs."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.simulator.files import FileStore
from rft_tui.simulator.jobs.collection import Jobs, JobSettings
from rft_tui.simulator.jobs.events import event_json
from rft_tui.simulator.jobs.metrics import metrics
from rft_tui.simulator.jobs.plan import Plan, ShownGrader
from rft_tui.simulator.jobs.scenarios import SCENARIOS, chosen
from rft_tui.simulator.jobs.schedule import Action, Control, schedule
from rft_tui.simulator.jobs.shown import result_csv
from rft_tui.simulator.rejection import RequestError
from rft_tui.simulator.running import ManualClock
from tests.unit.simulator.jobs_helpers import STRING_CHECK, plan, row

FILES = ("file-a", "file-b")
GRADERS = (
    ShownGrader("exact", "string_check", None, 0, 1),
    ShownGrader("code", "python", None, 0, 1),
    ShownGrader("judged", "score_model", "simulated-gpt-4o", 0, 10),
)


def curve(key: str, job: Plan) -> list[float]:
    return [data[key] for step in range(1, job.steps + 1) if key in (data := metrics(job, step))]


def error_share(job: Plan, step: int) -> float:
    errors = metrics(job, step)["errors"]["graders"]
    return float(
        sum(value for one in errors for key, value in one.items() if key.startswith("train_") and key.endswith("_mean"))
    )


@pytest.mark.parametrize("seed", range(5))
def test_only_the_right_story_gives_cause_for_alarm(seed: int) -> None:
    jobs = {name: plan(scenario=name, seed=seed, graders=GRADERS) for name in SCENARIOS}
    train = {name: curve("train_mean_reward", job) for name, job in jobs.items()}
    valid = {name: curve("full_valid_mean_reward", job) for name, job in jobs.items()}
    tokens = {name: curve("completion_tokens_mean", job) for name, job in jobs.items()}
    assert [name for name in jobs if tokens[name][-1] > 3 * tokens[name][0]] == ["hacked"]
    assert [name for name in jobs if error_share(jobs[name], 30) > 0.02] == ["broken-grader"]
    assert [name for name in jobs if train[name][-1] - valid[name][-1] > 0.1] == ["overfit"]
    assert {name for name in jobs if valid[name][-1] < max(valid[name]) - 0.05} == {"overfit", "broken-grader"}
    assert [name for name in jobs if max(valid[name]) - min(valid[name]) < 0.02] == ["flat"]
    jumps = [name for name in jobs if max(b - a for a, b in pairwise(valid[name])) > 0.2]
    assert jumps == ["jump"]
    assert valid["hacked"][-1] > 0.85
    assert valid["healthy"][-1] > valid["healthy"][0] + 0.15


def test_the_mean_counts_what_has_no_grade_as_minus_one() -> None:
    job = plan(scenario="broken-grader")
    data = metrics(job, 30)
    (scores,), (errors,) = data["scores"]["graders"], data["errors"]["graders"]
    ungraded = sum(value for key, value in errors.items() if key.startswith("train_") and key.endswith("_count"))
    assert ungraded > 2
    exact = (scores["train_reward_mean"] * (128 - ungraded) - ungraded) / 128
    assert data["train_mean_reward"] == pytest.approx(exact, abs=1e-5)
    assert data["scores"]["train_reward_mean"] == data["train_mean_reward"]


def test_breaking_graders_show_kinds_of_their_type() -> None:
    errors = metrics(plan(scenario="broken-grader", graders=GRADERS), 30)["errors"]["graders"]
    kinds = [
        {key[6:-6] for key, value in one.items() if value and key.endswith("_count") and key[0] == "t"}
        for one in errors
    ]
    assert kinds == [
        {"sample_parse_error", "invalid_variable_error"},
        {"sample_parse_error", "python_grader_runtime_error"},
        {"sample_parse_error", "model_grader_parse_error"},
    ]


@pytest.mark.parametrize(
    ("scenario", "status", "last"),
    [
        ("healthy", "succeeded", "The job has successfully completed"),
        ("moderation", "failed", "The job failed."),
        ("late-failure", "succeeded", "The job has successfully completed"),
        ("late-failure-failed", "failed", "The job failed."),
    ],
)
def test_how_stories_end(scenario: str, status: str, last: str) -> None:
    job = plan(scenario=scenario)
    laid = schedule(job)
    told = [event_json(job, FILES, one, place) for place, one in enumerate(laid.happenings)]
    assert (laid.status(laid.end), told[-1]["message"]) == (status, last)
    assert (told[-2]["type"] == "moderation_checks") == (scenario == "moderation")
    assert laid.steps_done(laid.end) == (24 if scenario.startswith("late") else 30)


def test_silence_lasts_for_long() -> None:
    def longest(scenario: str) -> float:
        times = [one.at for one in schedule(plan(scenario=scenario)).happenings]
        return max(b - a for a, b in pairwise(times))

    assert longest("silent") > 40 > 10 > longest("healthy")
    assert schedule(plan(scenario="silent")).end == schedule(plan()).end == pytest.approx(1100)


@pytest.mark.parametrize(
    ("metadata", "suffix", "expected"),
    [
        ({}, None, "flat"),
        ({}, "my-hacked-run", "hacked"),
        ({}, "late_failure_2", "late-failure"),
        ({}, "late-failure-failed", "late-failure-failed"),
        ({}, "hackedness", "flat"),
        ({"scenario": "jump"}, "hacked", "jump"),
    ],
)
def test_how_a_story_is_chosen(metadata: dict[str, str], suffix: str | None, expected: str) -> None:
    assert chosen(metadata, suffix, "flat") == expected


CONTROLS = st.lists(st.tuples(st.sampled_from(["pause", "resume", "cancel"]), st.floats(0, 60)), max_size=12)
POSSIBLE = {"pause": ("running",), "resume": ("paused",), "cancel": ("validating_files", "queued", "running", "paused")}


@given(CONTROLS, st.sampled_from(sorted(SCENARIOS)), st.sampled_from([0.0, 100.0]))
def test_the_past_never_changes_and_every_step_comes_once(
    wanted: list[tuple[Control, float]], scenario: str, seconds: float
) -> None:
    job = plan(scenario=scenario, seconds=seconds)
    actions: list[Action] = []
    now = job.began
    for kind, wait in wanted:
        now += wait
        before = schedule(job, actions)
        if before.status(now) not in POSSIBLE[kind]:
            continue
        actions.append(Action(kind, now))
        after = schedule(job, actions)
        seen = list(before.until(now))
        assert list(after.until(now))[: len(seen)] == seen
        assert after.status(now) == {"pause": "paused", "resume": "queued", "cancel": "cancelled"}[kind]
    laid = schedule(job, actions)
    times = [one.at for one in laid.happenings]
    assert times == sorted(times)
    steps = [one.step for one in laid.happenings if one.kind == "step"]
    assert steps == list(range(1, len(steps) + 1))


def test_a_supervised_job_keeps_its_last_epochs_and_has_no_rewards() -> None:
    job = plan(method="supervised", graders=(), epochs=5)
    steps = [one.step for one in schedule(job).happenings if one.kind == "checkpoint"]
    assert steps == [6, 12, 18, 24, 30]
    data = metrics(job, 30)
    assert {"train_loss", "valid_loss", "full_valid_loss"} <= set(data)
    assert "full_valid_loss" not in metrics(job, 5)
    assert "valid_loss" not in metrics(plan(method="supervised", validation_rows=0), 30)
    header = result_csv(job, 30).decode().splitlines()[0]
    assert header.startswith("step,train_loss,train_accuracy,valid_loss")


def sent(files: FileStore, rows: range) -> str:
    path = files.new_path()
    path.write_text("\n".join(json.dumps(row(number)) for number in rows))
    return files.add(path, "rows.jsonl", "fine-tune").id


def asked(files: FileStore, **others: Any) -> dict[str, Any]:
    return {
        "model": "m",
        "training_file": sent(files, range(20)),
        "validation_file": sent(files, range(20, 30)),
        "method": {"type": "reinforcement", "reinforcement": {"grader": STRING_CHECK}},
        **others,
    }


def test_pages_of_ten_thousand_events_are_cheap() -> None:
    files = FileStore()
    jobs = Jobs(files, JobSettings(seconds=0))
    job_id = jobs.create(asked(files, metadata={"steps": "10000"}))["id"]
    jobs.events(job_id, {})
    seen: list[str] = []
    took: list[float] = []
    query: dict[str, Any] = {"limit": "100"}
    while True:
        began = time.perf_counter()
        page = jobs.events(job_id, query)
        took.append(time.perf_counter() - began)
        seen += [one["id"] for one in page["data"]]
        if not page["has_more"]:
            break
        query["after"] = seen[-1]
    assert len(seen) == len(set(seen)) > 10_000
    assert sorted(took)[len(took) // 2] < 0.02
    files.close()


def test_what_is_kept_survives_a_restart(tmp_path: Path) -> None:
    clock = ManualClock()
    settings = JobSettings(seconds=100, clock=clock, folder=tmp_path / "jobs")
    files = FileStore(tmp_path / "files")
    jobs = Jobs(files, settings)
    job_id = jobs.create(asked(files, suffix="hacked"))["id"]
    clock.advance(30)
    jobs.control(job_id, "pause")
    clock.advance(10)
    jobs.control(job_id, "resume")
    before = jobs.events(job_id, {"limit": "100"})
    other = jobs.create(
        asked(files, method={"type": "supervised"}, validation_file=None, training_file=supervised(files))
    )
    files.close()

    again_files = FileStore(tmp_path / "files")
    again = Jobs(again_files, settings)
    assert [one["id"] for one in again.listed({})["data"]] == [other["id"], job_id]
    assert again.events(job_id, {"limit": "100"}) == before
    clock.advance(200)
    ended = again.shown(again.get(job_id))
    assert ended["status"] == "succeeded"
    tuned = again.tuned(ended["fine_tuned_model"])
    assert tuned is not None
    assert tuned.rows.find("Which word stands for number 3 in the list?") is not None
    new = sent(again_files, range(3))
    assert new not in (ended["training_file"], ended["validation_file"])
    again_files.delete(ended["validation_file"])
    kept = FileStore(tmp_path / "files").listed({})["data"]
    assert ended["validation_file"] not in [one["id"] for one in kept]


def supervised(files: FileStore) -> str:
    path = files.new_path()
    path.write_text("\n".join(json.dumps(row(number, "supervised")) for number in range(12)))
    return files.add(path, "rows.jsonl", "fine-tune").id


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"number": 1, "asked": {}, "plan": {}, "actions": []}', "[" * 9_999]
)
def test_a_broken_log_is_passed_over(tmp_path: Path, content: str) -> None:
    (tmp_path / "ftjob-simulated-1.json").write_text(content)
    (tmp_path / "x.json").write_text(content)
    assert Jobs(FileStore(), JobSettings(folder=tmp_path)).all() == []
    assert FileStore(tmp_path).listed({})["data"] == []


def test_what_is_too_much_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = FileStore()
    jobs = Jobs(files, JobSettings(folder=tmp_path))
    monkeypatch.setattr("rft_tui.simulator.jobs.collection.MOST_JOBS", 1)
    jobs.create(asked(files))
    with pytest.raises(RequestError, match="no more than 1 jobs"):
        jobs.create(asked(files))
    monkeypatch.setattr("rft_tui.simulator.jobs.collection.MOST_JOBS", 5)
    monkeypatch.setattr("rft_tui.simulator.jobs.record.MOST_JOB_BYTES", 10)
    with pytest.raises(RequestError, match="larger than 10 bytes"):
        jobs.create(asked(files))
    assert len(jobs.all()) == 1
    files.close()
