"""The form filled with the way of runs that are there, and a higher number of them."""

from __future__ import annotations

import json
import sqlite3

from rft_tui.model import JsonObject
from rft_tui.safetext import one_line
from rft_tui.store.prompts import get_prompt
from rft_tui.store.run_figures import RunLine
from rft_tui.store.tasks import list_tasks
from rft_tui.tui.widgets.form import YES

MORE = 3
"""Runs that are proposed in addition."""

DEVELOPER = ("prompt_role", "developer")
"""The parameter of a run whose prompt is a developer message."""


def top_up_values(db: sqlite3.Connection, line: RunLine) -> dict[str, str]:
    """Values of the form that ask in the same way as a line's runs, for the same items, and for more runs."""
    newest = max(line.parts, key=lambda part: part.run_index)
    parameters = dict(newest.parameters)
    values = {
        "dataset": newest.dataset,
        "profile": newest.profile,
        "models": newest.model,
        "efforts": newest.effort,
        "runs": str(newest.run_index + MORE),
    }
    if newest.prompt:
        prompt = get_prompt(db, newest.prompt)
        values["prompt"] = f"{prompt.name if prompt else newest.prompt_name}@{newest.prompt[:12]}"
    if parameters.pop(DEVELOPER[0], None) == DEVELOPER[1]:
        values["as_developer"] = YES
    for name in ("temperature", "top_p", "max_output_tokens", "seed", "summary"):
        if name in parameters:
            values[name] = str(parameters[name])
    if "response_format" in parameters:
        values["response_format"] = json.dumps(parameters["response_format"])
    return values | _items(_request(db, newest.id))


def _request(db: sqlite3.Connection, run: int) -> JsonObject:
    """What a person asked for when the run was made; empty where no task tells."""
    for task in list_tasks(db):
        runs, request = task.request.get("runs"), task.request.get("request")
        if isinstance(runs, list) and run in runs and isinstance(request, dict):
            return request
    return {}


def _items(request: JsonObject) -> dict[str, str]:
    items = request.get("items")
    if not isinstance(items, dict):
        return {}
    found = {
        "where": "; ".join(items.get("where") or ()),
        "contains": one_line(str(items.get("contains") or "")),
        "marked": YES if items.get("marked") else "",
        "sample": str(items["sample"]) if items.get("sample") else "",
        "sample_seed": str(items.get("seed", "")),
        "limit": str(items["limit"]) if items.get("limit") else "",
        "service_tier": str(request.get("service_tier") or ""),
    }
    return {name: value for name, value in found.items() if value}
