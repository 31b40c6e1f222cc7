"""Opening the cache: migrations with rows in them, and everything that a disk or another process can do to it."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from rft_tui.errors import StoreBusyError, StoreError, UsageError
from rft_tui.model import Grade, GradeError, Usage, Verdict
from rft_tui.store import database, schema
from rft_tui.store.answers import known_answers
from rft_tui.store.database import Store, file_system_type
from rft_tui.store.datasets import list_datasets
from rft_tui.store.session import save_session
from rft_tui.store.verdicts import EventKind, record
from tests.unit.store.building import ME, dataset, give, grader, item, predict, run_key, tables
from tests.unit.store.old_rows import columns, fill, rows_of

NAMES = [migration.name for migration in schema.migrations._migrations]


def test_versions_agree() -> None:
    assert database.SCHEMA_VERSION == schema.SCHEMA_VERSION == len(NAMES)
    assert sorted(NAMES) == NAMES


@pytest.mark.parametrize("version", range(1, len(NAMES) + 1))
def test_rows_of_every_version_survive(version: int, tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    old = sqlite3.connect(path, isolation_level=None)
    schema.migrations.apply(Database(old), stop_before=NAMES[version] if version < len(NAMES) else None)
    old.execute(f"PRAGMA user_version = {version}")
    fill(old, version)
    known = columns(old)
    before = rows_of(old, known)
    old.close()
    assert before
    assert all(before.values())
    store = Store(path)
    with store.read() as db:
        assert rows_of(db, known) == before
        assert db.execute("PRAGMA user_version").fetchone()[0] == schema.SCHEMA_VERSION
        if version >= 2:
            assert [row[0] for row in db.execute("SELECT error_kind FROM answer ORDER BY id")] == [None, "incomplete"]
    assert store.integrity() == []
    store.close()


def test_answers_of_an_older_cache_serve_and_their_errors_do_not(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    old = sqlite3.connect(path, isolation_level=None)
    schema.migrations.apply(Database(old), stop_before=NAMES[5])
    old.execute("PRAGMA user_version = 5")
    fill(old, 5)
    old.close()
    store = Store(path)
    with store.read() as db:
        known = known_answers(db, ["1" * 32, "2" * 32])
    assert list(known) == ["1" * 32]
    found = known["1" * 32]
    assert (found.answer.output_text, found.answer.usage, found.answer.latency_s) == ("yes", Usage(10, 5, 2), 0.5)
    assert (found.cost, found.asked_by) == (None, None)
    store.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    old = sqlite3.connect(path, isolation_level=None)
    schema.migrations.apply(Database(old), stop_before=NAMES[1])
    fill(old, 1)
    old.execute("CREATE TABLE verdict_log (mine TEXT)")
    before = tables(old)
    with pytest.raises(StoreError, match="verdict_log already exists"):
        Store(path)
    assert tables(old) == before
    old.execute("DROP TABLE verdict_log")
    old.close()
    store = Store(path)
    assert store.integrity() == []
    store.close()


def test_many_openings_at_once_make_one_cache(tmp_path: Path) -> None:
    path, barrier = tmp_path / "new" / "cache.db", threading.Barrier(6)
    faults: list[BaseException] = []

    def opening() -> None:
        barrier.wait()
        try:
            Store(path).close()
        except StoreError as error:
            faults.append(error)

    threads = [threading.Thread(target=opening) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    store = Store(path)
    assert store.integrity() == []
    assert journal(store) == "wal"
    store.close()


def journal(store: Store) -> str:
    return str(store.connection().execute("PRAGMA journal_mode").fetchone()[0])


def test_a_newer_cache_is_refused_in_words(store: Store) -> None:
    store.connection().execute(f"PRAGMA user_version = {schema.SCHEMA_VERSION + 1}")
    with pytest.raises(StoreError, match="newer rft-tui") as caught:
        Store(store.path)
    assert "Upgrade" in caught.value.hint


@pytest.mark.parametrize(
    "content", [b"plain text, long enough to be read as a page\n" * 40, b"SQLite format 3\0" + b"x" * 4000]
)
def test_a_file_that_is_no_cache(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cache.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=re.escape(str(path))) as caught:
        Store(path)
    assert "damaged or not a cache" in caught.value.message
    assert path.read_bytes() == content


def test_a_cache_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no cache here"):
        Store(tmp_path / "cache.db", create=False)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="file"):
        Store(tmp_path / "file" / "cache.db")
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(tmp_path)


@pytest.fixture
def plain_user() -> Iterator[Path]:
    """A folder that everybody may enter, and a test that runs without the rights of root."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    is_root = sys.platform != "win32" and os.geteuid() == 0
    if is_root:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    try:
        yield folder
    finally:
        if is_root:
            os.seteuid(0)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o777)
        shutil.rmtree(folder)


def test_a_folder_that_cannot_be_written(plain_user: Path) -> None:
    plain_user.chmod(0o555)
    with pytest.raises(StoreError) as caught:
        Store(plain_user / "cache.db")
    assert "permission" in caught.value.hint or "can be written" in caught.value.hint
    with pytest.raises(StoreError, match="Permission denied"):
        Store(plain_user / ".rft" / "cache.db")


def test_a_file_that_cannot_be_written(plain_user: Path) -> None:
    path = plain_user / "cache.db"
    Store(path).close()
    path.chmod(0o444)
    store = Store(path)
    with pytest.raises(StoreError, match="read-only"), store.write() as db:
        save_session(db, {"a": 1})
    with store.read() as db:
        assert list_datasets(db) == []
    store.close()


def test_a_file_that_cannot_be_read(plain_user: Path) -> None:
    path = plain_user / "cache.db"
    Store(path).close()
    path.chmod(0)
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(path)


class TestAnotherWriter:
    @pytest.fixture
    def other(self, store: Store) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(store.path, isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO session VALUES ('other', '1')")
        yield db
        db.close()

    def test_readers_go_on_and_writers_are_told(self, store: Store, other: sqlite3.Connection) -> None:
        with store.read() as db:
            assert list_datasets(db) == []
        with pytest.raises(StoreBusyError, match="another process"), store.write(20) as db:
            save_session(db, {"mine": 2})
        assert not store.connection().in_transaction
        assert store.connection().execute("PRAGMA busy_timeout").fetchone()[0] == database.BUSY_TIMEOUT_MS

    def test_the_write_goes_through_later(self, store: Store, other: sqlite3.Connection) -> None:
        with pytest.raises(StoreBusyError), store.write(0) as db:
            save_session(db, {"mine": 2})
        before = store.data_version()
        other.execute("COMMIT")
        assert store.data_version() != before
        with store.write() as db:
            save_session(db, {"mine": 2})
            assert db.execute("SELECT count(*) FROM session").fetchone()[0] == 2

    def test_opening_an_old_cache_is_refused_for_now(
        self, store: Store, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other.execute("COMMIT")
        other.execute("PRAGMA user_version = 4")
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 20)
        with pytest.raises(StoreBusyError):
            Store(store.path)


def test_what_fails_is_not_kept(store: Store) -> None:
    def write(answers: list[int]) -> None:
        with store.write() as db:
            save_session(db, {"a": 1})
            record(db, ME, EventKind.VERDICT, Verdict.RIGHT, answers=answers)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write([])
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        write([77])
    with store.read() as db:
        assert db.execute("SELECT count(*) FROM session").fetchone()[0] == 0
        assert db.execute("SELECT count(*) FROM verdict_log").fetchone()[0] == 0


def mark_nothing(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA defer_foreign_keys = ON")
    db.execute("INSERT INTO mark VALUES (77)")


def test_a_commit_that_fails_leaves_no_transaction_behind(store: Store) -> None:
    with pytest.raises(StoreError, match="FOREIGN KEY"), store.write() as db:
        mark_nothing(db)
    with store.write() as db:
        save_session(db, {"a": 1})
    assert store.integrity() == []


def test_a_full_disk_is_said_and_nothing_is_half_written(store: Store) -> None:
    pages = store.connection().execute("PRAGMA page_count").fetchone()[0]
    store.connection().execute(f"PRAGMA max_page_count = {pages + 20}")
    with pytest.raises(StoreError, match="the disk is full"), store.write() as db:
        dataset(db, "big", [item(f"Q{number}? " + "x" * 3000) for number in range(200)])
    with store.read() as db:
        assert not any(tables(db).values())
    with store.write() as db:
        dataset(db, "small", [item("Q?")])
    assert store.integrity() == []


class TestJournal:
    @pytest.mark.parametrize("kind", ["nfs4", "fuse.sshfs"])
    def test_no_wal_on_a_network_disk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
        monkeypatch.setattr(database, "file_system_type", lambda _path: kind)
        store = Store(tmp_path / "cache.db")
        assert journal(store) == "delete"
        with store.write() as db:
            save_session(db, {"a": 1})
        store.close()

    def test_wal_elsewhere_and_again_where_it_was_off(self, store: Store) -> None:
        assert journal(store) == "wal"
        store.close()
        left = sqlite3.connect(store.path)
        assert left.execute("PRAGMA journal_mode = DELETE").fetchone()[0] == "delete"
        left.close()
        again = Store(store.path)
        assert journal(again) == "wal"
        again.close()

    def test_the_type_of_a_disk(self) -> None:
        assert file_system_type(Path("/proc/self")) == "proc"
        assert file_system_type(Path("/nowhere/at/all")) == file_system_type(Path("/"))


def add_both(db: sqlite3.Connection) -> None:
    dataset(db, "mine", [item("Q?")])
    dataset(db, "mine", [item("another?")])


class TestBulkWrite:
    def test_all_or_nothing(self, store: Store) -> None:
        with pytest.raises(UsageError, match="other rows"), store.bulk_write() as db:
            add_both(db)
        with store.bulk_write() as db:
            dataset(db, "mine", [item("Q?")])
        with store.read() as db:
            assert [one.rows for one in list_datasets(db)] == [1]

    def test_beside_another_connection(self, store: Store) -> None:
        other = store.connect()
        assert list_datasets(other) == []
        with store.bulk_write() as db:
            dataset(db, "mine", [item("Q?")])
            assert list_datasets(other) == []
        assert len(list_datasets(other)) == 1
        other.close()


def test_every_thread_has_its_own_connection(store: Store) -> None:
    seen: list[sqlite3.Connection] = []
    thread = threading.Thread(target=lambda: seen.append(store.connection()))
    thread.start()
    thread.join()
    assert seen[0] is not store.connection()
    assert store.connection() is store.connection()
    store.close()
    with pytest.raises(sqlite3.ProgrammingError):
        seen[0].execute("SELECT 1")


class TestIntegrity:
    def test_a_row_that_points_nowhere(self, store: Store) -> None:
        other = sqlite3.connect(store.path, isolation_level=None)
        other.execute("INSERT INTO mark VALUES (77)")
        other.close()
        assert store.integrity() == ["foreign key: ('mark', 77, 'prediction', 0)"]

    def test_a_page_of_noise(self, store: Store) -> None:
        with store.write() as db:
            dataset(db, "mine", [item(f"Q{number}?" + "x" * 500) for number in range(200)])
        store.close()
        content = bytearray(store.path.read_bytes())
        content[-40_000:-20_000] = b"\xa5" * 20_000
        store.path.write_bytes(content)
        damaged = Store(store.path)
        try:
            found = damaged.integrity()
        except StoreError as error:
            found = [error.message]
        damaged.close()
        assert found != []


def test_errors_are_typed_not_zero(store: Store) -> None:
    with store.write() as db:
        mine = dataset(db, "mine", [item("Q?")])
        predict(db, run_key(mine.id), ["yes"])
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("INSERT INTO grade VALUES (1, 1, 1, 1, NULL, NULL, NULL, NULL)")
        give(db, grader(db), {1: Grade(None, error=GradeError("timeout", "too slow"))})
        assert db.execute("SELECT score, sort_score FROM grade").fetchone() == (None, float("inf"))
