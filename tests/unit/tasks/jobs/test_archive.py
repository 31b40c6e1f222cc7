"""A job archived from a service on loopback: all of it, and what stays when the service goes away in the middle."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from rft_tui.datasets.prompts import make_prompt
from rft_tui.model import ScoreRule
from rft_tui.store.archive_manifest import check_files, read_manifest
from rft_tui.store.evaluation_shares import pattern_shares
from rft_tui.store.filters import Selection
from rft_tui.store.graders import add_grader
from rft_tui.store.jobs import get_job, set_archive
from rft_tui.store.prompts import add_prompt
from rft_tui.store.review import get_review_item
from rft_tui.store.tasks import TaskState
from rft_tui.store.uploads import UploadKey, begin_upload, end_upload
from rft_tui.tasks.import_data import import_dataset
from rft_tui.tasks.jobs.archive import Archiving, start_archiving
from rft_tui.tasks.jobs.curves import curves_for_alarms, read_series
from rft_tui.tasks.jobs.evaluation import known_runs
from tests.archive_service import CSV, GRADER, JOB, VALIDATION, ArchiveService, row
from tests.unit.tasks.jobs.archiving import Workroom, archived

SELECTION = Selection(runs=None, grader=None, reviewer="ada")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")


@pytest.fixture
def service() -> ArchiveService:
    return ArchiveService()


@pytest.fixture
def room(tmp_path: Path, service: ArchiveService) -> Iterator[Workroom]:
    with archived(tmp_path / "work", service) as made:
        yield made


def lines(data: bytes) -> list[Any]:
    return [json.loads(line) for line in data.splitlines()]


def add_rows(room: Workroom, name: str, numbers: range, prompt: str = "") -> None:
    path = room.folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row(number, prompt)) + "\n" for number in numbers), encoding="utf-8")
    import_dataset(room.store, path, name)


def steps_of(room: Workroom, question: str) -> list[tuple[int | None, int, str]]:
    """Step, sample and text of an item's predictions as the strip has them, from any of them."""
    (first,) = room.rows(
        "SELECT max(prediction.id) FROM prediction JOIN item ON item.id = prediction.item WHERE item.question = ?",
        question,
    )
    with room.store.read() as db:
        shown = get_review_item(db, SELECTION, first[0])
        texts = {one.prediction: get_review_item(db, SELECTION, one.prediction).output_text for one in shown.siblings}
    return [(one.step, one.run_index, texts[one.prediction]) for one in shown.siblings]


def test_everything_lies_in_the_folder_as_the_service_said_it(room: Workroom, service: ArchiveService) -> None:
    done = room.run()
    files = room.files()
    assert (done.state, done.progress.done, done.progress.total) == (TaskState.DONE, 30, 30)
    assert json.loads(files["job.json"]) == service.job()
    assert json.loads(files["grader.json"]) == GRADER
    assert lines(files["events.jsonl"]) == [service.event(number) for number in range(7)]
    assert lines(files["checkpoints.jsonl"]) == [service.checkpoint(5), service.checkpoint(10)]
    assert files["results/file-result.csv"] == CSV
    assert json.loads(files["files.json"])[VALIDATION]["head"]["bytes"] == 99
    for step in (0, 5, 10):
        assert lines(files[f"evals/eval_abc/step-{step:04d}.jsonl"]) == [service.item(step, n) for n in range(10)]
    manifest = room.manifest
    assert (manifest["complete"], manifest["missing"]) == (True, [])
    assert manifest["counts"]["output_items"] == 30
    assert {name: one["sha256"] for name, one in manifest["files"].items()} == {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items()
    }
    check_files(room.archive, read_manifest(room.archive))
    assert room.job.archive == f"archives/{JOB}"


def test_the_strip_shows_how_one_answer_changed_while_it_learned(room: Workroom) -> None:
    room.run()
    assert steps_of(room, "What is 2?") == [
        (0, 1, "guess 2 at 0, sample 0"),
        (5, 1, "guess 2 at 5, sample 0"),
        (10, 1, "word2"),
    ]


@pytest.mark.parametrize(
    ("answer", "shows"),
    [
        ("one; two", "answers_with_lists"),
        ("one and two", "answers_with_lists"),
        ("- one\n- two", "answers_with_lists"),
        ("1. one\n2. two", "answers_with_lists"),
        ("word " * 40, "padded_answers"),
        ("You ask: what is the number 2 in words?", "answers_repeating_the_question"),
    ],
)
def test_answers_that_please_by_their_look_are_counted_at_each_step(room: Workroom, answer: str, shows: str) -> None:
    room.run()
    with room.store.write() as db:
        db.execute("UPDATE input SET question = 'What is the number 2 in words?' WHERE question = 'What is 2?'")
        db.execute("UPDATE answer SET output_text = ? WHERE output_text = 'guess 2 at 5, sample 0'", [answer])
        shares = pattern_shares(db, room.job)
        assert curves_for_alarms(db, room.job, read_series(db, room.job.id), 0.0).shares == shares
    assert shares.pop(shows) == [(0, 0.0), (5, 0.1), (10, 0.0)]
    assert all(value == 0 for points in shares.values() for _step, value in points)


def test_samples_of_a_row_are_run_indexes(tmp_path: Path) -> None:
    with archived(tmp_path, ArchiveService(rows=3, steps=(0, 5), samples=2)) as room:
        room.run()
        assert [one[:2] for one in steps_of(room, "What is 1?")] == [(0, 1), (0, 2), (5, 1), (5, 2)]
        assert room.rows("SELECT count(*) FROM prediction") == [(12,)]


def test_archiving_again_asks_for_nothing_and_adds_nothing(room: Workroom, service: ArchiveService) -> None:
    room.run()
    files, asked = room.files(), len(service.asked)
    before = room.rows(
        "SELECT (SELECT count(*) FROM prediction), (SELECT count(*) FROM grade), (SELECT count(*) FROM run)"
    )
    again = room.run()
    assert again.state is TaskState.DONE
    assert len(service.asked) == asked
    assert room.files() == files
    assert before == room.rows(
        "SELECT (SELECT count(*) FROM prediction), (SELECT count(*) FROM grade), (SELECT count(*) FROM run)"
    )


def test_rows_land_on_the_dataset_that_has_all_of_them_whatever_its_order(room: Workroom) -> None:
    add_rows(room, "some", range(5))
    add_rows(room, "more", range(20))
    add_rows(room, "validation", range(9, -1, -1))
    room.run()
    assert room.rows("SELECT DISTINCT dataset.name FROM run JOIN dataset ON dataset.id = run.dataset") == [
        ("validation",)
    ]
    wrong = room.rows(
        "SELECT count(*) FROM prediction JOIN item ON item.id = prediction.item JOIN answer ON"
        " answer.id = prediction.answer JOIN item_row ON item_row.item = item.id"
        " WHERE output_text LIKE 'word%' AND output_text <> item_row.reference"
    )
    assert wrong == [(0,)]


def test_the_prompt_of_the_rows_comes_off(tmp_path: Path) -> None:
    prompt = make_prompt("brief", "Answer in one word.")
    with archived(tmp_path, ArchiveService(prompt=prompt.text)) as room:
        add_rows(room, "validation", range(10))
        with room.store.write() as db:
            add_prompt(db, prompt)
        room.run()
        found = room.rows("SELECT DISTINCT dataset.name, run.prompt FROM run JOIN dataset ON dataset.id = run.dataset")
        assert found == [("validation", prompt.version)]


def test_scores_are_kept_under_the_graders_name_and_never_push_a_real_one_aside(room: Workroom) -> None:
    with room.store.write() as db:
        add_grader(db, "exact", {**GRADER, "operation": "eq"}, ScoreRule())
    room.run()
    assert room.rows(
        "SELECT DISTINCT grader.name, grader.type, count(*) FROM grade JOIN grader ON grader.id = grade.grader"
        " GROUP BY grader.id"
    ) == [("exact (job)", "string_check", 30)]


def test_the_jobs_own_grader_takes_the_scores_where_it_is_kept_here(room: Workroom) -> None:
    with room.store.write() as db:
        own = add_grader(db, "exact", GRADER, ScoreRule())
    room.run()
    assert room.rows("SELECT DISTINCT grader FROM grade") == [(own.id,)]


def test_no_score_and_no_answer_are_errors_and_no_zeros(tmp_path: Path) -> None:
    broken = {
        "outputitem_0_0": {"results": [], "status": "error"},
        "outputitem_0_1": {"sample": {"output": [], "error": {"code": "server_error", "message": "model broke"}}},
        "outputitem_0_2": {"results": [{"name": "exact", "score": None}]},
    }
    with archived(tmp_path, ArchiveService(steps=(0,), rows=4, items=broken)) as room:
        room.run()
        kinds = room.rows("SELECT score, error_kind FROM grade ORDER BY prediction")
        assert kinds == [(None, "other_error"), (None, "prediction"), (None, "other_error"), (1.0, None)]
        assert room.rows("SELECT count(*) FROM prediction WHERE error_kind IS NOT NULL") == [(1,)]


def test_a_multi_grader_has_its_childrens_scores(tmp_path: Path) -> None:
    grader = {"type": "multi", "name": "both", "graders": {"exact": GRADER}, "calculate_output": "exact"}
    results = [{"name": "both-3f2b1c00-1111-4222-8333-444455556666", "score": 0.5}, {"name": "exact", "score": 0.25}]
    service = ArchiveService(steps=(0,), rows=1, grader=grader, items={"outputitem_0_0": {"results": results}})
    with archived(tmp_path, service) as room:
        room.run()
        assert room.rows(
            "SELECT grader.name, grade.score, grade_detail.sub_scores FROM grade JOIN grader ON grader.id ="
            " grade.grader LEFT JOIN grade_detail USING (grader, prediction) ORDER BY 1"
        ) == [("both", 0.5, '{"exact": 0.25}'), ("exact", 0.25, None)]


@pytest.mark.parametrize("most", [1, 6, 8, 11])
def test_a_service_that_dies_leaves_what_was_there_and_it_goes_on_later(tmp_path: Path, most: int) -> None:
    service = ArchiveService(rows=150, steps=(0, 5), most=most)
    with archived(tmp_path, service) as room:
        partly = room.run()
        assert partly.state is TaskState.FAILED
        assert partly.error is not None
        assert not room.manifest["complete"]
        check_files(room.archive, read_manifest(room.archive))
        here = sum(len(lines(data)) for name, data in room.files().items() if "step-" in name)
        assert room.rows("SELECT count(*) FROM prediction") == [(here,)]
        service.most = None
        served = service.served.total()
        done = room.run()
        assert (done.state, room.manifest["complete"]) == (TaskState.DONE, True)
        assert service.served.total() - served == 300 - here
        assert room.rows("SELECT count(*) FROM prediction") == [(300,)]
        for step in (0, 5):
            ids = [one["id"] for one in lines(room.files()[f"evals/eval_abc/step-{step:04d}.jsonl"])]
            assert ids == [f"outputitem_{step}_{place}" for place in range(150)]


@pytest.mark.parametrize("status", [404, 410])
def test_where_the_evaluations_are_closed_the_rest_is_archived(tmp_path: Path, status: int) -> None:
    with archived(tmp_path, ArchiveService(refuse={"/evals": status})) as room:
        done = room.run()
        assert done.state is TaskState.DONE
        assert "does not show the evaluation" in done.message
        assert done.progress.errors == {"missing": 1}
        assert not room.manifest["complete"]
        assert room.files()["results/file-result.csv"] == CSV


def test_items_that_were_archived_stay_when_the_evaluations_close(room: Workroom, service: ArchiveService) -> None:
    service.status = "running"
    room.run()
    service.refuse, service.status = {"/evals": 410}, "succeeded"
    done = room.run()
    assert (done.state, room.manifest["counts"]["output_items"]) == (TaskState.DONE, 30)
    assert not room.manifest["complete"]


def test_a_file_that_is_gone_is_said_and_the_hash_is_known_where_it_was_sent_from_here(
    room: Workroom, service: ArchiveService
) -> None:
    key = UploadKey(room_service(room), "fine-tune", "ab" * 32)
    with room.store.write() as db:
        begin_upload(db, key, "valid.jsonl", 1234)
        end_upload(db, key, VALIDATION)
    service.refuse = {"/files": 404}
    room.run()
    data = {one["role"]: one for one in room.manifest["data"]}
    assert (data["validation"]["sha256"], data["validation"]["size"]) == ("ab" * 32, 1234)
    assert any("training file" in one for one in room.manifest["missing"])
    assert not any("validation file" in one for one in room.manifest["missing"])
    assert any("result file" in one for one in room.manifest["missing"])


def room_service(room: Workroom) -> str:
    from rft_tui.providers.profiles import named_profile
    from rft_tui.settings import load_workspace_settings
    from rft_tui.tasks.jobs.mirror import service_of

    return service_of(named_profile(load_workspace_settings(room.folder), None))


def test_a_job_that_is_known_is_queued_once(room: Workroom) -> None:
    room.run()
    with room.store.read() as db:
        job = get_job(db, JOB)
    assert start_archiving(room.store, job) == start_archiving(room.store, job) == room.queue()


def test_a_running_job_is_archived_as_far_as_it_is(room: Workroom, service: ArchiveService) -> None:
    service.status, service.steps = "running", (0, 5)
    partly = room.run()
    assert (partly.state, partly.progress.errors) == (TaskState.DONE, {})
    assert "it is running" in str(room.manifest["missing"])
    service.status, service.steps = "succeeded", (0, 5, 10)
    room.run()
    assert (room.manifest["complete"], room.manifest["counts"]["output_items"]) == (True, 30)


def test_hostile_names_stay_inside_the_folder(tmp_path: Path) -> None:
    service = ArchiveService(steps=(0,), rows=2)
    job = service.job() | {"eval_id": "../../../outside", "result_files": ["../../etc/passwd", "a/b\x1b[31m"]}
    service.job = lambda: job  # type: ignore[method-assign]
    with archived(tmp_path / "work", service) as room:
        assert room.run().state is TaskState.DONE
        assert {path.name for path in tmp_path.iterdir()} == {"work"}
        assert not any("\x1b" in name or ".." in name for name in room.files())


def test_a_full_disk_is_said_and_what_is_there_is_kept(
    room: Workroom, service: ArchiveService, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rft_tui.store import archives

    def full(self: object, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(archives.LineLog, "_write", full)
        failed = room.run()
    assert failed.state is TaskState.FAILED
    assert "the disk is full" in str(failed.error)
    assert room.run().state is TaskState.DONE
    assert room.manifest["complete"]


def test_what_a_person_put_into_the_folder_does_not_spoil_the_archive(room: Workroom, service: ArchiveService) -> None:
    service.status = "running"
    room.run()
    for name in ("my notes (1).txt", "job.json~", "notes.txt", "results/Summary of it.xlsx", "results/.git/config"):
        path = room.archive / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    service.status = "succeeded"
    assert room.run().state is TaskState.DONE
    (room.archive / "notes.txt").write_text("changed")
    manifest = read_manifest(room.archive)
    check_files(room.archive, manifest)
    assert manifest.complete
    assert {"job.json", "events.jsonl", "files.json", "results/file-result.csv"} <= set(manifest.files)
    assert (room.archive / "my notes (1).txt").read_text() == "mine"


def test_many_runs_of_one_step_have_a_file_each(room: Workroom) -> None:
    folder = room.archive / "evals" / "e"
    folder.mkdir(parents=True)
    runs = [{"id": f"r{number}", "name": "step-1", "status": "completed"} for number in range(5000)]
    (folder / "runs.jsonl").write_text("".join(json.dumps(run) + "\n" for run in runs))
    at = cast(Archiving, SimpleNamespace(folder=room.archive))
    began = time.process_time()
    paths = [one.path for one in known_runs(at)]
    assert time.process_time() - began < 5
    assert [path.name for path in paths[:3]] == ["step-0001.jsonl", "step-0001-2.jsonl", "step-0001-3.jsonl"]
    assert len(set(paths)) == 5000
    assert {path.parent for path in paths} == {folder}


@pytest.mark.parametrize("fuller", [True, False])
def test_the_fuller_archive_stays_the_jobs_own(
    room: Workroom, service: ArchiveService, tmp_path: Path, fuller: bool
) -> None:
    room.run()
    elsewhere = tmp_path / "elsewhere"
    room.archive.rename(elsewhere)
    if not fuller:
        manifest = json.loads((elsewhere / "manifest.json").read_text())
        manifest["counts"]["output_items"] = 0
        (elsewhere / "manifest.json").write_text(json.dumps(manifest))
    else:
        service.refuse = {"/evals": 404, "/files": 404}
    with room.store.write() as db:
        set_archive(db, room.job.id, str(elsewhere))
    done = room.run()
    assert done.state is TaskState.DONE
    assert room.job.archive == (str(elsewhere) if fuller else f"archives/{JOB}")
    assert ("stays the job's" in done.message) is fuller
