"""``rft-tui data check``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.data import mapping_of, mapping_options
from rft_tui.cli.text import counted
from rft_tui.datasets.mapping import METHODS, FieldMapping, Method
from rft_tui.errors import EXIT_DONE, EXIT_FAILURES, InputError, UsageError
from rft_tui.safetext import one_line

if TYPE_CHECKING:
    from rft_tui.datasets.check import CheckReport
    from rft_tui.datasets.leakage import OtherRows
    from rft_tui.model import Problem
    from rft_tui.store.datasets import StoredDataset

_SHOWN_OF_A_KIND = 5


@dataclass(frozen=True, slots=True)
class _Target:
    """What is to be checked: a file, or a dataset of the workspace."""

    name: str
    dataset: StoredDataset | None


@command
@click.argument("files", metavar="FILE/NAME...", nargs=-1, required=True)
@click.option("--method", type=click.Choice(METHODS), help="What the rows are for (default: found out).")
@click.option("--grader", metavar="G", help="A grader whose {{item.…}} every row must have: a stored name or a file.")
@mapping_options
def check(
    calling: Calling,
    files: tuple[str, ...],
    method: Method | None,
    grader: str | None,
    prompt_field: str | None,
    reference_field: str | None,
    messages_field: str | None,
    other_fields: tuple[str, ...],
) -> int:
    """Report every problem of dataset files, with lines.

    Of several files each is held against those before it: no input may stand in two. Exit status 1 if any problem is
    an error.
    """
    mapping = mapping_of(prompt_field, reference_field, messages_field, other_fields)
    paths: tuple[str, ...] = ()
    if grader is not None:
        from rft_tui.cli.choose import choose_spec
        from rft_tui.graders.spec import template_paths

        paths = template_paths(choose_spec(calling, grader)).hard
    targets = [_target(calling, name) for name in files]
    reports = [
        _report(calling, target, targets[:number], method, mapping, paths) for number, target in enumerate(targets)
    ]
    ok = all(report.ok for report in reports)
    if calling.as_json:
        documents = [report.as_json() for report in reports]
        calling.emit(documents[0] if len(documents) == 1 else {"ok": ok, "files": documents})
    else:
        for report in reports:
            _show(calling, report)
    return EXIT_DONE if ok else EXIT_FAILURES


def _target(calling: Calling, name: str) -> _Target:
    path = Path(name)
    if path.is_dir():
        raise InputError(f"{name}: this is a folder", hint="Name the files in it.")
    if path.exists():
        return _Target(name, None)
    workspace = calling.workspace_or_none()
    if workspace is None:
        raise InputError(f"{name}: there is no such file", hint="Names of datasets need a workspace: -C DIR.")
    from rft_tui.store.datasets import get_dataset

    try:
        with workspace.store.read() as db:
            return _Target(name, get_dataset(db, name))
    except UsageError as error:
        raise InputError(f"{name}: there is no such file, and no dataset of this name", hint=error.hint) from error


def _report(
    calling: Calling,
    target: _Target,
    earlier: Sequence[_Target],
    method: Method | None,
    mapping: FieldMapping | None,
    paths: tuple[str, ...],
) -> CheckReport:
    from rft_tui.datasets.check import check_file

    against = [_rows(calling, other, method, mapping) for other in earlier]
    if target.dataset is None:
        return check_file(target.name, method=method, mapping=mapping, against=against, grader_paths=paths)
    from rft_tui.tasks.check_data import check_dataset

    store = calling.workspace().store
    return check_dataset(store, target.dataset, method=method, mapping=mapping, against=against, grader_paths=paths)


def _rows(calling: Calling, other: _Target, method: Method | None, mapping: FieldMapping | None) -> OtherRows:
    from rft_tui.datasets.check import items_of
    from rft_tui.datasets.leakage import OtherRows

    if other.dataset is None:
        return OtherRows(other.name, items_of(other.name, method=method, mapping=mapping))
    from rft_tui.tasks.check_data import rows_of

    return OtherRows(other.name, rows_of(calling.workspace().store, other.dataset))


def _show(calling: Calling, report: CheckReport) -> None:
    """The problems of one file grouped by kind, the worst kinds first, each line with file and line."""
    name = one_line(report.file)
    errors = sum(problem.severity == "error" for problem in report.problems)
    warnings = len(report.problems) - errors
    said = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}" if report.problems else "no problems"
    calling.line(f"{name}: {counted(report.rows, 'row')}, read as {report.method}; {said}")
    for note in report.notes:
        calling.say(f"{name}: {note}")
    groups: dict[tuple[bool, str], list[Problem]] = {}
    for problem in report.problems:
        groups.setdefault((problem.severity != "error", problem.kind), []).append(problem)
    for (is_warning, kind), problems in sorted(groups.items()):
        calling.line()
        calling.line(f"{'warning' if is_warning else 'error'}: {kind} ({len(problems):,})")
        for problem in problems[:_SHOWN_OF_A_KIND]:
            place = f"{name}:{problem.line}" if problem.line is not None else name
            key = f"{one_line(problem.key, 60)}: " if problem.key else ""
            calling.line(f"  {place}: {key}{one_line(problem.message, 200)}")
        if len(problems) > _SHOWN_OF_A_KIND:
            lines = [str(problem.line) for problem in problems[_SHOWN_OF_A_KIND:] if problem.line is not None]
            more = f" (lines {', '.join(lines[:10])}{' …' if len(lines) > 10 else ''})" if lines else ""
            calling.line(f"  and {len(problems) - _SHOWN_OF_A_KIND:,} more{more}")
