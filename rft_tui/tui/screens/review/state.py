"""What Review looks at and how: kept across restarts, and turned into what the store is asked."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from rft_tui.model import BandEdges
from rft_tui.store.filters import Selection, Sort
from rft_tui.store.graders import StoredGrader, get_grader, list_graders, most_at_home, previous_version
from rft_tui.store.grades import is_simulated
from rft_tui.store.kept_lists import unknown_lists
from rft_tui.store.listing import ListingRequest
from rft_tui.store.query import Query, parse_query
from rft_tui.store.runs import RunGroup, run_groups
from rft_tui.tui.screens.review.item import ItemView
from rft_tui.tui.screens.review.list import COLUMNS, DEFAULT_COLUMNS

DEFAULT_QUERY = "mistakes"
"""What a first look shows."""


@dataclass(slots=True)
class ReviewState:
    """The state of the Review screen; every field survives a restart.

    `threshold` None means the grader's own (or half the range); `baseline` -1 means the grader's previous version.
    """

    runs: list[int] | None = None
    grader: int | None = None
    threshold: float | None = None
    query: str = DEFAULT_QUERY
    sort: str = Sort.SCORE.value
    descending: bool = False
    baseline: int = -1
    prediction: int | None = None
    fold_question: bool = False
    raw: bool = False
    list_open: bool = False
    columns: list[str] | None = None

    @classmethod
    def restored(cls, saved: Any) -> ReviewState:
        """The state of the last session; what is unknown or of another type is left at its default."""
        state = cls()
        for one in fields(cls) if isinstance(saved, dict) else ():
            if one.name in saved and _fits(one.name, getattr(state, one.name), saved[one.name]):
                setattr(state, one.name, saved[one.name])
        return state

    def as_json(self) -> dict[str, Any]:
        """What is written down."""
        return asdict(self)


def _fits(name: str, default: Any, value: Any) -> bool:
    """Whether a field may have a value that was written down, perhaps by another version."""
    if value is None:
        return default is None
    if name == "runs":
        return isinstance(value, list) and all(isinstance(one, int) for one in value)
    if name == "columns":
        return isinstance(value, list) and all(one in COLUMNS for one in value)
    if name == "sort":
        return value in list(Sort)
    if name == "threshold":
        return isinstance(value, int | float)
    return isinstance(value, int if default is None else type(default))


@dataclass(frozen=True, slots=True)
class ReviewContext:
    """The state with everything looked up in the store that painting and listing need."""

    groups: tuple[RunGroup, ...]
    graders: tuple[StoredGrader, ...]
    grader: StoredGrader | None
    selection: Selection
    query: Query
    view: ItemView
    is_judged_by_simulation: bool = False

    @property
    def shown_groups(self) -> list[RunGroup]:
        """The groups whose runs are looked at."""
        runs = self.selection.runs
        return [group for group in self.groups if runs is None or set(group.runs) & set(runs)]


def read_context(db: sqlite3.Connection, state: ReviewState, reviewer: str) -> ReviewContext:
    """Look up what the state names; what is gone falls back to the first there is."""
    groups = tuple(run_groups(db))
    graders = tuple(_graders_with_grades(db))
    known = {run for group in groups for run in group.runs}
    if state.runs is not None:
        state.runs = [run for run in state.runs if run in known] or None
    elif groups and state.prediction is None:
        state.runs = list(groups[0].runs)
    grader = next((one for one in graders if one.id == state.grader), None)
    if grader is None and graders:
        grader = most_at_home(db, graders, state.runs)
        state.threshold = None
    state.grader = grader.id if grader else None
    baseline: StoredGrader | None = None
    if grader is not None:
        baseline = previous_version(db, grader) if state.baseline == -1 else get_grader(db, state.baseline)
    selection = _selection(state, grader, baseline, reviewer)
    view = ItemView(
        selection.rule,
        selection.threshold,
        selection.edges,
        grader.name if grader else "",
        state.fold_question,
        state.raw,
    )
    simulated = grader is not None and is_simulated(db, grader.id, selection.runs)
    query = parse_query(state.query)
    query = replace(query, notes=(*query.notes, *unknown_lists(db, query)))
    return ReviewContext(groups, graders, grader, selection, query, view, simulated)


def _selection(
    state: ReviewState, grader: StoredGrader | None, baseline: StoredGrader | None, reviewer: str
) -> Selection:
    runs = None if state.runs is None else tuple(state.runs)
    if grader is None:
        return Selection(runs, None, reviewer)
    rule = grader.rule
    threshold = rule.shown_threshold if state.threshold is None else state.threshold
    return Selection(runs, grader.id, reviewer, rule, threshold, BandEdges(), baseline.id if baseline else None)


def _graders_with_grades(db: sqlite3.Connection) -> list[StoredGrader]:
    return [
        grader
        for grader in list_graders(db)
        if db.execute("SELECT 1 FROM grade WHERE grader = ? LIMIT 1", [grader.id]).fetchone()
    ]


def request_of(
    state: ReviewState, context: ReviewContext, *, query: str | None = None, head: int | None = None
) -> ListingRequest:
    """What the store is asked to list."""
    parsed = context.query if query is None else parse_query(query)
    sort = Sort(state.sort)
    if sort is Sort.LIST and not parsed.has("list"):
        sort = Sort.SCORE
    return ListingRequest(context.selection, parsed, sort, state.descending, head)


def shown_columns(state: ReviewState) -> tuple[str, ...]:
    """The columns of the list."""
    return tuple(state.columns) if state.columns else DEFAULT_COLUMNS
