"""The lists of the Graders screen: graders, versions, and the probe set with old and new scores."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rft_tui.errors import RftError
from rft_tui.graders.spec import display_name, load_spec
from rft_tui.model import BandEdges, Grade, ScoreRule
from rft_tui.safetext import one_line
from rft_tui.store.drafts import list_drafts
from rft_tui.store.graders import SHORT_HASH, StoredGrader, clean_name, list_graders
from rft_tui.tasks.diff_graders import passes
from rft_tui.tasks.retesting.probes import OrderPlace, ProbeRow
from rft_tui.tui.editing.failures import error_words
from rft_tui.tui.paint import Line, fit, fit_right, justify
from rft_tui.tui.score_words import score_text, shown_delta
from rft_tui.tui.task_words import moment

WORDS_FROM = 64
"""Cells from which a sign beside an answer is explained in words."""

REFERENCE_FROM = 60
"""Cells from which the reference stands beside the prediction."""

BEFORE_TEXT = 25
"""Cells of the columns before the prediction."""

SMALLEST = 0.005
"""Differences below which two scores look the same."""


@dataclass(frozen=True, slots=True)
class GraderEntry:
    """A grader by its name: its versions, the oldest first, and whether unsaved text is kept for it.

    `path` is where the text of one stands that nothing is stored of yet.
    """

    name: str
    versions: tuple[StoredGrader, ...]
    has_draft: bool
    path: Path | None = None

    @property
    def newest(self) -> StoredGrader | None:
        """The newest version; None for a grader that was never saved."""
        return self.versions[-1] if self.versions else None

    def number(self, version: str | None) -> int:
        """The number of a version, counted from 1; 0 where it is none of these."""
        return next((number for number, one in enumerate(self.versions, 1) if one.version == version), 0)


def read_entries(db: sqlite3.Connection) -> list[GraderEntry]:
    """All graders with their versions, then those that were begun and never saved."""
    drafts = [draft.name for draft in list_drafts(db)]
    by_name: dict[str, list[StoredGrader]] = {}
    for grader in list_graders(db):
        by_name.setdefault(grader.name, []).append(grader)
    entries = [GraderEntry(name, tuple(versions), name in drafts) for name, versions in by_name.items()]
    return entries + [GraderEntry(name, (), True) for name in drafts if name not in by_name]


def file_entries(files: Sequence[Path], taken: Collection[str]) -> list[GraderEntry]:
    """Grader files that nothing is stored of, by the names in them, where those are still free."""
    found: dict[str, GraderEntry] = {}
    for path in files:
        try:
            name = clean_name(display_name(load_spec(path)))
        except RftError:
            name = one_line(path.stem, 80) or "file"
        if name not in taken:
            found.setdefault(name, GraderEntry(name, (), False, path))
    return list(found.values())


class EntriesSource:
    """Graders as rows."""

    def __init__(self, entries: Sequence[GraderEntry], words: Sequence[Line] = ()) -> None:
        self.entries = list(entries)
        self._words = list(words)

    @property
    def count(self) -> int:
        """How many graders there are."""
        return len(self.entries)

    def page(self, first: int, count: int) -> list[GraderEntry]:
        """Some of them."""
        return self.entries[first : first + count]

    def heading(self, width: int) -> Line:
        """What the list is."""
        return [(fit(" graders", width), "text.dim")]

    def paint(self, row: GraderEntry, width: int) -> Line:
        """Name, a sign for unsaved text, and how many versions."""
        sign = "•" if row.has_draft else " "
        newest = row.newest
        external = newest is not None and newest.is_external
        unsaved = "file" if row.path is not None and not row.has_draft else "new"
        count = "scores" if external else str(len(row.versions)) if row.versions else unsaved
        name = fit(one_line(row.name, 80), width - len(count) - 3)
        style = "text.dim" if external or count == "file" else "text.normal"
        return [(sign, "state.warning bold"), (name, style), (f" {count} ", "text.dim")]

    def empty(self) -> list[Line]:
        """What to press."""
        return self._words


class VersionsSource:
    """Versions of one grader as rows, the newest first."""

    def __init__(self, entry: GraderEntry | None, base: str | None = None) -> None:
        self.versions = list(reversed(entry.versions)) if entry else []
        self._base = base

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.versions)

    def page(self, first: int, count: int) -> list[StoredGrader]:
        """Some of them."""
        return self.versions[first : first + count]

    def heading(self, width: int) -> Line:
        """What the list is."""
        return [(fit(" versions", width), "text.dim")]

    def paint(self, row: StoredGrader, width: int) -> Line:
        """Number, time and note; the one that is shown is marked."""
        number = len(self.versions) - next(place for place, one in enumerate(self.versions) if one.id == row.id)
        sign = "*" if row.version == self._base else " "
        said = f" {one_line(row.note, 60)}" if row.note else f" @{row.version[:SHORT_HASH]}"
        day, _, clock = moment(row.created_at).partition(" ")
        time = f"{day[5:]} {clock}" if width >= 24 else clock or day
        return [
            (sign, "text.accent bold"),
            (f"v{number} ", "text.normal"),
            (f"{time}", "text.dim"),
            (said, "text.dim" if row.note else "text.faint"),
        ]

    def empty(self) -> list[Line]:
        """Nothing was saved yet."""
        return [[(" none saved yet", "text.faint")]]


class ProbeSource:
    """The probe set as rows: what the version gave, what the text gives now, and where that changes a pass."""

    def __init__(
        self,
        rows: Sequence[ProbeRow],
        results: Mapping[int, Grade],
        rules: tuple[ScoreRule, ScoreRule],
        pins: frozenset[int] = frozenset(),
        words: Sequence[Line] = (),
        stale: frozenset[int] = frozenset(),
        names: tuple[str, str] = ("old", "new"),
    ) -> None:
        self.rows = list(rows)
        self._names = names
        self.stale = stale
        self.broken = frozenset[int]()
        if any(row.place for row in self.rows):
            from rft_tui.tasks.retesting.orders import not_above_next

            self.broken = not_above_next(self.rows, results)
        self.results = results
        self.rules = rules
        self.pins = pins
        self._words = list(words)

    @property
    def count(self) -> int:
        """How many predictions there are."""
        return len(self.rows)

    def page(self, first: int, count: int) -> list[ProbeRow]:
        """Some of them."""
        return self.rows[first : first + count]

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        ordered = bool(self.rows) and self.rows[0].place is not None
        last = "#  best to worst" if ordered else "v  prediction"
        if not ordered and width >= REFERENCE_FROM:
            last = f"v  {fit('prediction', _for_prediction(width))} reference"
        old, new = (fit_right(one_line(name, 20), 5) for name in self._names)
        return [(fit(f"  {old} {new}      Δ  {last}", width), "text.dim")]

    def paint(self, row: ProbeRow, width: int) -> Line:
        """Old score, new score, difference, verdict or place, prediction or error; ``~`` is of an older text."""
        new = self.results.get(row.prediction)
        is_stale = row.prediction in self.stale
        shown = f"~{score_text(new)}" if is_stale else score_text(new)
        verdict = row.verdict.key if row.verdict else "·"
        beside: Line = [(f" {verdict} ", f"verdict.{row.verdict.value} bold" if row.verdict else "text.faint")]
        line: Line = [
            ("●" if row.prediction in self.pins else " ", "text.accent") if row.place is None else _bracket(row.place),
            (fit_right(score_text(row.old), 6), _style(row.old, self.rules[0])),
            (fit_right(shown, 6), "text.faint" if is_stale else _style(new, self.rules[1])),
            *self._difference(row, None if is_stale else new),
            *(beside if row.place is None else [(fit_right(str(row.place.place), 3), "text.dim")]),
        ]
        if row.prediction in self.broken:
            words = "✗ not above the next" if width >= WORDS_FROM else "✗ ≤ next"
            line.append((f" {words}", "text.faint" if is_stale else "state.bad bold"))
        if new is not None and new.error is not None:
            return [*line, (" ✗ ", "state.bad bold"), (one_line(error_words(new.error), 200), "state.bad")]
        if row.error_kind and not row.output_text:
            return [*line, (f" {one_line(row.error_kind, 60)}", "text.faint")]
        text = one_line(row.output_text, 200)
        style = "text.normal" if text else "text.faint"
        if row.place is not None or width < REFERENCE_FROM:
            return [*line, (f" {text or '(empty)'}", style)]
        reference = "–" if row.reference is None else one_line(row.reference, 200) or "(empty)"
        return [*line, (f" {fit(text or '(empty)', _for_prediction(width))}", style), (f" {reference}", "text.dim")]

    def _difference(self, row: ProbeRow, new: Grade | None) -> Line:
        if row.old is None or new is None or row.old.score is None or new.score is None:
            return [(" " * 8, "text.normal")]
        delta = new.score - row.old.score
        flip = self.flip(row)
        sign = {1: "▲", -1: "▼", 0: " "}[flip]
        if abs(delta) < SMALLEST and not flip:
            return [("      · ", "text.faint")]
        text = shown_delta(delta)
        style = "state.good" if delta > 0 or flip > 0 else "state.bad"
        return [(fit_right(text, 7), style), (sign, f"{style} bold")]

    def flip(self, row: ProbeRow) -> int:
        """1 where it passes now and did not, -1 where it does not any more, else 0."""
        new = self.results.get(row.prediction)
        if row.old is None or new is None or row.old.score is None or new.score is None:
            return 0
        before = row.old_passed if row.old_passed is not None else passes(row.old, self.rules[0], None)
        return int(passes(new, self.rules[1], None)) - int(before)

    def empty(self) -> list[Line]:
        """Why there is nothing and what to press."""
        return self._words


def _for_prediction(width: int) -> int:
    """Cells of the prediction where the reference stands beside it."""
    return (width - BEFORE_TEXT) * 3 // 5


def _bracket(place: OrderPlace) -> tuple[str, str]:
    """What holds the answers of an order together."""
    return ("┌" if place.place == 1 else "└" if place.place == place.of else "│"), "text.dim"


def _style(grade: Grade | None, rule: ScoreRule) -> str:
    if grade is None:
        return "text.faint"
    if grade.score is None:
        return "state.bad"
    return f"band.{BandEdges().band(grade.score, rule).value}"


def heading_line(left: str, right: str, width: int, *, active: bool) -> Line:
    """The name of a pane; the one that keys move is marked by a sign."""
    sign, style = ("▸", "text.accent bold") if active else (" ", "text.dim")
    return justify([(f"{sign}{left}", style)], [(right, "text.dim")], width)
