"""``rft-tui review export`` and ``import``: the verdicts of several reviewers brought together."""

from __future__ import annotations

from pathlib import Path

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.reviewers import check_reviewers
from rft_tui.cli.text import counted
from rft_tui.errors import EXIT_DONE, EXIT_FAILURES
from rft_tui.safetext import one_line


@command
@click.option("--reviewer", "reviewers", metavar="R", multiple=True, help="Only what these said; repeat it.")
@click.option(
    "-o", "--output", metavar="FILE", required=True, type=click.Path(path_type=Path), help="The file; - is stdout."
)
def export(calling: Calling, reviewers: tuple[str, ...], output: Path) -> None:
    """Write the log of verdicts, tags, notes and corrected references, for other workspaces.

    JSON Lines, one event each, undone ones and their undoing too. Answers are named by what was asked and what came
    back, so that rft-tui review import finds them in any workspace with the same predictions.
    """
    from rft_tui.interchange.review_log import export_log, log_lines

    store = calling.workspace().store
    known = check_reviewers(calling, reviewers)
    if str(output) == "-":
        for line in log_lines(store, reviewers or None):
            calling.raw(line)
        return
    count = export_log(store, output, reviewers or None)
    if calling.as_json:
        calling.emit({"events": count, "reviewers": list(reviewers) or known, "file": str(output)})
    else:
        calling.line(f"{output}: {counted(count, 'event')}")


@command
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
def import_files(calling: Calling, files: tuple[Path, ...]) -> int:
    """Bring in what other reviewers said: files of rft-tui review export.

    Order and repetition do not matter: the later verdict of the same reviewer stands, the log keeps both. What is said
    of predictions that are not here waits for them. All files come in, or none. Exit status 1 if anything waits.
    """
    from rft_tui.interchange.review_log import import_log

    workspace = calling.workspace()
    merged = import_log(workspace.store, files)
    reviewers = {one_line(name, 200): count for name, count in sorted(merged.reviewers.items())}
    if merged.reviewers.get(workspace.reviewer):
        calling.tell(f"{one_line(workspace.reviewer, 40)} is your own name here: those events count as yours.")
    if calling.as_json:
        calling.emit(
            {
                "new": merged.new,
                "known": merged.known,
                "waiting": merged.waiting,
                "other_answer": merged.other_answer,
                "reviewers": reviewers,
            }
        )
    else:
        by = f" of {', '.join(f'{name} ({count:,})' for name, count in reviewers.items())}" if reviewers else ""
        calling.line(f"{counted(merged.new, 'new event')}{by}, {merged.known:,} known already")
        if merged.waiting:
            other = f", {merged.other_answer:,} of them since another answer stands here" if merged.other_answer else ""
            waits = "waits" if merged.waiting == 1 else "wait"
            calling.say(f"{counted(merged.waiting, 'event')} {waits} for predictions that are not here{other}.")
            calling.say("Bring those in; this command or rft-tui review list lets what waits stand.")
    return EXIT_FAILURES if merged.waiting else EXIT_DONE
