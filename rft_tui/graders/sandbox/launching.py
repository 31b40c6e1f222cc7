"""Starting child processes from one thread that lasts as long as the program.

On Linux a child's parent-death signal is sent when the *thread* that started it ends; a worker started by a short-lived
thread would be killed with it, in the middle of a call that is not to blame.
"""

from __future__ import annotations

import queue
import subprocess
import threading
from collections.abc import Sequence

_Reply = queue.SimpleQueue["subprocess.Popen[bytes] | OSError"]

_lock = threading.Lock()
_requests: queue.SimpleQueue[tuple[Sequence[str], dict[str, str], _Reply]] = queue.SimpleQueue()
_thread: threading.Thread | None = None


def launch(command: Sequence[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A process in a session of its own with pipes for input and output and nothing on stderr; raises OSError."""
    global _thread
    with _lock:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_work, name="sandbox-launcher", daemon=True)
            _thread.start()
    reply: _Reply = queue.SimpleQueue()
    _requests.put((command, environment, reply))
    result = reply.get()
    if isinstance(result, OSError):
        raise result
    return result


def _work() -> None:
    while True:
        command, environment, reply = _requests.get()
        try:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter with our own worker
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd="/",
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            reply.put(error)
        else:
            reply.put(process)
