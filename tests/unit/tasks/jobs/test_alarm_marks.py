"""Alarms of many jobs: which ring, what is read again, and how a list says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rft_tui.cli.job_text import alarm_mark, job_table, listed_json
from rft_tui.store.jobs import StoredJob, list_jobs
from rft_tui.tasks.jobs import alarm_marks
from rft_tui.tasks.jobs.alarm_marks import AlarmMarks
from rft_tui.tasks.jobs.alarms import alarms_of
from tests.functional.jobs_made import add_steps, put_job
from tests.functional.tasks_made import worker_store


def seen(jobs: list[StoredJob]) -> list[tuple[int, str, str | None]]:
    return [(job.id, job.status, job.seen_at) for job in jobs]


def test_alarms_are_looked_for_again_only_where_events_came_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calm = put_job(tmp_path, "ftjob-calm", status="succeeded")
    bad = put_job(tmp_path, "ftjob-bad", status="succeeded", curves={"errors": lambda _share: 0.3})
    looked: list[int] = []
    look = alarms_of

    def noted(db: object, job: StoredJob, **given: object) -> object:
        looked.append(job.id)
        return look(db, job, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(alarm_marks, "alarms_of", noted)
    marks = AlarmMarks()
    with worker_store(tmp_path) as store, store.read() as db:
        jobs = list_jobs(db)
        ringing = marks.ring(db, seen(jobs))
        assert {number: [one.name for one in alarms] for number, alarms in ringing.items()} == {bad: ["errors"]}
        assert marks.ring(db, seen(jobs)) == ringing
        assert sorted(looked) == [calm, bad]
        assert marks.ring(db, seen(jobs), {"errors"}) == {}
    looked.clear()
    add_steps(tmp_path, calm, 31, 32)
    with worker_store(tmp_path) as store, store.read() as db:
        marks.ring(db, seen(jobs), {"errors"})
    assert looked == [calm]


def test_a_list_says_how_many_ring_and_how_bad(tmp_path: Path) -> None:
    put_job(tmp_path, "ftjob-warn", status="succeeded", curves={"tokens": lambda share: 200 + 2000 * share})
    put_job(tmp_path, "ftjob-bad", status="succeeded", curves={"errors": lambda _share: 0.3})
    with worker_store(tmp_path) as store, store.read() as db:
        jobs = list_jobs(db)
        ringing = AlarmMarks().ring(db, seen(jobs))
    assert {job.remote_id: alarm_mark(ringing[job.id]) for job in jobs} == {"ftjob-warn": "!2", "ftjob-bad": "✗1"}
    assert any("✗1" in line for line in job_table(jobs, set(), ringing))
    document = listed_json(jobs[0], ringing[jobs[0].id], live=False)
    assert [one["severity"] for one in document["alarms"]] in (["error"], ["warning", "warning"])
    assert alarm_mark(()) == ""
