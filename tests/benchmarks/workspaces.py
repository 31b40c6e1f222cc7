"""Workspaces of any size, written straight through the store: what is measured is reading them."""

from __future__ import annotations

import hashlib
import random
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rft_tui.identity import canonical_json, content_hash, row_id
from rft_tui.model import Item, JsonObject, ScoreRule
from rft_tui.settings import CACHE_FILE, WORKSPACE_FILE
from rft_tui.store import schema
from rft_tui.store.database import Store
from rft_tui.store.datasets import add_dataset
from rft_tui.store.graders import add_grader
from rft_tui.store.runs import RunKey, ensure_run
from rft_tui.store.search import catch_up
from rft_tui.store.session import save_session
from tests.benchmarks.words import WORDS

MODELS = ("alpha", "beta")
RUNS = 4

EXACT: JsonObject = {
    "type": "string_check",
    "name": "exact",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference_answer}}",
}


def workspace(predictions: int) -> Path:
    """A workspace with so many predictions in the folder for temporary files, made once; its session is a new one."""
    code = hashlib.sha256(Path(__file__).read_bytes() + Path(schema.__file__).read_bytes()).hexdigest()[:8]
    folder = Path(tempfile.gettempdir()) / "rft-tui-benchmarks" / f"{predictions}-{code}"
    make_workspace(folder, predictions)
    forget_session(folder)
    return folder


def forget_session(folder: Path, query: str = "") -> None:
    """Let the app begin with the first prediction of all runs, under a filter."""
    store = Store(folder / CACHE_FILE)
    with store.write() as db:
        save_session(db, {"screen": "review", "review": {"prediction": 1, "query": query}})
    store.close()


def make_workspace(folder: Path, predictions: int, *, searchable: bool = True) -> Path:
    """Make a workspace with so many graded predictions: two models, four runs each. One that is there is kept."""
    path = folder / CACHE_FILE
    done = folder / f"made-{predictions}"
    if done.exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WORKSPACE_FILE).write_text("", encoding="utf-8")
    items = max(1, predictions // (len(MODELS) * RUNS))
    path.unlink(missing_ok=True)
    store = Store(path)
    with store.write() as db:
        dataset = add_dataset(db, "big", _items(items, random.Random(1)))
    with store.write() as db:
        grader = add_grader(db, "exact", EXACT, ScoreRule(0, 1, 1))
        first = 1
        for model in MODELS:
            for index in range(1, RUNS + 1):
                key = RunKey(dataset.id, "imported", "imported", model, "medium", "", index)
                _add_run(db, ensure_run(db, key), grader.id, first, items, f"{model}{index}")
                first += items
    while searchable:
        with store.write() as db:
            if catch_up(db) == 0:
                break
    store.close()
    done.touch()
    return folder


def _items(count: int, chance: random.Random) -> Iterator[tuple[int, Item]]:
    for number in range(count):
        question = f"Question {number}: which {chance.choice(WORDS)} belongs to {' '.join(chance.choices(WORDS, k=6))}?"
        messages = canonical_json([{"content": question, "role": "user"}])
        input_id = content_hash("input", messages, "")
        fields = {"reference_answer": chance.choice(WORDS), "topic": chance.choice(("a", "b"))}
        raw = canonical_json({"messages": [{"role": "user", "content": question}], **fields}).encode()
        reference = fields["reference_answer"]
        yield number + 1, Item(input_id, row_id(input_id, fields), question, reference, messages, None, fields, raw)


def _add_run(db: sqlite3.Connection, run: int, grader: int, first: int, items: int, key: str) -> None:
    """One run: an answer, a prediction and a grade for every item."""
    chance = random.Random(first)
    answers, predictions, grades, details = [], [], [], []
    index = int(key[-1])
    for item in range(1, items + 1):
        number = first + item - 1
        text = " ".join(chance.choices(WORDS, k=chance.randint(1, 6)))
        score = 1.0 if chance.random() < 0.2 else round(chance.random(), 2)
        answers.append((number, f"{key}{item:024d}", text, f"It is {text}, because of the question."))
        predictions.append((number, run, item, number, index, text, len(text), chance.randint(1, 900)))
        grades.append((grader, number, item, run, score, score, int(score >= 1)))
        details.append((grader, number, f'"{text}" compared with the reference'))
    db.executemany("INSERT INTO answer (id, key, output_text, summary) VALUES (?, ?, ?, ?)", answers)
    db.executemany(
        "INSERT INTO prediction (id, run, item, answer, run_index, snippet, length, reasoning_tokens)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        predictions,
    )
    db.executemany(
        "INSERT INTO grade (grader, prediction, item, run, score, sort_score, passed) VALUES (?, ?, ?, ?, ?, ?, ?)",
        grades,
    )
    db.executemany("INSERT INTO grade_detail (grader, prediction, steps) VALUES (?, ?, ?)", details)


if __name__ == "__main__":
    make_workspace(Path(sys.argv[1]), int(sys.argv[2]))
