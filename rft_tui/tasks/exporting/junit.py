"""An exported list as JUnit XML, for programs that show tests: a prediction or an item is a test case.

What is not well-formed XML cannot come out: every text is escaped, and signs that XML 1.0 does not have are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from rft_tui.safetext import shown
from rft_tui.store.exported import ExportedPrediction
from rft_tui.tasks.exporting.rows import Reading
from rft_tui.words import counted

TEXT_LIMIT = 4000
"""Characters of an answer or a reference inside a test case."""

Unit = Literal["prediction", "item"]
"""What a test case is."""


@dataclass(slots=True)
class _ItemCase:
    """The predictions of one item: the first of them, scores, errors, and the lowest one."""

    first: ExportedPrediction
    scores: list[float] = field(default_factory=list)
    errors: int = 0
    lowest: ExportedPrediction | None = None
    simulated: bool = False


@dataclass(slots=True)
class Counts:
    """How many test cases there are, how many failed, and how many are errors."""

    tests: int = 0
    failures: int = 0
    errors: int = 0
    simulated: bool = False


def case_lines(
    predictions: Iterable[ExportedPrediction], reading: Reading, unit: Unit, counts: Counts
) -> Iterator[bytes]:
    """The test cases; `counts` is complete when they are through.

    A prediction fails where it does not pass; an item where the mean of its scores is below the threshold. Where there
    is no score, it is an error.
    """
    if unit == "prediction":
        for one in predictions:
            yield _prediction(one, reading, counts)
        return
    items: dict[tuple[str, str], _ItemCase] = {}
    for whole in predictions:
        one = _slim(whole)
        case = items.setdefault((one.dataset, one.row_id), _ItemCase(one))
        case.simulated |= one.simulated
        if one.row.score is None:
            case.errors += 1
            continue
        case.scores.append(one.row.score)
        if case.lowest is None or case.lowest.row.score is None or one.row.score < case.lowest.row.score:
            case.lowest = one
    for case in items.values():
        yield _item(case, reading, counts)


def document_lines(cases: Iterable[bytes], reading: Reading, counts: Counts) -> Iterator[bytes]:
    """The whole document around test cases whose counts are known."""
    name = _attribute("rft-tui" if reading.grader is None else f"rft-tui {reading.grader.label}")
    figures = f'tests="{counts.tests}" failures="{counts.failures}" errors="{counts.errors}"'
    yield b'<?xml version="1.0" encoding="UTF-8"?>'
    yield f"<testsuites name={name} {figures}>\n<testsuite name={name} {figures}>".encode()
    properties = {"threshold": f"{reading.threshold:g}"}
    if reading.grader is not None:
        properties["grader_version"] = reading.grader.version
    if counts.simulated:
        properties["simulated"] = "true"
    yield _properties(properties).encode()
    yield from cases
    yield b"</testsuite>\n</testsuites>"


def _slim(one: ExportedPrediction) -> ExportedPrediction:
    """The same with no more than a test case shows, since those of all items are held until the list is through."""
    most = TEXT_LIMIT + 1  # one more than is shown says that there is more
    return replace(
        one, question=one.question[:most], output_text=one.output_text[:most], summary=None, messages=None, tools=None,
        reference=one.reference and one.reference[:most], error_message=one.error_message and one.error_message[:most],
        sub_scores={}, stored_fields=None, raw=b"{}",
    )  # fmt: skip


def _prediction(one: ExportedPrediction, reading: Reading, counts: Counts) -> bytes:
    row = one.row
    name = f"line {one.line} {one.row_id[:8]} run {row.run_index} prediction {row.prediction}"
    counts.tests += 1
    counts.simulated |= one.simulated
    if row.score is None:
        counts.errors += 1
        kind, said = row.error_kind or "no_score", one.error_message or "there is no score"
        body = _outcome("error", said, kind, one)
    elif not reading.passed(one):
        counts.failures += 1
        body = _outcome("failure", f"score {row.score:g}, pass from {reading.threshold:g}", "not_passed", one)
    else:
        body = ""
    return _case(f"{one.dataset}.{row.model}", name, one.latency_s, body, simulated=one.simulated)


def _item(case: _ItemCase, reading: Reading, counts: Counts) -> bytes:
    one = case.first
    counts.tests += 1
    counts.simulated |= case.simulated
    mean = sum(case.scores) / len(case.scores) if case.scores else None
    if mean is None:
        counts.errors += 1
        said = one.error_message or "no prediction has a score"
        body = _outcome("error", said, one.row.error_kind or "no_score", one)
    elif mean < reading.threshold:
        counts.failures += 1
        errors = counted(case.errors, "error")
        said = f"mean score {mean:g} of {len(case.scores)}, {errors}, pass from {reading.threshold:g}"
        body = _outcome("failure", said, "not_passed", case.lowest or one)
    else:
        body = ""
    return _case(one.dataset, f"line {one.line} {one.row_id[:8]}", None, body, simulated=case.simulated)


def _case(of: str, name: str, seconds: float | None, body: str, *, simulated: bool) -> bytes:
    time = f' time="{seconds:.3f}"' if seconds is not None else ""
    mark = _properties({"simulated": "true"}) if simulated else ""
    head = f"<testcase classname={_attribute(of)} name={_attribute(name)}{time}"
    return (f"{head}>{mark}{body}</testcase>" if mark or body else f"{head}/>").encode()


def _outcome(tag: str, message: str, kind: str, one: ExportedPrediction) -> str:
    parts = (("question", one.question), ("reference", one.reference), ("answer", one.output_text))
    text = "\n\n".join(f"{name}:\n{_cut(said)}" for name, said in parts if said)
    return f"<{tag} message={_attribute(_cut(message))} type={_attribute(kind)}>{escape(shown(text))}</{tag}>"


def _properties(values: Mapping[str, str]) -> str:
    inner = "".join(f"<property name={_attribute(name)} value={_attribute(value)}/>" for name, value in values.items())
    return f"<properties>{inner}</properties>"


def _attribute(text: str) -> str:
    return quoteattr(shown(text), {"\n": "&#10;", "\t": "&#9;"})


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else f"{text[:TEXT_LIMIT]}…"
