"""``rft-tui job preflight`` and ``create``."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import click

from rft_tui.cli import text
from rft_tui.cli.console import Calling, command
from rft_tui.cli.job_options import AskedJob, asked_job, job_options
from rft_tui.cli.job_text import finding_lines, job_json
from rft_tui.cli.job_watch import follow_to_the_end
from rft_tui.cli.task_lines import ended, task_line
from rft_tui.errors import EXIT_DONE, EXIT_FAILURES, ServiceError, SettingsError, UsageError

if TYPE_CHECKING:
    from rft_tui.store.jobs import StoredJob
    from rft_tui.store.tasks import StoredTask
    from rft_tui.tasks.jobs.estimate import JobEstimate
    from rft_tui.tasks.jobs.launching import Launch
    from rft_tui.tasks.jobs.preflight.facts import NetworkFacts, PreflightFacts
    from rft_tui.tasks.jobs.preflight.findings import Preflight
    from rft_tui.workspace import Workspace


@command
@job_options
def preflight(calling: Calling, **options: Any) -> int:
    """Say whether a job is sound before money is spent: data, grader, models, service, time and cost.

    A list with ✓, ! and ✗, each with what to do; nothing is sent but questions to the service. Exit status 1 where a ✗
    stands against the launch.
    """
    workspace = calling.workspace()
    found, _facts = _look(calling, workspace, asked_job(calling, options))
    if calling.as_json:
        calling.emit(found.as_json())
    else:
        calling.lines(finding_lines(found))
        if found.simulated:
            calling.say("SIMULATED: figures of the embedded service are among these.")
    return EXIT_FAILURES if found.blocks else EXIT_DONE


@command
@job_options
@click.option("--wait", is_flag=True, help="Go on to the job's end, as job watch does.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.option("--force", is_flag=True, help="Launch also where pre-flight finds a ✗.")
def create(calling: Calling, wait: bool, yes: bool, force: bool, **options: Any) -> int:
    """Launch a fine-tuning job: pre-flight, the exact request, the question, then files and job.

    Files whose bytes are at the service already are not sent again. The work is done in the background; Ctrl-C ends it
    while the files are on their way, and rft-tui task resume goes on. A job whose answer is lost is looked for, never
    made twice. The command ends once the job is created, or with the job where --wait is said: exit status 1 where it
    failed or was cancelled.
    """
    from rft_tui.cli.choose import choose_grader
    from rft_tui.providers.profiles import find_key
    from rft_tui.tasks.jobs.launching import start_launching

    workspace = calling.workspace()
    asked = asked_job(calling, options)
    find_key(asked.profile)
    found, facts = _look(calling, workspace, asked)
    for line in [*finding_lines(found), "", *_body_lines(asked), "", _cost(facts.estimate)]:
        calling.tell(line)
    if not _is_wanted(calling, found, facts, yes=yes, force=force):
        calling.tell("Nothing was done.")
        return EXIT_DONE
    if options["grader"]:
        choose_grader(calling, options["grader"])  # stored now, so that what comes of the job finds its version
    launched = start_launching(workspace.store, asked.request, asked.profile, asked.prompt)
    task = _follow(calling, workspace, launched)
    job = _job(workspace, launched)
    if task.error is not None or task.state != "done":
        return ended(calling, task)
    calling.tell(f"{job.label} is {job.status}: rft-tui job watch {job.id} follows it.")
    code = follow_to_the_end(calling, workspace, job, quiet=calling.as_json) if wait else EXIT_DONE
    if calling.as_json:
        calling.emit(job_json(_job(workspace, launched)) | {"task": launched.task})
    elif not wait:
        calling.line(f"{job.id}  {job.label}  {job.status}" + ("  SIMULATED" if job.simulated else ""))
    return code


def _look(calling: Calling, workspace: Workspace, asked: AskedJob) -> tuple[Preflight, PreflightFacts]:
    """Pre-flight, with what the service says where it can be reached."""
    from rft_tui.tasks.jobs.preflight.checks import preflight as judge
    from rft_tui.tasks.jobs.preflight.gather import gather

    calling.status("pre-flight …")
    network = asyncio.run(_network(workspace, asked))
    facts = gather(workspace.store, asked.request, asked.profile, prompt=asked.prompt, network=network)
    return judge(facts), facts


async def _network(workspace: Workspace, asked: AskedJob) -> NetworkFacts:
    from rft_tui.providers.backends.registry import open_backend
    from rft_tui.providers.retry import RetryPolicy
    from rft_tui.providers.service import ModelService
    from rft_tui.tasks.jobs.preflight.asking import ask_service
    from rft_tui.tasks.jobs.preflight.facts import NetworkFacts

    policy = RetryPolicy(total_s=2.0)
    try:
        async with ModelService(asked.profile, folder=workspace.store.path.parent, policy=policy) as service:
            return await ask_service(asked.request, open_backend(service), service)
    except (ServiceError, SettingsError) as error:
        return NetworkFacts(trouble=error.message)


def _body_lines(asked: AskedJob) -> list[str]:
    """The request as it will be sent, with words in the place of what is not known yet."""
    from rft_tui.providers.backends.registry import open_backend
    from rft_tui.providers.service import ModelService
    from rft_tui.tasks.jobs.request import job_body

    request = asked.request
    body = job_body(
        request,
        training_file=_placeholder("training", request.training.kind, request.training.name),
        validation_file=None
        if request.validation is None
        else _placeholder("validation", request.validation.kind, request.validation.name),
        mark="<mark of this launch>",
        backend=asked.profile.profile.backend,
    )
    shown = open_backend(ModelService(asked.profile)).prepare(body)
    return [f"The request to {asked.profile.name}:", *json.dumps(shown, ensure_ascii=False, indent=2).split("\n")]


def _placeholder(part: str, kind: str, name: str) -> str:
    return name if kind == "remote" else f"<id of the {part} file>"


def _cost(estimate: JobEstimate) -> str:
    """What is said of money before the question."""
    each = " for each epoch" if estimate.is_per_epoch and estimate.cost else ""
    if estimate.cost is None:
        return "What it costs is not known: see time and cost above."
    if estimate.cost == 0:
        return "There is nothing to pay."
    time = "" if estimate.seconds is None else f", about {text.duration(estimate.seconds)}"
    return f"It costs about {text.money(estimate.cost)}{each}{time}."


def _is_wanted(calling: Calling, found: Preflight, facts: PreflightFacts, *, yes: bool, force: bool) -> bool:
    """Whether the person wants it; a ✗ is overruled by --force or by typing the job's name. Raises UsageError."""
    if found.blocks and not force:
        against = [one.title for one in found.findings if one.state == "error"]
        if not calling.can_ask:
            raise UsageError(
                f"pre-flight stands against the launch: {', '.join(against)}",
                hint="rft-tui job preflight says what to do; --force launches all the same.",
            )
        named = f"Against it: {', '.join(against)}. To launch all the same, type the job's name ({found.job_name})"
        return calling.ask(named) == found.job_name
    if yes:
        return True
    if not calling.can_ask:
        raise UsageError("a job is not launched unasked", hint="Add --yes, or call it on a terminal without --json.")
    cost = facts.estimate.cost
    return calling.confirm(
        f"Launch {found.job_name} at {facts.profile.name}, "
        + (f"about {text.money(cost)}?" if cost is not None else "at a cost that is not known?")
    )


def _follow(calling: Calling, workspace: Workspace, launched: Launch) -> StoredTask:
    """Wait until the job is created, showing how far its files are. Ctrl-C ends the launch and says what came of it."""
    from rft_tui.tasks.background.following import follow
    from rft_tui.tasks.jobs.following import stop_launching

    def show(task: StoredTask) -> None:
        calling.status(task_line(task))

    try:
        return follow(workspace.store, workspace.folder, launched.task, show)
    except KeyboardInterrupt:
        job = stop_launching(workspace.store, launched.job)
        if job.remote_id is not None:
            calling.tell(f"{job.label} was created and goes on: rft-tui job cancel {job.id} ends it.")
        elif job.status == "creating":
            calling.tell(f"Whether the job was made is not known: rft-tui task resume {launched.task} looks for it.")
        elif job.has_ended:
            calling.tell(f"No job was made; what has arrived stays. rft-tui task resume {launched.task} goes on.")
        else:
            calling.tell(f"The launch is still coming to rest: rft-tui task show {launched.task}.")
        raise


def _job(workspace: Workspace, launched: Launch) -> StoredJob:
    from rft_tui.store.jobs import get_job

    with workspace.store.read() as db:
        return get_job(db, launched.job)
