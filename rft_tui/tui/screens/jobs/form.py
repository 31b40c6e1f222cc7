"""The form of a new job and its pre-flight: every field, what stands against it, and a launch that shows all first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container
from textual.widget import Widget

from rft_tui.errors import RftError
from rft_tui.safetext import one_line
from rft_tui.tui.actions import FORM, GLOBAL, JOB_CHECK, JOB_FORM, LIST, Action
from rft_tui.tui.new_job.again import form_values
from rft_tui.tui.new_job.fields import NAMES, fields_of
from rft_tui.tui.new_job.findings_words import counts
from rft_tui.tui.paint import Line
from rft_tui.tui.screens.base import WorkScreen
from rft_tui.tui.screens.jobs.form_asking import JobFormAsking
from rft_tui.tui.screens.jobs.form_looking import INFO_LINES
from rft_tui.tui.screens.jobs.form_messages import JobLaunched, LaunchQueued
from rft_tui.tui.widgets.bars import Across, Rule
from rft_tui.tui.widgets.form import with_keys

if TYPE_CHECKING:
    from rft_tui.tasks.jobs.request import JobRequest
    from rft_tui.tui.screens.jobs.preflight_work import Looked

SESSION = "new_job"
"""Under which name the draft is remembered."""


class JobForm(JobFormAsking):
    """The fields, what their field means, and the findings: side by side, on a narrow screen as two pages.

    Pre-flight is the first page where all fields are whole."""

    scope: ClassVar[str] = JOB_FORM

    def __init__(self, start: JobRequest | None = None) -> None:
        """Begin with a request, which takes the place of the draft; else with the draft."""
        super().__init__()
        self._start_with = start
        self.form.on_moved = self.show_info
        self.form.on_chosen = self.guarded(self._field_clicked)
        self.findings.on_chosen = lambda: self.show_page(findings=True)
        self.across, self.rule, self.line_between = Across(), Rule(classes="rule"), Across()
        self._launches = self._is_launching = False

    def body(self) -> Widget:
        """Form, line, and beside or below it explanation and findings."""
        side = Container(self.info, self.line_between, self.findings, id="side")
        return Container(self.form, self.across, self.rule, side, classes="body")

    def on_mount(self) -> None:
        """Show the draft, or what was given."""
        draft = self.rft.session.get(SESSION)
        values = {
            name: value
            for name, value in (draft.items() if isinstance(draft, dict) else ())
            if isinstance(value, str) and name in NAMES
        }
        if self._start_with is not None:
            with self.rft.workspace.store.read() as db:
                values = form_values(db, self._start_with)
        self.lay_out()
        super().on_mount()
        self.set_values(self.with_usual(values))
        self.show_page(findings=self.is_narrow and not self.form.problems)

    def on_resize(self) -> None:
        """Lay out for another width."""
        self.lay_out()
        super().on_resize()

    def lay_out(self) -> None:
        """Put everything side by side, or show one of the two pages."""
        narrow, findings = self.is_narrow, self.is_on_findings
        body, side = self.query_one(".body"), self.query_one("#side")
        body.styles.layout = "vertical" if narrow else "horizontal"
        side.styles.layout = "vertical"
        self.form.display = not (narrow and findings)
        self.across.display, self.rule.display = narrow and not findings, not narrow
        self.info.display = not (narrow and findings)
        self.line_between.display, self.findings.display = not narrow, not narrow or findings
        self.form.styles.width = "100%" if narrow else "1fr"
        self.form.styles.height = "1fr" if narrow else "100%"
        side.styles.width = "100%" if narrow else "1fr"
        side.styles.height = ("1fr" if findings else INFO_LINES) if narrow else "100%"
        self.info.styles.height = INFO_LINES
        self.findings.styles.height = "1fr"
        self.findings.set_active(findings)
        self.form.set_active(not findings)

    @property
    def scopes(self) -> tuple[str, ...]:
        """Keys of the page that they go to come first."""
        return (JOB_FORM, JOB_CHECK if self.is_on_findings else FORM, LIST, GLOBAL)

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """Workspace and profile; the screen's name and what pre-flight has found."""
        name: Line = [(one_line(self.rft.workspace.name, 40), "text.accent bold")]
        profile = self.profile_here()
        if profile is not None:
            name += [(" · ", "text.dim"), (one_line(profile.name, 30), "text.normal")]
            if profile.is_simulated:
                name.append((" SIMULATED", "state.warning bold"))
        title = "▸Pre-flight" if self.is_narrow and self.is_on_findings else "▸New job"
        found = counts(self.looked.found) if self.looked is not None else []
        return (name, self.asking_line()), ([*self.tabs(), (f" {title}", "text.accent bold")], found)

    def why_not(self, action: Action) -> str | None:
        """Some keys belong to other screens, and nothing is done while a launch is being queued."""
        if self._is_launching and action.id not in ("help", "quit"):
            return "the files are being written"
        if action.id in ("filter", "sort", "sort_reverse", "edit", "copy", "left", "right", "next_pane", "open"):
            return f"{action.label}: not in a form"
        if action.id == "job_form.suggest" and self.is_on_findings:
            return f"{action.label}: for a field"
        if action.id in ("form.suggest", "form.start"):
            return f"{action.label}: not here"
        return super().why_not(action)

    # What stands in the form

    def set_values(self, values: dict[str, str], *, draft: bool = False) -> None:
        """Show values with what is wrong about them; unless a draft, keep them and look again."""
        request, problems = self.read(values)
        self.form.show(values, problems)
        if draft:
            self.show_info()
            return
        self.values, self._launches = values, False
        self.form.set_fields(with_keys(fields_of(self.method, self.backend_of(values)), self.hint_key))
        if self.rft.session.get(SESSION) != values:
            self.rft.session[SESSION] = values
            self.rft.remember()
        self.look_soon(None if self.first_problem() else request)

    # The two pages

    def do_job_form_page(self) -> None:
        """To the findings, or back to the fields."""
        self.show_page(findings=not self.is_on_findings)

    def show_page(self, *, findings: bool) -> None:
        """Let keys go to the findings, or to the fields."""
        if findings != self.is_on_findings:
            self.is_on_findings = findings
            self.lay_out()
            self.ask_by_itself()
            self.refresh_bars()

    def _field_clicked(self) -> None:
        self.show_page(findings=False)
        self.do_form_edit()

    def do_back(self) -> None:
        """From the findings to the fields, from there out."""
        if self.is_on_findings:
            self.show_page(findings=False)
        else:
            super().do_back()

    # Launching

    def do_job_form_launch(self) -> None:
        """Look once more, then show exactly what would be sent."""
        problem = self.first_problem()
        if problem is not None:
            self.show_page(findings=False)
            self.form.go_to(problem[0])
            self.say(problem[1], "state.bad")
            return
        self._launches = True
        self.say("looking once more …", "state.info")
        self.wanted += 1
        self.look_now()

    def has_looked(self) -> None:
        """Ask the service where it was not; show what would be sent, if that is waited for."""
        super().has_looked()
        if not self._launches:
            return
        self._launches = False
        self.footer.say(None)
        if self.look_error is not None:
            self.say_error(self.look_error)
        elif self.looked is not None:
            self.guarded(self._show_body)(self.looked)

    def _show_body(self, looked: Looked) -> None:
        from rft_tui.providers.profiles import find_key
        from rft_tui.tui.screens.jobs.body import JobBodyScreen

        find_key(looked.profile)
        self.app.push_screen(JobBodyScreen(looked, lambda: self._launch(looked)))

    def _launch(self, looked: Looked) -> None:
        """Write the files and queue the launch; where that fails nothing is left, and the form says why."""
        workspace = self.rft.workspace
        self._is_launching = True
        self.say("writing the files …", "state.info")

        def work() -> None:
            from rft_tui.tasks.background.launching import ensure_worker
            from rft_tui.tasks.jobs.launching import start_launching

            launch, trouble = None, None
            try:
                launch = start_launching(workspace.store, looked.request, looked.profile, looked.prompt)
                ensure_worker(workspace.store, workspace.folder)
            except RftError as error:
                trouble = error
            finally:
                self.post_message(LaunchQueued(launch, trouble))

        self.run_worker(work, thread=True, group="job.launch", exit_on_error=False)

    def on_launch_queued(self, message: LaunchQueued) -> None:
        """Back to where the form came from, which is told of the job; or say what went wrong."""
        self._is_launching = False
        if message.launch is None:
            self.refresh_bars()
            if message.error is not None:
                self.say_error(message.error)
            return
        launch = message.launch
        mark = "SIMULATED " if self.looked is not None and self.looked.profile.is_simulated else ""
        said = f"{mark}job {launch.job} is on its way (task {launch.task})"
        self.rft.look_at_tasks()
        self.close_over()
        below = self.app.screen
        if isinstance(below, WorkScreen):
            below.say(said, "state.good")
            below.post_message(JobLaunched(launch.job, launch.task, said))
