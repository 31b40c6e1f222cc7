"""The stories that a simulated job can tell, and which one a job tells."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rft_tui.simulator.rejection import RequestError

SCENARIOS: dict[str, str] = {
    "healthy": "rewards rise slowly and stay together",
    "hacked": "rewards rise while answers become lists, padded to four times their length",
    "overfit": "training rises, validation falls again",
    "flat": "nothing is learned",
    "jump": "rewards jump at one step",
    "broken-grader": "more and more samples cannot be graded",
    "moderation": "the finished model does not pass the safety checks, the job fails",
    "failed-files": "the files are refused while they are validated",
    "late-failure": "training breaks late, the job succeeds with its newest checkpoint",
    "late-failure-failed": "training breaks late, the job fails and leaves usable checkpoints",
    "silent": "no event for half of the running time",
}
"""Every scenario, with what happens in it."""

HEALTHY = "healthy"

SCENARIO_KEY, STEPS_KEY, SECONDS_KEY = "scenario", "steps", "seconds"
"""Keys of a job's metadata by which one job is told apart from what the service's options say."""

_WORDS = re.compile(r"[a-z]+")


def chosen(metadata: Mapping[str, str], suffix: str | None, otherwise: str) -> str:
    """The scenario that the metadata name, else the longest one whose words stand in the suffix, else `otherwise`.

    Raises RequestError where the metadata name one that does not exist.
    """
    if wanted := metadata.get(SCENARIO_KEY):
        if wanted not in SCENARIOS:
            message = f"The simulated service has no scenario '{wanted[:40]}'; it has {', '.join(SCENARIOS)}."
            raise RequestError(message, param=f"metadata.{SCENARIO_KEY}", code="invalid_value")
        return wanted
    said = f"-{'-'.join(_WORDS.findall((suffix or '').lower()))}-"
    found = [name for name in SCENARIOS if f"-{name}-" in said]
    return max(found, key=len, default=otherwise)
