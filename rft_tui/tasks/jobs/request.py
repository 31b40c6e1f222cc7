"""What a person asks for when a job is to be made, and the exact body that is sent for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from rft_tui.errors import UsageError
from rft_tui.graders.registry import display_name
from rft_tui.graders.service_form import service_form
from rft_tui.identity import grader_version
from rft_tui.job_model import METHODS, JobMethod
from rft_tui.model import JsonObject
from rft_tui.providers.backends.backend import MARK
from rft_tui.providers.backends.hyperparameters import check_hyperparameters
from rft_tui.safetext import one_line

PILOT_KEY, PILOT_VALUE = "rft_tui_pilot", "yes"
"""The pair of a job's metadata that says that it is a pilot."""

MOST_PAIRS, LONGEST_KEY, LONGEST_VALUE = 16, 64, 512
"""Limits of metadata: pairs, and characters of each side."""

LONGEST_SUFFIX = 64
LARGEST_SEED = 2**31 - 1

SourceKind = Literal["dataset", "file", "remote"]


@dataclass(frozen=True, slots=True)
class DataSource:
    """Where rows come from: a dataset of the workspace, a file here, or a file that is at the service already."""

    kind: SourceKind
    name: str

    @property
    def label(self) -> str:
        """How it is called in sentences, safe to show."""
        return one_line(Path(self.name).name if self.kind == "file" else self.name, 60)


def source_of(text: str) -> DataSource:
    """The source that a text means: a file that is there, an id such as ``file-abc``, else a dataset of that name.

    Raises UsageError for an empty text.
    """
    name = text.strip()
    if not name:
        raise UsageError("the data are missing", hint="Name a dataset, a file, or the id of an uploaded file.")
    if _is_file(name):
        return DataSource("file", name)
    if name.startswith("file-") and name.isprintable() and not any(sign.isspace() for sign in name):
        return DataSource("remote", name)
    return DataSource("dataset", name)


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):
        return False


@dataclass(frozen=True, slots=True)
class Wandb:
    """Where metrics are also sent: a project of Weights and Biases, and how the run is called there."""

    project: str
    name: str = ""
    entity: str = ""
    tags: tuple[str, ...] = ()

    def body(self) -> JsonObject:
        """As the service takes it."""
        made: JsonObject = {"project": self.project}
        made |= {key: value for key, value in (("name", self.name), ("entity", self.entity)) if value}
        if self.tags:
            made["tags"] = list(self.tags)
        return {"type": "wandb", "wandb": made}


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A job as a person asks for it.

    `prompt` is a name, ``NAME@HASH`` or file, empty for none; `grader` the spec as it is stored, for reinforcement
    only; `hyperparameters` holds what was set, checked when the body is made; `response_format` is in chat form;
    `test` names the rows on which the result will be reported, if that is known. Of a pilot's rows a sample is drawn.
    """

    profile: str
    method: JobMethod
    model: str
    training: DataSource
    validation: DataSource | None = None
    test: str = ""
    prompt: str = ""
    as_developer: bool = False
    grader: JsonObject | None = None
    suffix: str = ""
    seed: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    response_format: JsonObject | None = None
    wandb: Wandb | None = None
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    pilot: bool = False

    @property
    def grader_version(self) -> str | None:
        """The version of the grader, None where there is none."""
        return None if self.grader is None else grader_version(self.grader)

    @property
    def name(self) -> str:
        """What a person calls the job: its suffix, or the grader or method and the model. Typed to overrule a ✗."""
        if self.suffix:
            return self.suffix
        what = self.method if self.grader is None else display_name(self.grader)
        return one_line(f"{what} {self.model}", 80)

    def as_json(self) -> JsonObject:
        """The request as it is kept with its task or draft."""
        return asdict(self) | {"metadata": dict(self.metadata), "hyperparameters": dict(self.hyperparameters)}

    @classmethod
    def from_json(cls, document: JsonObject) -> Self:
        """The request that was kept."""
        known: dict[str, Any] = {name: document[name] for name in cls.__dataclass_fields__ if name in document}
        known["training"] = DataSource(**known["training"])
        known["metadata"] = {str(key): str(value) for key, value in known.get("metadata", {}).items()}
        if known.get("validation") is not None:
            known["validation"] = DataSource(**known["validation"])
        if known.get("wandb") is not None:
            known["wandb"] = Wandb(**(known["wandb"] | {"tags": tuple(known["wandb"].get("tags", ()))}))
        return cls(**known)


@dataclass(frozen=True, slots=True)
class RequestProblem:
    """What a service would refuse a request for: the field, what is wrong, what to do."""

    field: str
    message: str
    hint: str = ""


def request_problems(request: JobRequest, backend: str = "openai") -> Iterator[RequestProblem]:
    """Everything that is wrong with a request by itself, without looking at its data."""
    if request.method not in METHODS:
        yield RequestProblem("method", f"there is no method {request.method!r:.40}", f"One of {', '.join(METHODS)}.")
        return
    if not request.model.strip():
        yield RequestProblem("model", "the base model is missing", "Name one: --model M.")
    if request.method == "reinforcement":
        yield from _reinforcement_problems(request)
    elif request.grader is not None:
        yield RequestProblem("grader", f"a {request.method} job takes no grader", "Leave --grader out.")
    elif request.response_format is not None:
        said = f"a {request.method} job takes no response format"
        yield RequestProblem("response_format", said, "Leave --response-format out.")
    if len(request.suffix) > LONGEST_SUFFIX:
        said = f"the suffix has {len(request.suffix)} characters"
        yield RequestProblem("suffix", said, f"It may have 1 to {LONGEST_SUFFIX}.")
    if request.seed is not None and not 0 <= request.seed <= LARGEST_SEED:
        said = f"the seed cannot be {request.seed!r:.40}"
        yield RequestProblem("seed", said, f"A whole number from 0 to {LARGEST_SEED}.")
    if request.wandb is not None and not request.wandb.project.strip():
        yield RequestProblem("wandb", "the project of Weights and Biases is missing", "Name one: --wandb-project P.")
    yield from _metadata_problems(request)
    for name, value in request.hyperparameters.items():
        try:
            check_hyperparameters({name: value}, request.method, backend)
        except UsageError as error:
            yield RequestProblem(one_line(name, 40), error.message, error.hint)


def _reinforcement_problems(request: JobRequest) -> Iterator[RequestProblem]:
    if request.grader is None:
        yield RequestProblem("grader", "a reinforcement job needs a grader", "Name one: --grader G.")
    if request.validation is None:
        said = "a reinforcement job needs validation rows"
        yield RequestProblem("validation", said, "Name them: --validation D; rft-tui data split makes them.")


def own_metadata(request: JobRequest) -> dict[str, str]:
    """The pairs of a job's metadata without the mark: the person's, and what says that it is a pilot."""
    return dict(request.metadata) | ({PILOT_KEY: PILOT_VALUE} if request.pilot else {})


def _metadata_problems(request: JobRequest) -> Iterator[RequestProblem]:
    pairs = own_metadata(request)
    if MARK in pairs:
        yield RequestProblem("metadata", f"{MARK} is the name of the app's own mark", "Take another name.")
    count = len(pairs.keys() | {MARK})
    if count > MOST_PAIRS:
        said = f"{count} pairs of metadata, those of the app counted"
        yield RequestProblem("metadata", said, f"At most {MOST_PAIRS}.")
    for key, value in pairs.items():
        if not key or len(key) > LONGEST_KEY or len(value) > LONGEST_VALUE:
            said = f"{one_line(key, 40) or 'a pair'} has {len(key)} characters, its value {len(value)}"
            yield RequestProblem("metadata", said, f"A name may have 1 to {LONGEST_KEY}, a value {LONGEST_VALUE}.")


def job_body(
    request: JobRequest, *, training_file: str, validation_file: str | None, mark: str, backend: str = "openai"
) -> JsonObject:
    """The body as it is sent, but for what a backend changes itself (`JobBackend.prepare`).

    File ids are those at the service, or whatever stands for them while they are not known. What was not set is left
    out. Raises UsageError for what a service would refuse, GraderSpecError for a grader whose children have no names.
    """
    for problem in request_problems(request, backend):
        raise UsageError(problem.message, hint=problem.hint)
    body: JsonObject = {"model": request.model, "training_file": training_file}
    if validation_file is not None:
        body["validation_file"] = validation_file
    if request.suffix:
        body["suffix"] = request.suffix
    if request.seed is not None:
        body["seed"] = request.seed
    body["metadata"] = own_metadata(request) | {MARK: mark}
    if request.wandb is not None:
        body["integrations"] = [request.wandb.body()]
    body["method"] = {"type": request.method, request.method: _method(request, backend)}
    return body


def _method(request: JobRequest, backend: str) -> JsonObject:
    made: JsonObject = {}
    if request.grader is not None:
        made["grader"] = service_form(request.grader)
    if request.response_format is not None:
        made["response_format"] = request.response_format
    if values := check_hyperparameters(request.hyperparameters, request.method, backend):
        made["hyperparameters"] = values
    return made
