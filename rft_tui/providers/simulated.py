"""The one simulated service of a workspace: found, or started as a process that outlives the one that started it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rft_tui.errors import ServiceError
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line

if TYPE_CHECKING:
    from http.client import HTTPConnection

STATE_FILE = "simulator.json"
LOCK_FILE = "simulator.lock"
LOG_FILE = "simulator.log"

KEPT_FOLDER = "simulator"
"""Where the service keeps its jobs and their files from one start to the next."""

FAULTS_VARIABLE = "RFT_TUI_SIMULATOR_FAULTS"
"""Faults for trying, such as ``429=0.1,500=0.05``: set in the service whenever it is asked for."""

IDLE_EXIT_S = 900
"""The service ends by itself after so long without a request."""

_ANSWER_S = 5.0
_MOST_BYTES = 1_000_000
_LOCK_TRY_S = 0.05
_SHOWN_LOG = 600


def ensure_simulator(folder: Path, *, wait_s: float = 15.0) -> str:
    """The base address of the simulated service of a workspace whose ``.rft`` is `folder`; it is started if need be.

    Raises ServiceError where it does not start within `wait_s` seconds, or refuses the faults of FAULTS_VARIABLE.
    """
    port = _answering(folder)
    if port is None:
        with _locked(folder, wait_s):
            port = _answering(folder)
            if port is None:
                _start(folder, wait_s)
                port = _answering(folder)
    if port is None:
        raise ServiceError("the simulated service started and does not answer", hint=f"See {folder / LOG_FILE}.")
    if wanted := os.environ.get(FAULTS_VARIABLE, "").strip():
        _set_faults(port, wanted)
    return f"http://127.0.0.1:{port}/v1"


def stop_simulator(folder: Path) -> bool:
    """End the simulated service of a workspace; false where none was there. It is gone within about two seconds."""
    was_there = _answering(folder) is not None
    (folder / STATE_FILE).unlink(missing_ok=True)
    return was_there


def _answering(folder: Path) -> int | None:
    """The port at which the service that the state file names answers; None where it does not."""
    try:
        said = json.loads((folder / STATE_FILE).read_bytes())
        port, token = int(said["port"]), str(said["token"])
        status, state = _ask(port, "GET", "/simulator/state")
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return port if status == 200 and state.get("token") == token else None


def _ask(port: int, method: str, path: str, body: JsonObject | None = None) -> tuple[int, JsonObject]:
    """Status and JSON of one request to loopback, through no proxy; OSError or ValueError where there is no answer."""
    from http.client import HTTPConnection, HTTPException

    connection: HTTPConnection = HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S)
    try:
        connection.request(method, path, None if body is None else json.dumps(body))
        response = connection.getresponse()
        answer = json.loads(response.read(_MOST_BYTES))
    except HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()
    return response.status, answer if isinstance(answer, dict) else {}


def _set_faults(port: int, wanted: str) -> None:
    shares: JsonObject = {}
    for text in wanted.split(","):
        kind, _equals, share = text.partition("=")
        with suppress(ValueError):
            shares[kind.strip()] = float(share)
            continue
        raise ServiceError(
            f"{FAULTS_VARIABLE}: {one_line(text, 60)!r} is no KIND=SHARE", hint="Such as 429=0.1,500=0.05."
        )
    try:
        status, answer = _ask(port, "PUT", "/simulator/faults", {"faults": shares})
    except (OSError, ValueError) as error:
        raise ServiceError(f"the simulated service does not answer: {one_line(str(error), 100)}") from error
    if status != 200:
        error_body = answer.get("error")
        said = error_body.get("message") if isinstance(error_body, dict) else status
        raise ServiceError(
            f"{FAULTS_VARIABLE}: {one_line(str(said), 200)}", hint="rft-tui simulate --help lists the kinds."
        )


@contextmanager
def _locked(folder: Path, wait_s: float) -> Iterator[None]:
    """Hold the lock that lets one process at a time start the service. Raises ServiceError."""
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + wait_s
    with (folder / LOCK_FILE).open("ab") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    message = "another process has been starting the simulated service for too long"
                    raise ServiceError(message, hint=f"Delete {folder / LOCK_FILE} if there is none.") from None
                # a lock of a file tells nobody when it is free, so it is tried again
                threading.Event().wait(_LOCK_TRY_S)
        yield


def _start(folder: Path, wait_s: float) -> None:
    """Start the service in a session of its own, and wait for the line with which it says that it is ready."""
    command = [sys.executable, "-m", "rft_tui", "simulate", "--json", "--state", str((folder / STATE_FILE).resolve())]
    log = folder / LOG_FILE
    with log.open("wb") as stderr:
        process = subprocess.Popen(  # noqa: S603 - our own program with our own arguments
            [*command, "--idle-exit", str(IDLE_EXIT_S), "--keep", str((folder / KEPT_FOLDER).resolve())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=folder,
            env=_environment(),
            start_new_session=True,
        )
    assert process.stdout is not None
    with process.stdout as ready:
        came = bool(select.select([ready], [], [], wait_s)[0])
        said = ready.readline(_MOST_BYTES) if came else b""
    if not said:
        process.kill()
        process.wait()
        text = log.read_text(encoding="utf-8", errors="replace")[-_SHOWN_LOG:]
        why = one_line(text, _SHOWN_LOG) or ("it ended" if came else f"no answer within {wait_s:g} s")
        raise ServiceError(f"the simulated service does not start: {why}", hint=f"See {log}.")
    # whoever started it takes leave of it when it ends, so that it does not stay in the table of processes
    threading.Thread(target=process.wait, name="simulated-service-end", daemon=True).start()


def _environment() -> dict[str, str]:
    """Our own environment, in which this very package is found also where it is not installed."""
    environment = dict(os.environ)
    place = Path(__file__).resolve().parent.parent.parent
    if place.name not in ("site-packages", "dist-packages"):
        before = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = str(place) + (os.pathsep + before if before else "")
    return environment
