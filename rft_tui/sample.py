"""The sample data that come with the product: questions, graders, and recorded predictions of two real models."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from rft_tui.errors import InputError

DATASETS = {"train": "questions_train.jsonl", "val": "questions_val.jsonl"}
"""Files of questions by the names that the files of predictions call them by."""


def sample_folder() -> Path:
    """Where the sample data lie: inside the installed package, or beside it in a checkout. Raises InputError."""
    installed = Path(str(resources.files("rft_tui"))) / "sample_data"
    folder = installed if installed.is_dir() else installed.parent.parent / "sample_data"
    if not folder.is_dir():
        raise InputError(f"{folder}: the sample data are missing", hint="Install rft-tui again.")
    return folder
