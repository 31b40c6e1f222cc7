"""What a person may say of prediction files on the command line."""

from __future__ import annotations

from dataclasses import dataclass

from rft_tui.interchange.formats import AUTO


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a person says of the files; each overrides what a file's name or its rows say, None leaves it to them."""

    dataset: str | None = None
    model: str | None = None
    effort: str | None = None
    prompt: str | None = None
    run_index: int | None = None
    grader: str | None = None
    format: str = AUTO
