"""Opening the cache: one connection a thread, the right journal for the disk, and errors said in words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from rft_tui.errors import StoreBusyError, StoreError

SCHEMA_VERSION: Final = 11
"""What ``PRAGMA user_version`` says of a cache that needs no migration; a test holds it equal to the schema's own."""

BUSY_TIMEOUT_MS: Final = 5000
"""How long a connection waits for another's write before it gives up."""

CACHE_KIB: Final = 8192
"""Page cache of a connection."""

BULK_CACHE_KIB: Final = 49152
"""Page cache while a large import is written."""

LONGEST_NUMBER: Final = 18
"""Digits of the longest number that SQLite holds as a whole one, whatever the digits are."""

NETWORK_FILE_SYSTEMS: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "lustre", "afs", "ceph", "glusterfs", "fuse.glusterfs"}
)
"""File systems on which shared memory between processes cannot be relied on, so WAL must not be used."""


def file_system_type(path: Path) -> str:
    """The type of the file system that holds `path`, empty where the system does not tell."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    target = str(path.resolve())
    best, best_type = "", ""
    for line in mounts:
        parts = line.split()
        if len(parts) < 3:
            continue
        point = parts[1].replace("\\040", " ")
        inside = target == point or target.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, best_type = point, parts[2]
    return best_type


def store_error(error: sqlite3.Error, path: Path) -> StoreError:
    """What a person is told of an SQLite error: the file, what it means, what to do."""
    text = str(error)
    if "locked" in text or "busy" in text:
        return StoreBusyError(
            f"{path}: another process is writing to the cache",
            hint="Try again; if it stays so, see which process holds the file and end it.",
        )
    if "readonly" in text or "read-only" in text:
        return StoreError(
            f"{path}: the cache cannot be written (the file, its folder or the disk is read-only)",
            hint="Give yourself write permission, or copy the workspace to a disk that can be written.",
        )
    if "full" in text:
        return StoreError(
            f"{path}: the disk is full; what was written before is kept", hint="Free some space and try again."
        )
    if "unable to open" in text:
        return StoreError(
            f"{path}: the cache cannot be opened", hint="Check that the folder exists and can be written."
        )
    if "not a database" in text or "malformed" in text:
        return StoreError(
            f"{path}: this file is damaged or not a cache of rft-tui ({text})",
            hint="Run rft-tui doctor; put the file aside to begin a new cache.",
        )
    return StoreError(f"{path}: {text}", hint="Run rft-tui doctor.")


def _try_wal(db: sqlite3.Connection) -> None:
    """Change to WAL if nobody else has the file open, without waiting; the next opening puts right what stays."""
    db.execute("PRAGMA busy_timeout = 0")
    with suppress(sqlite3.OperationalError):
        db.execute("PRAGMA journal_mode = WAL")
    db.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")


class Store:
    """One cache file. Connections are made when a thread first needs one and closed with `close`."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        """Open the cache at `path`, make it if `create`, and bring its tables up to date. Raises StoreError.

        `commits_elsewhere` counts what this object's other threads have stored, which moves `data_version` too.
        """
        self.path = path
        self._local = threading.local()
        self._connections: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._lock = threading.Lock()
        self._home = threading.get_ident()
        self.commits_elsewhere = 0
        self._file: tuple[int, int] | None = None
        if not create and not path.is_file():
            raise StoreError(f"{path}: there is no cache here", hint="Import something first, or run rft-tui init.")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._prepare()
        except StoreError:
            self.close()
            raise
        except sqlite3.Error as error:
            self.close()
            raise store_error(error, path) from error
        except OSError as error:
            raise StoreError(
                f"{path}: {error.strerror or error}", hint="Check that the folder exists and can be written."
            ) from error

    def _prepare(self) -> None:
        db = self.connection()
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{self.path}: this cache was written by a newer rft-tui"
                f" (schema {version}, this one knows {SCHEMA_VERSION})",
                hint="Upgrade rft-tui, or open another workspace.",
            )
        if version < SCHEMA_VERSION:
            self._migrate()
        self._file = self._file_now()
        journal = db.execute("PRAGMA journal_mode").fetchone()[0]
        if journal != "wal" and file_system_type(self.path.parent) not in NETWORK_FILE_SYSTEMS:
            _try_wal(db)

    def _migrate(self) -> None:
        """Bring the tables up to date; the write lock makes a second process wait and then find nothing to do."""
        from sqlite_utils import Database

        from rft_tui.store.schema import migrations

        with self.write() as db:
            migrations.apply(Database(db))
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def is_in_place(self) -> bool:
        """Whether the file that was opened still lies at its path; not once it is deleted, moved or replaced."""
        try:
            return self._file_now() == self._file
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True

    def _file_now(self) -> tuple[int, int]:
        found = self.path.stat()
        return found.st_dev, found.st_ino

    def connect(self) -> sqlite3.Connection:
        """A new connection of the caller's own, which may be handed from thread to thread; the caller closes it.

        Raises StoreError.
        """
        try:
            db = sqlite3.connect(
                self.path,
                timeout=BUSY_TIMEOUT_MS / 1000,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=256,
            )
            try:
                db.execute("PRAGMA synchronous = NORMAL")
                db.execute("PRAGMA foreign_keys = ON")
                db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            except sqlite3.Error:
                db.close()
                raise
        except sqlite3.Error as error:
            raise store_error(error, self.path) from error
        return db

    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            db = self.connect()
            self._local.db = db
            with self._lock:
                self._connections.append((threading.current_thread(), db))
        return db

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection for reading. SQLite's errors come out as StoreError."""
        try:
            yield self.connection()
        except sqlite3.Error as error:
            raise store_error(error, self.path) from error

    @contextmanager
    def write(self, wait_ms: int | None = None) -> Iterator[sqlite3.Connection]:
        """One write transaction: all of it is kept, or nothing. SQLite's errors come out as StoreError.

        Where another process writes, it waits for `wait_ms` (None: BUSY_TIMEOUT_MS) and then raises StoreBusyError.
        """
        try:
            db = self.connection()
            db.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS if wait_ms is None else wait_ms}")
            try:
                db.execute("BEGIN IMMEDIATE")
            finally:
                db.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            try:
                yield db
                db.execute("COMMIT")
                self.commits_elsewhere += threading.get_ident() != self._home
            except BaseException:
                if db.in_transaction:  # a full disk has rolled back by itself
                    db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise store_error(error, self.path) from error

    @contextmanager
    def bulk_write(self) -> Iterator[sqlite3.Connection]:
        """A write transaction for a large import: as `write`, with a page cache that holds more than a batch."""
        db = self.connection()
        db.execute(f"PRAGMA cache_size = -{BULK_CACHE_KIB}")
        try:
            with self.write():
                yield db
        finally:
            db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")

    def data_version(self) -> int:
        """A number that moves when another connection has committed something."""
        return int(self.connection().execute("PRAGMA data_version").fetchone()[0])

    def integrity(self) -> list[str]:
        """What SQLite's own check finds wrong with the file; empty when all is well."""
        with self.read() as db:
            found = [str(row[0]) for row in db.execute("PRAGMA integrity_check(20)")]
            found += [f"foreign key: {row}" for row in db.execute("PRAGMA foreign_key_check").fetchmany(20)]
        return [line for line in found if line != "ok"]

    def interrupt(self) -> None:
        """Stop what any thread's connection is doing now: its caller gets a StoreError."""
        with self._lock:
            for _thread, db in self._connections:
                db.interrupt()

    def close(self) -> None:
        """Close the connections of this thread and of threads that have ended.

        Another thread may be in the middle of a statement, which closing would crash: its connection goes with it.
        """
        with self._lock:
            for thread, db in self._connections:
                if thread is threading.current_thread() or not thread.is_alive():
                    db.close()
            self._connections.clear()
        self._local = threading.local()
