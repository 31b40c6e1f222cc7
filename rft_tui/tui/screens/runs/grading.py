"""Grading from the Runs screen: here at once, or by a model through a profile, which is said and confirmed first."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from textual.message import Message

from rft_tui.safetext import one_line
from rft_tui.store.graders import StoredGrader, list_graders
from rft_tui.store.run_figures import RunLine
from rft_tui.tui.screens.runs.again import TaskStarted
from rft_tui.tui.screens.two_panes import TwoPanes
from rft_tui.tui.task_words import at_most

if TYPE_CHECKING:
    from rft_tui.providers.profiles import NamedProfile


class GradeProgress(Message):
    """Posted while runs are graded: how many of how many are done; `said` at the end."""

    def __init__(self, name: str, done: int, of: int, said: str = "") -> None:
        super().__init__()
        self.name = name
        self.done = done
        self.of = of
        self.said = said


class JudgeNeeded(Message):
    """Posted when the chosen grader asks models of a service."""

    def __init__(self, grader: StoredGrader, models: tuple[str, ...], runs: tuple[int, ...]) -> None:
        super().__init__()
        self.grader = grader
        self.models = models
        self.runs = runs


class JudgingPlanned(Message):
    """Posted when a worker knows how many predictions are to be judged and about what that costs (None: unknown)."""

    def __init__(self, need: JudgeNeeded, profile: NamedProfile, requests: int, cost: float | None) -> None:
        super().__init__()
        self.need = need
        self.profile = profile
        self.requests = requests
        self.cost = cost


class RunsGrading(TwoPanes):
    """What the Runs screen does to grade."""

    row: RunLine | None

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self.grading: GradeProgress | None = None
        self._stop = Event()

    @property
    def is_grading(self) -> bool:
        """Whether something is graded here just now."""
        return self.grading is not None and not self.grading.said

    def do_runs_grade(self) -> None:
        """Choose a grader and grade the line's runs with it in the background."""
        from rft_tui.tasks.graders import grader_files
        from rft_tui.tui.screens.pick import Choice, PickScreen

        row = self.row
        if row is None:
            return
        workspace = self.rft.workspace
        with workspace.store.read() as db:
            stored = [grader for grader in list_graders(db) if not grader.is_external]
        files = grader_files(workspace.graders_folder)
        names = {version: one_line(path.name) for path, version in reversed(files.items())}
        choices = [
            Choice(f"{one.name}@{one.version}", one.label, " · ".join(filter(None, (one.type, names.get(one.version)))))
            for one in reversed(stored)
        ]
        known = {one.version for one in stored}
        choices += [
            Choice(str(path), one_line(path.name), "file in graders/")
            for path, version in files.items()
            if version not in known
        ]
        if not choices:
            makes = f"{self.hint_key('screen.graders')} Graders, {self.hint_key('graders.new')} makes one"
            self.say(f"there is no grader yet · {makes}", "state.warning")
            return

        def chosen(value: str | None) -> None:
            if value is not None:
                self._stop = Event()
                self.run_worker(
                    lambda: self._grade(value, row.runs), thread=True, group="runs.grade", exit_on_error=False
                )

        self.app.push_screen(PickScreen("grade with", choices), self.guarded(chosen))

    def _grade(self, name: str, runs: tuple[int, ...]) -> None:
        """In a worker: grade here, telling how far it is; a grader that asks a model is handed back."""
        from rft_tui.graders.registry import models_asked
        from rft_tui.tasks.grade import grade_runs
        from rft_tui.tasks.graders import resolve_grader

        store = self.rft.workspace.store
        grader = resolve_grader(store, name, self.rft.workspace.graders_folder)
        if models := models_asked(grader.spec):
            self.post_message(JudgeNeeded(grader, models, runs))
            return
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

    def on_judge_needed(self, message: JudgeNeeded) -> None:
        """Let the person choose who is asked."""
        from rft_tui.providers.profiles import list_profiles, named_profile
        from rft_tui.tui.screens.pick import Choice, PickScreen

        settings = self.rft.workspace.settings
        profiles = {one.name: one for one in list_profiles(settings)}
        usual = named_profile(settings, None, judge=True)
        choices = [
            Choice(name, one_line(name, 40), "SIMULATED" if one.is_simulated else one_line(one.address, 60))
            for name, one in sorted(profiles.items(), key=lambda pair: pair[0] != usual.name)
        ]

        def chosen(name: str | None) -> None:
            if name is not None:
                self._plan_judging(message, profiles[name])

        models = one_line(", ".join(message.models), 40)
        title = f"{one_line(message.grader.name, 30)} asks {models} through"
        self.app.push_screen(PickScreen(title, choices, current=usual.name), self.guarded(chosen))

    def _plan_judging(self, need: JudgeNeeded, profile: NamedProfile) -> None:
        from rft_tui.providers.profiles import find_key

        find_key(profile)
        store = self.rft.workspace.store

        def work() -> None:
            from rft_tui.tasks.predicting.estimate import estimate_grading

            with store.read() as db:
                figures = estimate_grading(db, need.grader, need.runs, profile)
            self.post_message(JudgingPlanned(need, profile, figures.requests, figures.cost))

        self.run_worker(work, thread=True, exclusive=True, group="runs.judge", exit_on_error=False)

    def on_judging_planned(self, message: JudgingPlanned) -> None:
        """Say what it takes and ask."""
        said = f"asks {at_most(message.requests, message.cost, simulated=message.profile.is_simulated)}"
        if not message.requests:
            self._start_judging(message, "looks for grades that are known")
            return
        self.confirm(said, lambda: self._start_judging(message, said))

    def _start_judging(self, planned: JudgingPlanned, said: str) -> None:
        workspace, need = self.rft.workspace, planned.need

        def work() -> None:
            from rft_tui.graders.engine import DEFAULT_ITEM_TIMEOUT_S
            from rft_tui.tasks.background.launching import ensure_worker
            from rft_tui.tasks.judging.task import start_grading

            task = start_grading(
                workspace.store, need.grader, need.runs, planned.profile, item_timeout_s=DEFAULT_ITEM_TIMEOUT_S
            )
            ensure_worker(workspace.store, workspace.folder)
            self.post_message(TaskStarted(f"task {task} {said}"))

        self.run_worker(work, thread=True, group="runs.start", exit_on_error=False)

    def on_grade_progress(self, message: GradeProgress) -> None:
        """Show how far grading is; read again at the end."""
        self.grading = message
        if message.said:
            self.say(message.said, "state.good")
            self.do_refresh()
            self._refresh_review()
        self.refresh_bars()

    def do_refresh(self) -> None:
        """Read the cache again."""
        raise NotImplementedError

    def _refresh_review(self) -> None:
        """Let Review know of the new grades."""
        from rft_tui.tui.screens.review.screen import ReviewScreen

        review = self.rft.work_screen("review")
        if isinstance(review, ReviewScreen) and review.is_mounted:
            review.do_refresh()

    def stop_work(self) -> None:
        """Let grading end with the app; what is done is kept and the rest goes on next time."""
        self._stop.set()
