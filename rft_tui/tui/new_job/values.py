"""What stands in the form, turned into a request; what cannot be meant is said at its field."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from rft_tui.errors import UsageError
from rft_tui.job_model import METHODS
from rft_tui.model import JsonObject
from rft_tui.providers.backends.hyperparameters import HyperparameterValue, hyperparameters_of
from rft_tui.tasks.jobs.pilot import pilot_of
from rft_tui.tasks.jobs.request import DataSource, JobRequest, Wandb, request_problems, source_of
from rft_tui.tasks.jobs.response_format import job_response_format, nested_form
from rft_tui.tui.form_values import ValuesReader, whole
from rft_tui.tui.new_job.fields import FIRST_METHOD, method_of

MISSING = {
    "model": "name a base model",
    "grader": "choose a grader",
    "validation": "a reinforcement job needs validation rows",
    "wandb_project": "name the project, or empty the other W&B fields",
}
"""What is said where something that is needed is not there."""

_FIELD_OF = {"wandb": "wandb_project"}
"""Fields of a request that are called otherwise in the form."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the values of a form are read against: names in the workspace, its folder, and the profile's backend.

    `grader` gives the spec of a name and raises UsageError where there is none; None where no grader is stored.
    """

    folder: Path
    datasets: Collection[str] = ()
    backend: str = "openai"
    grader: Callable[[str], JsonObject] | None = None


class JobFormReader(ValuesReader):
    """Reads values one by one and keeps what is wrong, by field."""

    def __init__(self, values: Mapping[str, str], around: Surroundings) -> None:
        super().__init__(values, around.folder)
        self._around = around

    def request(self) -> JobRequest:
        """The request as far as it can be read; it may be used only where there are no problems.

        That of a pilot is the pilot's own.
        """
        method = method_of(self.text("method") or FIRST_METHOD)
        if self.text("method") not in ("", *METHODS):
            self.problems["method"] = f"there is no such method; one of {', '.join(METHODS)}"
        is_rewarded = method == "reinforcement"
        training = self.take("training", self._source)
        if training is None:
            self.problems.setdefault("training", "name the rows to train on")
        test = self.text("test")
        if test and test not in self._around.datasets:
            self.problems["test"] = "there is no such dataset"
        request = JobRequest(
            profile=self.text("profile"),
            method=method,
            model=self.text("model"),
            training=training or DataSource("dataset", ""),
            validation=self.take("validation", self._source),
            test=test,
            prompt=self.text("prompt"),
            as_developer=bool(self.text("as_developer")),
            grader=self.take("grader", self._grader) if is_rewarded else None,
            suffix=self.text("suffix"),
            seed=self.take("seed", whole),
            metadata=self.take("metadata", read_pairs) or {},
            response_format=self.take("response_format", self._schema) if is_rewarded else None,
            wandb=self._wandb(),
            hyperparameters=self._hyperparameters(request_method=method),
        )
        self._add_problems(request)
        return pilot_of(request) if self.text("pilot") else request

    def _add_problems(self, request: JobRequest) -> None:
        """What a service would refuse, at the field, unless something is said there already."""
        made = pilot_of(request) if self.text("pilot") else request
        for problem in request_problems(made, self._around.backend):
            field = _FIELD_OF.get(problem.field, problem.field)
            if not self.text(field) or field == "wandb_project":
                self.problems.setdefault(field, MISSING.get(field, problem.message))
            else:
                self.problems.setdefault(field, f"{problem.message}; {_beginning_small(problem.hint)}".rstrip("; ."))

    def _hyperparameters(self, request_method: str) -> dict[str, HyperparameterValue]:
        """Those that were given; what is left to the service is left out."""
        given: dict[str, HyperparameterValue] = {}
        for one in hyperparameters_of(method_of(request_method), self._around.backend):
            text = self.text(one.name)
            if not text or text.lower() == one.unset:
                continue
            try:
                given[one.name] = one.parse(text)
            except UsageError:
                self.problems[one.name] = f"allowed: {one.allowed}"
        return given

    def _wandb(self) -> Wandb | None:
        parts = [self.text(f"wandb_{name}") for name in ("project", "name", "entity", "tags")]
        if not any(parts):
            return None
        project, name, entity, tags = parts
        return Wandb(project, name, entity, tuple(tag for part in tags.split(",") if (tag := part.strip())))

    def _source(self, text: str) -> DataSource:
        """A dataset of that name, else a file (from the workspace's folder on), else an id at the service."""
        if text in self._around.datasets:
            return DataSource("dataset", text)
        try:
            path = self.path(text)
        except (OSError, RuntimeError, ValueError):
            path = Path(text)
        for name in (str(path), text):
            source = source_of(name)
            if source.kind != "dataset":
                return source
        raise UsageError("there is no dataset or file of that name, and ids begin with file-")

    def _grader(self, text: str) -> JsonObject:
        """A version in the store, or a spec as it stands: that of a job whose grader is not stored here."""
        if text.startswith("{"):
            return _object(text)
        if self._around.grader is None:
            raise UsageError(f"there is no grader {text!r:.80}")
        return self._around.grader(text)

    def _schema(self, text: str) -> JsonObject:
        """A file with a schema, or the response format itself, as jobs have it."""
        return nested_form(_object(text)) if text.startswith("{") else job_response_format(self.path(text))


def read_pairs(text: str) -> dict[str, str]:
    """``KEY=VALUE; KEY=VALUE``, or a JSON object of texts. Raises ValueError."""
    if text.startswith("{"):
        document = _object(text)
        if not all(isinstance(value, str) for value in document.values()):
            raise ValueError("every value is a text")
        return {key: str(value) for key, value in document.items()}
    pairs: dict[str, str] = {}
    for part in text.split(";"):
        key, sign, value = (one.strip() for one in part.partition("="))
        if not part.strip():
            continue
        if not sign or not key:
            raise ValueError("KEY=VALUE, with ; between")
        if key in pairs:
            raise ValueError(f"{key} stands there twice")
        pairs[key] = value
    return pairs


def written_pairs(pairs: Mapping[str, str]) -> str:
    """The pairs as they are typed; as JSON where that could not be read again."""
    text = "; ".join(f"{key}={value}" for key, value in pairs.items())
    try:
        is_same = read_pairs(text) == dict(pairs)
    except ValueError:
        is_same = False
    return text if is_same else json.dumps(dict(pairs), ensure_ascii=False)


def _object(text: str) -> JsonObject:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        return document
    raise ValueError("this is no JSON object")


def _beginning_small(hint: str) -> str:
    """A hint as the second half of a sentence; one that speaks of the command line is left out."""
    return "" if "--" in hint else hint[:1].lower() + hint[1:]
