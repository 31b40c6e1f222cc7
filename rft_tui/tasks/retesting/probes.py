"""The probe set: the predictions that a grader is tried on while it is edited, few and chosen by the person.

Nothing here reads more than it gives: choices run on indexes and on the Review list's own queries.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from rft_tui.errors import GraderSpecError
from rft_tui.graders.engine import compile_grader
from rft_tui.graders.registry import models_asked
from rft_tui.model import Grade, JsonObject, ScoreRule, Verdict
from rft_tui.store.database import Store
from rft_tui.store.drafts import pinned
from rft_tui.store.filters import Selection, Sort, filtered
from rft_tui.store.graders import StoredGrader, grader_of_version, list_graders, most_at_home, versions_of
from rft_tui.store.grades import Gradable, get_grade, is_service_error
from rft_tui.store.listing import Listing, ListingRequest
from rft_tui.store.probes import (
    Probed,
    answered_count,
    drawn_predictions,
    group_sizes,
    read_probed,
    recently_judged,
    runs_alike,
    with_their_runs,
)
from rft_tui.store.query import Query, Term, parse_query
from rft_tui.store.runs import resolve_runs
from rft_tui.tasks.diff_graders import passes
from rft_tui.tasks.grade import NOT_ASKED, grade_predictions

if TYPE_CHECKING:
    from rft_tui.graders.judge import Judge

ProbeKind: TypeAlias = Literal["mistakes", "pinned", "filter", "marks", "random", "run", "orders"]

BY_GRADE = frozenset(
    {"mistakes", "pass", "fail", "flips", "allfail", "disagree", "band", "score", "errors", "steps"}
)  # fmt: skip
"""Terms of a filter that ask what a grader said."""

BY_SCORE = BY_GRADE | {"list"}
"""Terms that choose by score; a kept list mostly holds flips."""

MOST_ROWS = 2000
"""Rows of a probe set at the most."""

OLD_GRADES_S = 3.0
"""Seconds for grades of the version that is edited, where it has not graded a row yet."""


@dataclass(frozen=True, slots=True)
class ProbeChoice:
    """What to try a grader on, and how much of it.

    ``mistakes``: those the person judged last, then the lowest scores; ``pinned``: in the order of pinning; ``filter``:
    `text` as Review takes it, the lowest scores first where it asks for grades, else by item, whoever graded;
    ``marks``; ``random``: items by `seed`, each with all its answers; ``run``: `text` is a run id or a model name,
    items in a fixed shuffled order, each with all its answers; ``orders``: the answers of the expected orders that are
    kept with the grader, which `orders.order_rows` reads, since they are no predictions.
    """

    kind: ProbeKind
    text: str = ""
    count: int = 100
    seed: int = 42

    @property
    def is_by_score(self) -> bool:
        """Whether scores decide what is in it, so that their spread says nothing of the grader."""
        return self.kind == "mistakes" or bool(self._terms & BY_SCORE)

    @property
    def asks_grades(self) -> bool:
        """Whether it is a filter that asks what a grader said."""
        return bool(self._terms & BY_GRADE)

    @property
    def _terms(self) -> set[str]:
        return {term.kind for term in parse_query(self.text).terms} if self.kind == "filter" else set()


@dataclass(frozen=True, slots=True)
class OrderPlace:
    """Where an answer stands in an expected order: which order and which place, both from 1, of how many answers."""

    order: int
    place: int
    of: int


@dataclass(frozen=True, slots=True)
class ProbeRow:
    """One prediction with what a grader reads, what the version that is edited said of it, and what the person did.

    `old_passed` is that version's pass, None without a score; `person_right` what the verdict says in agreement of
    grader and person (product.md section 8), None where it says nothing. An answer of an expected order has a `place`
    and a negative number: no prediction is behind it; `item` is 0 where no item is.

    `old` is of the version that is held against; `own` of the one that is edited, which mostly is the same. `group` is
    the first of the runs that differ from its own in their run index only, `runs` how many predictions of the item
    these have; 0 where no prediction is behind it.
    """

    prediction: int
    item: int
    row_id: str
    run: int
    run_index: int
    model: str
    output_text: str
    reference: str | None
    fields: JsonObject
    extra: JsonObject
    error_kind: str | None
    verdict: Verdict | None
    old: Grade | None
    error_message: str | None = None
    old_passed: bool | None = None
    person_right: bool | None = None
    place: OrderPlace | None = None
    own: Grade | None = None
    group: int = 0
    runs: int = 0

    @property
    def gradable(self) -> Gradable:
        """The row as graders take it."""
        return Gradable(
            self.prediction, self.item, self.run, self.row_id, self.run_index, self.model, self.output_text,
            self.error_kind, self.error_message, self.extra, self.fields,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProbeSet:
    """The rows of a probe set, and of how many predictions that fit they are."""

    rows: tuple[ProbeRow, ...]
    total: int


def probe_set(
    store: Store,
    choice: ProbeChoice,
    base: StoredGrader | None,
    reviewer: str,
    judge: Judge | None = None,
    held: StoredGrader | None = None,
) -> ProbeSet:
    """A probe set for the version `base`, None for a new grader, with the old grades of `held`, which may be another.

    Where a local `held` has not graded a row, it does so now, for at most `OLD_GRADES_S` seconds; nothing is stored.
    One that asks a model does so with a `judge` alone, which should ask nobody. Raises UsageError for a run that does
    not exist and what `Listing` raises for a regular expression that takes too long.
    """
    held = held or base
    count = max(1, min(choice.count, MOST_ROWS))
    with store.read() as db:
        scorer = _scorer(db, base)
    predictions, total = _chosen(store, replace(choice, count=count), scorer, reviewer)
    with store.read() as db:
        known = _Passes(db, held)
        rows = [_row(probed, held, known) for probed in read_probed(db, predictions, reviewer)]
        rows = _with_groups(db, rows)
        is_own = base is None or held is None or held.id == base.id
        if base is not None and not is_own:
            rows = [replace(row, own=get_grade(db, base.id, row.prediction)) for row in rows]
    rows = with_old_grades(rows, held, judge)
    if is_own:
        rows = [replace(row, own=row.old) for row in rows]
    return ProbeSet(tuple(rows), max(total, len(rows)))


def _with_groups(db: sqlite3.Connection, rows: list[ProbeRow]) -> list[ProbeRow]:
    """The rows with what is known of the runs beside theirs."""
    alike = runs_alike(db)
    sizes = group_sizes(db, list({row.item for row in rows}), alike)
    groups = ((row, alike.get(row.run, 0)) for row in rows)
    return [replace(row, group=group, runs=sizes.get((row.item, group), 0)) for row, group in groups]


def person_right(verdict: Verdict | None, passed: bool | None) -> bool | None:
    """Whether the person holds the prediction for right; `passed` is the pass of the version that `w` was said of."""
    if verdict in (Verdict.RIGHT, Verdict.BOTH):
        return True
    if verdict is Verdict.WRONG:
        return False
    return not passed if verdict is Verdict.GRADER and passed is not None else None


def _scorer(db: sqlite3.Connection, base: StoredGrader | None) -> StoredGrader | None:
    """The version whose scores choose and order: the edited one, an older one of its name, or the one most at home."""
    candidates = [] if base is None else [base, *versions_of(db, base.name)]
    for grader in candidates:
        if db.execute("SELECT 1 FROM grade WHERE grader = ? LIMIT 1", [grader.id]).fetchone() is not None:
            return grader
    return most_at_home(db, list_graders(db))


def _chosen(store: Store, choice: ProbeChoice, scorer: StoredGrader | None, reviewer: str) -> tuple[list[int], int]:
    """The predictions, and how many would fit."""
    count = choice.count
    match choice.kind:
        case "mistakes":
            with store.read() as db:
                recent = recently_judged(db, scorer, reviewer, count)
            lowest, total = _listed(store, Query((Term("mistakes"),)), scorer, reviewer, count)
            found = list(dict.fromkeys([*recent, *lowest]))
            return found[:count], max(total, len(found))
        case "pinned":
            with store.read() as db:
                numbers = pinned(db)
            return numbers[:count], len(numbers)
        case "filter":
            of = scorer if choice.asks_grades else None
            return _listed(store, parse_query(choice.text), of, reviewer, count)
        case "marks":
            return _listed(store, Query((Term("marked"),)), None, reviewer, count)
        case "random":
            with store.read() as db:
                drawn = drawn_predictions(db, count, choice.seed)
                return with_their_runs(db, drawn, count), answered_count(db)
        case "run":
            with store.read() as db:
                runs = tuple(resolve_runs(db, [choice.text]))
            drawn, _total = _listed(store, Query(), None, reviewer, count, runs, Sort.RANDOM)
            with store.read() as db:
                return with_their_runs(db, drawn, count, runs), answered_count(db, runs)
        case "orders":
            return [], 0


def _listed(
    store: Store,
    query: Query,
    scorer: StoredGrader | None,
    reviewer: str,
    count: int,
    runs: tuple[int, ...] | None = None,
    sort: Sort = Sort.SCORE,
) -> tuple[list[int], int]:
    """The first predictions of a Review list, and how many are in all of it."""
    rule = scorer.rule if scorer is not None else ScoreRule()
    selection = Selection(runs, scorer.id if scorer else None, reviewer, rule, rule.shown_threshold)
    head = None if query.has("re") or query.has("re", negated=True) else count
    with closing(Listing(store, ListingRequest(selection, query, sort, head=head))) as listing:
        found = [row.prediction for row in listing.run().page(0, count)]
        total = listing.count
        is_complete = listing.is_complete
    if not is_complete:
        with store.read() as db:
            sql, values = filtered(selection, query).sql("count(*)")
            total = db.execute(sql, values).fetchone()[0]
    return found, total


class _Passes:
    """What stored versions say of predictions: the version that is edited, and those that verdicts were given on."""

    def __init__(self, db: sqlite3.Connection, base: StoredGrader | None) -> None:
        self._db = db
        self._base = base
        self._versions: dict[str, StoredGrader | None] = {}

    def old(self, prediction: int) -> Grade | None:
        return None if self._base is None else get_grade(self._db, self._base.id, prediction)

    def on_screen(self, probed: Probed) -> bool | None:
        """The pass of the version that a verdict was given on, None where it is not known."""
        version = probed.verdict_grader
        if version is None:
            return None
        if version not in self._versions:
            self._versions[version] = grader_of_version(self._db, version)
        grader = self._versions[version]
        grade = None if grader is None else get_grade(self._db, grader.id, probed.gradable.prediction)
        return None if grader is None or grade is None else _passed(grade, grader)


def _passed(grade: Grade | None, grader: StoredGrader | None) -> bool | None:
    if grade is None or grader is None or grade.score is None:
        return None
    return passes(grade, grader.rule, None)


def _row(probed: Probed, base: StoredGrader | None, known: _Passes) -> ProbeRow:
    of = probed.gradable
    old = known.old(of.prediction)
    old_passed = _passed(old, base)
    on_screen = known.on_screen(probed) if probed.verdict is Verdict.GRADER else None
    return ProbeRow(
        of.prediction, of.item, of.row_id, of.run, of.run_index, of.model, of.output_text, probed.reference, of.fields,
        of.extra, of.error_kind, probed.verdict, old, of.error_message, old_passed,
        person_right(probed.verdict, old_passed if on_screen is None else on_screen),
    )  # fmt: skip


def with_old_grades(rows: list[ProbeRow], base: StoredGrader | None, judge: Judge | None = None) -> list[ProbeRow]:
    """The rows with the grades of a version that has not graded all of them."""
    missing = [row for row in rows if row.old is None]
    if base is None or not missing or base.is_external:
        return rows
    graded = graded_now(missing, base.spec, judge)
    return [regraded(row, graded.get(row.prediction), base) for row in rows]


def graded_now(rows: Sequence[ProbeRow], spec: JsonObject, judge: Judge | None = None) -> dict[int, Grade]:
    """The grades of some rows by their numbers, as many as are made in `OLD_GRADES_S` seconds; nothing is stored.

    What a judge was not asked is left out; so is everything where a model has to be asked and there is no judge, and
    where the grader cannot run here.
    """
    if models_asked(spec) and judge is None:
        return {}
    try:
        local = compile_grader(spec)
    except GraderSpecError:
        return {}
    stop = threading.Event()
    clock = threading.Timer(OLD_GRADES_S, stop.set)
    clock.daemon = True
    clock.start()
    try:
        made = grade_predictions(local, [row.gradable for row in rows], stop=stop, judge=judge)
        return {of.prediction: grade for of, grade in made if not is_unasked(grade)}
    finally:
        clock.cancel()


def is_unasked(grade: Grade) -> bool:
    """Whether a grade says nothing but that a model was not asked."""
    return grade.error is not None and grade.error.kind == NOT_ASKED


def regraded(row: ProbeRow, grade: Grade | None, base: StoredGrader) -> ProbeRow:
    """The row with what the version that is edited says of it; None where that is nothing new."""
    if grade is None or is_service_error(grade):
        return row
    passed = _passed(grade, base)
    right = person_right(row.verdict, passed) if row.person_right is None else row.person_right
    return replace(row, old=grade, old_passed=passed, person_right=right)
