"""Where jobs and their evaluations are asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.responses import Response

from rft_tui.model import JsonObject
from rft_tui.simulator.exchange import Exchange, Handler, json_response
from rft_tui.simulator.jobs.collection import Jobs
from rft_tui.simulator.jobs.evals import Evals


def job_table(jobs: Jobs, evals: Evals) -> list[tuple[str, str, Handler]]:
    """Method, path and handler of every endpoint of jobs and evaluations."""
    one = "/v1/fine_tuning/jobs/{id}"
    run = "/v1/evals/{eval}/runs/{run}"
    return [
        ("POST", "/v1/fine_tuning/jobs", _in_thread(lambda at: jobs.create(at.json()))),
        ("GET", "/v1/fine_tuning/jobs", _in_thread(lambda at: jobs.listed(at.query))),
        ("GET", one, _in_thread(lambda at: jobs.shown(jobs.get(at.params["id"])))),
        ("POST", f"{one}/cancel", _in_thread(lambda at: jobs.control(at.params["id"], "cancel"))),
        ("POST", f"{one}/pause", _in_thread(lambda at: jobs.control(at.params["id"], "pause"))),
        ("POST", f"{one}/resume", _in_thread(lambda at: jobs.control(at.params["id"], "resume"))),
        ("GET", f"{one}/events", _in_thread(lambda at: jobs.events(at.params["id"], at.query))),
        ("GET", f"{one}/checkpoints", _in_thread(lambda at: jobs.checkpoints(at.params["id"], at.query))),
        ("GET", "/v1/evals", _in_thread(lambda at: evals.listed(at.query))),
        ("GET", "/v1/evals/{eval}", _in_thread(lambda at: evals.get(at.params["eval"]))),
        ("GET", "/v1/evals/{eval}/runs", _in_thread(lambda at: evals.runs(at.params["eval"], at.query))),
        ("GET", run, _in_thread(lambda at: evals.run(at.params["eval"], at.params["run"]))),
        (
            "GET",
            f"{run}/output_items",
            _in_thread(lambda at: evals.items(at.params["eval"], at.params["run"], at.query)),
        ),
        (
            "GET",
            f"{run}/output_items/{{item}}",
            _in_thread(lambda at: evals.item(at.params["eval"], at.params["run"], at.params["item"])),
        ),
    ]


def _in_thread(make: Callable[[Exchange], JsonObject]) -> Handler:
    """A handler that answers with what a function makes, which may read files or run graders."""

    async def handle(make: Callable[[Exchange], Any], at: Exchange) -> Response:
        return json_response(await asyncio.to_thread(make, at))

    return partial(handle, make)
