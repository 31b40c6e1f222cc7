"""The list of the bench: a line for each kind of check, which unfolds into what was checked, failures first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import Any

from rft_tui.graders.bench.rules import PROBES, expected_text
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line
from rft_tui.tui.paint import Line, fit, fit_right
from rft_tui.tui.score_words import shown_score

ORDERINGS, EXAMPLES, VARIANCE = "orderings", "worked examples", "variance"
"""Kinds of checks beside the probes, as the list names them."""

NAME = 16
"""Cells of a kind's name."""


@dataclass(frozen=True, slots=True)
class BenchEntry:
    """One thing that was checked: an answer to an item, an ordering, a figure of a worked example.

    `off` says by how much it misses what is expected, infinite for an error; `data` is its part of the document.
    """

    ok: bool
    off: float
    value: str
    label: str
    data: JsonObject


@dataclass(slots=True)
class BenchGroup:
    """A kind of check: what it holds, the worst first; what was skipped and why; whether its lines are shown."""

    name: str
    entries: list[BenchEntry] = field(default_factory=list)
    skipped: list[tuple[str, int]] = field(default_factory=list)
    expected: str = ""
    note: str = ""
    is_open: bool = False

    @property
    def failed(self) -> int:
        """How many do not hold."""
        return sum(not one.ok for one in self.entries)

    @property
    def worst(self) -> BenchEntry | None:
        """The entry that is farthest off, or nearest to being so."""
        return self.entries[0] if self.entries else None

    @property
    def sign(self) -> tuple[str, str]:
        """A sign and its colour: whether all hold, or nothing was checked."""
        if not self.entries:
            return "–", "text.dim"
        return ("✗", "state.bad") if self.failed else ("✓", "state.good")


@dataclass(frozen=True, slots=True)
class BenchRow:
    """A line of the list: a kind, or one of its entries."""

    group: BenchGroup
    entry: BenchEntry | None = None


def groups_of(document: JsonObject, *, is_judged: bool) -> list[BenchGroup]:
    """The kinds of checks of a document, those that fail first; the ones beside the probes always come last.

    `is_judged` where the grader asks models: only then worked examples and variance say something.
    """
    groups = {probe: BenchGroup(probe) for probe in PROBES}
    for one in document["probes"]:
        groups[one["probe"]].entries.append(_probe_entry(one))
    for one in document["skipped"]:
        groups[one["probe"]].skipped.append((one["reason"], one["items"]))
    probes = [group for group in groups.values() if group.entries or group.skipped]
    for group in probes:
        if group.entries:
            first = group.entries[0].data
            group.expected = expected_text(group.name, document["limits"], first["expected"])
    orderings = BenchGroup(ORDERINGS, [_ordering_entry(one) for one in document["orderings"]])
    orderings.expected = "each above the next" if orderings.entries else ""
    orderings.note = "" if orderings.entries else "none kept"
    others = [orderings]
    if is_judged or document["worked_examples"]:
        examples = BenchGroup(EXAMPLES, [_example_entry(one) for one in document["worked_examples"]])
        examples.expected = "figures are right" if examples.entries else ""
        examples.note = "" if examples.entries else "none with figures in the prompt"
        others.append(examples)
    if is_judged or document["variance"]:
        others.append(BenchGroup(VARIANCE, note=_variance_note(document["variance"])))
    for group in (*probes, *others):
        group.entries.sort(key=lambda one: (one.ok, -one.off))
    return [*sorted(probes, key=lambda group: (not group.failed, not group.entries)), *others]


def _probe_entry(one: JsonObject) -> BenchEntry:
    return BenchEntry(one["ok"], _off(one), _value(one), one_line(one["reference"], 80), one)


def _off(one: JsonObject) -> float:
    """By how much a score is outside of its bound; below zero where it is inside."""
    score = one["score"]
    if score is None or one["error"] is not None:
        return inf
    least, most = one["at_least"], one["at_most"]
    return max(-inf if least is None else least - score, -inf if most is None else score - most)


def _value(one: JsonObject) -> str:
    return "err" if one["error"] is not None or one["score"] is None else shown_score(one["score"])


def _ordering_entry(one: JsonObject) -> BenchEntry:
    scores = [answer["score"] for answer in one["answers"]]
    gaps = [inf if better is None or worse is None else worse - better for better, worse in pairwise(scores)]
    label = " > ".join(one_line(answer["answer"], 24) or "(nothing)" for answer in one["answers"])
    return BenchEntry(one["ok"], max(gaps, default=0.0), f"{len(one['inverted'])}/{len(gaps)}", label, one)


def _example_entry(one: JsonObject) -> BenchEntry:
    got = one["computed"] if "computed" in one else one["score"]
    off = inf if got is None else abs(got - one["stated"])
    label = f"line {one['line']} · {one['check']} · {one_line(one['answer'], 40)}"
    return BenchEntry(one["ok"], off, "err" if got is None else shown_score(got), label, one)


def _variance_note(variance: JsonObject | None) -> str:
    if variance is None:
        return "asked once"
    varied = f"{variance['varied']:,} of {variance['answers']:,} vary"
    return f"{varied}, by {shown_score(variance['largest_spread'])} at most" if variance["varied"] else varied


def summary_line(groups: Iterable[BenchGroup], *, seconds: float | None = None) -> Line:
    """What fails and how much holds: ``fails: padding 20/20 · passes 9 of 10 probes · 0.4 s``."""
    checked = [group for group in groups if group.entries]
    if not checked:
        return [("nothing could be checked", "state.warning")]
    failing = [group for group in checked if group.failed]
    probes = [group for group in checked if group.name in PROBES]
    line: Line = []
    if failing:
        shares = ", ".join(f"{group.name} {group.failed:,}/{len(group.entries):,}" for group in failing)
        line += [("✗ fails: ", "state.bad bold"), (shares, "state.bad"), (" · ", "text.dim")]
    else:
        line += [("✓ sound", "state.good bold"), (" · ", "text.dim")]
    good = sum(not group.failed for group in probes)
    line.append((f"passes {good} of {len(probes)} probes" if probes else "no probe was tried", "text.normal"))
    if seconds is not None:
        line.append((f" · {seconds:.1f} s", "text.dim"))
    return line


class BenchSource:
    """The kinds as rows, each with its entries behind it where it is open."""

    def __init__(self, groups: Sequence[BenchGroup], words: Sequence[Line] = ()) -> None:
        self.groups = list(groups)
        self._words = list(words)
        self.rows = [
            row
            for group in self.groups
            for row in (BenchRow(group), *(BenchRow(group, one) for one in group.entries if group.is_open))
        ]

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self.rows)

    def page(self, first: int, count: int) -> list[BenchRow]:
        """Some of them."""
        return self.rows[first : first + count]

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        name = fit("    probe", NAME + 4)
        return [(f"{name}{fit_right('holds', 9)}{fit_right('worst', 7)}  expected", "text.dim")]

    def paint(self, row: Any, width: int) -> Line:
        """One line."""
        return self._entry(row.entry, width) if row.entry is not None else self._group(row.group)

    def _group(self, group: BenchGroup) -> Line:
        sign, style = group.sign
        fold = ("▾" if group.is_open else "▸") if group.entries else " "
        line: Line = [(f" {fold}", "text.dim"), (sign, f"{style} bold"), (f" {fit(group.name, NAME)}", "text.normal")]
        if not group.entries:
            said = group.note or "skipped: " + ", ".join(reason for reason, _count in group.skipped)
            return [*line, (f" {one_line(said, 120)}", "text.dim")]
        worst = group.worst
        held = f"{len(group.entries) - group.failed}/{len(group.entries)}"
        return [
            *line,
            (fit_right(held, 9), style if group.failed else "text.normal"),
            (fit_right(worst.value if worst else "", 7), style if group.failed else "text.dim"),
            (f"  {group.expected}", "text.dim"),
        ]

    def _entry(self, entry: BenchEntry, width: int) -> Line:
        sign, style = ("✓", "state.good") if entry.ok else ("✗", "state.bad")
        shown = "text.dim" if entry.ok else "text.normal"
        return [
            (f"    {sign}", f"{style} bold"),
            (fit_right(entry.value, 6), style if not entry.ok else "text.dim"),
            (f"  {entry.label or '(empty)'}", shown),
        ]

    def empty(self) -> list[Line]:
        """Why there is nothing, and what to do."""
        return self._words
