"""Jobs at the embedded service: the wire of any other, under a name that marks every number as simulated."""

from __future__ import annotations

from typing import ClassVar

from rft_tui.providers.backends.openai import OpenAIJobs


class SimulatedJobs(OpenAIJobs):
    """The jobs that the embedded service plays."""

    name: ClassVar[str] = "simulated"
