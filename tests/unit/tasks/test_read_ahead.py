"""Reading in a process of its own: the same messages in the same order, and a said end when the process dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from itertools import islice

import pytest

from rft_tui.tasks.read_ahead import read_ahead
from tests.benchmarks.processes import process_tree


def numbered(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield f"{number}".encode() * 100


def test_messages_arrive_whole_and_in_order() -> None:
    assert list(read_ahead(numbered(5000))) == list(numbered(5000))


def test_the_work_is_done_in_another_process() -> None:
    def tell() -> Iterator[bytes]:
        yield str(os.getpid()).encode()

    assert int(next(iter(read_ahead(tell())))) != os.getpid()


def test_a_killed_reader_is_not_taken_for_the_end() -> None:
    def dies() -> Iterator[bytes]:
        yield b"first"
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(EOFError):
        list(read_ahead(dies()))


def test_an_error_in_the_reader_is_not_taken_for_the_end() -> None:
    def fails() -> Iterator[bytes]:
        yield b"first"
        raise MemoryError

    with pytest.raises(EOFError):
        list(read_ahead(fails()))


def test_a_reader_that_nobody_wants_any_more_ends() -> None:
    before = set(process_tree(os.getpid()))
    received = read_ahead(numbered(1_000_000))
    assert list(islice(received, 3)) == list(islice(numbered(3), 3))
    assert set(process_tree(os.getpid())) > before
    received.close()
    assert set(process_tree(os.getpid())) <= before
