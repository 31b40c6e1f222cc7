"""Grades of predictions that are graded straight from files: kept beside the cache, by content, so that none is made
twice.

They belong to no run, so they have no place in the cache's tables; the file can be deleted at any time.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from rft_tui.identity import canonical_json, content_hash
from rft_tui.model import Grade, GradeError
from rft_tui.store.database import BUSY_TIMEOUT_MS, store_error
from rft_tui.store.grades import Gradable, is_service_error, judged_of, judged_text

FILE_NAME = "file-grades.db"
"""The file's name, in the folder of the cache."""

PASSING_ERRORS = frozenset({"timeout", "memory", "crash", "protocol", "python_grader_server_error"})
"""Kinds of errors that another try may not meet again; they are never kept."""


def content_key(version: str, gradable: Gradable) -> str:
    """The identity of a grade: the grader version and everything that it may read."""
    return content_hash(
        "file grade",
        version,
        gradable.row_id,
        gradable.model,
        gradable.output_text,
        gradable.error_kind or "",
        gradable.error_message or "",
        canonical_json(gradable.extra),
    )


class FileGrades:
    """The kept grades; a context manager. Raises StoreError where the file cannot be used."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        try:
            self._db = sqlite3.connect(self._path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)
        except sqlite3.Error as error:
            raise store_error(error, self._path) from error
        try:
            self._db.execute("CREATE TABLE IF NOT EXISTS grade (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
        except sqlite3.Error as error:
            self._db.close()
            raise store_error(error, self._path) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def get(self, version: str, gradable: Gradable) -> Grade | None:
        """The grade that was made of the same content by the same version, None where there is none."""
        try:
            row = self._db.execute("SELECT value FROM grade WHERE key = ?", [content_key(version, gradable)]).fetchone()
        except sqlite3.Error as error:
            raise store_error(error, self._path) from error
        return None if row is None else _grade(row[0])

    def keep(self, version: str, grades: Iterable[tuple[Gradable, Grade]]) -> None:
        """Keep grades, all in one transaction; errors that may pass are left out."""
        rows = [
            (content_key(version, gradable), _text(grade))
            for gradable, grade in grades
            if grade.error is None or not (grade.error.kind in PASSING_ERRORS or is_service_error(grade))
        ]
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany("INSERT OR IGNORE INTO grade VALUES (?, ?)", rows)
                self._db.execute("COMMIT")
            except sqlite3.Error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise store_error(error, self._path) from error


def _text(grade: Grade) -> str:
    error = [grade.error.kind, grade.error.message] if grade.error else None
    return json.dumps(
        [grade.score, grade.passed, dict(grade.sub_scores), list(grade.steps), error, judged_text(grade.judged)]
    )


def _grade(text: str) -> Grade:
    score, passed, sub_scores, steps, error, *judged = json.loads(text)
    uses = judged_of(judged[0]) if judged else ()
    return Grade(score, passed, sub_scores, tuple(steps), GradeError(*error) if error else None, uses)
