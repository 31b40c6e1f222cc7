"""Rows and files that several tests of datasets use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rft_tui.datasets.items import ItemStream, LoadedItem
from rft_tui.datasets.read import read_rows
from rft_tui.datasets.rows import RawRow
from rft_tui.model import Item, JsonObject, Problem

SHARED_DATA = Path(__file__).resolve().parents[3] / "../shared/data"


def shared(name: str) -> Path:
    """A file of the shared data, or a skip that says why."""
    path = SHARED_DATA / name
    if not path.exists():
        pytest.skip(f"the shared data file {name} is not here")
    return path


def user(text: str) -> JsonObject:
    return {"role": "user", "content": text}


def reply(text: str) -> JsonObject:
    return {"role": "assistant", "content": text}


def question(text: str, reference: Any = "yes", **fields: Any) -> JsonObject:
    return {"messages": [user(text)], "reference_answer": reference, **fields}


def save(folder: Path, rows: list[Any], name: str = "data.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def save_bytes(folder: Path, data: bytes, name: str = "data.jsonl") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def read(path: Path) -> tuple[list[RawRow], list[Problem]]:
    rows: list[RawRow] = []
    problems: list[Problem] = []
    for entry in read_rows(path):
        if isinstance(entry, RawRow):
            rows.append(entry)
        else:
            problems.append(entry)
    return rows, problems


def items(path: Path, **choices: Any) -> list[Item]:
    return [entry.item for entry in ItemStream(path, **choices) if isinstance(entry, LoadedItem)]


def found(problems: list[Problem] | tuple[Problem, ...]) -> list[tuple[int | None, str, str | None]]:
    return [(problem.line, problem.kind, problem.key) for problem in problems if problem.kind != "few_rows"]
