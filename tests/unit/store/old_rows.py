"""Rows as earlier versions of the cache hold them, in plain SQL, since today's functions know today's tables only."""

from __future__ import annotations

import sqlite3
from typing import Any

AT = "2026-01-02T03:04:05.678+00:00"

ROWS: dict[int, tuple[tuple[str, dict[str, Any]], ...]] = {
    1: (
        (
            "dataset",
            {
                "id": 1,
                "name": "mine",
                "source": "mine.jsonl",
                "method": "reinforcement",
                "content": "c" * 32,
                "rows": 2,
                "problems": "[]",
                "simulated": 0,
                "created_at": AT,
            },
        ),
        ("input", {"id": 1, "hash": "a" * 32, "question": "Q1?"}),
        (
            "input",
            {
                "id": 2,
                "hash": "b" * 32,
                "question": "Größe?",
                "messages": '[{"role":"user","content":"Größe?"}]',
                "tools": "[]",
            },
        ),
        (
            "item",
            {
                "id": 1,
                "dataset": 1,
                "position": 0,
                "line": 1,
                "row_id": "d" * 32,
                "input": 1,
                "question": "Q1?",
                "reference": "yes",
            },
        ),
        (
            "item",
            {"id": 2, "dataset": 1, "position": 1, "line": 2, "row_id": "e" * 32, "input": 2, "question": "Größe?"},
        ),
        ("item_row", {"item": 1, "reference": "yes", "fields": '{"reference_answer": "yes"}', "raw": b'{"q": 1}'}),
        ("item_row", {"item": 2, "fields": '{"topic": "Ärzte"}', "raw": b'{"q": 2}'}),
    ),
    2: (
        ("prompt", {"version": "f" * 32, "name": "short", "text": "Be short.", "examples": "[]", "created_at": AT}),
        (
            "run",
            {
                "id": 1,
                "dataset": 1,
                "profile": "here",
                "service": "http://here",
                "model": "m",
                "effort": "low",
                "prompt": "f" * 32,
                "parameters": "{}",
                "run_index": 1,
                "created_at": AT,
            },
        ),
        ("answer", {"id": 1, "key": "1" * 32, "output_text": "yes", "summary": "thought", "extra": '{"model":"m-1"}'}),
        ("answer", {"id": 2, "key": "2" * 32, "output_text": "", "error_message": "cut off"}),
        (
            "prediction",
            {
                "id": 1,
                "run": 1,
                "item": 1,
                "answer": 1,
                "run_index": 1,
                "snippet": "yes",
                "length": 3,
                "input_tokens": 10,
                "output_tokens": 5,
                "reasoning_tokens": 2,
                "latency_s": 0.5,
            },
        ),
        (
            "prediction",
            {
                "id": 2,
                "run": 1,
                "item": 2,
                "answer": 2,
                "run_index": 1,
                "snippet": "cut off",
                "length": 0,
                "error_kind": "incomplete",
            },
        ),
    ),
    3: (
        (
            "grader",
            {
                "id": 1,
                "name": "exact",
                "version": "9" * 32,
                "type": "python",
                "spec": "{}",
                "low": 0.0,
                "high": 1.0,
                "note": "",
                "created_at": AT,
            },
        ),
        ("grade", {"grader": 1, "prediction": 1, "item": 1, "run": 1, "score": 0.5, "sort_score": 0.5, "passed": 1}),
        (
            "grade",
            {
                "grader": 1,
                "prediction": 2,
                "item": 2,
                "run": 1,
                "sort_score": float("inf"),
                "error_kind": "other_error",
            },
        ),
        ("grade_detail", {"id": 1, "grader": 1, "prediction": 1, "sub_scores": '{"a": 0.5}', "steps": "step"}),
        ("grade_detail", {"id": 2, "grader": 1, "prediction": 2, "error_message": "no score"}),
    ),
    4: (
        (
            "verdict_log",
            {
                "id": 1,
                "uid": "u1",
                "batch": "b1",
                "reviewer": "ada",
                "kind": "verdict",
                "answer": 1,
                "value": "wrong",
                "grader_version": "9" * 32,
                "at": AT,
            },
        ),
        (
            "verdict_log",
            {
                "id": 2,
                "uid": "u2",
                "batch": "b2",
                "reviewer": "ada",
                "kind": "reference",
                "row_id": "d" * 32,
                "value": "no",
                "at": AT,
            },
        ),
        (
            "review",
            {
                "reviewer": "ada",
                "answer": 1,
                "verdict": "wrong",
                "verdict_grader": "9" * 32,
                "tags": "odd",
                "note": "a note",
            },
        ),
        ("correction", {"reviewer": "ada", "row_id": "d" * 32, "reference": "no"}),
        ("mark", {"prediction": 1}),
        ("session", {"name": "screen", "value": '"review"'}),
    ),
    5: (("search_state", {"name": "answer_search", "upto": 0}),),
    6: (
        ("answer_raw", {"answer": 1, "body": b"\x00\xffbody"}),
        ("wanted", {"run": 1, "item": 1}),
        (
            "reply",
            {
                "key": "k",
                "kind": "judge",
                "model": "j",
                "served_model": "j-1",
                "body": b"body",
                "usage": "{}",
                "simulated": 1,
                "asked_at": AT,
            },
        ),
        ("asking", {"key": "k", "owner": "elsewhere|1|1", "since": 1.5}),
        (
            "task",
            {
                "id": 1,
                "kind": "predict",
                "title": "predict m",
                "request": "{}",
                "state": "running",
                "owner": "elsewhere|1|1",
                "created_at": AT,
            },
        ),
        ("task_item", {"task": 1, "item": 1}),
        ("worker", {"id": 1, "owner": "elsewhere|1|1", "beat": 7}),
        (
            "batch",
            {
                "id": 1,
                "task": 1,
                "model": "m",
                "endpoint": "/v1/responses",
                "state": "running",
                "lines": 1,
                "mark": "mark",
                "expected_tokens": 10,
                "created_at": AT,
            },
        ),
        ("batch_line", {"batch": 1, "key": "k", "number": 1, "tries": 0}),
    ),
    7: (
        (
            "grader_change",
            {
                "id": 1,
                "batch": "b",
                "kind": "delete",
                "grader": 1,
                "name": "exact",
                "note": "",
                "position": 1,
                "deleted": 0,
                "at": AT,
            },
        ),
        ("draft", {"name": "exact", "base_version": "9" * 32, "text": "{", "cursor": "3", "saved_at": AT}),
        ("pin", {"id": 1, "run": 1, "item": 1, "at": AT}),
    ),
    8: (
        (
            "bench_result",
            {
                "id": 1,
                "version": "9" * 32,
                "name": "exact",
                "ok": 0,
                "checks": 3,
                "failures": 1,
                "simulated": 0,
                "document": "{}",
                "at": AT,
            },
        ),
        (
            "pair_rating",
            {
                "rater": "r",
                "service": "s",
                "first": 1,
                "second": 2,
                "outcome": -1,
                "swapped": 0,
                "reason": "shorter",
                "simulated": 1,
                "at": AT,
            },
        ),
        (
            "critique",
            {
                "id": 1,
                "rater": "r",
                "service": "s",
                "version": "9" * 32,
                "prediction": 1,
                "text": "fair",
                "simulated": 0,
                "at": AT,
            },
        ),
        ("kept_list", {"name": "flips", "position": 0, "prediction": 2}),
    ),
    9: (
        (
            "job",
            {
                "id": 1,
                "profile": "openai",
                "backend": "openai",
                "service": "s",
                "remote_id": "ftjob-1",
                "mark": "m",
                "name": "first",
                "status": "running",
                "method": "reinforcement",
                "model": "o4",
                "request": "{}",
                "remote": '{"status":"running"}',
                "step": 3,
                "total_steps": 9,
                "created_at": AT,
            },
        ),
        (
            "job_event",
            {
                "job": 1,
                "position": 0,
                "remote_id": "ftevent-1",
                "at": 1.5,
                "level": "info",
                "type": "metrics",
                "message": "Step 1",
                "step": 1,
                "raw": "{}",
            },
        ),
        ("job_metric", {"job": 1, "series": "train_mean_reward", "step": 1, "value": 0.25}),
        (
            "job_checkpoint",
            {"job": 1, "remote_id": "ftckpt_1", "step": 1, "model": "ft:o4", "at": 2.0, "raw": "{}"},
        ),
        ("job_file", {"job": 1, "role": "result", "remote_id": "file-1", "bytes": 5, "at": AT}),
        (
            "upload",
            {
                "id": 1,
                "service": "s",
                "purpose": "fine-tune",
                "sha256": "0" * 64,
                "bytes": 5,
                "name": "train.jsonl",
                "state": "sending",
                "session_id": "upload_1",
                "parts": '["part_1"]',
                "begun_at": AT,
                "at": AT,
            },
        ),
    ),
    10: (
        ("verdict_waiting", {"uid": "9" * 32, "answer_key": "8" * 32, "event": "{}"}),
        (
            "dataset_change",
            {
                "dataset": 1,
                "number": 1,
                "line": 2,
                "kind": "reference",
                "reviewer": "ada",
                "at": AT,
                "before": "no",
                "after": "yes",
                "row_id": "d" * 32,
                "new_row_id": "f" * 32,
            },
        ),
    ),
    11: (),
}
"""Rows of every table that a version brought, by version; what is left out is null or the default."""

CHANGES: dict[int, tuple[tuple[str, int, dict[str, Any]], ...]] = {
    6: (
        (
            "answer",
            1,
            {"served_model": "m-1", "usage": '{"cost":0.5,"input_tokens":10}', "asked_at": AT, "asked_by": 1},
        ),
        ("answer", 2, {"error_kind": "incomplete"}),
        ("run", 1, {"items": 1, "served_models": '["m-1"]'}),
        ("prediction", 1, {"cost": 0.5, "cached": 1}),
        ("grade_detail", 1, {"judged": '[{"model": "j", "usage": {"input_tokens": 1}}]'}),
    ),
    7: (("grader", 1, {"position": 1, "deleted": 1, "text": '{"type":  "python"}'}),),
    11: (("job", 1, {"heard_at": AT}),),
}
"""What a version added to rows of earlier tables, by version."""


def fill(db: sqlite3.Connection, version: int) -> None:
    """Rows in every table that a cache of this version has."""
    for number in range(1, version + 1):
        for table, row in ROWS[number]:
            marks = ", ".join("?" * len(row))
            db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))
    for table, identity, row in (
        change for number in sorted(CHANGES) if number <= version for change in CHANGES[number]
    ):
        db.execute(
            f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in row)} WHERE id = {identity}", [*row.values()]
        )


def columns(db: sqlite3.Connection) -> dict[str, list[str]]:
    """The columns of every table but SQLite's own and the search tables' inner ones."""
    names = [
        name
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        if not name.startswith(("sqlite_", "_sqlite")) and "_search" not in name
    ]
    return {name: [row[1] for row in db.execute(f"PRAGMA table_info({name})")] for name in names}


def rows_of(db: sqlite3.Connection, of: dict[str, list[str]]) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of some tables in some of their columns."""
    return {
        name: db.execute(f"SELECT {', '.join(names)} FROM {name} ORDER BY 1").fetchall() for name, names in of.items()
    }
