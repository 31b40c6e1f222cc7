"""Jobs at Microsoft Foundry: the same wire as OpenAI's, with a few differences in what a body may hold."""

from __future__ import annotations

from typing import ClassVar

from rft_tui.job_model import RemoteJob
from rft_tui.model import JsonObject
from rft_tui.providers.backends.openai import OpenAIJobs
from rft_tui.providers.reading import object_of


class FoundryJobs(OpenAIJobs):
    """The jobs of one Foundry resource; its key goes in the header that the profile names."""

    name: ClassVar[str] = "foundry"

    def prepare(self, body: JsonObject) -> JsonObject:
        """The body without `pass_threshold` in the children of a multi grader, which Foundry does not take there."""
        prepared = super().prepare(body)
        method = object_of(object_of(prepared.get("method")).get("reinforcement"))
        _strip(object_of(method.get("grader")))
        return prepared

    def continued(self, job: RemoteJob) -> str:
        """The base model of a job that goes on from where a job ended: ``BASE.ft-JOB``, the job's id without prefix."""
        if not job.fine_tuned_model:
            return ""
        return f"{job.model.partition('.ft-')[0]}.ft-{job.remote_id.removeprefix('ftjob-')}"


def _strip(grader: JsonObject) -> None:
    """Take the thresholds out of a multi grader's children."""
    children = grader.get("graders") if grader.get("type") == "multi" else None
    for child in children.values() if isinstance(children, dict) else ():
        if isinstance(child, dict):
            child.pop("pass_threshold", None)
