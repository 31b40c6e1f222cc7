"""What the service itself says of a new job: asked once by itself where pre-flight is in view, and again by a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rft_tui.errors import RftError, UsageError
from rft_tui.safetext import one_line
from rft_tui.tui.paint import Line
from rft_tui.tui.screens.jobs.form_looking import JobFormLooking
from rft_tui.tui.screens.jobs.form_messages import ServiceAnswered

if TYPE_CHECKING:
    from rft_tui.providers.profiles import NamedProfile
    from rft_tui.tasks.jobs.preflight.facts import NetworkFacts
    from rft_tui.tasks.jobs.request import JobRequest

Question = tuple[str, str | None, tuple[str, ...]]
"""What a service is asked about: profile, version of the grader, ids of files that are there already."""


def question_of(request: JobRequest) -> Question:
    """What a service is asked about a request."""
    data = (one for one in (request.training, request.validation) if one is not None)
    return request.profile, request.grader_version, tuple(one.name for one in data if one.kind == "remote")


class JobFormAsking(JobFormLooking):
    """Asking in the background, one question at a time; what came of the last one stands in the header."""

    def __init__(self) -> None:
        super().__init__()
        self._is_asking_service = self._was_key = False
        self._network: tuple[str, str | None, NetworkFacts] | None = None
        self._question: Question | None = None
        self._trouble = ""

    def said_by_service(self, request: JobRequest) -> NetworkFacts | None:
        """What the service said before, as far as it is about this request."""
        if self._network is None or self._network[0] != request.profile:
            return None
        from rft_tui.tui.screens.jobs.preflight_work import still_true

        return still_true(self._network[2], self._network[1], request.grader_version)

    def has_looked(self) -> None:
        """Ask what is not known yet."""
        self.ask_by_itself()

    def ask_by_itself(self) -> None:
        """Ask the service where pre-flight is in view and it was not asked about this before."""
        from rft_tui.providers.profiles import find_key

        request, profile = self.request, self.profile_here()
        if not self.findings.display or self.looked is None or request is None or profile is None:
            return
        question = question_of(request)
        if self._is_asking_service or question == self._question:
            return
        try:
            find_key(profile)
        except RftError as error:
            self._question, self._trouble = question, error.message
            self.show_all()
            return
        self._ask(profile, request)

    def do_job_form_ask(self) -> None:
        """Ask the service, in the background."""
        from rft_tui.providers.profiles import find_key

        profile, request = self.profile_here(), self.request
        if profile is None or request is None:
            problem = self.first_problem()
            raise UsageError(f"not ready: {problem[1] if problem else 'the profile'}")
        find_key(profile)
        self._was_key = True
        if self._is_asking_service:
            self.say(f"{profile.name} is being asked already", "state.info")
            return
        self._ask(profile, request)

    def _ask(self, profile: NamedProfile, request: JobRequest) -> None:
        self._is_asking_service, self._question, self._trouble = True, question_of(request), ""
        folder = self.rft.workspace.store.path.parent
        version = request.grader_version
        self.show_all()

        def work() -> None:
            from rft_tui.tui.screens.jobs.preflight_work import ask

            facts, trouble = None, "asking it went wrong"
            try:
                facts = ask(request, profile, folder, lambda: self.rft.is_leaving or not self.is_mounted)
                trouble = ""
            except RftError as error:
                trouble = error.message
            finally:
                self.post_message(ServiceAnswered(profile.name, version, facts, trouble))

        self.run_worker(work, thread=True, group="job.ask", exit_on_error=False)

    def on_service_answered(self, message: ServiceAnswered) -> None:
        """Look again with what it said."""
        self._is_asking_service = False
        was_key, self._was_key = self._was_key, False
        self._trouble = message.error if message.facts is None else message.facts.trouble
        if message.facts is not None:
            self._network = (message.profile, message.grader_version, message.facts)
        if was_key:
            said = self._trouble or f"{message.profile} has answered"
            self.say(said, "state.warning" if self._trouble else "state.good")
        self.look_soon(self.request)

    # Showing

    @property
    def _is_about_this(self) -> bool:
        """Whether the last question was about what stands in the fields."""
        return self.request is not None and self._question == question_of(self.request)

    def asking_words(self) -> str:
        """How it is with asking the service, in a sentence."""
        key = self.hint_key("job_form.ask")
        if self._is_asking_service:
            return "The service is being asked …"
        if self._is_about_this and self._trouble:
            return f"Not asked, or no answer: {one_line(self._trouble, 200)}. {key} asks again."
        return f"{key} asks the service."

    def asking_line(self) -> Line:
        """The same, short, for the header."""
        if self._question is None or not (self._is_asking_service or self._is_about_this):
            return []
        name = one_line(self._question[0], 30)
        if self._is_asking_service:
            return [(f"asking {name} …", "state.info")]
        if self._trouble:
            return [(f"{name} says nothing · {self.hint_key('job_form.ask')} asks again", "state.warning")]
        return [(f"{name} was asked", "text.dim")]
