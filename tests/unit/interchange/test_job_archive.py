"""An archive brought in elsewhere: the same rows without a network; a damaged or hostile one leaves nothing behind."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rft_tui.datasets.prompts import make_prompt
from rft_tui.errors import InputError
from rft_tui.interchange.importer import ImportReport, import_predictions
from rft_tui.model import ScoreRule
from rft_tui.store.database import Store
from rft_tui.store.graders import add_grader
from rft_tui.store.jobs import get_job
from rft_tui.store.prompts import add_prompt
from tests.archive_service import GRADER, JOB, ArchiveService
from tests.unit.interchange.files import notebook_row, write_list
from tests.unit.store.building import tables
from tests.unit.tasks.jobs.archiving import Workroom, archived

TIMES = {"created_at", "at", "seen_at", "asked_at", "begun_at", "ended_at", "started_at"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workroom]:
    """A workspace in which a job was archived whose rows carry a prompt; its service is gone by now."""
    prompt = make_prompt("brief", "Answer in one word.", ({"question": "Two?", "answer": "2"},))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "sk-test")
        service = ArchiveService(samples=2, prompt=prompt.text, refuse={"/evals": 410})
        with archived(tmp_path_factory.mktemp("made"), service) as room:
            room.run()
            with room.store.write() as db:
                add_prompt(db, prompt)
                db.execute("UPDATE job SET prompt = ?, request = remote, dataset = 'train'", [prompt.version])
            service.refuse = {}
            room.run()
            yield room


@pytest.fixture
def archive(made: Workroom, tmp_path: Path) -> Path:
    """A copy of the archive at another place."""
    return Path(shutil.copytree(made.archive, tmp_path / "from elsewhere"))


def bring(store: Store, *paths: Path) -> ImportReport:
    return import_predictions(store, list(paths))


def rows(store: Store, table: str) -> list[dict[str, Any]]:
    with store.read() as db:
        found = db.execute(f"SELECT * FROM {table} ORDER BY 1, 2")
        names = [column[0] for column in found.description]
        return [{key: value for key, value in zip(names, row, strict=True) if key not in TIMES} for row in found]


def say(archive: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the manifest."""
    path = archive / "manifest.json"
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


def rewrite(archive: Path, name: str, data: bytes) -> None:
    """Change a file, and let the manifest say what it holds then."""
    (archive / name).write_bytes(data)
    said = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    lines = data.count(b"\n") if name.endswith(".jsonl") else None
    say(archive, lambda value: value["files"].__setitem__(name, said | {"lines": lines}))


@pytest.mark.parametrize(
    "table",
    ["dataset", "item", "input", "run", "wanted", "answer", "prediction", "grade", "grader", "prompt", "job_metric",
     "job_event", "job_checkpoint", "job_file"],
)  # fmt: skip
def test_the_same_rows_are_there_elsewhere(made: Workroom, archive: Path, store: Store, table: str) -> None:
    bring(store, archive)
    assert rows(store, table) == rows(made.store, table)
    assert table in ("prompt", "wanted") or rows(store, table)


def test_the_job_is_the_same_but_for_its_folder(made: Workroom, archive: Path, store: Store) -> None:
    report = bring(store, archive)
    (here,), (there,) = rows(store, "job"), rows(made.store, "job")
    assert here.pop("archive") == str(archive.resolve())
    there.pop("archive")
    assert here.pop("heard_at") is None
    assert there.pop("heard_at")
    assert here == there
    with store.read() as db:
        job = get_job(db, JOB)
    assert (job.seen_at, job.created_at) == (made.job.seen_at, made.job.created_at)
    assert (report.new, report.grades, report.jobs, len(report.runs)) == (60, 60, (JOB,), 6)
    assert {run.predictions for run in report.runs} == {10}


def test_the_items_do_not_carry_the_prompt(archive: Path, store: Store) -> None:
    bring(store, archive)
    assert {row["question"] for row in rows(store, "input")} == {f"What is {number}?" for number in range(10)}
    assert {row["prompt"] for row in rows(store, "run")} == {row["version"] for row in rows(store, "prompt")}


def test_bringing_it_again_adds_nothing(archive: Path, store: Store) -> None:
    bring(store, archive)
    with store.read() as db:
        before = tables(db)
    again = bring(store, archive.parent / "from elsewhere" / "manifest.json")
    assert (again.new, again.known, again.grades, again.left_out) == (0, 60, 0, 0)
    with store.read() as db:
        after = tables(db)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"job_file", "run"}  # when a file was last looked at
    assert len(before["run"]) == len(after["run"])


def test_a_folder_of_archives_and_other_files_come_together(archive: Path, store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "archives"
    shutil.copytree(archive, folder / JOB)
    others = write_list(tmp_path / "p_model_low_predictions_run1.json", [notebook_row("Is it?")])
    report = bring(store, folder, others)
    assert (report.new, report.jobs) == (61, (JOB,))


def test_the_grader_that_is_kept_here_takes_the_scores(archive: Path, store: Store) -> None:
    with store.write() as db:
        own = add_grader(db, "exact", GRADER, ScoreRule())
    bring(store, archive)
    assert {row["grader"] for row in rows(store, "grade")} == {own.id}


def test_simulated_numbers_are_marked(archive: Path, store: Store) -> None:
    job = json.loads((archive / "job.json").read_text()) | {"model": "simulated-m"}
    rewrite(archive, "job.json", json.dumps(job).encode())
    report = bring(store, archive)
    assert report.as_json()["simulated"] is True
    assert {row["simulated"] for row in rows(store, "run")} == {1}


def _flip(archive: Path) -> None:
    path = archive / "results" / "file-result.csv"
    path.write_bytes(path.read_bytes().replace(b"0.25", b"0.35"))


def _link(archive: Path) -> None:
    path = archive / "events.jsonl"
    (archive.parent / "outside.jsonl").write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(archive.parent / "outside.jsonl")


def _linked_folder(archive: Path) -> None:
    shutil.move(archive / "evals", archive.parent / "evals")
    (archive / "evals").symlink_to(archive.parent / "evals")


def _outside(archive: Path) -> None:
    (archive.parent / "outside.jsonl").write_bytes(b"")
    said = {"size": 0, "sha256": hashlib.sha256(b"").hexdigest(), "lines": 0}
    say(archive, lambda value: value["files"].__setitem__("../outside.jsonl", said))


def _broken_line(archive: Path) -> None:
    name = "evals/eval_abc/step-0005.jsonl"
    lines = (archive / name).read_bytes().splitlines(keepends=True)
    rewrite(archive, name, b"".join([*lines[:3], b'{"id": "outputitem", \n', *lines[4:]]))


def _deep(archive: Path) -> None:
    rewrite(archive, "events.jsonl", b'{"id":' + 50_000 * b"[" + 50_000 * b"]" + b"}\n")


def _bad_prompt(archive: Path) -> None:
    rewrite(archive, "prompt.json", json.dumps({"name": "x", "text": "y", "examples": [{}]}).encode())


HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "another byte": (_flip, "another SHA-256"),
    "cut off": (lambda archive: (archive / "events.jsonl").write_bytes(b"{}\n"), "the manifest says"),
    "a missing file": (lambda archive: (archive / "checkpoints.jsonl").unlink(), "it is missing"),
    "a link": (_link, "no plain file inside the folder"),
    "a linked folder": (_linked_folder, "no plain file inside the folder"),
    "a path outside": (_outside, "no path inside an archive"),
    "a broken line": (_broken_line, "step-0005.jsonl, line 4"),
    "deep JSON": (_deep, "events.jsonl, line 1"),
    "no JSON": (lambda archive: (archive / "manifest.json").write_text('{"format": "rft-tui job archive"'), "JSON"),
    "a newer version": (lambda archive: say(archive, lambda value: value.update(version=2)), "its version is 2"),
    "a huge file": (
        lambda archive: say(archive, lambda value: value["files"]["events.jsonl"].update(size=10**12)), "cannot be",
    ),
    "another job": (lambda archive: rewrite(archive, "job.json", b'{"id": "ftjob-other"}'), "another job"),
    "no job": (lambda archive: rewrite(archive, "job.json", b"[]"), "job.json"),
    "a wrong value": (lambda archive: say(archive, lambda value: value["job"].update(step="x")), "job.step is 'x'"),
    "a run without a file": (
        lambda archive: say(archive, lambda value: value["runs"][0].update(path="x")),
        "not among",
    ),
    "lists for objects": (lambda archive: say(archive, lambda value: value.update(files=[])), "files must be"),
    "a bad prompt": (_bad_prompt, "worked examples"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_not_as_it_says_is_refused_and_leaves_nothing(archive: Path, store: Store, case: str) -> None:
    change, said = HOSTILE[case]
    change(archive)
    with store.read() as db:
        before = tables(db)
    with pytest.raises(InputError, match=re.escape(said)):
        bring(store, archive)
    with store.read() as db:
        assert tables(db) == before


@pytest.mark.parametrize("seen_at", ["9999-01-01T00:00:00+00:00", "zzz"])
def test_an_archive_from_the_future_does_not_overrule_what_was_seen_here(
    archive: Path, store: Store, seen_at: str
) -> None:
    bring(store, archive)
    with store.write() as db:
        db.execute("UPDATE job SET status = 'running'")
    say(archive, lambda value: value["job"].update(seen_at=seen_at))
    bring(store, archive)
    with store.read() as db:
        assert get_job(db, JOB).status == "running"
