"""From a checked request to the plan of a job: its files are read, and what it leaves open is settled."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from rft_tui.graders.spec import score_rule
from rft_tui.identity import canonical_json
from rft_tui.model import JsonObject
from rft_tui.simulator.jobs.bodies import LARGEST_SEED
from rft_tui.simulator.jobs.measuring import measure
from rft_tui.simulator.jobs.plan import Plan, interval_of, samples_of, shown_graders, steps_of
from rft_tui.simulator.jobs.rows import check_files, read_rows
from rft_tui.simulator.jobs.scenarios import SECONDS_KEY, STEPS_KEY, chosen
from rft_tui.simulator.recorded import Recordings
from rft_tui.simulator.rejection import RequestError

MOST_SECONDS = 1e6


class Length(NamedTuple):
    """What a job takes from the service where it says nothing itself: its seconds, its scenario, the time."""

    seconds: float
    scenario: str
    clock: Callable[[], float]


def settle(
    asked: JsonObject, base: str, training: Path, validation: Path | None, length: Length, recordings: Recordings
) -> Plan:
    """The plan of a job; it begins once its files have been read and its models measured. Raises RequestError."""
    kind: str = asked["method"]["type"]
    held: JsonObject = asked["method"][kind]
    metadata: dict[str, str] = asked.get("metadata") or {}
    scenario = chosen(metadata, asked.get("suffix"), length.scenario)
    seconds = _seconds(metadata, length.seconds)
    grader = held.get("grader")
    rule = score_rule(grader) if grader else None
    checked = check_files(training, validation, asked["method"]["type"])
    steps, epochs = steps_of(held["hyperparameters"], checked.rows, metadata.get(STEPS_KEY))
    error = checked.error
    if scenario == "failed-files" and error is None:
        message = "The job failed due to an invalid training file. Line 1: an example could not be read."
        error = {"code": "invalid_training_file", "message": message, "param": "training_file"}
    seed = asked["seed"] if asked.get("seed") is not None else _made_seed(asked)
    samples = samples_of(held["hyperparameters"], checked.validation_rows)
    anchors = None
    if grader and error is None and validation is not None:
        rows = read_rows(training, validation, asked["method"]["type"])
        anchors = measure(held, base, rows, (scenario, seed), samples, recordings)
    return Plan(
        job_id=f"ftjob-simulated-{secrets.token_hex(6)}",
        method=kind,
        scenario=scenario,
        seed=seed,
        began=length.clock(),
        seconds=seconds,
        steps=steps,
        epochs=epochs,
        interval=interval_of(held["hyperparameters"], steps),
        samples=samples,
        validation_rows=checked.validation_rows,
        base=base,
        suffix=asked.get("suffix") or "",
        graders=shown_graders(grader) if grader else (),
        low=rule.low if rule else 0.0,
        high=rule.high if rule else 1.0,
        files_error=error,
        anchors=anchors,
    )


def _made_seed(asked: JsonObject) -> int:
    """The seed of a job that says none: made from what it asks, so that the same request tells the same story."""
    said = {key: value for key, value in asked.items() if key not in ("metadata", "training_file", "validation_file")}
    digest = sha256(canonical_json(said).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4]) % (LARGEST_SEED + 1)


def _seconds(metadata: dict[str, str], otherwise: float) -> float:
    said = metadata.get(SECONDS_KEY)
    if said is None:
        return otherwise
    try:
        seconds = float(said)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= MOST_SECONDS:
        message = f"metadata.{SECONDS_KEY} must be a number from 0 to {MOST_SECONDS:g} at the simulated service."
        raise RequestError(message, param=f"metadata.{SECONDS_KEY}", code="invalid_value")
    return seconds
