"""The options that say which predictions are meant, as the Review list takes them, for every command that lists any."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rft_tui.cli.choose import known_grader, simulated_mark
from rft_tui.cli.console import Calling
from rft_tui.errors import UsageError
from rft_tui.model import VERDICT_KEYS, Band, JsonObject, Verdict
from rft_tui.store.filters import Selection, Sort
from rft_tui.store.query import Query, Term, parse_query

if TYPE_CHECKING:
    from rft_tui.store.graders import StoredGrader
    from rft_tui.store.listing import Listing, ListingRequest
    from rft_tui.workspace import Workspace

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_VERDICTS = {key: verdict.value for verdict, key in VERDICT_KEYS.items()}


def filter_options(function: Decorated) -> Decorated:
    """The options of a filter; the command gets them as keywords and makes a `ReviewFilter` of them."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


_OPTIONS = (
    click.option("--run", "runs", metavar="R", multiple=True, help="Only these runs: ids or model names; repeat it."),
    click.option("--grader", metavar="G", help="The grader whose scores count (default: the one that graded most)."),
    click.option("--mistakes", is_flag=True, help="Only scores below full marks."),
    click.option("--band", metavar="B", help=f"Only one band: {', '.join(band.value for band in Band)}."),
    click.option("--verdict", metavar="V", help=f"Only one verdict: {', '.join(Verdict)}, or its key."),
    click.option("--tag", metavar="T", help="Only predictions with this tag."),
    click.option(
        "--text", "words", metavar="Q", help="Only where question, prediction, reference, summary or steps hold Q."
    ),
    click.option(
        "--filter", "query", metavar="FILTER", help="Any filter of the Review screen, such as 'flips -verdict'."
    ),
    click.option(
        "--sort", type=click.Choice([sort.value for sort in Sort]),
        help="The order (default: score; of a list:NAME its own).",
    ),
    click.option("--descending", is_flag=True, help="The other way round."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """What the options say."""

    runs: tuple[str, ...]
    grader: str | None
    mistakes: bool
    band: str | None
    verdict: str | None
    tag: str | None
    words: str | None
    query: str | None
    sort: str | None
    descending: bool

    def terms(self) -> list[Term]:
        """The conditions that the options say, but for the filter's own. Raises UsageError naming the choices."""
        terms = [Term("mistakes")] if self.mistakes else []
        if self.band is not None:
            name = self.band.lower().replace("-", "_")
            if name not in set(Band):
                raise UsageError(f"there is no band {self.band!r}", hint=f"One of {', '.join(Band)}.")
            terms.append(Term("band", name))
        if self.verdict is not None:
            value = _VERDICTS.get(self.verdict, self.verdict.lower())
            if value not in set(Verdict):
                keys = ", ".join(f"{one.value} ({key})" for one, key in VERDICT_KEYS.items())
                raise UsageError(f"there is no verdict {self.verdict!r}", hint=f"One of {keys}.")
            terms.append(Term("verdict", value))
        if self.tag is not None:
            terms.append(Term("tag", self.tag))
        if self.words is not None:
            terms.append(Term("text", self.words))
        return terms


@dataclass(frozen=True, slots=True)
class ChosenList:
    """What a filter stands for in a workspace: the list to make, whose scores it shows, and the mark of simulation."""

    request: ListingRequest
    grader: StoredGrader | None
    mark: JsonObject

    @property
    def selection(self) -> Selection:
        """What the list looks at."""
        return self.request.selection


def chosen_list(calling: Calling, options: ReviewFilter) -> ChosenList:
    """The list that the options ask for; what is odd about the filter is told. Raises UsageError."""
    from rft_tui.store.kept_lists import unknown_lists
    from rft_tui.store.listing import ListingRequest
    from rft_tui.store.runs import resolve_runs

    terms = options.terms()
    parsed = parse_query(options.query or "")
    for note in parsed.notes:
        calling.say(note)
    workspace = calling.workspace()
    let_stand(workspace)
    with workspace.store.read() as db:
        chosen = resolve_runs(db, options.runs) if options.runs else None
    stored = grader_at_home(calling, options.grader, chosen)
    with workspace.store.read() as db:
        mark = simulated_mark(db, chosen, stored.id if stored else None)
        for note in unknown_lists(db, parsed):
            calling.say(note)
    order = Sort(options.sort or ("list" if parsed.has("list") else "score"))
    if order is Sort.LIST and not parsed.has("list"):
        raise UsageError("the order of a list needs a list", hint="Name one: --filter list:NAME.")
    selection = selection_of(workspace, stored, chosen)
    request = ListingRequest(selection, Query((*terms, *parsed.terms)), order, options.descending)
    return ChosenList(request, stored, mark)


def run_list(calling: Calling, request: ListingRequest) -> Listing:
    """The list itself; the caller closes it. Raises UsageError where a regular expression takes too long."""
    from rft_tui.store.listing import Listing

    try:
        return Listing(calling.workspace().store, request).run()
    except TimeoutError as error:
        raise UsageError("the regular expression takes too long", hint="Make it simpler.") from error


def let_stand(workspace: Workspace) -> None:
    """Let what reviewers said elsewhere stand, as far as its predictions have come meanwhile."""
    from rft_tui.store.review_log import let_stand as stand

    stand(workspace.store)


def grader_at_home(calling: Calling, name: str | None, runs: Sequence[int] | None = None) -> StoredGrader | None:
    """The grader of a name, or as on the screen the one that has graded most of the runs (None: of all).

    The newest of several; where none has graded anything of the runs, the newest of all, so that the list says what is
    not graded.
    """
    if name is not None:
        return known_grader(calling, name)
    from rft_tui.store.graders import list_graders, most_at_home

    with calling.workspace().store.read() as db:
        graded = [one for one in list_graders(db) if has_graded(db, one.id)]
        return most_at_home(db, graded, runs)


def has_graded(db: sqlite3.Connection, grader: int, runs: Sequence[int] | None = None) -> bool:
    """Whether a version has graded anything of the runs (None: of all)."""
    if runs is not None:
        from rft_tui.store.review import graded_runs

        return bool(graded_runs(db, grader, runs))
    return db.execute("SELECT 1 FROM grade WHERE grader = ? LIMIT 1", [grader]).fetchone() is not None


def selection_of(workspace: Workspace, grader: StoredGrader | None, runs: Sequence[int] | None) -> Selection:
    """What a list looks at, with the pass line where the grader has it."""
    chosen = None if runs is None else tuple(runs)
    if grader is None:
        return Selection(chosen, None, workspace.reviewer)
    return Selection(chosen, grader.id, workspace.reviewer, grader.rule, grader.rule.shown_threshold)
