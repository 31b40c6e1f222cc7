"""Runs: what was predicted and graded, grouped by dataset, model, effort and prompt."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import Any, ClassVar

from textual.message import Message

from rft_tui.safetext import one_line
from rft_tui.store.graders import StoredGrader, get_grader, list_graders
from rft_tui.store.run_figures import RunLine, run_lines
from rft_tui.store.summary import ScoreSummary, summarise
from rft_tui.tui.actions import RUNS, Action
from rft_tui.tui.paint import Line
from rft_tui.tui.screens.data_work import typed_path
from rft_tui.tui.screens.runs_list import RunsSource, details
from rft_tui.tui.screens.two_panes import TwoPanes


class RunsRead(Message):
    """Posted when a worker has read the runs and their figures."""

    def __init__(self, lines: list[RunLine], grader: StoredGrader | None) -> None:
        super().__init__()
        self.lines = lines
        self.grader = grader


class FiguresRead(Message):
    """Posted when a worker has read the figures of every grader for one line."""

    def __init__(self, line: RunLine, figures: list[tuple[StoredGrader, ScoreSummary]]) -> None:
        super().__init__()
        self.line = line
        self.figures = figures


class Imported(Message):
    """Posted when a worker has brought predictions in."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self.said = said


class GradeProgress(Message):
    """Posted while runs are graded: how many of how many are done; `said` at the end."""

    def __init__(self, name: str, done: int, of: int, said: str = "") -> None:
        super().__init__()
        self.name = name
        self.done = done
        self.of = of
        self.said = said


class RunsScreen(TwoPanes):
    """All runs with their figures; one key opens them in Review or grades them."""

    scope: ClassVar[str] = RUNS
    title_word: ClassVar[str] = "Runs"

    def __init__(self) -> None:
        super().__init__(RunsSource([], reading=True))
        self.grader: StoredGrader | None = None
        self._figures: tuple[tuple[int, ...], list[tuple[StoredGrader, ScoreSummary]]] | None = None
        self._grading: GradeProgress | None = None
        self._stop = Event()

    @property
    def row(self) -> RunLine | None:
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

    def _read(self) -> None:
        wanted = self.rft.session.get("review", {}).get("grader")
        with self.rft.workspace.store.read() as db:
            grader = get_grader(db, wanted) if isinstance(wanted, int) else None
            if grader is None:
                graders = list_graders(db)
                grader = graders[-1] if graders else None
            self.post_message(RunsRead(run_lines(db, grader), grader))

    def on_runs_read(self, message: RunsRead) -> None:
        """Show the runs."""
        first = self.table.count == 0
        cursor = self.rft.session.get("runs", {}).get("cursor", 0) if first else self.table.cursor
        self.grader = message.grader
        self._figures = None
        self.table.show(RunsSource(message.lines), cursor if isinstance(cursor, int) else 0)
        self.show_current()
        self.refresh_bars()

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """Workspace and grader; what is being graded."""
        name: Line = [(one_line(self.rft.workspace.name, 40), "text.accent bold")]
        if self.grader is not None:
            name += [(" · means by ", "text.dim"), (one_line(self.grader.name, 30), "text.normal"),
                     (f"@{self.grader.version[:4]}", "text.dim")]  # fmt: skip
        grading = self._grading
        right: Line = []
        if grading is not None and not grading.said:
            right = [(f"grade {one_line(grading.name, 24)} {grading.done:,}/{grading.of:,}", "state.info")]
        groups = sum(1 for line in self._lines() if line.run is None)
        runs = sum(1 for line in self._lines() if line.run is not None)
        return (name, right), (self.tabs(), [(f"{groups} groups · {runs} runs", "text.dim")])

    def _lines(self) -> list[RunLine]:
        source = self.table.source
        return source.lines if isinstance(source, RunsSource) else []

    def why_not(self, action: Action) -> str | None:
        """Actions on runs need some."""
        if action.id in ("runs.grade", "open", "runs.details") and self.row is None:
            return "there are no runs here"
        if action.id == "runs.details" and not self.is_narrow:
            return "the details stand beside the list"
        if action.id == "runs.grade" and self._grading is not None and not self._grading.said:
            return f"{self._grading.name} is being graded"
        return super().why_not(action)

    def show_current(self) -> None:
        """Show the figures of every grader for the line."""
        row = self.row
        if row is None:
            self.pane.show(lambda _width: [])
            return
        if self._figures is None or self._figures[0] != row.runs:
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
        self.post_message(FiguresRead(row, figures))

    def on_figures_read(self, message: FiguresRead) -> None:
        """Show them, if the cursor is still there."""
        row = self.row
        if row is not None and row.runs == message.line.runs:
            self._figures = (row.runs, message.figures)
            self._paint()

    def _paint(self) -> None:
        row = self.row
        figures = self._figures[1] if self._figures and row and self._figures[0] == row.runs else None
        if row is not None:
            self.pane.show(lambda width: details(row, figures, width), keep_place=True)

    def do_runs_details(self) -> None:
        """Show the details, or the list again."""
        self.go_to_pane(not self.in_pane)

    def do_open(self) -> None:
        """Open the runs in Review."""
        row = self.row
        if row is None:
            return
        from rft_tui.tui.screens.review import ReviewScreen

        review = self.rft.work_screen("review")
        self.rft.show_screen("review")
        if isinstance(review, ReviewScreen):
            review.look_at(row.runs)

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

    def do_runs_grade(self) -> None:
        """Choose a grader and grade the line's runs with it in the background."""
        from rft_tui.tui.screens.pick import Choice, PickScreen

        row = self.row
        if row is None:
            return
        folder = self.rft.workspace.graders_folder
        with self.rft.workspace.store.read() as db:
            stored = [grader for grader in list_graders(db) if not grader.is_external]
        choices = [Choice(grader.label, grader.label, grader.type) for grader in reversed(stored)]
        files = sorted(folder.glob("*.json")) if folder.is_dir() else []
        choices += [Choice(str(path), one_line(path.name), "file in graders/") for path in files]
        if not choices:
            self.say("there is no grader yet: rft-tui grader new", "state.warning")
            return

        def chosen(value: str | None) -> None:
            if value is not None:
                self._stop = Event()
                self.run_worker(
                    lambda: self._grade(value, row.runs), thread=True, group="runs.grade", exit_on_error=False
                )

        self.app.push_screen(PickScreen("grade with", choices), self.guarded(chosen))

    def _grade(self, name: str, runs: tuple[int, ...]) -> None:
        """In a worker: grade, telling how far it is."""
        from rft_tui.tasks.grade import grade_runs
        from rft_tui.tasks.graders import resolve_grader

        store = self.rft.workspace.store
        grader = resolve_grader(store, name, self.rft.workspace.graders_folder)
        self.post_message(GradeProgress(grader.name, 0, 0))

        def progress(done: int, of: int) -> None:
            self.post_message(GradeProgress(grader.name, done, of))

        try:
            report = grade_runs(store, grader, runs, stop=self._stop, progress=progress)
        except BaseException:
            self.post_message(GradeProgress(grader.name, 0, 0, "not graded"))
            raise
        said = f"{grader.name}: {report.computed:,} graded, {report.cached:,} were there, {report.errors:,} errors"
        self.post_message(GradeProgress(grader.name, 0, 0, said))

    def on_grade_progress(self, message: GradeProgress) -> None:
        """Show how far grading is; read again at the end."""
        self._grading = message
        if message.said:
            self.say(message.said, "state.good")
            self.do_refresh()
            self._refresh_review()
        self.refresh_bars()

    def _refresh_review(self) -> None:
        """Let Review know of the new grades."""
        from rft_tui.tui.screens.review import ReviewScreen

        review = self.rft.work_screen("review")
        if isinstance(review, ReviewScreen) and review.is_mounted:
            review.do_refresh()

    def stop_work(self) -> None:
        """Let grading end with the app; what is done is kept and the rest goes on next time."""
        self._stop.set()
