"""A grader file that the command line stores or copies keeps its spelling; its content says which version it is."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.unit.cli.conftest import Cli

ODD = (
    '\ufeff{ "type" : "string_check",\r\n  "name":"od\\u0064" ,\t"operation":"eq",'
    ' "input":"a", "reference":"b",\r\n "x":[1, 1.0,1e0 ]}\r\n'
)


def texts(demo: Path, name: str) -> list[str]:
    with closing(sqlite3.connect(demo / ".rft" / "cache.db")) as db:
        return [row[0] for row in db.execute("SELECT text FROM grader WHERE name = ? ORDER BY id", [name])]


def test_grading_by_a_file_stores_it_as_it_is_spelt(cli: Cli, demo: Path, tmp_path: Path) -> None:
    path = tmp_path / "odd.json"
    path.write_bytes(ODD.encode())
    graded = cli("-C", demo, "grade", "--grader", path, "--run", "1", "--json", "--summary").document
    assert texts(demo, "odd") == [ODD]
    path.write_text(json.dumps(json.loads(ODD.removeprefix("\ufeff"))))
    again = cli("-C", demo, "grade", "--grader", path, "--run", "1", "--json", "--summary").document
    assert again["grader"]["version"] == graded["grader"]["version"]
    assert texts(demo, "odd") == [ODD]


def test_a_copy_of_a_file_or_a_stored_grader_differs_by_its_name_alone(cli: Cli, demo: Path, tmp_path: Path) -> None:
    path, copy = tmp_path / "odd.json", tmp_path / "copy.json"
    path.write_bytes(ODD.encode())
    assert cli("-C", demo, "grader", "new", "--from", path, "-o", copy).code == 0
    assert copy.read_bytes().decode() == ODD.replace('"od\\u0064"', '"od\\u0064_copy"')
    cli("-C", demo, "grade", "--grader", path, "--run", "1", "--json", "--summary")
    other = tmp_path / "other.json"
    assert cli("-C", demo, "grader", "new", "--from", "odd", "--name", "mine", "-o", other).code == 0
    assert other.read_bytes().decode() == ODD.replace('"od\\u0064"', '"mine"')


def test_the_graders_of_the_demo_are_spelt_as_in_their_files(cli: Cli, demo: Path) -> None:
    assert cli("-C", demo, "grader", "list").code == 0
    (text,) = texts(demo, "phrase_and_exact")
    assert text == (demo / "graders" / "multi_phrase_exact.json").read_text()
