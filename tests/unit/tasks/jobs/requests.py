"""Requests, graders and rows of which tests of jobs are made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rft_tui.job_model import JobMethod
from rft_tui.model import JsonObject
from rft_tui.store.database import Store
from rft_tui.store.datasets import StoredDataset, add_dataset
from rft_tui.tasks.import_data import import_dataset
from rft_tui.tasks.jobs.request import DataSource, JobRequest
from tests.unit.store.building import item

TRAIN, VALID = DataSource("dataset", "train"), DataSource("dataset", "valid")

EXACT: JsonObject = {
    "type": "string_check",
    "name": "exact",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference_answer}}",
}

JUDGE: JsonObject = {
    "type": "score_model",
    "name": "judge",
    "model": "gpt-6-luna",
    "input": [{"role": "user", "content": "Is {{sample.output_text}} the same as {{item.reference_answer}}?"}],
}


def a_request(method: JobMethod = "reinforcement", **others: Any) -> JobRequest:
    """A request that nothing is wrong with."""
    parts: dict[str, Any] = {"model": "o4-mini", "training": TRAIN, "validation": VALID}
    if method == "reinforcement":
        parts["grader"] = EXACT
    return JobRequest("here", method, **(parts | others))


def add_rows(store: Store, name: str, texts: Sequence[str], **fields: Any) -> StoredDataset:
    """A dataset of plain questions with the answer ``yes``."""
    with store.write() as db:
        return add_dataset(db, name, enumerate([item(text, "yes", **fields) for text in texts], 1))


def questions(count: int, word: str = "Q") -> list[str]:
    """Different questions."""
    return [f"{word}{number}: what follows {number}?" for number in range(count)]


def two_parts(store: Store, train: int = 40, valid: int = 20) -> None:
    """Datasets train and valid with nothing in common."""
    add_rows(store, "train", questions(train, "T"))
    add_rows(store, "valid", questions(valid, "V"))


def imported(store: Store, folder: Path, name: str, rows: Sequence[JsonObject]) -> bytes:
    """A dataset out of a file of rows; the bytes of the file."""
    path = folder / f"{name}.jsonl"
    path.write_bytes(b"".join(json.dumps(row).encode() + b"\n" for row in rows))
    import_dataset(store, path, name)
    return path.read_bytes()


def supervised_rows(count: int = 12) -> list[JsonObject]:
    """Rows with an answer to learn."""
    return [
        {"messages": [{"role": "user", "content": f"Q{n}?"}, {"role": "assistant", "content": f"A{n}"}]}
        for n in range(count)
    ]


def preference_rows(count: int = 12) -> list[JsonObject]:
    """Rows with a better and a worse answer."""
    return [
        {
            "input": {"messages": [{"role": "user", "content": f"Q{n}?"}]},
            "preferred_output": [{"role": "assistant", "content": "good"}],
            "non_preferred_output": [{"role": "assistant", "content": "bad"}],
        }
        for n in range(count)
    ]
