"""Editing the fields of a new job: what each of them may be, and suggestions for rows and base models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rft_tui.errors import RftError
from rft_tui.job_model import JobMethod
from rft_tui.model import JsonObject
from rft_tui.providers.backends.hyperparameters import HYPERPARAMETERS
from rft_tui.safetext import one_line
from rft_tui.store.graders import find_grader, list_graders
from rft_tui.store.jobs import list_jobs
from rft_tui.store.run_figures import models_of_runs
from rft_tui.tui.new_job.again import DIGITS
from rft_tui.tui.new_job.fields import METHOD_WORDS, ROWS, fields_of, method_of
from rft_tui.tui.new_job.values import JobFormReader, Surroundings
from rft_tui.tui.paint import Line
from rft_tui.tui.screens.fields_editing import FieldsEditing
from rft_tui.tui.screens.pick import Choice
from rft_tui.tui.task_words import counted
from rft_tui.tui.widgets.form import FieldKind, Form, FormField

if TYPE_CHECKING:
    from rft_tui.tasks.jobs.request import JobRequest

CHOSEN = {one.name: (one.unset, *one.choices) for one in HYPERPARAMETERS if one.kind == "choice"}
"""Hyperparameters that are chosen from a list."""


class JobFields(Form):
    """A form whose fields change with the method, and whose cursor shows whether keys go to it."""

    is_active = True

    def set_fields(self, fields: Sequence[FormField]) -> None:
        """Show other fields, with the cursor on the same one where it is among them."""
        if tuple(fields) == self.fields:
            return
        name, place = self.field.name, self.cursor
        self.fields = tuple(fields)
        names = [one.name for one in self.fields]
        self.cursor = names.index(name) if name in names else min(place, len(names) - 1)
        self.keep_in_view()
        self.refresh()

    def set_active(self, active: bool) -> None:
        """Show whether keys change the fields."""
        if active != self.is_active:
            self.is_active = active
            self.refresh()

    def line(self, y: int, width: int) -> tuple[Line, str]:
        """A section's name, or a field."""
        line, surface = super().line(y, width)
        return line, surface if self.is_active or surface != "selection" else "marked"


class JobFormEditing(FieldsEditing):
    """What keys do to the fields; moving and typing are as in every form."""

    form: JobFields

    def __init__(self) -> None:
        super().__init__()
        self.form = JobFields(fields_of(method_of("")))
        self._specs: dict[str, JsonObject] = {}

    @property
    def method(self) -> JobMethod:
        """The method that the form shows."""
        return method_of(self.values.get("method", ""))

    def read(self, values: dict[str, str]) -> tuple[JobRequest, dict[str, str]]:
        """The request of some values, with what is wrong about them by field."""
        names = {name for name, _rows in self._datasets()}
        around = Surroundings(self.rft.workspace.folder, names, self.backend_of(values), self._spec)
        reader = JobFormReader(values, around)
        request = reader.request()
        return request, self.problems_here(values) | reader.problems

    def backend_of(self, values: dict[str, str]) -> str:
        """The backend of the profile; that of the usual service where there is no such profile."""
        from rft_tui.providers.profiles import named_profile

        try:
            return named_profile(self.rft.workspace.settings, values.get("profile") or None).profile.backend
        except RftError:
            return "openai"

    def _spec(self, name: str) -> JsonObject:
        """The spec of a stored grader, read once."""
        if name not in self._specs:
            with self.rft.workspace.store.read() as db:
                self._specs[name] = find_grader(db, name).spec
        return self._specs[name]

    def problems_here(self, values: dict[str, str]) -> dict[str, str]:
        """What is wrong with names that are looked up in the workspace."""
        from rft_tui.providers.backends.registry import BACKENDS
        from rft_tui.providers.profiles import list_profiles
        from rft_tui.tui.prompt_choice import find_prompt

        problems = {}
        profiles = {one.name: one.profile.backend for one in list_profiles(self.rft.workspace.settings)}
        profile, prompt = values.get("profile", ""), values.get("prompt", "")
        if profile not in profiles:
            problems["profile"] = "there is no such profile in rft.toml"
        elif profiles[profile] not in BACKENDS:
            problems["profile"] = f"its backend {profiles[profile]} has no jobs here"
        try:
            if prompt:
                find_prompt(self.rft.workspace, prompt)
        except RftError as error:
            problems["prompt"] = error.message
        return problems

    # What fields may be

    def do_form_toggle(self) -> None:
        """Yes or no; the next choice; for rows, the datasets."""
        if self.form.field.name in ROWS:
            self.do_job_form_suggest()
        else:
            super().do_form_toggle()

    def _choices(self, name: str) -> list[Choice]:
        """What a field may be."""
        if name == "method":
            return [Choice(one, one, words) for one, words in METHOD_WORDS.items()]
        if name in CHOSEN:
            return [Choice(one, one, "the service chooses" if one == CHOSEN[name][0] else "") for one in CHOSEN[name]]
        if name == "test":
            return [Choice("", "guessed by its name"), *self._dataset_choices()]
        if name == "grader":
            return self._grader_choices()
        return super()._choices(name)

    def _dataset_choices(self) -> list[Choice]:
        return [Choice(name, one_line(name, 60), counted(rows, "row")) for name, rows in self._datasets()]

    def _grader_choices(self) -> list[Choice]:
        """Every version that is a grader here, the newest first."""
        with self.rft.workspace.store.read() as db:
            graders = [one for one in reversed(list_graders(db)) if not one.is_external]
        return [
            Choice(
                f"{one.name}@{one.version[:DIGITS]}", one_line(one.label, 50), f"{one.type} {one_line(one.note, 40)}"
            )
            for one in graders
        ]

    # Suggestions

    def do_job_form_suggest(self) -> None:
        """Datasets for a field of rows, the choices of a field that has some; elsewhere base models."""
        name = self.form.field.name
        if name not in ROWS:
            if self.form.field.kind is FieldKind.CHOICE:
                self._choose(name, self.form.field.label)
            else:
                self._suggest_models()
            return
        choices = self._choices("test") if name == "test" else self._dataset_choices()
        if not choices:
            self.say("there is no dataset yet: type the path of a file, or import one in Data", "state.warning")
            return
        if name == "validation":
            choices = [Choice("", "none"), *choices]
        self._pick(name, self.form.field.label, choices)

    def _suggest_models(self) -> None:
        """Bases of jobs and models of runs here, and those of the service where they were fetched."""
        profile = self.profile_here()
        with self.rft.workspace.store.read() as db:
            beside = {model: f"asked before · {one_line(name, 20)}" for model, name in models_of_runs(db)}
            beside |= {job.model: f"trained before · {one_line(job.profile, 20)}" for job in list_jobs(db) if job.model}
        for one in self._fetched.get(profile.service, []) if profile is not None else []:
            beside.setdefault(one.id, f"ends {one.shutdown_date}" if one.shutdown_date else "")
        if not beside:
            self.say(f"no model was asked here yet: {self.hint_key('form.fetch')} asks the service for its list",
                     "state.warning")  # fmt: skip
            return
        self.form.go_to("model")
        self._pick("model", "base model", [Choice(one, one_line(one, 60), words) for one, words in beside.items()])

    def do_form_suggest(self) -> None:
        """Base models, once the service has told its own."""
        self._suggest_models()
