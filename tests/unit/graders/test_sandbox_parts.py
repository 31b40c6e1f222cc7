"""The sandbox's parts by themselves: the system call filter, the order of a batch, imports, and the report."""

from __future__ import annotations

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.graders.sandbox.batch import LOOK_AHEAD_CALLS, Batch
from rft_tui.graders.sandbox.confinement import LAYERS
from rft_tui.graders.sandbox.contract import CallResult, failed
from rft_tui.graders.sandbox.imports import IMAGE_PACKAGES, grader_imports, missing_at_service, missing_here
from rft_tui.graders.sandbox.protection import protection_report
from rft_tui.graders.sandbox.seccomp import program

ALLOWED = 0x7FFF0000
DENIED = 0x00050000 | errno.EPERM
ABSENT = 0x00050000 | errno.ENOSYS
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
PROCESS = 4242


def verdict(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the filter answers, by running it as the kernel would."""
    data = {0: number, 4: ARCHITECTURES[machine] if architecture is None else architecture}
    data |= {16 + 8 * at: value for at, value in enumerate((*arguments, 0, 0, 0))}
    code, at, accumulator = program(machine, PROCESS), 0, 0
    while True:
        operation, if_true, if_false, value = code[at]
        at += 1
        match operation:
            case 0x20:
                accumulator = data[value]
            case 0x54:
                accumulator &= value
            case 0x15:
                at += if_true if accumulator == value else if_false
            case 0x35:
                at += if_true if accumulator >= value else if_false
            case 0x45:
                at += if_true if accumulator & value else if_false
            case 0x06:
                return value
            case _:
                pytest.fail(f"unknown operation {operation}")


@pytest.mark.parametrize(
    ("machine", "number", "arguments", "answer"),
    [
        ("x86_64", 0, (), ALLOWED),
        ("x86_64", 1, (), ALLOWED),
        ("x86_64", 9, (), ALLOWED),
        ("x86_64", 41, (2, 2), DENIED),
        ("x86_64", 53, (1, 1), ALLOWED),
        ("x86_64", 56, (0x3D0F00,), ALLOWED),
        ("x86_64", 56, (17,), DENIED),
        ("x86_64", 57, (), DENIED),
        ("x86_64", 58, (), DENIED),
        ("x86_64", 59, (), DENIED),
        ("x86_64", 62, (PROCESS, 9), ALLOWED),
        ("x86_64", 62, (1, 9), DENIED),
        ("x86_64", 62, (0xFFFFFFFF, 9), DENIED),
        ("x86_64", 62, (0, 9), DENIED),
        ("x86_64", 302, (0, 7), ALLOWED),
        ("x86_64", 302, (1, 7), DENIED),
        ("x86_64", 72, (3, 8), DENIED),
        ("x86_64", 72, (3, 2), ALLOWED),
        ("x86_64", 16, (0, 0x5412), DENIED),
        ("x86_64", 16, (0, 0x5401), ALLOWED),
        ("x86_64", 157, (1,), DENIED),
        ("x86_64", 157, (15,), ALLOWED),
        ("x86_64", 2, (0, 0o1000), DENIED),
        ("x86_64", 2, (0, 0o1101), ALLOWED),
        ("x86_64", 257, (0, 0, 0o1000), DENIED),
        ("x86_64", 257, (0, 0, 0o2000000), ALLOWED),
        ("x86_64", 435, (), ABSENT),
        ("x86_64", 437, (), ABSENT),
        ("x86_64", 425, (), DENIED),
        ("x86_64", 0x40000000 | 41, (), DENIED),
        ("aarch64", 63, (), ALLOWED),
        ("aarch64", 57, (), ALLOWED),
        ("aarch64", 198, (), DENIED),
        ("aarch64", 220, (17,), DENIED),
        ("aarch64", 220, (0x3D0F00,), ALLOWED),
        ("aarch64", 221, (), DENIED),
        ("aarch64", 129, (1,), DENIED),
        ("aarch64", 129, (PROCESS,), ALLOWED),
        ("aarch64", 56, (0, 0, 0o1000), DENIED),
    ],
)
def test_filter(machine: str, number: int, arguments: tuple[int, ...], answer: int) -> None:
    assert verdict(machine, number, *arguments) == answer


def test_the_filter_knows_one_architecture_only() -> None:
    assert verdict("x86_64", 0, architecture=0x40000003) == DENIED
    assert len(program("x86_64", PROCESS)) < 4096
    with pytest.raises(KeyError):
        program("riscv64", PROCESS)


@given(st.integers(0, 60), st.lists(st.tuples(st.sampled_from(["take", "settle", "lose"]), st.integers(0, 9))))
def test_a_batch_gives_each_call_one_result_in_order(count: int, events: list[tuple[str, int]]) -> None:
    batch = Batch(({}, {"n": n}) for n in range(count))
    held: list[int] = []
    given_out: list[CallResult] = []
    for event, amount in [*events, ("take", count), ("lose", 9), ("take", count)]:
        if event == "take":
            held += batch.take(amount)
        elif event == "settle" and held:
            number = held.pop(amount % len(held))
            batch.settle(number, CallResult(float(number)))
        elif event == "lose":
            batch.give_back(held[:amount])
            del held[:amount]
        given_out += batch.ready()
    for number in held:
        batch.settle(number, CallResult(float(number)))
    given_out += batch.ready()
    assert [result.score for result in given_out] == list(range(count))
    assert not batch.has_more()
    assert batch.done


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_a_failing_batch_keeps_what_it_has(count: int, taken: int, settled: int) -> None:
    batch = Batch(({}, {"n": n}) for n in range(count))
    batch.has_more()
    done = batch.take(taken)[:settled]
    for number in done:
        batch.settle(number, CallResult(1.0))
    failure = failed("crash", "gone")
    assert list(batch.fail_rest(failure)) == [CallResult(1.0)] * len(done) + [failure] * (count - len(done))


def test_a_batch_reads_a_bounded_way_ahead() -> None:
    source = iter(range(10**6))
    batch = Batch(({}, {"n": n}) for n in source)
    assert len(batch.take(10**6)) == next(source) == LOOK_AHEAD_CALLS
    large = Batch(({}, {"text": "x" * 30_000_000}) for _ in range(10))
    assert len(large.take(10)) == 3


def test_imports() -> None:
    source = (
        "import os.path, numpy.linalg as l\nfrom scipy import stats\nfrom . import sibling\n"
        "def grade(sample, item):\n"
        "    import requests\n    __import__('yaml.x'); importlib.import_module('foo.bar')\n    x = '\\d'\n"
    )
    names = grader_imports(source)
    assert names == ("foo", "numpy", "os", "requests", "scipy", "yaml")
    assert missing_at_service(names) == ("foo", "requests")
    assert missing_here(["os", "numpy", "rapidfuzz", "no_such_module", "rft_tui_no"]) == (
        "no_such_module",
        "rft_tui_no",
    )
    assert len(IMAGE_PACKAGES) == 16


@pytest.mark.parametrize("source", ["def", "\x00", "(" * 10_000, "# \ud800", ""])
def test_imports_of_what_cannot_be_parsed(source: str) -> None:
    assert grader_imports(source) == ()


@given(st.text(max_size=200))
def test_imports_of_any_text(source: str) -> None:
    assert all(name for name in grader_imports(source))


def test_the_report_names_every_layer_and_says_why_one_is_missing() -> None:
    report = protection_report()
    assert [protection.name for protection in report] == list(LAYERS)
    for protection in report:
        assert protection.note
        assert protection.present != protection.note.startswith("missing")
    assert protection_report() is report
