"""``rft-tui grader list``, ``show`` and ``check``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from rft_tui.cli.console import Calling, command, json_text
from rft_tui.cli.text import Column, table
from rft_tui.errors import EXIT_DONE, EXIT_FAILURES, GraderSpecError, InputError
from rft_tui.model import JsonObject, ScoreRule
from rft_tui.safetext import one_line

if TYPE_CHECKING:
    from rft_tui.tasks.bench_state import BenchState
    from rft_tui.workspace import Workspace


@command
def list_all(calling: Calling) -> None:
    """List the graders of the workspace: stored versions, and files in graders/ that are not stored yet."""
    from rft_tui.cli.choose import grader_files
    from rft_tui.graders.registry import display_name
    from rft_tui.graders.spec import score_rule
    from rft_tui.identity import grader_version
    from rft_tui.store.graders import list_graders

    workspace = calling.workspace()
    with workspace.store.read() as db:
        stored = list_graders(db)
        graded = {row[0]: row[1] for row in db.execute("SELECT grader, count(*) FROM grade GROUP BY grader").fetchall()}
    rows = [
        _described(one.name, one.version, one.type, one.rule) | {"stored": True, "graded": graded.get(one.id, 0)}
        for one in stored
    ]
    known = {one.version for one in stored}
    for file in grader_files(workspace.graders_folder):
        if file.spec is None:
            calling.say(f"{file.path.name}: {file.problem}")
        elif (version := grader_version(file.spec)) not in known:
            kind = str(file.spec.get("type", ""))
            row = _described(display_name(file.spec), version, kind, score_rule(file.spec))
            rows.append(row | {"stored": False, "graded": 0, "file": str(file.path)})
    standing = _benched(workspace, [(str(row["grader"]), str(row["version"])) for row in rows])
    rows = [row | {"bench": state.as_json()} for row, state in zip(rows, standing, strict=True)]
    if calling.as_json:
        calling.emit({"graders": rows})
        return
    if not rows:
        calling.say("There are no graders yet. Make one: rft-tui grader new --type string_check.")
        return
    columns = [
        Column("grader"), Column("version"), Column("type"), Column("pass at", right=True),
        Column("graded", right=True), Column("bench"), Column("where"),
    ]  # fmt: skip
    calling.lines(
        table(
            columns,
            [
                (
                    one["grader"],
                    one["version"][:4],
                    one["type"],
                    "–" if one["pass_threshold"] is None else f"{one['pass_threshold']:g}",
                    f"{one['graded']:,}",
                    state.short if state.result else "–",
                    "" if one["stored"] else f"graders/{Path(one['file']).name}, not used yet",
                )
                for one, state in zip(rows, standing, strict=True)
            ],
        )
    )


def _benched(workspace: Workspace, versions: Sequence[tuple[str, str]]) -> list[BenchState]:
    """How versions (name, hash) stand with the bench."""
    from rft_tui.tasks.bench_state import bench_state

    with workspace.store.read() as db:
        return [bench_state(db, version, f"{name}@{version[:4]}") for name, version in versions]


def _described(name: str, version: str, kind: str, rule: ScoreRule) -> JsonObject:
    return {
        "grader": name,
        "version": version,
        "type": kind,
        "range": [rule.low, rule.high],
        "pass_threshold": rule.pass_threshold,
    }


@command
@click.argument("name", metavar="G")
def show(calling: Calling, name: str) -> None:
    """Show the JSON of a grader: a stored name, NAME@HASH or a file; and how it stands with the bench."""
    from rft_tui.cli.choose import choose_spec
    from rft_tui.graders.registry import display_name
    from rft_tui.graders.spec import score_rule
    from rft_tui.identity import grader_version

    spec = choose_spec(calling, name)
    described = _described(display_name(spec), grader_version(spec), str(spec.get("type", "")), score_rule(spec))
    workspace = calling.workspace_or_none()
    standing = _benched(workspace, [(str(described["grader"]), str(described["version"]))]) if workspace else []
    if calling.as_json:
        bench = {"bench": standing[0].as_json()} if standing else {}
        calling.emit(described | {"spec": spec} | bench)
        return
    calling.line(json_text(spec, indent=2))
    calling.say(f"{described['grader']}@{described['version'][:4]} ({described['type']})")
    for state in standing:
        calling.say(state.sentence)


@command
@click.argument("name", metavar="FILE")
@click.option(
    "--for",
    "purpose",
    type=click.Choice(["rft", "local"]),
    default="rft",
    show_default=True,
    help="What it is to be used for: a job at a service, or this machine.",
)
def check(calling: Calling, name: str, purpose: Literal["rft", "local"]) -> int:
    """Say everything that is known about a grader file without running it.

    Problems with their places, and how this program reads what the service leaves open. Exit status 1 if any problem
    is an error.
    """
    from rft_tui.cli.choose import choose_spec, is_path
    from rft_tui.graders.spec import check_spec

    path = Path(name)
    if is_path(name) and not path.is_file():
        raise InputError(f"{name}: there is no such file", hint="Stored names have no ending: rft-tui grader list.")
    try:
        spec = choose_spec(calling, name)
    except GraderSpecError as error:
        if path.is_file():
            path.read_bytes()
        problem = {"path": "", "kind": "unreadable", "severity": "error", "message": error.message}
        document: JsonObject = {"ok": False, "type": None, "problems": [problem], "choices": []}
    else:
        report = check_spec(spec, context=purpose)
        document = {
            "ok": report.ok,
            "type": report.type,
            "problems": [asdict(problem) for problem in report.problems],
            "choices": list(report.choices),
        }
    if calling.as_json:
        calling.emit(document)
    else:
        _show_check(calling, name, document)
    return EXIT_DONE if document["ok"] else EXIT_FAILURES


def _show_check(calling: Calling, name: str, document: JsonObject) -> None:
    kind = document["type"] or "unknown type"
    calling.line(f"{one_line(name)}: {kind}, {'can be used' if document['ok'] else 'cannot be used'}")
    for problem in document["problems"]:
        place = f"{one_line(problem['path'], 60)}: " if problem["path"] else ""
        calling.line(f"  {problem['severity']}: {place}{one_line(problem['message'], 300)} [{problem['kind']}]")
    if document["choices"]:
        calling.line("How we read what the service leaves open:")
        calling.lines([f"  {choice}" for choice in document["choices"]])


def spec_text(spec: JsonObject) -> str:
    """A grader as the text of a file."""
    return json.dumps(spec, ensure_ascii=False, indent=2) + "\n"
