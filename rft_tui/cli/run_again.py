"""``rft-tui run resume`` and ``retry``."""

from __future__ import annotations

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.predict import profile_of_runs
from rft_tui.cli.task_lines import ended, task_json, wait_for
from rft_tui.errors import EXIT_DONE, UsageError


@command
@click.argument("names", metavar="RUN...", nargs=-1, required=True)
@click.option("--profile", metavar="P", default="", help="Another way to reach the same service.")
@click.option("--detach", is_flag=True, help="Do not wait: the work goes on in the background.")
def resume(calling: Calling, names: tuple[str, ...], profile: str, detach: bool) -> int:
    """Ask what is still missing in runs (ids or model names)."""
    return _again(calling, names, profile, "missing", (), detach=detach)


@command
@click.argument("names", metavar="RUN...", nargs=-1, required=True)
@click.option("--kind", "kinds", metavar="KIND", multiple=True, help="Only errors of this kind; repeat it.")
@click.option("--profile", metavar="P", default="", help="Another way to reach the same service.")
@click.option("--detach", is_flag=True, help="Do not wait: the work goes on in the background.")
def retry(calling: Calling, names: tuple[str, ...], kinds: tuple[str, ...], profile: str, detach: bool) -> int:
    """Ask again where runs (ids or model names) have errors; what is asked anew takes the error's place."""
    return _again(calling, names, profile, "failed", kinds, detach=detach)


def _again(
    calling: Calling, names: tuple[str, ...], given: str, which: str, kinds: tuple[str, ...], *, detach: bool
) -> int:
    from rft_tui.providers.profiles import find_key
    from rft_tui.store.runs import list_runs, resolve_runs
    from rft_tui.tasks.predicting.planning import start_for_runs

    workspace = calling.workspace()
    with workspace.store.read() as db:
        numbers = resolve_runs(db, names)
        runs = list_runs(db, numbers)
    if imported := [run.id for run in runs if run.source]:
        raise UsageError(
            f"run {imported[0]} was imported, so there is no service to ask", hint="rft-tui predict makes runs."
        )
    profile = profile_of_runs(workspace, {run.profile for run in runs}, given)
    if other := [run for run in runs if run.service != profile.service]:
        raise UsageError(
            f"run {other[0].id} was asked at {other[0].service}, the profile {profile.name} reaches {profile.service}",
            hint="Answers of two services are not mixed in one run: begin a new one with rft-tui predict.",
        )
    find_key(profile)
    task = wait_for(calling, workspace, start_for_runs(workspace.store, profile, numbers, which, kinds), detach=detach)
    if calling.as_json and (detach or not task.error):
        calling.emit(task_json(task))
    elif not detach:
        from rft_tui.cli.run import run_table

        with workspace.store.read() as db:
            calling.lines(run_table(list_runs(db, numbers)))
    return EXIT_DONE if detach else ended(calling, task)
