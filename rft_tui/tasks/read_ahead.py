"""Reading a large file in a process of its own, so that two cores work: one reads and checks, one stores.

The child is a fork that only reads, makes messages and writes them into a pipe; it never touches the store. Where there
is nothing to win or forking is not safe (a small file, other threads, another system), the same work is done here.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Generator, Iterator

SMALLEST_FILE = 8 * 1024 * 1024
"""Bytes below which a second process is not worth its start."""

_LENGTH_BYTES = 8


def can_read_ahead(size: int) -> bool:
    """Whether a file of so many bytes is to be read in another process."""
    return (
        size >= SMALLEST_FILE
        and sys.platform == "linux"
        and threading.active_count() == 1
        and len(os.sched_getaffinity(0)) > 1
    )


def read_ahead(messages: Iterator[bytes]) -> Generator[bytes, None, None]:
    """The messages of an iterator that runs in a child; raises EOFError where the child ended before its last one.

    The iterator must not have begun. A message of no bytes stands for nothing and may not be sent.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _send(messages, reader, writer)
    os.close(writer)
    try:
        with os.fdopen(reader, "rb") as stream:
            while length := int.from_bytes(stream.read(_LENGTH_BYTES), "little"):
                message = stream.read(length)
                if len(message) < length:
                    break
                yield message
    finally:
        _pid, status = os.waitpid(child, 0)
    if status != 0:
        raise EOFError("the process that read the file has ended")


def _send(messages: Iterator[bytes], reader: int, writer: int) -> None:
    """In the child: write every message, then end without touching anything of the parent's."""
    gc.disable()  # rows of JSON hold no circles; looking for some takes a tenth of the time
    status = 1
    try:
        os.close(reader)
        with os.fdopen(writer, "wb") as stream:
            for message in messages:
                stream.write(len(message).to_bytes(_LENGTH_BYTES, "little"))
                stream.write(message)
        status = 0
    except BrokenPipeError:
        status = 0
    finally:
        os._exit(status)
