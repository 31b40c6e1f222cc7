"""Pre-flight beside the form of a new job: looking, and moving in the list of findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.timer import Timer

from rft_tui.errors import RftError
from rft_tui.safetext import one_line
from rft_tui.tasks.jobs.pilot import pilot_words
from rft_tui.tui.new_job.findings_words import counts, field_of
from rft_tui.tui.paint import Line, wrap_line
from rft_tui.tui.screens.jobs.form_editing import JobFormEditing
from rft_tui.tui.screens.jobs.form_messages import LookedAt
from rft_tui.tui.screens.jobs.preflight import FindingsPane
from rft_tui.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from rft_tui.tasks.jobs.preflight.facts import NetworkFacts
    from rft_tui.tasks.jobs.request import JobRequest
    from rft_tui.tui.screens.jobs.preflight_work import Looked

PAUSE_S = 0.25
"""How long nothing must change before it is looked again."""

INFO_LINES = 7
"""Lines of the explanation, beside the form as below it."""


class JobFormLooking(JobFormEditing):
    """What is found of the request in the fields, and what keys do to the findings.

    At most one look is under way: who changes a field meanwhile is looked after once it is done.
    """

    def __init__(self) -> None:
        super().__init__()
        self.info = TextPane()
        self.findings = FindingsPane()
        self.is_on_findings = False
        self.looked: Looked | None = None
        self.look_error: RftError | None = None
        self.request: JobRequest | None = None
        self.wanted = self._seen = 0
        self._is_looking = False
        self._timer: Timer | None = None

    def show_page(self, *, findings: bool) -> None:
        """Let keys go to the findings, or to the fields."""
        raise NotImplementedError

    def first_problem(self) -> tuple[str, str] | None:
        """The first field with something wrong, and what; None where all is well."""
        problems = self.form.problems
        field = next((one for one in self.form.fields if one.name in problems), None)
        return None if field is None else (field.name, f"{field.label}: {one_line(problems[field.name], 160)}")

    def look_soon(self, request: JobRequest | None) -> None:
        """Look at a request when nothing has changed for a moment; at none where the fields are not whole."""
        self.request = request
        self.wanted += 1
        self.look_error = None
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if request is None:
            self.looked = None
        else:
            self._timer = self.set_timer(PAUSE_S, self.look_now)
        self.show_all()

    def look_now(self) -> None:
        """Look, unless somebody does already: he looks again when he is done."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        request, wanted, workspace = self.request, self.wanted, self.rft.workspace
        if self._is_looking or request is None:
            return
        self._is_looking, self._seen = True, wanted
        network = self.said_by_service(request)

        def work() -> None:
            from rft_tui.providers.profiles import named_profile
            from rft_tui.tui.prompt_choice import find_prompt
            from rft_tui.tui.screens.jobs.preflight_work import look

            looked, trouble = None, None
            try:
                profile = named_profile(workspace.settings, request.profile or None)
                prompt = find_prompt(workspace, request.prompt) if request.prompt else None
                looked = look(workspace.store, request, profile, prompt, network)
            except RftError as error:
                trouble = error
            finally:
                self.post_message(LookedAt(looked, trouble))

        self.run_worker(work, thread=True, group="job.look", exit_on_error=False)

    def on_looked_at(self, message: LookedAt) -> None:
        """Show the findings; look again where something has changed meanwhile; go on with a launch that waits."""
        self._is_looking = False
        if self._seen != self.wanted:
            self.look_now()
            return
        self.looked, self.look_error = message.looked, message.error
        self.show_all()
        self.has_looked()

    def has_looked(self) -> None:
        """What waits for the findings may go on."""

    def said_by_service(self, request: JobRequest) -> NetworkFacts | None:
        """What the service said before, as far as it is about this request."""
        return None

    def asking_words(self) -> str:
        """How it is with asking the service, in a sentence."""
        return ""

    # Showing

    def show_all(self) -> None:
        """Show findings, explanation and bars as they are now."""
        is_old = self._is_looking or self._timer is not None
        found = self.looked.found.findings if self.looked is not None else ()
        self.findings.show(found, self._words(), self.asking_words(), is_old=is_old)
        self.show_info()
        self.refresh_bars()

    def _words(self) -> list[Line]:
        """What stands in the place of the findings."""
        if self.look_error is not None:
            said = f"{self.look_error.message} {self.look_error.hint}".strip()
            return wrap_line([("✗ ", "state.bad bold"), (one_line(said, 400), "state.bad")], self._side_width)
        if (problem := self.first_problem()) is not None:
            rest = len(self.form.problems) - 1
            more = f" (and {rest} more)" if rest else ""
            said = f"Pre-flight begins when the fields are whole: {problem[1]}{more}"
            return wrap_line([(said, "state.warning")], self._side_width)
        return [[("looking at rows, grader and base …", "text.faint")]]

    @property
    def _side_width(self) -> int:
        return max(20, (self.app.size.width if self.is_narrow else self.app.size.width // 2) - 3)

    def show_info(self) -> None:
        """Explain the field of the cursor."""
        self.info.show(self._info_lines)

    def _info_lines(self, width: int) -> list[Line]:
        field = self.form.field
        problem = self.form.problems.get(field.name)
        lines: list[Line] = []
        if problem:
            lines += wrap_line([("✗ ", "state.bad bold"), (one_line(problem, 300), "state.bad")], width)
        sentence = field.sentence
        if field.name == "pilot" and self.looked is not None and self.looked.request.pilot:
            sentence = pilot_words(self.looked.request)
        lines += wrap_line([(sentence, "text.dim")], width)
        if not self.is_narrow:
            return lines
        lines = lines[: INFO_LINES - 2]
        words = self._words() if self.looked is None else []
        return lines + ([[]] if len(lines) < INFO_LINES - 2 else []) + (words[:2] or self._found_line())

    def _found_line(self) -> list[Line]:
        """What pre-flight has found, in one line, and how to see it."""
        assert self.looked is not None
        errors = [one for one in self.looked.found.findings if one.state == "error"]
        line: Line = [("pre-flight ", "text.dim"), *counts(self.looked.found)]
        if errors:
            line.append((f"  {errors[0].title}: {errors[0].message}", "state.bad"))
        else:
            line.append((f"  {self.hint_key('job_form.page')} shows it", "text.dim"))
        return [line]

    # Moving in the findings

    def do_down(self) -> None:
        """To the next finding."""
        self.findings.go(self.findings.cursor + 1)

    def do_up(self) -> None:
        """To the finding before."""
        self.findings.go(self.findings.cursor - 1)

    def do_top(self) -> None:
        """To the first field or finding."""
        if self.is_on_findings:
            self.findings.go(0)
        else:
            super().do_top()

    def do_bottom(self) -> None:
        """To the last field or finding."""
        if self.is_on_findings:
            self.findings.go(len(self.findings.findings))
        else:
            super().do_bottom()

    def do_page_down(self) -> None:
        """Half a page down."""
        if self.is_on_findings:
            self.findings.scroll(max(1, self.findings.size.height // 2))
        else:
            super().do_page_down()

    def do_page_up(self) -> None:
        """Half a page up."""
        if self.is_on_findings:
            self.findings.scroll(-max(1, self.findings.size.height // 2))
        else:
            super().do_page_up()

    def do_job_check_unfold(self) -> None:
        """Show all of a finding, or fold it."""
        self.findings.unfold()

    def do_job_check_next(self) -> None:
        """To the next finding that is not fine."""
        if not self.findings.go_to_next():
            self.say("everything is fine", "state.good")

    def do_job_check_field(self) -> None:
        """To the field that the finding speaks of."""
        finding = self.findings.current
        name = field_of(finding) if finding is not None else ""
        if name not in [one.name for one in self.form.fields]:
            self.say("it speaks of no field", "state.warning")
            return
        self.show_page(findings=False)
        self.form.go_to(name)
