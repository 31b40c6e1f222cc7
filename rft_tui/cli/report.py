"""``rft-tui report``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rft_tui.cli.compare_json import compared_json
from rft_tui.cli.compared import Asked, compared_options, read_compared
from rft_tui.cli.console import Calling, command
from rft_tui.cli.text import counted
from rft_tui.errors import UsageError
from rft_tui.safetext import one_line

if TYPE_CHECKING:
    from rft_tui.tasks.comparing.comparison import Comparison
    from rft_tui.tasks.reporting.document import Report
    from rft_tui.tasks.reviewing.grader_agreement import GraderAgreement

LONGEST_TITLE = 100
"""Characters of the title in what is said at the end."""

FORMATS = (".html", ".md", ".json")
"""What a report may be written as, by the end of its file's name."""


@command
@click.argument("names", metavar="A [B]...", nargs=-1, required=True)
@compared_options
@click.option("--title", metavar="T", default="", help="The heading (default: what is compared).")
@click.option(
    "--examples", metavar="K", type=click.IntRange(0, 500), default=10, show_default=True,
    help="So many regressions and improvements of each pair in full.",
)  # fmt: skip
@click.option("--charts", metavar="DIR", type=click.Path(path_type=Path), help="Write each chart as SVG there too.")
@click.option(
    "-o", "--output", metavar="FILE", required=True, type=click.Path(path_type=Path),
    help="FILE.html, FILE.md or FILE.json.",
)  # fmt: skip
def report(
    calling: Calling,
    names: tuple[str, ...],
    title: str,
    examples: int,
    charts: Path | None,
    output: Path,
    **options: Any,
) -> None:
    """Write a comparison as one file that stands alone: figures, charts, changed items, what stands behind them.

    Operands are those of rft-tui compare; the first is the baseline. The HTML file loads nothing and runs nothing.
    """
    from rft_tui.settings import write_atomically
    from rft_tui.tasks.reporting.build import Trust, report_of

    if output.suffix.lower() not in FORMATS:
        raise UsageError(
            f"a report is written as {', '.join(FORMATS)}, not as {str(output)!r:.80}", hint=_named(output)
        )
    if output.is_dir():
        raise UsageError(f"{str(output)!r:.80} is a folder", hint="-o names the file to write.")
    if charts is not None and charts.exists() and not charts.is_dir():
        raise UsageError(f"{str(charts)!r:.80} is no folder", hint="--charts names a folder for the SVG files.")
    found = read_compared(calling, names, Asked(**options))
    comparison = found.comparison
    trust = Trust(found.table, found.panel, _person(calling, comparison))
    made = report_of(
        calling.workspace().store, comparison, trust, title=title, examples=examples, data=compared_json(found)
    )
    write_atomically(output, _written(made, output.suffix.lower()).encode("utf-8", "backslashreplace"))
    pictures = _write_charts(made, charts) if charts is not None else []
    if calling.as_json:
        simulated = {"simulated": True} if made.simulated else {}
        calling.emit({"file": str(output), "charts": pictures, "items": len(comparison.items), **simulated})
    else:
        calling.line(
            f"{output}: {one_line(made.title, LONGEST_TITLE)}, {counted(len(comparison.items), 'common item')}"
        )


def _named(output: Path) -> str:
    """What to write instead."""
    if str(output) == "-":
        return "A report goes into a file: -o report.html"
    return f"Such as -o {output.stem[:40] or 'report'}.html"


def _person(calling: Calling, comparison: Comparison) -> GraderAgreement | None:
    """How the reviewer here agrees with the grader; None where the calibration sample has no verdicts."""
    from rft_tui.store.judged import iter_judged
    from rft_tui.tasks.reviewing.grader_agreement import grader_agreement

    workspace = calling.workspace()
    grader = comparison.operands[0].operand.grader
    runs = sorted({run for one in comparison.operands for run in one.operand.run_ids})
    with workspace.store.read() as db:
        judged = iter_judged(db, workspace.reviewer, grader.id, runs)
        if not any(one.is_calibration for one in judged):  # all scores would be read to say nothing
            return None
    found = grader_agreement(workspace.store, grader, workspace.reviewer, runs)
    return found if found.judged else None


def _write_charts(report: Report, folder: Path) -> list[str]:
    """Each chart as a file of its own, in the order of the report; their paths."""
    from rft_tui.settings import write_atomically
    from rft_tui.tasks.reporting.document import Chart

    folder.mkdir(parents=True, exist_ok=True)
    charts = [block for section in report.sections for block in section.blocks if isinstance(block, Chart)]
    written = []
    for number, chart in enumerate(charts, 1):
        path = folder / f"{number:02}.svg"
        write_atomically(path, chart.svg.encode())
        written.append(str(path))
    return written


def _written(report: Report, suffix: str) -> str:
    if suffix == ".html":
        from rft_tui.tasks.reporting.html import as_html

        return as_html(report)
    if suffix == ".md":
        from rft_tui.tasks.reporting.markdown import as_markdown

        return as_markdown(report)
    from rft_tui.cli.console import json_text

    simulated = {"simulated": True} if report.simulated else {}
    return json_text({"title": report.title, "about": report.about, **report.data, **simulated}) + "\n"
