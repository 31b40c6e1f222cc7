"""The form of a new run: every option, what it would ask and cost, and a start that says so first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container
from textual.timer import Timer
from textual.widget import Widget

from rft_tui.errors import RftError, UsageError
from rft_tui.safetext import one_line
from rft_tui.tui.actions import FORM, Action
from rft_tui.tui.new_run.estimate_lines import estimate_lines
from rft_tui.tui.new_run.fields import FIELDS
from rft_tui.tui.new_run.values import FormReader
from rft_tui.tui.paint import Line, wrap_line
from rft_tui.tui.screens.runs.new_run_editing import NewRunEditing
from rft_tui.tui.screens.runs.new_run_messages import Planned, Started
from rft_tui.tui.task_words import about_cost, counted
from rft_tui.tui.widgets.bars import Across, Rule
from rft_tui.tui.widgets.form import Form, with_keys
from rft_tui.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from rft_tui.tasks.predicting.planning import PredictPlan
    from rft_tui.tasks.predicting.requests import PredictRequest

PAUSE_S = 0.25
"""How long nothing must change before the estimate is made again."""

SESSION = "new_run"
"""Under which name the draft is remembered."""

INFO_LINES = 7
"""Lines of the explanation and the estimate below the form of a narrow screen."""


class NewRunScreen(NewRunEditing):
    """The form, and what its field means and everything comes to: beside it, on a narrow screen below."""

    scope: ClassVar[str] = FORM

    def __init__(self, values: dict[str, str], *, whole: bool = False, begin: str = "runs", missing: str = "") -> None:
        """Begin with some values; they stand in the place of the last draft, or only of its fields of that name.

        In the place of the draft the cursor stands on the field `begin`, or on the first with a problem, which is said;
        `missing` says why there is no dataset.
        """
        super().__init__()
        self._begin = begin
        self._missing = missing
        self._given = values
        self._whole = whole
        self.form = Form(FIELDS)
        self.form.on_moved = self._show_info
        self.form.on_chosen = self.guarded(self.do_form_edit)
        self.info = TextPane()
        self.across = Across()
        self.rule = Rule(classes="rule")
        self.plan: PredictPlan | None = None
        self.plan_error: RftError | None = None
        self._serial = 0
        self._timer: Timer | None = None
        self._starts = False
        self._is_planning = False

    def body(self) -> Widget:
        """Form, line, explanation and estimate."""
        return Container(self.form, self.across, self.rule, self.info, classes="body")

    def on_mount(self) -> None:
        """Show the draft, or what was given."""
        self.lay_out()
        self.form.fields = with_keys(FIELDS, self.hint_key)
        draft = self.rft.session.get(SESSION)
        draft = {
            name: value
            for name, value in (draft.items() if isinstance(draft, dict) and not self._whole else ())
            if isinstance(value, str) and any(field.name == name for field in FIELDS)
        }
        values = draft | self._given
        super().on_mount()
        usual = self.with_usual(values)
        if self._missing:
            usual.pop("dataset", None)
        self.set_values(usual)
        if self._whole:
            self._go_to_beginning()

    def _go_to_beginning(self) -> None:
        """Put the cursor where there is something to do, and say what is wrong there."""
        wrong = next((one for one in FIELDS if one.name in self.form.problems), None)
        self.form.go_to(self._begin if wrong is None else wrong.name)
        if wrong is not None:
            is_known = wrong.name == "dataset" and self._missing
            self.say(f"{wrong.label}: {self._missing if is_known else self.form.problems[wrong.name]}", "state.warning")

    def on_resize(self) -> None:
        """Lay out for another width."""
        self.lay_out()
        super().on_resize()

    def lay_out(self) -> None:
        """Put the explanation beside the form, or below it."""
        narrow = self.is_narrow
        body = self.query_one(".body")
        body.styles.layout = "vertical" if narrow else "horizontal"
        self.across.display, self.rule.display = narrow, not narrow
        self.form.styles.width = "100%" if narrow else "3fr"
        self.form.styles.height = "1fr" if narrow else "100%"
        self.info.styles.width = "100%" if narrow else "2fr"
        self.info.styles.height = INFO_LINES if narrow else "100%"

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """Workspace and profile; the screen's name, runs and items."""
        name: Line = [(one_line(self.rft.workspace.name, 40), "text.accent bold")]
        profile = self.profile_here()
        if profile is not None:
            name += [(" · ", "text.dim"), (one_line(profile.name, 30), "text.normal")]
            if profile.is_simulated:
                name.append((" SIMULATED", "state.warning bold"))
        right: Line = []
        if self.plan is not None:
            right = [(f"{counted(len(self.plan.runs), 'run')} × {counted(self.plan.items, 'item')}", "text.dim")]
        return (name, []), ([*self.tabs(), (" ▸New run", "text.accent bold")], right)

    def why_not(self, action: Action) -> str | None:
        """Some keys belong to the field of the models."""
        if action.id in ("filter", "sort", "sort_reverse", "edit", "copy", "left", "right", "next_pane", "open"):
            return f"{action.label}: not in a form"
        return super().why_not(action)

    # What stands in the form

    def set_values(self, values: dict[str, str], *, draft: bool = False) -> None:
        """Show values with what is wrong about them; unless a draft, keep them and make the estimate again."""
        reader = FormReader(values, self.rft.workspace.folder)
        request = reader.request()
        problems = reader.problems | self.problems_here(values)
        self.form.show(values, problems)
        if draft:
            self._show_info()
            return
        self.values = values
        self.rft.session[SESSION] = values
        self.rft.remember()
        self._plan_soon(None if problems else request)

    def _plan_soon(self, request: PredictRequest | None) -> None:
        self._serial += 1
        self.plan_error = None
        self._is_planning = request is not None
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if request is None:
            self.plan = None
        else:
            self._timer = self.set_timer(PAUSE_S, lambda: self._plan_now(request))
        self._show_info()
        self.refresh_bars()

    def _plan_now(self, request: PredictRequest) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        serial, workspace = self._serial, self.rft.workspace

        def work() -> None:
            from rft_tui.providers.profiles import named_profile
            from rft_tui.tasks.predicting.planning import plan
            from rft_tui.tui.prompt_choice import find_prompt

            try:
                profile = named_profile(workspace.settings, request.profile or None)
                prompt = find_prompt(workspace, request.prompt) if request.prompt else None
                judge = named_profile(workspace.settings, None, judge=True) if request.then_grade else None
                made = plan(workspace.store, request, profile, prompt, judge)
            except RftError as error:
                self.post_message(Planned(serial, None, error))
                return
            self.post_message(Planned(serial, made, None))

        self.run_worker(work, thread=True, exclusive=True, group="form.plan", exit_on_error=False)

    def on_planned(self, message: Planned) -> None:
        """Show what it comes to; go on with the start if that is waited for."""
        if message.serial != self._serial:
            return
        self.plan, self.plan_error, self._is_planning = message.plan, message.error, False
        self._show_info()
        self.refresh_bars()
        if self._starts:
            self._starts = False
            if message.error is not None:
                self.say_error(message.error)
            elif message.plan is not None:
                self.guarded(self._ask_to_start)(message.plan)

    def _show_info(self) -> None:
        self.info.show(self._info_lines)

    def _info_lines(self, width: int) -> list[Line]:
        field = self.form.field
        problem = self.form.problems.get(field.name)
        lines = wrap_line([(field.sentence, "text.dim")], width)
        if problem:
            lines += wrap_line([("✗ ", "state.bad bold"), (one_line(problem, 300), "state.bad")], width)
        lines.append([])
        if self.plan_error is not None:
            said = f"{self.plan_error.message} {self.plan_error.hint}".strip()
            return lines + wrap_line([("✗ ", "state.bad bold"), (one_line(said, 400), "state.bad")], width)
        if self.form.problems:
            first = next(one for one in FIELDS if one.name in self.form.problems)
            said = f"not ready: {first.label}: {one_line(self.form.problems[first.name], 120)}"
            return lines + wrap_line([(said, "state.warning")], width)
        if self.plan is None:
            return [*lines, [("working out what it comes to …" if self._is_planning else "", "text.faint")]]
        return lines + estimate_lines(self.plan, width, is_old=self._is_planning)

    # Starting

    def do_form_start(self) -> None:
        """Say what it takes and ask; or start at once where everything is known."""
        if self.form.problems:
            first = next(one for one in FIELDS if one.name in self.form.problems)
            self.form.go_to(first.name)
            self.say(f"{first.label}: {self.form.problems[first.name]}", "state.bad")
            return
        self._starts = True
        self.say("working out what it comes to …", "state.info")
        self._serial += 1
        self._plan_now(FormReader(self.values, self.rft.workspace.folder).request())

    def _ask_to_start(self, made: PredictPlan) -> None:
        from rft_tui.providers.profiles import find_key

        then = "" if made.grading is None else f"; {made.grading.said}"
        if all(run.present == run.items for run in made.runs) and not then:
            self.say(f"all {made.known:,} predictions are there already: nothing to ask", "state.good")
            return
        if not made.requests and not (made.grading is not None and made.grading.questions):
            self._start(made, f"all {made.known:,} predictions are known already; they come from the cache")
            return
        find_key(made.profile)
        cost = made.estimate.cost
        if made.request.spend_cap is not None and cost is None:
            raise UsageError(
                "a spend cap in $ needs the model's price, which is not known",
                hint="Write it into rft.toml, or cap the tokens.",
            )
        mark = "SIMULATED " if made.profile.is_simulated else ""
        said = f"{counted(made.requests, f'{mark}request')}, {about_cost(cost)}{then}"
        self.confirm(f"starts {said}", lambda: self._start(made, f"asks {said}"))

    def _start(self, made: PredictPlan, said: str) -> None:
        workspace = self.rft.workspace

        def work() -> None:
            from rft_tui.store.tasks import get_task
            from rft_tui.tasks.background.launching import ensure_worker
            from rft_tui.tasks.predicting.planning import start

            task = start(workspace.store, made)
            ensure_worker(workspace.store, workspace.folder)
            with workspace.store.read() as db:
                runs = get_task(db, task).request["runs"]
            self.post_message(Started(task, said, tuple(runs)))

        self.run_worker(work, thread=True, group="form.start", exit_on_error=False)

    def on_started(self, message: Started) -> None:
        """Go to Runs, where the new runs stand."""
        from rft_tui.tui.screens.runs.again import TaskStarted
        from rft_tui.tui.screens.runs.screen import RunsScreen

        self.rft.look_at_tasks()
        runs = self.rft.work_screen("runs")
        self.do_screen_runs()
        if isinstance(runs, RunsScreen):
            runs.look_for(message.runs)
            if runs.is_mounted:
                runs.post_message(TaskStarted(f"task {message.task}: {message.said}"))
            else:
                runs.say(f"task {message.task}: {message.said}", "state.good")
