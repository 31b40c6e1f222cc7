"""The options that say what job is meant, and the request that they make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from rft_tui.cli.console import Calling
from rft_tui.errors import UsageError
from rft_tui.job_model import METHODS
from rft_tui.providers.backends.hyperparameters import HYPERPARAMETERS, Hyperparameter

if TYPE_CHECKING:
    from rft_tui.model import JsonObject, Prompt
    from rft_tui.providers.profiles import NamedProfile
    from rft_tui.tasks.jobs.request import DataSource, JobRequest
    from rft_tui.workspace import Workspace

F = TypeVar("F", bound=Callable[..., Any])


def _help(one: Hyperparameter) -> str:
    whose = "" if one.methods == METHODS else f" For {' and '.join(one.methods)}."
    return f"{one.meaning} Allowed: {one.allowed}.{whose}"


_OPTIONS = (
    click.option("--profile", metavar="P", default="", help="Where the job runs: rft-tui profile list."),
    click.option("--method", type=click.Choice(METHODS), required=True, help="How the model learns."),
    click.option("--model", metavar="M", required=True, help="The base model, or a fine-tuned one to go on with."),
    click.option(
        "--train", metavar="D", required=True, help="Rows to learn from: a dataset, a file, or the id of an upload."
    ),
    click.option("--validation", metavar="D", default="", help="Rows to evaluate on; reinforcement needs them."),
    click.option("--test", metavar="D", default="", help="The dataset of the final test, to see that it stays apart."),
    click.option("--prompt", metavar="P", default="", help="A prompt for every row: a name, NAME@HASH or a file."),
    click.option("--developer", is_flag=True, help="Send the prompt as a developer message."),
    click.option(
        "--grader", metavar="G", default="", help="The reward: a name, NAME@HASH or a file (reinforcement only)."
    ),
    click.option("--suffix", metavar="S", default="", help="Part of the model's name, at most 64 characters."),
    click.option("--seed", metavar="N", type=int, help="Seed of the job; the service makes one up unless said."),
    click.option("--metadata", metavar="K=V", multiple=True, help="A pair kept with the job; repeat it."),
    click.option(
        "--response-format",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="JSON schema of the answers (reinforcement only).",
    ),
    click.option("--wandb-project", metavar="P", default="", help="Send metrics to a project of Weights and Biases."),
    click.option("--wandb-name", metavar="N", default="", help="What the run is called there."),
    click.option("--wandb-entity", metavar="E", default="", help="Whose project it is there."),
    click.option("--wandb-tag", metavar="T", multiple=True, help="A tag of the run there; repeat it."),
    *(click.option(one.option, one.name, metavar="V", default="", help=_help(one)) for one in HYPERPARAMETERS),
    click.option("--pilot", is_flag=True, help="The same job on a few rows for one epoch: look before you spend."),
)


def job_options(function: F) -> F:
    """Give a command every option of a job."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


class AskedJob(NamedTuple):
    """What the options ask for."""

    request: JobRequest
    profile: NamedProfile
    prompt: Prompt | None


def asked_job(calling: Calling, options: dict[str, Any]) -> AskedJob:
    """The job that the options ask for. Raises RftError for what does not exist, or what no service would take."""
    from rft_tui.cli.choose import choose_prompt, choose_spec
    from rft_tui.providers.backends.hyperparameters import parse_hyperparameters
    from rft_tui.providers.profiles import named_profile
    from rft_tui.tasks.jobs.pilot import pilot_of
    from rft_tui.tasks.jobs.request import JobRequest, request_problems, source_of
    from rft_tui.tasks.jobs.response_format import job_response_format

    workspace = calling.workspace()
    profile = named_profile(workspace.settings, options["profile"] or None)
    backend, schema = _backend_name(profile), options["response_format"]
    texts = {one.name: options[one.name] for one in HYPERPARAMETERS}
    request = JobRequest(
        profile=profile.name,
        method=options["method"],
        model=options["model"],
        training=source_of(options["train"]),
        validation=source_of(options["validation"]) if options["validation"] else None,
        test=options["test"],
        prompt=options["prompt"],
        as_developer=options["developer"],
        grader=choose_spec(calling, options["grader"]) if options["grader"] else None,
        suffix=options["suffix"],
        seed=options["seed"],
        metadata=_pairs(options["metadata"]),
        response_format=None if schema is None else job_response_format(schema),
        wandb=_wandb(options),
        hyperparameters=parse_hyperparameters(texts, options["method"], backend),
    )
    request = pilot_of(request) if options["pilot"] else request
    for problem in request_problems(request, backend):
        raise UsageError(problem.message, hint=problem.hint)
    _check_datasets(workspace, [one for one in (request.training, request.validation) if one is not None])
    return AskedJob(request, profile, choose_prompt(workspace, request.prompt) if request.prompt else None)


def _backend_name(profile: NamedProfile) -> str:
    """The backend of a profile. Raises UsageError where no jobs run there."""
    from rft_tui.providers.backends.registry import BACKENDS

    name = profile.profile.backend
    if name not in BACKENDS:
        raise UsageError(
            f"profile {profile.name!r}: its backend {name!r} has no jobs here",
            hint=f"Choose a profile whose backend is {', '.join(BACKENDS)}: rft-tui profile list.",
        )
    return name


def _check_datasets(workspace: Workspace, sources: list[DataSource]) -> None:
    """Raise UsageError where one of the datasets is not there."""
    from rft_tui.store.datasets import get_dataset

    with workspace.store.read() as db:
        for source in sources:
            if source.kind == "dataset":
                get_dataset(db, source.name)


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"{text[:60]!r} is no pair of metadata", hint="Write it as NAME=VALUE.")
        if key.strip() in pairs:
            raise UsageError(f"the metadata name {key.strip()[:60]!r} stands there twice", hint="A name has one value.")
        pairs[key.strip()] = value
    return pairs


def _wandb(options: JsonObject) -> Any:
    from rft_tui.tasks.jobs.request import Wandb

    given = Wandb(options["wandb_project"], options["wandb_name"], options["wandb_entity"], tuple(options["wandb_tag"]))
    if given == Wandb(""):
        return None
    return given
