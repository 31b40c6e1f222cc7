"""``rft-tui export``: what Review lists as a table, as preference pairs, or as JUnit."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.review_filter import ChosenList, ReviewFilter, chosen_list, filter_options, run_list
from rft_tui.cli.text import counted
from rft_tui.errors import UsageError
from rft_tui.model import JsonObject

if TYPE_CHECKING:
    from rft_tui.store.exported import ExportedPrediction
    from rft_tui.tasks.exporting.rows import Reading

KINDS = (".csv", ".jsonl", ".parquet", ".xml")
"""Endings of a file that can be written."""

_REASONS = {
    "error": "errors",
    "empty": "empty answers",
    "calls_tools": "answers that call tools",
    "no_score": "without a score",
    "no_verdict": "without a verdict of right or wrong",
    "contradicting": "called both right and wrong",
    "same_text": "the same text again",
    "not_valid": "questions that no service takes",
    "no_pair": "questions without two answers to set against each other",
    "beyond_limit": "pairs beyond --per-item",
}


@command
@filter_options
@click.option("--pairs", is_flag=True, help="Preference pairs (.jsonl) in the form of DPO, from verdicts.")
@click.option(
    "--min-gap",
    metavar="X",
    type=click.FloatRange(0, min_open=True),
    help="Pairs from scores that are at least so far apart.",
)
@click.option("--per-item", metavar="K", type=click.IntRange(1), help="Pairs of one question at most (default: 1).")
@click.option(
    "--case",
    "unit",
    type=click.Choice(["prediction", "item"]),
    help="What a test case of .xml is (default: prediction).",
)
@click.option("--threshold", metavar="X", type=float, help="Where a grader without a rule passes (default: half).")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path),
    help=f"The file; its ending says the form: {', '.join(KINDS)}.",
)
def export(
    calling: Calling,
    pairs: bool,
    min_gap: float | None,
    per_item: int | None,
    unit: str | None,
    threshold: float | None,
    output: Path,
    **options: Any,
) -> None:
    """Write the predictions that rft-tui review list would show, with scores, verdicts and texts, into a file.

    CSV is safe to open in a spreadsheet: a text that it might run begins with an apostrophe. JSON Lines hold the items
    too, so that rft-tui import reads them in any workspace. With --pairs, answers that a person called right (or both
    acceptable) are preferred to those called wrong; with --min-gap the scores decide.
    """
    kind, in_pairs = output.suffix.lower(), pairs or min_gap is not None
    _check(output, kind, in_pairs=in_pairs, min_gap=min_gap, per_item=per_item, unit=unit, threshold=threshold)
    chosen = chosen_list(calling, ReviewFilter(**options))
    if min_gap is not None and chosen.grader is None:
        raise UsageError("no grader has graded anything yet", hint="Grade first: rft-tui grade --grader G --run R.")
    if in_pairs:
        document = _write_pairs(calling, chosen, output, min_gap, per_item or 1)
    elif kind == ".xml":
        document = _write_junit(calling, chosen, output, unit or "prediction", threshold)
    else:
        document = _write_table(calling, chosen, output, kind, threshold)
    if chosen.grader is not None:
        from rft_tui.store.grades import count_ungraded

        with calling.workspace().store.read() as db:
            ungraded = count_ungraded(db, chosen.grader.id, chosen.selection.runs)
        if ungraded:
            said = f"{counted(ungraded, 'prediction')} that {chosen.grader.label} has not graded"
            calling.tell(f"not in it: {said}; --grader G reads by another one")
            document = {**document, "ungraded": ungraded}
    if document.get("simulated"):
        calling.tell("SIMULATED: some of it comes from the embedded service.")
    if calling.as_json:
        grader = chosen.grader
        version = None if grader is None else {"name": grader.name, "type": grader.type, "version": grader.version}
        calling.emit({"file": str(output), **document, "grader": version})


def _check(
    output: Path,
    kind: str,
    *,
    in_pairs: bool,
    min_gap: float | None,
    per_item: int | None,
    unit: str | None,
    threshold: float | None,
) -> None:
    """Raise UsageError for options that do not go together, or not with the file."""
    for name, value in (("--min-gap", min_gap), ("--threshold", threshold)):
        if value is not None and not isfinite(value):
            raise UsageError(f"{name} {value} is no number", hint="Say one such as 0.5.")
    if kind not in KINDS:
        raise UsageError(f"{output}: the form is not known by its ending", hint=f"One of {', '.join(KINDS)}.")
    if in_pairs and kind != ".jsonl":
        raise UsageError("preference pairs are JSON Lines", hint="Name a file that ends in .jsonl.")
    if in_pairs and threshold is not None:
        raise UsageError("--threshold says nothing of preference pairs", hint="Say --min-gap X to pair by scores.")
    if per_item is not None and not in_pairs:
        raise UsageError("--per-item is about preference pairs", hint="Say --pairs or --min-gap X.")
    if unit is not None and kind != ".xml":
        raise UsageError("--case is about test cases", hint="Name a file that ends in .xml.")


def _predictions(calling: Calling, chosen: ChosenList) -> Iterator[ExportedPrediction]:
    from rft_tui.store.exported import iter_exported

    listing = run_list(calling, chosen.request)
    try:
        with calling.workspace().store.read() as db:
            yield from iter_exported(db, listing)
    finally:
        listing.close()


def _reading(chosen: ChosenList, threshold: float | None) -> Reading:
    from rft_tui.tasks.exporting.rows import Reading

    return Reading(chosen.grader, chosen.selection.rule.shown_threshold if threshold is None else threshold)


def _write_table(calling: Calling, chosen: ChosenList, output: Path, kind: str, threshold: float | None) -> JsonObject:
    from rft_tui.datasets.write import write_rows
    from rft_tui.tasks.exporting.rows import csv_lines, jsonl_lines, record, whole

    reading = _reading(chosen, threshold)
    simulated = False

    def records() -> Iterator[JsonObject]:
        nonlocal simulated
        for one in _predictions(calling, chosen):
            simulated |= one.simulated
            yield whole(one, reading) if kind == ".jsonl" else record(one, reading)

    if kind == ".parquet":
        from rft_tui.tasks.exporting.parquet import write_parquet

        count = write_parquet(output, records())
    elif kind == ".csv":
        count = write_rows(output, csv_lines(records())) - 1
    else:
        count = write_rows(output, jsonl_lines(records()))
    if not calling.as_json:
        calling.line(f"{output}: {counted(count, 'prediction')}")
    return {"predictions": count, **({"simulated": True} if simulated else {})}


def _write_pairs(
    calling: Calling, chosen: ChosenList, output: Path, min_gap: float | None, per_item: int
) -> JsonObject:
    from rft_tui.datasets.write import write_rows
    from rft_tui.tasks.exporting.pairs import PairCounts, PairOptions, preference_pairs
    from rft_tui.tasks.exporting.rows import jsonl_lines

    counts = PairCounts()
    rows = preference_pairs(_predictions(calling, chosen), PairOptions(min_gap, per_item), counts)
    write_rows(output, jsonl_lines(rows))
    left_out = {reason: count for reason, count in counts.left_out.items() if count}
    if not calling.as_json:
        calling.line(f"{output}: {counted(counts.pairs, 'pair')} of {counted(counts.inputs, 'question')}")
    if left_out:
        said = ", ".join(f"{count:,} {_REASONS[reason]}" for reason, count in left_out.items())
        calling.tell(f"left out: {said}")
    mark = {"simulated": True} if counts.simulated else {}
    return {"pairs": counts.pairs, "inputs": counts.inputs, "left_out": left_out, **mark}


def _write_junit(calling: Calling, chosen: ChosenList, output: Path, unit: str, threshold: float | None) -> JsonObject:
    from tempfile import TemporaryFile

    from rft_tui.datasets.write import write_rows
    from rft_tui.tasks.exporting.junit import Counts, case_lines, document_lines

    if chosen.grader is None:
        raise UsageError("no grader has graded anything yet", hint="Grade first: rft-tui grade --grader G --run R.")
    counts, reading = Counts(), _reading(chosen, threshold)
    with TemporaryFile() as cases:  # the counts stand in front of the cases
        by_item = unit == "item"
        for line in case_lines(_predictions(calling, chosen), reading, "item" if by_item else "prediction", counts):
            cases.write(line + b"\n")
        cases.seek(0)
        write_rows(output, document_lines((line.rstrip(b"\n") for line in cases), reading, counts))
    if not calling.as_json:
        tests = counted(counts.tests, "test case")
        calling.line(f"{output}: {tests}, {counted(counts.failures, 'failure')}, {counted(counts.errors, 'error')}")
    mark = {"simulated": True} if counts.simulated else {}
    return {"tests": counts.tests, "failures": counts.failures, "errors": counts.errors, **mark}
