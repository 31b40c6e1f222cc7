"""The form of a new run filled so that a job's model is asked as its base was, and graded by the job's grader."""

from __future__ import annotations

import json

from rft_tui.tasks.jobs.follow_up import FollowUp
from rft_tui.tui.widgets.form import YES


def run_values(made: FollowUp) -> dict[str, str]:
    """Values of the form; what is not known of a job is left to what the form proposes."""
    request = made.request
    form = request.parameters.get("response_format")
    values = {
        "dataset": request.dataset,
        "profile": request.profile,
        "models": ", ".join(request.models),
        "efforts": ", ".join(effort for effort in request.efforts if effort),
        "prompt": request.prompt,
        "as_developer": YES if request.as_developer else "",
        "response_format": json.dumps(form) if form else "",
        "runs": str(request.runs) if request.runs else "",
        "then_grade": "" if made.grader is None else f"{made.grader.name}@{made.grader.version[:12]}",
    }
    if made.grader is not None and made.grader.deleted:
        values["then_grade"] = made.grader.version
    return {name: value for name, value in values.items() if value}
