"""How a test launches a job, and counts those at the service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rft_tui.simulator.running import RunningSimulator
from tests.unit.cli.conftest import Cli

JOBS = "/v1/fine_tuning/jobs"
REINFORCE = ("--method", "reinforcement", "--model", "o4-mini-2025-04-16", "--train", "train", "--validation", "valid")


def create(cli: Cli, ready: Path, *options: object, grader: str = "graders/exact.json") -> Any:
    graded = ("--grader", ready / grader) if grader else ()
    return cli("-C", ready, "job", "create", *options, *graded, "--yes", "--json")


def jobs_at(server: RunningSimulator) -> int:
    from tests.unit.simulator.conftest import ask

    return len(ask(server.base_url, "GET", f"{JOBS}?limit=100").json["data"])
