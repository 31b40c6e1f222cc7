"""Small files for importer tests, and the folder of shared data where there is one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rft_tui.store.database import Store
from rft_tui.tasks.import_data import import_dataset

SHARED = Path(__file__).parents[4] / "shared" / "data"

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"there is no shared data at {SHARED}")

PROMPT = "Answer in one word.\nUse lower case.\n\nNo punctuation."


def messages(question: str, prompt: str = "") -> list[dict[str, Any]]:
    return [{"role": "user", "content": f"{prompt}\n\n{question}" if prompt else question}]


def row(question: str, reference: str = "yes", prompt: str = "") -> dict[str, Any]:
    return {"messages": messages(question, prompt), "reference_answer": reference}


def notebook_row(question: str, text: str = "yes", prompt: str = "", **fields: Any) -> dict[str, Any]:
    item = row(question, prompt=prompt)
    return {"model_prediction": text, "input": item, "reference_answer": item["reference_answer"]} | fields


def write_list(path: Path, rows: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def write_lines(path: Path, rows: Sequence[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    return path


def add_questions(store: Store, folder: Path, name: str, questions: Sequence[str], reference: str = "yes") -> None:
    import_dataset(store, write_lines(folder / f"{name}.jsonl", [row(one, reference) for one in questions]))


def counts(store: Store) -> dict[str, int]:
    with store.read() as db:
        return {
            table: int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
            for table in ("dataset", "item", "run", "prediction", "answer", "grade", "grader", "prompt")
        }
