"""Runs: what was predicted and graded, grouped by dataset, model, effort and prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from textual.message import Message

from rft_tui.safetext import one_line
from rft_tui.store.graders import StoredGrader, get_grader, list_graders, most_at_home
from rft_tui.store.run_figures import RunLine, error_kinds, run_lines
from rft_tui.store.summary import ScoreSummary, summarise
from rft_tui.store.wanted import FAILED, MISSING
from rft_tui.tui.actions import RUNS, Action
from rft_tui.tui.paint import Line
from rft_tui.tui.screens.data.work import typed_path
from rft_tui.tui.screens.runs.again import TaskStarted, ask_again, why_not_again
from rft_tui.tui.screens.runs.grading import RunsGrading
from rft_tui.tui.screens.runs.list import RunsSource, details

AGAIN = {"runs.resume": MISSING, "runs.retry": FAILED}
"""Actions that ask again, and for which items."""

NEEDS_RUNS = ("runs.grade", "runs.details", "runs.top_up", "runs.compare", "open", *AGAIN)
"""Actions on the line under the cursor."""


class RunsRead(Message):
    """Posted when a worker has read the runs and their figures."""

    def __init__(self, lines: list[RunLine], grader: StoredGrader | None) -> None:
        super().__init__()
        self.lines = lines
        self.grader = grader


class FiguresRead(Message):
    """Posted when a worker has read the figures of every grader for one line."""

    def __init__(self, line: RunLine, figures: list[tuple[StoredGrader, ScoreSummary]], errors: dict[str, int]) -> None:
        super().__init__()
        self.line = line
        self.figures = figures
        self.errors = errors


class Imported(Message):
    """Posted when a worker has brought predictions in."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self.said = said


class RunsScreen(RunsGrading):
    """All runs with their figures; one key opens them in Review or grades them."""

    scope: ClassVar[str] = RUNS
    title_word: ClassVar[str] = "Runs"

    def __init__(self) -> None:
        super().__init__(RunsSource([], reading=True))
        self.grader: StoredGrader | None = None
        self._figures: tuple[tuple[int, ...], list[tuple[StoredGrader, ScoreSummary]]] | None = None
        self._errors: dict[str, int] = {}
        self._seen_growth = 0
        self._looked_for: set[int] = set()

    @property
    def row(self) -> RunLine | None:  # type: ignore[override]
        """The line under the cursor."""
        row: RunLine | None = self.table.current
        return row

    def on_mount(self) -> None:
        """Read in the background."""
        super().on_mount()
        self.do_refresh()

    def remembered(self) -> dict[str, Any]:
        """Where the cursor stood."""
        return {"cursor": self.table.cursor}

    def do_refresh(self) -> None:
        """Read the cache again."""
        self.run_worker(self._read, thread=True, exclusive=True, group="runs.read", exit_on_error=False)

    def cache_grew(self) -> None:
        """Read the figures again, one reading at a time; what is shown stays until they are there."""
        if any(worker.group == "runs.read" and worker.is_running and worker.node is self for worker in self.workers):
            return
        self._seen_growth = self.rft.tasks.growth
        self.do_refresh()

    def on_screen_resume(self) -> None:
        """Show what came in meanwhile."""
        super().on_screen_resume()
        self._catch_up()

    def _catch_up(self) -> None:
        if self._seen_growth != self.rft.tasks.growth:
            self.cache_grew()

    def _read(self) -> None:
        wanted = self.rft.session.get("review", {}).get("grader")
        with self.rft.workspace.store.read() as db:
            grader = get_grader(db, wanted) if isinstance(wanted, int) else None
            if grader is None:
                grader = most_at_home(db, list_graders(db))
            self.post_message(RunsRead(run_lines(db, grader), grader))

    def look_for(self, runs: tuple[int, ...]) -> None:
        """Stand on the first line that holds any of these runs when the runs are read next."""
        self._looked_for = set(runs)

    def on_runs_read(self, message: RunsRead) -> None:
        """Show the runs."""
        first = self.table.count == 0
        cursor = self.rft.session.get("runs", {}).get("cursor", 0) if first else self.table.cursor
        here = self.row
        if not first and here is not None:
            same = (number for number, line in enumerate(message.lines) if _is_same(line, here))
            cursor = next(same, cursor)
        if self._looked_for:
            new = (number for number, line in enumerate(message.lines) if set(line.runs) & self._looked_for)
            cursor = next(new, cursor)
            self._looked_for = set()
        self.grader = message.grader
        self.table.show(RunsSource(message.lines, self._empty_words()), cursor if isinstance(cursor, int) else 0)
        self.show_current(again=True)
        self._catch_up()
        self.refresh_bars()

    def _empty_words(self) -> list[Line]:
        """What to do when there are no runs."""
        return [
            [(" No runs yet.", "text.normal")],
            [(f" {self.hint_key('runs.new')} asks a model for some;", "text.dim")],
            [(f" {self.hint_key('runs.import')} (or rft-tui import FILE) brings in predictions made elsewhere;",
              "text.dim")],
            [(" rft-tui demo shows how it looks with some.", "text.dim")],
        ]  # fmt: skip

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """Workspace and grader; what is being graded."""
        name: Line = [(one_line(self.rft.workspace.name, 40), "text.accent bold")]
        if self.grader is not None:
            name += [(" · means by ", "text.dim"), (one_line(self.grader.name, 30), "text.normal"),
                     (f"@{self.grader.version[:4]}", "text.dim")]  # fmt: skip
        if any(line.group.simulated for line in self._lines()):
            name.append((" SIMULATED", "state.warning bold"))
        grading = self.grading
        right: Line = []
        if grading is not None and self.is_grading:
            right = [(f"grade {one_line(grading.name, 24)} {grading.done:,}/{grading.of:,}", "state.info")]
        groups = sum(1 for line in self._lines() if line.run is None)
        runs = sum(1 for line in self._lines() if line.run is not None)
        return (name, right), (self.tabs(), [(f"{groups} groups · {runs} runs", "text.dim")])

    def _lines(self) -> list[RunLine]:
        source = self.table.source
        return source.lines if isinstance(source, RunsSource) else []

    def why_not(self, action: Action) -> str | None:
        """Actions on runs need some."""
        row = self.row
        if action.id in NEEDS_RUNS and row is None:
            return "there are no runs here"
        if action.id in AGAIN and row is not None:
            return why_not_again(row, AGAIN[action.id])
        if action.id == "runs.top_up" and row is not None and any(part.source for part in row.parts):
            return "these predictions were imported: there is no service to ask"
        if action.id == "runs.details" and not self.is_narrow:
            return "the details stand beside the list"
        if action.id == "runs.grade" and self.grading is not None and self.is_grading:
            return f"{self.grading.name} is being graded"
        return super().why_not(action)

    def show_current(self, *, again: bool = False) -> None:
        """Show the figures of every grader for the line; read them again where something may have changed."""
        row = self.row
        if row is None:
            self.pane.show(lambda _width: [])
            return
        self.refresh_bars()
        if again or self._figures is None or self._figures[0] != row.runs:
            self.run_worker(
                lambda: self._read_figures(row), thread=True, exclusive=True, group="runs.figures", exit_on_error=False
            )
        self._paint()

    def _read_figures(self, row: RunLine) -> None:
        figures: list[tuple[StoredGrader, ScoreSummary]] = []
        with self.rft.workspace.store.read() as db:
            for grader in list_graders(db):
                summary = summarise(db, grader.id, grader.rule, row.runs)
                if summary.graded:
                    figures.append((grader, summary))
            errors = error_kinds(db, row.runs) if row.errors else {}
        self.post_message(FiguresRead(row, figures, errors))

    def on_figures_read(self, message: FiguresRead) -> None:
        """Show them, if the cursor is still there."""
        row = self.row
        if row is not None and row.runs == message.line.runs:
            self._figures = (row.runs, message.figures)
            self._errors = message.errors
            self._paint()

    def _paint(self) -> None:
        row = self.row
        if row is not None:
            known = self._figures is not None and self._figures[0] == row.runs
            figures = self._figures[1] if self._figures is not None and known else None
            errors = self._errors if known else {}
            self.pane.show(lambda width: details(row, figures, errors, width), keep_place=True)

    def do_runs_details(self) -> None:
        """Show the details, or the list again."""
        self.go_to_pane(not self.in_pane)

    def do_open(self) -> None:
        """Open the runs in Review."""
        row = self.row
        if row is None:
            return
        from rft_tui.tui.screens.review.screen import ReviewScreen

        review = self.rft.work_screen("review")
        self.rft.show_screen("review")
        if isinstance(review, ReviewScreen):
            review.look_at(row.runs)

    def do_runs_new(self) -> None:
        """Open the form of a new run."""
        from rft_tui.tui.screens.runs.new_run import NewRunScreen

        row = self.row
        self.app.push_screen(NewRunScreen({} if row is None else {"dataset": row.group.dataset}))

    def do_runs_top_up(self) -> None:
        """Open the form with the way of the line, and more runs."""
        from rft_tui.tui.new_run.topping_up import top_up_values
        from rft_tui.tui.screens.runs.new_run import NewRunScreen

        row = self.row
        if row is None:
            return
        with self.rft.workspace.store.read() as db:
            values = top_up_values(db, row)
        self.app.push_screen(NewRunScreen(values, whole=True))

    def do_runs_compare(self) -> None:
        """Choose a baseline, then open Compare."""
        from rft_tui.tui.screens.compare.from_runs import compare_line

        if self.row is not None:
            compare_line(self, self.row, self._lines())

    def do_runs_resume(self) -> None:
        """Ask for what is missing."""
        if self.row is not None:
            ask_again(self, self.row, MISSING)

    def do_runs_retry(self) -> None:
        """Ask again where there are errors."""
        if self.row is not None:
            ask_again(self, self.row, FAILED)

    def on_task_started(self, message: TaskStarted) -> None:
        """Say it; its figures stand in the header."""
        self.rft.look_at_tasks()
        self.do_refresh()
        self.say(message.said, "state.good")

    def do_runs_import(self) -> None:
        """Bring in predictions from a file or folder, in the background."""

        def import_from(text: str) -> None:
            path = typed_path(self, text)
            self.say(f"importing {path.name} …", "state.info")
            self.run_worker(
                lambda: self._import(path), thread=True, exclusive=True, group="runs.import", exit_on_error=False
            )

        self.ask("predictions file or folder", "", import_from)

    def _import(self, path: Path) -> None:
        from rft_tui.interchange.importer import import_predictions
        from rft_tui.interchange.options import ImportOptions

        workspace = self.rft.workspace
        report = import_predictions(workspace.store, [path], ImportOptions(), workspace.prompts_folder)
        self.post_message(Imported(" · ".join([f"{report.new:,} new, {report.known:,} known", *report.notes])))

    def on_imported(self, message: Imported) -> None:
        """Show what came in."""
        self.say(message.said, "state.good")
        self.do_refresh()


def _is_same(line: RunLine, other: RunLine) -> bool:
    """Whether two lines stand for the same run, or for one group, which may have grown."""
    if line.run is not None and other.run is not None:
        return line.run.id == other.run.id
    return line.run is None and other.run is None and bool(set(line.runs) & set(other.runs))
