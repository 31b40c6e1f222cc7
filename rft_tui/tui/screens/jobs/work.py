"""What can be done with a job, in the list and in the job itself: pause, resume, cancel, archive, run its model."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.cells import cell_len

from rft_tui.errors import UsageError
from rft_tui.safetext import one_line
from rft_tui.store.jobs import get_job
from rft_tui.store.tasks import StoredTask
from rft_tui.tasks.jobs.task_kinds import WATCH
from rft_tui.tui.actions import GLOBAL, JOB_WORK, LIST, Action
from rft_tui.tui.paint import fit_middle
from rft_tui.tui.screens.base import WorkScreen
from rft_tui.tui.screens.jobs.messages import ServiceAsked
from rft_tui.tui.screens.jobs.service import steer
from rft_tui.tui.screens.jobs.words import AnyJob, name_of, steps_of

SESSION = "job"
"""Under which name it is remembered how jobs are looked at: alarms that are off, the job that is open, and chart and
smoothing of the last one."""

NEEDS_JOB = ("job.pause", "job.resume", "job.cancel", "job.archive", "job.run", "job.compare")
"""Actions on a job."""

GOING = ("running", "queued", "validating_files")
"""States in which a job can be paused."""


LEAST_NAME = 8
"""Cells of a job's name that a question keeps in any case."""


class JobWork(WorkScreen):
    """The keys that act on a job; subclasses say which one and how they read again."""

    title_word: ClassVar[str] = "Jobs"

    @property
    def job_here(self) -> AnyJob | None:
        """The job that is acted on."""
        raise NotImplementedError

    def read_again(self) -> None:
        """Read the cache again."""
        raise NotImplementedError

    @property
    def scopes(self) -> tuple[str, ...]:
        """Where keys are looked up, in order."""
        return (self.scope, JOB_WORK, LIST, GLOBAL)

    def tasks_to_show(self) -> tuple[StoredTask, ...]:
        """How far jobs are stands on these screens anyway."""
        return tuple(task for task in self.rft.tasks.open if task.kind != WATCH)

    @property
    def job_session(self) -> dict[str, Any]:
        """How jobs are looked at, as it is remembered."""
        kept = self.rft.session.get(SESSION)
        if not isinstance(kept, dict):
            kept = self.rft.session[SESSION] = {}
        return kept

    @property
    def alarms_off(self) -> frozenset[str]:
        """The alarms that are switched off."""
        off = self.job_session.get("off")
        return frozenset(one for one in off if isinstance(one, str)) if isinstance(off, list) else frozenset()

    def model_to_run(self) -> str:
        """The model that `job.run` asks; empty where the job has none yet."""
        job = self.job_here
        return "" if job is None else job.fine_tuned_model or ""

    def why_not(self, action: Action) -> str | None:
        """Actions on a job need one whose state they fit."""
        if action.id not in NEEDS_JOB:
            return super().why_not(action)
        job = self.job_here
        if job is None:
            return "there is no job here"
        if action.id in ("job.run", "job.compare"):
            return None if self.model_to_run() else f"{name_of(job)} has made no model yet"
        if job.remote_id is None:
            return f"{name_of(job)} is not at its service yet: {self.hint_key('tasks')} shows the task that launches it"
        if action.id == "job.archive":
            return None
        if job.has_ended:
            return f"{name_of(job)} has ended: {job.status}"
        if action.id == "job.pause" and job.status not in GOING:
            return f"{name_of(job)} is {job.status}"
        if action.id == "job.resume" and job.status in GOING:
            return f"{name_of(job)} is {job.status}, not paused"
        return super().why_not(action)

    def do_job_pause(self) -> None:
        """Pause, after a yes."""
        self._steer(
            "pause",
            "pauses {0} at step {1}: what it has learned is kept, the work so far is billed",
            "pauses {0} at step {1}; it is kept and billed",
        )

    def do_job_resume(self) -> None:
        """Let it go on, after a yes."""
        self._steer(
            "resume", "lets {0} go on from step {1}: training costs again", "resumes {0} at step {1}: it costs again"
        )

    def do_job_cancel(self) -> None:
        """End it for good, after a yes."""
        self._steer(
            "cancel",
            "ends {0} for good at step {1}: it cannot go on; the work so far may be billed",
            "ends {0} for good at step {1}; may be billed",
        )

    def _steer(self, verb: Any, words: str, short: str) -> None:
        job = self.job_here
        if job is None:
            return
        mark = "SIMULATED: " if job.simulated else ""
        number = job.id

        def go() -> None:
            self.say(f"asking the service to {verb} {name_of(job)} …", "state.info")
            steer(self, number, verb)

        self.confirm(_in_room(f"{mark}{words}", f"{mark}{short}", job, self.room_to_ask), go)

    def do_job_archive(self) -> None:
        """Queue what keeps all of a job in files."""
        job = self.job_here
        if job is None:
            return
        workspace, number = self.rft.workspace, job.id

        def work() -> None:
            from rft_tui.tasks.background.launching import ensure_worker
            from rft_tui.tasks.jobs.archive import start_archiving

            with workspace.store.read() as db:
                stored = get_job(db, number)
            task = start_archiving(workspace.store, stored)
            ensure_worker(workspace.store, workspace.folder)
            self.post_message(ServiceAsked(f"task {task} archives {name_of(stored)}"))

        self.run_worker(work, thread=True, group="job.archive", exit_on_error=False)

    def do_job_run(self) -> None:
        """Open the form of a new run, filled so that it asks the job's model as its base was asked."""
        from rft_tui.tasks.jobs.follow_up import follow_up
        from rft_tui.tui.screens.jobs.run import run_values
        from rft_tui.tui.screens.runs.new_run import NewRunScreen

        job, model = self.job_here, self.model_to_run()
        if job is None:
            return
        if not model:
            raise UsageError(f"{name_of(job)} has made no model yet", hint="A checkpoint comes first.")
        with self.rft.workspace.store.read() as db:
            stored = get_job(db, job.id)
        made = follow_up(self.rft.workspace.store, stored, model)
        self.app.push_screen(NewRunScreen(run_values(made), whole=True, begin="dataset", missing=made.missing))

    def do_job_compare(self) -> None:
        """Open Compare on the base's runs and the model's; where there are none, say what makes them."""
        from rft_tui.tasks.jobs.follow_up import beside_base

        job, model = self.job_here, self.model_to_run()
        if job is None:
            return
        with self.rft.workspace.store.read() as db:
            stored = get_job(db, job.id)
            runs = beside_base(db, stored, model)
        rows = one_line(stored.validation_dataset or "its validation rows", 40)
        if not runs.own:
            self.say(f"{self.hint_key('job.run')} runs it on {rows} first: nothing to compare yet", "state.warning")
        elif not runs.base:
            way = "with the job's prompt" if stored.prompt else "without a prompt"
            keys = f"{self.hint_key('screen.runs')} {self.hint_key('runs.new')}"
            self.say(f"{keys} asks its base on {rows} first, {way}: nothing to compare with yet", "state.warning")
        else:
            self.rft.open_compare([runs.base, runs.own])

    def on_service_asked(self, message: ServiceAsked) -> None:
        """Show what a service brought."""
        self.rft.look_at_tasks()
        self.read_again()
        self.say(message.said, "state.good" if message.is_good else "state.warning")


def _in_room(words: str, short: str, job: AnyJob, room: int) -> str:
    """The words about a job, or the short ones in a narrow terminal, where its name is cut in the middle."""
    said = words.format(name_of(job), steps_of(job))
    if cell_len(said) <= room:
        return said
    left = room - cell_len(short.format("", steps_of(job)))
    return short.format(fit_middle(name_of(job), max(LEAST_NAME, left)), steps_of(job))
