"""What every test stands on: folders of its own, no environment from outside, the same examples on every run."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

KEPT = ("PATH", "CI", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
"""Variables that say where things are, not how the product should behave."""

KEPT_BEGINNINGS = ("PYTEST", "PYTHON", "COV")
"""Beginnings of the names of variables that belong to the test run itself."""

GIVEN = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "xterm-256color"}
"""What every test finds set."""

FOLDERS = ("CONFIG", "STATE", "CACHE", "DATA", "RUNTIME")
"""XDG folders, each an own temporary one."""

settings.register_profile(
    "hermetic", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("hermetic")


@pytest.fixture(autouse=True)
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home folder of the test's own, and no variable that the person at the machine has set; the home folder."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name not in KEPT and not name.startswith(KEPT_BEGINNINGS):
                patch.delenv(name)
        for name, value in GIVEN.items():
            patch.setenv(name, value)
        patch.setenv("HOME", str(home))
        for folder in FOLDERS:
            patch.setenv(f"XDG_{folder}_{'DIR' if folder == 'RUNTIME' else 'HOME'}", str(home / folder.lower()))
        time.tzset()
        yield home
    time.tzset()
