"""The task `predict`: its stored request made ready, then asked."""

from __future__ import annotations

import json
import sqlite3

from rft_tui.errors import StoreError
from rft_tui.model import JsonObject
from rft_tui.providers.profiles import NamedProfile
from rft_tui.store.prompts import get_prompt
from rft_tui.store.runs import run_keys
from rft_tui.store.wanted import NO_LIMIT, OPEN
from rft_tui.tasks.background.bench import Bench
from rft_tui.tasks.background.control import Control, TaskEnd
from rft_tui.tasks.predicting.asking import AskedRun
from rft_tui.tasks.predicting.predict import Predicting, PredictWork


async def predict(bench: Bench, control: Control) -> TaskEnd:
    """Ask for everything the task still lacks."""
    request = control.task.request
    profile = bench.services.profile(str(request["profile"]))
    with bench.store.read() as db:
        work = work_of(db, request, profile)
    most = control.settings.get("concurrency") or profile.profile.concurrency
    service = await bench.services.open(profile, most)
    return await Predicting(
        bench.store, bench.writer, service, work, control, most=most, set_most=service.pace.set_most
    ).run()


def work_of(db: sqlite3.Connection, request: JsonObject, profile: NamedProfile) -> PredictWork:
    """What a stored request asks for. Raises StoreError where its runs or prompts are gone."""
    numbers: list[int] = list(request["runs"])
    keys = run_keys(db, numbers)
    runs: list[AskedRun] = []
    for number in numbers:
        key = keys.get(number)
        prompt = get_prompt(db, key.prompt) if key is not None and key.prompt else None
        if key is None or (key.prompt and prompt is None):
            raise StoreError(f"run {number} of the task is not in the cache any more", hint="Begin again.")
        runs.append(AskedRun(number, key, json.loads(key.parameters), prompt))
    return PredictWork(
        profile,
        tuple(runs),
        str(request.get("which", OPEN)),
        int(request.get("before", NO_LIMIT)),
        tuple(request.get("kinds", ())),
        str(request.get("service_tier", "")),
    )
