"""`job show`, `pause`, `resume`, `cancel`, `archive` and `run`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rft_tui.cli.job_text import status_line, where
from rft_tui.settings import CACHE_FILE
from rft_tui.simulator.running import ManualClock, RunningSimulator
from rft_tui.store.database import Store
from rft_tui.store.jobs import get_job
from tests.unit.cli.conftest import Cli
from tests.unit.cli.jobs.made import REINFORCE, create
from tests.unit.cli.workers import ThreadWorkers


@pytest.mark.parametrize("verb", ["show", "watch", "pause", "resume", "cancel", "archive"])
def test_an_unknown_job(cli: Cli, ready: Path, verb: str) -> None:
    result = cli("-C", ready, "job", verb, "nobody", *(["--yes"] if verb == "cancel" else []), "--json")
    assert (result.code, result.error["kind"]) == (2, "usage")
    assert "job list" in result.error["hint"]


def test_show_says_what_there_is(cli: Cli, ready: Path, clock: ManualClock) -> None:
    made = create(cli, ready, *REINFORCE, "--suffix", "shown", "--metadata", "scenario=broken-grader").document
    clock.advance(60)
    document = cli("-C", ready, "job", "show", "shown", "--json").document
    assert document["live"] is True
    assert document["status"] == "running"
    assert document["step"] < document["total_steps"] == 30
    assert document["figures"]["train_reward"]["step"] == document["step"]
    assert document["checkpoints"][0]["metrics"]
    assert "errors" in {alarm["name"] for alarm in document["alarms"]}
    assert document["events"][-1]["object"] == "fine_tuning.job.event"
    assert document["request"] == made["request"]
    text = cli("-C", ready, "job", "show", made["job"])
    for word in ("running, step", "Alarms", "Curves", "Checkpoints", "Newest events", "train reward"):
        assert word in text.out, word
    assert cli("-C", ready, "job", "show", made["remote_id"][:-2], "--json").document["job"] == made["job"]


def test_show_without_its_service_says_as_of_when(cli: Cli, ready: Path, workers: ThreadWorkers) -> None:
    made = create(cli, ready, *REINFORCE, "--suffix", "old").document
    store = Store(ready / CACHE_FILE)
    with store.write() as db:
        db.execute("UPDATE task SET wish = 'cancel' WHERE kind = 'watch'")
    workers.join()
    with store.write() as db:
        db.execute("UPDATE job SET service = 'http://127.0.0.1:9/v1'")
    store.close()
    (ready / "rft.toml").write_text('[profiles.here]\nbase_url = "http://127.0.0.1:9/v1"\n')
    result = cli("-C", ready, "job", "show", made["job"])
    assert result.code == 0
    assert "(as of 20" in result.out
    assert "As of" in result.err
    assert cli("-C", ready, "job", "show", made["job"], "--json").document["live"] is False


def test_pause_resume_cancel(cli: Cli, ready: Path, clock: ManualClock) -> None:
    made = create(cli, ready, *REINFORCE, "--suffix", "steered").document
    clock.advance(30)
    early = cli("-C", ready, "job", "resume", "steered", "--json")
    assert (early.code, "not paused" in early.error["message"]) == (2, True)
    paused = cli("-C", ready, "job", "pause", "steered")
    assert paused.code == 0, paused.err
    assert "snapshot" in paused.err
    assert "paused" in paused.out
    assert cli("-C", ready, "job", "pause", "steered", "--json").error["kind"] == "usage"
    resumed = cli("-C", ready, "job", "resume", "steered", "--json").document
    assert resumed["status"] == "queued"
    unasked = cli("-C", ready, "job", "cancel", "steered", "--json")
    assert (unasked.code, "--yes" in unasked.error["hint"]) == (2, True)
    ended = cli("-C", ready, "job", "cancel", "steered", "--yes", "--json").document
    assert (ended["status"], ended["remote_id"]) == ("cancelled", made["remote_id"])
    for verb in ("pause", "resume", "cancel"):
        late = cli("-C", ready, "job", verb, "steered", *(["--yes"] if verb == "cancel" else []), "--json")
        assert (late.code, "has ended" in late.error["message"]) == (2, True)


def test_cancelling_what_never_came_to_its_service(cli: Cli, ready: Path, server: RunningSimulator) -> None:
    server.set_faults({"500": 1.0}, paths=("/v1/files", "/v1/uploads"))
    from rft_tui.providers.backends import files

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files.patiently, "__defaults__", ((),))
        result = create(cli, ready, *REINFORCE, "--suffix", "lost")
    assert (result.code, result.error["kind"]) == (3, "service")
    assert "rft-tui task resume" in result.error["hint"]
    listed = cli("-C", ready, "job", "list", "--json").document["jobs"]
    lost = next(one for one in listed if one["name"] == "lost")
    assert (lost["status"], lost["remote_id"]) == ("uploading", None)
    assert cli("-C", ready, "job", "watch", "lost", "--json").error["kind"] == "usage"
    assert cli("-C", ready, "job", "pause", "lost", "--json").code == 2
    ended = cli("-C", ready, "job", "cancel", "lost", "--yes", "--json").document
    assert (ended["status"], ended["remote_id"]) == ("cancelled", None)


def test_tasks_of_jobs_read_well(cli: Cli, ready: Path) -> None:
    create(cli, ready, *REINFORCE, "--suffix", "read")
    lines = cli("-C", ready, "task", "list").out.splitlines()
    assert any("launch read" in line and "3/3" in line for line in lines)
    assert any("watch read" in line for line in lines)


def test_an_archive_is_a_folder_of_everything(cli: Cli, ready: Path, clock: ManualClock) -> None:
    made = create(cli, ready, *REINFORCE, "--suffix", "kept").document
    clock.advance(200)
    result = cli("-C", ready, "job", "archive", "kept", "--json")
    assert result.code == 0, result.err
    folder = ready / result.document["archive"]
    assert any(folder.iterdir())
    assert cli("-C", ready, "job", "show", made["job"], "--json").document["archive"] == result.document["archive"]


def test_a_finished_model_is_run_as_its_base_was_and_graded_by_the_jobs_grader(
    cli: Cli, ready: Path, clock: ManualClock
) -> None:
    base = cli("-C", ready, "predict", "valid", "--model", "o4-mini-2025-04-16", "--prompt", "", "--runs", 2, "--yes")
    assert base.code == 0, base.err
    made = create(cli, ready, *REINFORCE, "--suffix", "followed").document
    none = cli("-C", ready, "job", "run", "followed", "--yes", "--json")
    assert (none.code, "no model yet" in none.error["message"]) == (2, True)
    clock.advance(200)
    planned = cli("-C", ready, "job", "run", "followed", "--dry-run", "--json")
    assert planned.code == 0, planned.err
    assert len(planned.document["runs"]) == 2
    assert any("then graded by" in one and "free" in one for one in planned.document["estimate"]["notes"])
    assert not any("then graded by" in one for one in planned.document["warnings"])
    done = cli("-C", ready, "job", "run", "followed", "--yes", "--json")
    assert done.code == 0, done.err
    runs = [run["run"] for run in done.document["runs"]]
    assert {run["done"] for run in done.document["runs"]} == {12}
    assert done.document["grading"]["state"] == "done"
    store = Store(ready / CACHE_FILE)
    with store.read() as db:
        graded = db.execute(
            "SELECT count(*), count(DISTINCT grader.version), max(grader.version) FROM grade"
            " JOIN grader ON grader.id = grade.grader JOIN prediction ON prediction.id = grade.prediction"
            f" WHERE prediction.run IN ({', '.join(map(str, runs))})"
        ).fetchone()
    store.close()
    version = cli("-C", ready, "job", "show", made["job"], "--json").document["grader_version"]
    assert graded == (24, 1, version)
    again = cli("-C", ready, "job", "run", "followed", "--yes", "--json").document
    assert (again["requests"], "grading" in again) == (0, False)
    shown = cli("-C", ready, "job", "show", made["job"]).out
    assert f"@{version[:4]}" in shown


def test_a_checkpoint_that_is_not_there_is_said_with_those_that_are(cli: Cli, ready: Path, clock: ManualClock) -> None:
    create(cli, ready, *REINFORCE, "--suffix", "pointed")
    clock.advance(200)
    result = cli("-C", ready, "job", "run", "pointed", "--checkpoint", 999, "--yes", "--json")
    assert (result.code, "Steps with one: 30" in result.error["hint"]) == (2, True)


def test_no_runs_at_all_cannot_be_meant(cli: Cli, ready: Path, clock: ManualClock) -> None:
    create(cli, ready, *REINFORCE, "--suffix", "none")
    clock.advance(200)
    result = cli("-C", ready, "job", "run", "none", "--runs", 0, "--dry-run", "--json")
    assert (result.code, "runs" in result.error["message"]) == (2, True)


def test_where_a_job_is_is_said_in_words(cli: Cli, ready: Path) -> None:
    create(cli, ready, *REINFORCE, "--suffix", "a-name")
    store = Store(ready / CACHE_FILE)
    with store.read() as db:
        job = get_job(db, "a-name")
    store.close()
    assert where(job) == f"{job.service}, through the profile here"
    embedded = replace(job, service="simulated", backend="simulated", profile="simulated", simulated=True)
    assert where(embedded) == "the embedded simulated service, through the profile simulated"
    line = status_line(embedded, "train 0.500")
    assert line.startswith("SIMULATED · ")
    assert line.endswith("a-name")
    assert embedded.label not in line
