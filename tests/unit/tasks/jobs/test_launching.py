"""Launching a job: files sent, the job made once whatever ends it in between, its watching begun."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rft_tui.errors import InputError, UsageError
from rft_tui.model import Prompt
from rft_tui.providers.backends.backend import MARK
from rft_tui.store.database import Store
from rft_tui.store.jobs import about_to_create, saw_job
from rft_tui.store.prompts import get_prompt
from rft_tui.store.tasks import CANCEL, PAUSE, get_task, list_tasks, take_task, wish
from rft_tui.tasks.jobs.files import ORPHAN_S, RowPlan, UploadFile, forget_orphans, write_upload
from rft_tui.tasks.jobs.launching import LOOKS, start_launching
from rft_tui.tasks.jobs.mirror import saw, service_of
from rft_tui.tasks.jobs.task_kinds import LAUNCH
from tests.unit.tasks.jobs.backing import OWNER, PROFILE, Desk, Killed, a_desk, away
from tests.unit.tasks.jobs.requests import a_request, add_rows, questions, two_parts


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    two_parts(store)
    with a_desk(store) as made:
        yield made


def once(desk: Desk, call: str, error: BaseException, *, after: bool = False) -> None:
    """Let one call go wrong: before it is done, or after."""

    def raises(name: str) -> None:
        if name == call and desk.backend.calls.count(call) == 1:
            raise error

    if after:
        desk.backend.after = raises
    else:
        desk.backend.before = raises


def healthy(desk: Desk) -> None:
    desk.backend.before = desk.backend.after = lambda _call: None


def marks(desk: Desk) -> list[str]:
    return [one["metadata"][MARK] for one in desk.backend.jobs_made.values()]


async def test_files_go_the_job_is_made_and_watched(desk: Desk) -> None:
    launched = desk.launch(a_request(suffix="mine", hyperparameters={"n_epochs": 2}))
    before = desk.job()
    assert (before.id, before.status, before.remote_id, before.request) == (launched.job, "uploading", None, None)
    paths = list((desk.store.path.parent / "jobs").iterdir())
    task = await desk.work(LAUNCH)
    job = desk.job()
    assert (task.state, task.message) == ("done", "ftjob-1 validating_files")
    assert (task.progress.done, task.progress.total, task.progress.requests) == (3, 3, 3)
    assert job.remote_id == "ftjob-1"
    assert job.request is not None
    assert job.request["suffix"] == "mine"
    assert job.request["metadata"] == {MARK: job.mark}
    sent = desk.backend.jobs_made["ftjob-1"]
    assert {key: sent[key] for key in job.request} == job.request
    assert [len(data.splitlines()) for _name, data in desk.backend.files.values()] == [40, 20]
    assert [name.partition("-")[0] for name, _data in desk.backend.files.values()] == ["train", "validation"]
    assert [one.request["job"] for one in desk.tasks("watch")] == [job.id]
    assert len(paths) == 2
    assert not any(path.exists() for path in paths)


async def test_the_same_bytes_go_once(desk: Desk) -> None:
    for _time in range(2):
        desk.launch(a_request())
        await desk.work(LAUNCH)
    assert desk.backend.calls.count("upload") == 2
    assert desk.tasks(LAUNCH)[0].progress.cached == 2
    assert len(set(marks(desk))) == 2


async def test_existing_file_ids_are_used_as_they_are(desk: Desk) -> None:
    from rft_tui.tasks.jobs.request import source_of

    desk.launch(a_request(training=source_of("file-train"), validation=source_of("file-valid")))
    await desk.work(LAUNCH)
    job = desk.backend.jobs_made["ftjob-1"]
    assert (job["training_file"], job["validation_file"]) == ("file-train", "file-valid")
    assert desk.backend.calls.count("upload") == 0


@pytest.mark.parametrize("outcome", ["connection", "timeout", "server", "malformed", "rate_limit"])
async def test_an_answer_that_is_lost_makes_no_second_job(desk: Desk, outcome: str) -> None:
    desk.launch(a_request())
    once(desk, "create", away(outcome), after=True)
    task = await desk.work(LAUNCH)
    assert task.state == "done"
    assert len(desk.backend.jobs_made) == 1
    assert desk.job().remote_id == "ftjob-1"


async def test_a_job_that_the_list_shows_late_is_waited_for(desk: Desk) -> None:
    desk.launch(a_request())
    once(desk, "create", away(), after=True)
    desk.backend.hidden_finds = 2
    assert (await desk.work(LAUNCH)).state == "done"
    assert desk.rests == list(LOOKS)
    assert len(desk.backend.jobs_made) == 1


async def test_a_request_that_never_came_fails_and_is_sent_when_it_is_taken_up(desk: Desk) -> None:
    launched = desk.launch(a_request())
    once(desk, "create", away())
    task = await desk.work(LAUNCH)
    assert (task.state, task.error and task.error["kind"]) == ("failed", "service")
    assert desk.job().status == "creating"
    assert "away" in desk.job().message
    healthy(desk)
    desk.again(launched.task)
    assert (await desk.work(LAUNCH)).state == "done"
    assert len(desk.backend.jobs_made) == 1
    assert desk.job().message == ""
    assert desk.backend.calls.count("upload") == 2


async def test_a_look_that_is_refused_leaves_it_open_whether_there_is_a_job(desk: Desk) -> None:
    """A key that ends between creation and look must not lead to a second job later."""
    launched = desk.launch(a_request())
    desk.backend.after = lambda call: _raise(away()) if call == "create" else None
    desk.backend.before = lambda call: _raise(away("auth")) if call == "find" else None
    task = await desk.work(LAUNCH)
    assert (task.state, desk.job().status) == ("failed", "creating")
    healthy(desk)
    desk.again(launched.task)
    assert (await desk.work(LAUNCH)).state == "done"
    assert desk.backend.calls.count("create") == 1


async def test_a_look_while_the_service_is_away_is_patient(desk: Desk) -> None:
    desk.launch(a_request())
    fails = iter([away(), away("server"), away()])

    def before(call: str) -> None:
        if call == "find" and (error := next(fails, None)) is not None:
            raise error

    desk.backend.after = lambda call: _raise(away()) if call == "create" else None
    desk.backend.before = before
    assert (await desk.work(LAUNCH)).state == "done"
    assert desk.backend.calls.count("find") == 4
    assert len(desk.backend.jobs_made) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before it was sent", "after it was made"])
async def test_a_kill_around_the_request_makes_one_job(desk: Desk, after: bool) -> None:
    desk.launch(a_request())
    once(desk, "create", Killed(), after=after)
    with pytest.raises(Killed):
        await desk.work(LAUNCH)
    assert desk.job().status == "creating"
    healthy(desk)
    task = await desk.work(LAUNCH, owner="here|another")
    assert task.state == "done"
    assert len(desk.backend.jobs_made) == 1
    assert marks(desk) == [desk.job().mark]
    assert desk.backend.calls.count("create") == (1 if after else 2)


async def test_a_kill_while_files_are_on_their_way(desk: Desk) -> None:
    desk.launch(a_request())
    once(desk, "upload", Killed(), after=True)
    with pytest.raises(Killed):
        await desk.work(LAUNCH)
    healthy(desk)
    assert (await desk.work(LAUNCH, owner="here|another")).state == "done"
    assert desk.backend.calls.count("upload") == 2, "what had arrived was found by its name and size"


async def test_what_the_service_refuses_ends_the_launch_and_can_be_taken_up(desk: Desk) -> None:
    launched = desk.launch(a_request())
    once(desk, "create", away("bad_request"))
    task = await desk.work(LAUNCH)
    assert (task.state, desk.job().status) == ("failed", "failed")
    assert desk.backend.calls.count("find") == 0
    healthy(desk)
    desk.again(launched.task)
    assert (await desk.work(LAUNCH)).state == "done"
    assert desk.backend.calls.count("find") == 0, "nothing was made, so nothing is looked for"


async def test_a_task_that_is_lost_to_another_worker_says_nothing_of_the_job(desk: Desk) -> None:
    desk.launch(a_request())

    def steal(call: str) -> None:
        if call == "create":
            with desk.store.write() as db:
                take_task(db, "here|thief", kinds=[LAUNCH], is_gone=lambda _task: True)

    desk.backend.after = steal
    await desk.work(LAUNCH)
    assert desk.job().status == "creating"
    assert desk.tasks(LAUNCH)[0].owner == "here|thief"
    healthy(desk)
    await desk.work(LAUNCH, owner="here|third")
    assert len(desk.backend.jobs_made) == 1


async def test_a_wish_ends_the_sending_and_what_arrived_stays(desk: Desk) -> None:
    launched = desk.launch(a_request())
    begun, never = asyncio.Event(), asyncio.Event()
    original = desk.backend.upload

    async def slow(source: object, memory: object, sent: object) -> str:
        if desk.backend.calls.count("upload"):
            begun.set()
            await never.wait()
        return await original(source, memory, sent)  # type: ignore[arg-type]

    desk.backend.upload = slow  # type: ignore[method-assign]
    from rft_tui.tasks.background import control as controls

    made: list[controls.Control] = []
    keep = controls.Control.of.__func__  # type: ignore[attr-defined]

    def of(cls: type[controls.Control], task: object, owner: str) -> controls.Control:
        control: controls.Control = keep(cls, task, owner)
        made.append(control)
        return control

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(controls.Control, "of", classmethod(of))
        working = asyncio.create_task(desk.work(LAUNCH))
        await begun.wait()
        made[0].wished("cancel")
        task = await working
    assert (task.state, desk.job().status, desk.job().message) == ("cancelled", "cancelled", "not created")
    assert not desk.backend.jobs_made
    desk.backend.upload = original  # type: ignore[method-assign]
    desk.again(launched.task)
    assert (await desk.work(LAUNCH)).state == "done"
    assert desk.backend.calls.count("upload") == 2


async def test_a_list_that_is_read_meanwhile_makes_no_second_row(desk: Desk) -> None:
    """Somebody lists the jobs between the creation and the moment in which its id is stored."""
    desk.launch(a_request())

    def listed(call: str) -> None:
        if call == "create":
            from rft_tui.providers.backends.reading import read_job

            with desk.store.write() as db:
                saw(db, read_job(desk.backend.jobs_made["ftjob-1"]), PROFILE, desk.backend)

    desk.backend.after = listed
    assert (await desk.work(LAUNCH)).state == "done"
    with desk.store.read() as db:
        rows = db.execute("SELECT id, remote_id FROM job").fetchall()
    assert [tuple(row) for row in rows] == [(1, "ftjob-1")]
    assert len(desk.tasks("watch")) == 1


async def test_a_cancelled_launch_leaves_it_open_whether_there_is_a_job_and_finds_it_by_its_mark(desk: Desk) -> None:
    launched = desk.launch(a_request())
    once(desk, "create", Killed(), after=True)
    with pytest.raises(Killed):
        await desk.work(LAUNCH)
    healthy(desk)
    desk.backend.hidden_finds = len(LOOKS)
    desk.on_rest = lambda control: control.wished("cancel")
    task = await desk.work(LAUNCH, owner="here|another")
    assert (task.state, desk.job().status) == ("cancelled", "creating")
    assert "may be there; rft-tui task resume" in desk.job().message
    desk.on_rest = lambda _control: None
    desk.again(launched.task)
    assert (await desk.work(LAUNCH)).state == "done"
    assert desk.backend.calls.count("create") == 1


def test_a_mark_of_another_service_is_no_sign(desk: Desk) -> None:
    from rft_tui.providers.backends.reading import read_job

    desk.launch(a_request())
    job = desk.job()
    remote = read_job({"id": "ftjob-9", "status": "running", "metadata": {MARK: job.mark}})
    with desk.store.write() as db:
        number = saw_job(db, remote, profile="x", backend="openai", service="elsewhere", simulated=False, mark=job.mark)
    assert number != job.id


async def test_a_profile_that_leads_elsewhere_by_now_is_refused(desk: Desk) -> None:
    desk.launch(a_request())
    with desk.store.write() as db:
        db.execute("UPDATE job SET service = 'http://elsewhere/v1'")
    task = await desk.work(LAUNCH)
    assert task.state == "failed"
    assert "elsewhere" in task.message
    assert not desk.backend.calls


async def test_a_launch_that_ends_leaves_the_files_of_one_that_is_being_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second launch of the same rows has written its training file, but is no task yet."""
    desk.launch(a_request())
    waiting, ended = threading.Event(), threading.Event()

    def slow(store: Store, plan: RowPlan) -> UploadFile:
        if plan.part == "validation":
            waiting.set()
            assert ended.wait(20)
        return write_upload(store, plan)

    monkeypatch.setattr("rft_tui.tasks.jobs.launching.write_upload", slow)
    queueing = asyncio.create_task(asyncio.to_thread(desk.launch, a_request()))
    assert await asyncio.to_thread(waiting.wait, 20)
    assert (await desk.work(LAUNCH)).state == "done"
    ended.set()
    second = await queueing
    with desk.store.read() as db:
        files = get_task(db, second.task).request["files"]
    assert sorted(files) == ["train", "validation"]
    assert all(Path(path).exists() for path in files.values())


async def test_files_that_another_launch_may_go_on_with_stay(desk: Desk) -> None:
    first = desk.launch(a_request())
    once(desk, "create", away())
    await desk.work(LAUNCH)
    healthy(desk)
    desk.launch(a_request())
    await desk.work(LAUNCH)
    with desk.store.read() as db:
        waiting = next(task for task in list_tasks(db) if task.id == first.task)
    assert all(Path(path).exists() for path in waiting.request["files"].values())


def test_the_prompt_and_the_request_are_kept(desk: Desk) -> None:
    prompt = Prompt("short", "Be short.", "v1")
    request = a_request(prompt="short")
    start_launching(desk.store, request, PROFILE, prompt)
    with desk.store.read() as db:
        assert get_prompt(db, "v1") is not None
        task = list_tasks(db)[0]
    assert desk.job().prompt == "v1"
    assert desk.job().service == service_of(PROFILE)
    sent = Path(task.request["files"]["train"]).read_text().splitlines()
    assert json.loads(sent[0])["messages"][0]["content"].startswith("Be short.\n\n")


def test_what_no_service_takes_leaves_nothing_behind(desk: Desk) -> None:
    add_rows(desk.store, "empty", [])
    from rft_tui.tasks.jobs.request import DataSource

    with pytest.raises(UsageError):
        desk.launch(a_request(hyperparameters={"beta": 1}))
    with pytest.raises(InputError):
        desk.launch(a_request(training=DataSource("dataset", "empty")))
    add_rows(desk.store, "more", questions(3))
    with desk.store.read() as db:
        assert db.execute("SELECT count(*) FROM job").fetchone()[0] == 0
        assert list_tasks(db) == []
    assert OWNER


def _raise(error: Exception) -> None:
    raise error


@pytest.mark.parametrize("state", ["queued", "paused"])
def test_a_launch_that_nobody_works_on_is_cancelled_with_its_job(desk: Desk, state: str) -> None:
    made = desk.launch(a_request())
    with desk.store.write() as db:
        if state == "paused":
            wish(db, made.task, PAUSE)
        assert wish(db, made.task, CANCEL).state == "cancelled"
    assert (desk.job().status, desk.job().message) == ("cancelled", "not created")
    assert desk.backend.calls == []


async def test_a_cancelled_launch_can_be_taken_up_again(desk: Desk) -> None:
    made = desk.launch(a_request())
    with desk.store.write() as db:
        wish(db, made.task, CANCEL)
    desk.again(made.task)
    task = await desk.work("launch")
    assert (task.state, desk.job().message, len(desk.backend.jobs_made)) == ("done", "", 1)


def test_a_launch_cancelled_after_the_request_went_out_says_that_the_job_may_be_there(desk: Desk) -> None:
    made = desk.launch(a_request())
    with desk.store.write() as db:
        about_to_create(db, made.job, {"model": "m"})
        wish(db, made.task, CANCEL)
    assert desk.job().status == "creating"
    assert f"task resume {made.task}" in desk.job().message


async def test_a_workspace_that_was_moved_launches_from_where_it_is(desk: Desk) -> None:
    made = desk.launch(a_request())
    with desk.store.write() as db:
        text = db.execute("SELECT request FROM task WHERE id = ?", [made.task]).fetchone()[0]
        document = json.loads(text)
        document["files"] = {part: f"/gone/.rft/jobs/{Path(path).name}" for part, path in document["files"].items()}
        db.execute("UPDATE task SET request = ? WHERE id = ?", [json.dumps(document), made.task])
    task = await desk.work("launch")
    assert (task.state, len(desk.backend.jobs_made), len(desk.backend.files)) == ("done", 1, 2)
    assert list((desk.store.path.parent / "jobs").iterdir()) == []


def test_files_that_a_kill_left_behind_go_and_those_of_launches_stay(desk: Desk) -> None:
    made = desk.launch(a_request())
    folder = desk.store.path.parent / "jobs"
    kept = set(folder.iterdir())
    old = time.time() - 2 * ORPHAN_S
    left = [folder / "train-0123.jsonl", folder / "validation-0123.part"]
    fresh, others = folder / "train-4567.jsonl", folder / "notes.txt"
    for path in (*left, fresh, others):
        path.write_text("x")
    for path in (*kept, *left, others):
        os.utime(path, (old, old))
    with desk.store.write() as db:
        wish(db, made.task, PAUSE)
    assert forget_orphans(desk.store) == 2
    assert set(folder.iterdir()) == {*kept, fresh, others}
