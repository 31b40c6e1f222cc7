"""``rft-tui compare``."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

import click

from rft_tui.cli.compare_json import compared_json
from rft_tui.cli.compare_text import comparison_lines, hacking_lines, table_lines
from rft_tui.cli.compared import Asked, compared_options, read_compared
from rft_tui.cli.console import Calling, command
from rft_tui.errors import EXIT_DONE, EXIT_FAILURES, UsageError
from rft_tui.tasks.reporting.words import score, signed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rft_tui.tasks.comparing.comparison import Comparison


@command
@click.argument("operands", metavar="A B…", nargs=-1, required=True)
@compared_options
@click.option("--fail-below", metavar="X", type=float, help="Exit with 1 where the mean of B… is below X.")
@click.option("--fail-if-regressed", is_flag=True, help="Exit with 1 where B… is worse than A beyond chance (95 %).")
def compare(
    calling: Calling,
    operands: tuple[str, ...],
    fail_below: float | None,
    fail_if_regressed: bool,
    **options: Any,
) -> int:
    """Compare runs, models or grader versions on their common items.

    A is the baseline. Each operand is a model name (all its runs), MODEL#EFFORT or MODEL#PROMPT, a run id, several run
    ids (3,4,5), or a grader version NAME@HASH. Errors are left out of means and counted.
    """
    if len(operands) < 2:
        raise UsageError("one operand cannot be compared", hint="rft-tui run show MODEL shows the figures of one.")
    if fail_below is not None and isnan(fail_below):
        raise UsageError("--fail-below needs a number", hint="No mean is below nan.")
    found = read_compared(calling, operands, Asked(**options))
    done = found.comparison
    lines = comparison_lines(done)
    if found.table is not None:
        lines += ["", *table_lines(found.table)]
    if found.panel is not None:
        lines += ["", *hacking_lines(found.panel, done)]
    failed = list(_gates(done, fail_below, regressed=fail_if_regressed))
    if calling.as_json:
        calling.emit(compared_json(found) | ({"failed": failed} if failed else {}))
    else:
        calling.lines(lines)
    for said in failed:
        calling.say(said)
    return EXIT_FAILURES if failed else EXIT_DONE


def _gates(comparison: Comparison, fail_below: float | None, *, regressed: bool) -> Iterator[str]:
    """Which gates fail, and by how much."""
    if not comparison.items and (regressed or fail_below is not None):
        yield "failed: no item has a score of every operand, so no gate can be passed"
        return
    for one in comparison.operands[1:]:
        if fail_below is not None and one.mean is not None and one.mean.mean < fail_below:
            short = fail_below - one.mean.mean
            yield f"failed: the mean of {one.label} is {score(one.mean.mean, 4)}, {short:.2g} below {fail_below:g}"
    for pair in comparison.pairs:
        interval = pair.paired.interval
        highest = pair.paired.difference if interval is None else interval.high
        if regressed and highest < 0:
            said = "" if interval is None else f" [{signed(interval.low, 4)}, {signed(interval.high, 4)}]"
            first, second = comparison.operands[pair.first], comparison.operands[pair.second]
            yield f"failed: {second.label} is worse than {first.label} by {-pair.paired.difference:.4f}{said}"
