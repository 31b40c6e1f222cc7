"""The program inside a worker: closes itself in, loads one grader, answers calls line by line.

Started as a script, it never returns. The first line on standard input is the header (JSON), each further line one
call: its number, a blank, ``[sample, item]``. Each answer is one line: the token, the number, a blank, and a float, or
``[kind, message, spoilt]``, or ``{"at": lines}`` while a call takes long. Everything that the loop needs is bound
before the grader loads, so that a grader that changes builtins or ``json`` harms only other grader code. A grader that
searches the interpreter for the token can still forge its own score: that cannot be prevented inside one process.
"""

from __future__ import annotations

import _thread
import json
import os
import signal
import sys
import time
import types
from collections.abc import Callable
from io import TextIOWrapper
from typing import Any, BinaryIO, Protocol

FILE_NAME = "<grader>"
"""The file name of grader code in tracebacks."""

_RUNTIME_ERROR = "python_grader_runtime_error"
_MESSAGE_BYTES = 3000
_SHOWN_FRAMES = 6
_CODE_OF_VARARGS = 0x04
_THREAD_GRACE_STEPS = 50


class _Silent(TextIOWrapper):
    """Where grader prints go: nowhere, and it cannot be closed."""

    def write(self, text: str, /) -> int:
        return len(text)

    def close(self) -> None:
        pass


class _Signature(Protocol):
    def __call__(self, sample: Any, item: Any, /) -> Any: ...


class LoadError(Exception):
    """The source is no grader."""


def main() -> None:
    """Run a worker until its input ends."""
    calls, results = _take_channels()
    confine_by = _confinement()
    line = calls.readline()
    if not line:
        os._exit(0)
    header = json.loads(line)
    prefix = header["token"].encode() + b" "
    reasons = _close_in(header, confine_by)
    quiet = _Silent(open(os.devnull, "wb"), encoding="utf-8")  # noqa: SIM115, PTH123 - lives as long as the process
    sys.stdout = sys.stderr = quiet
    os.write(results, prefix + b"confined " + json.dumps(reasons).encode("ascii") + b"\n")
    source = header["source"]
    where = _Where(source.split("\n"))
    try:
        grade = _load(source)
    except BaseException as error:  # noqa: BLE001 - grader code may raise anything
        os.write(results, prefix + b"load " + _failure(error, where) + b"\n")
        os._exit(0)
    os.write(results, prefix + b"ready \n")
    _serve(calls, results, prefix, grade, where, quiet, header["note_every_s"])


def _take_channels() -> tuple[BinaryIO, int]:
    """Move calls and results away from the standard descriptors, which become the null device."""
    calls, results = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)
    return os.fdopen(calls, "rb", buffering=1 << 16), results


def _confinement() -> Any:
    """The module that confines, loaded before the header is there, so that a spare worker has this behind it."""
    root = __file__.rsplit("/", 4)[0]
    sys.path.append(root)
    from rft_tui.graders.sandbox import confinement

    sys.path.remove(root)
    return confinement


def _close_in(header: dict[str, Any], confine_by: Any) -> dict[str, str]:
    """Confine this process, then make the folders it was given importable."""
    readable = tuple(header["readable"])
    reasons: dict[str, str] = confine_by.confine(
        confine_by.Confines(
            header["parent"],
            header["folder"],
            header["memory_bytes"],
            header["file_bytes"],
            header["threads"],
            readable,
            tuple(header["left_out"]),
        )
    )
    for name in [name for name in sys.modules if name.partition(".")[0] == "rft_tui"]:
        del sys.modules[name]
    sys.argv = [FILE_NAME]
    for folder in readable:
        _make_importable(folder)
    return reasons


def _make_importable(folder: str) -> None:
    """A package folder is found by its name, since the folder around it is not readable; others are searched."""
    init = folder + "/__init__.py"
    try:
        os.stat(init)  # noqa: PTH116 - pathlib is slow to import in a worker
    except OSError:
        sys.path.append(folder)
        return
    from importlib.machinery import ModuleSpec
    from importlib.util import spec_from_file_location

    class PackageFinder:
        """Finds one package in its folder."""

        @staticmethod
        def find_spec(name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
            """The package's spec, or None for any other name."""
            if name != folder.rpartition("/")[2]:
                return None
            return spec_from_file_location(name, init, submodule_search_locations=[folder])

    sys.meta_path.append(PackageFinder)


def _load(source: str) -> _Signature:
    module = types.ModuleType("grader")
    module.__file__ = FILE_NAME
    sys.modules["grader"] = module
    exec(compile(source, FILE_NAME, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - the worker's purpose
    grade = module.__dict__.get("grade")
    if not callable(grade):
        raise LoadError("the source defines no top-level function grade(sample, item)")
    if isinstance(grade, types.FunctionType):
        code = grade.__code__
        required = code.co_argcount - len(grade.__defaults__ or ())
        takes_two = required <= 2 and (code.co_argcount >= 2 or code.co_flags & _CODE_OF_VARARGS)
        if not takes_two or code.co_kwonlyargcount > len(grade.__kwdefaults__ or ()):
            raise LoadError("grade must take exactly two positional arguments: grade(sample, item)")
    result: _Signature = grade
    return result


class _Where:
    """Which lines of the grader's source a traceback or a running call passes through."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def of_traceback(self, traceback: types.TracebackType | None) -> str:
        """The user lines of a traceback, outermost first."""
        places = []
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == FILE_NAME:
                places.append((traceback.tb_lineno, traceback.tb_frame.f_code.co_name))
            traceback = traceback.tb_next
        return self._text(places)

    def of_frame(self, frame: types.FrameType | None) -> str:
        """The user lines that are being run, outermost first."""
        places = []
        while frame is not None:
            if frame.f_code.co_filename == FILE_NAME:
                places.append((frame.f_lineno, frame.f_code.co_name))
            frame = frame.f_back
        return self._text(places[::-1])

    def _text(self, places: list[tuple[int, str]]) -> str:
        texts = [self._place(number, name) for number, name in places]
        if len(texts) > 2 * _SHOWN_FRAMES:
            left_out = f"  … {len(texts) - 2 * _SHOWN_FRAMES} more calls"
            texts = [*texts[:_SHOWN_FRAMES], left_out, *texts[-_SHOWN_FRAMES:]]
        return "\n".join(texts)

    def _place(self, number: int, name: str) -> str:
        code = self._lines[number - 1].strip()[:160] if 0 < number <= len(self._lines) else ""
        return f"  line {number}, in {name}: {code}"


def _failure(error: BaseException, where: _Where) -> bytes:
    """What is said of an exception: its kind, its type and text, and the lines of the grader it came through."""
    try:
        kind = "memory" if isinstance(error, MemoryError) else _RUNTIME_ERROR
        if isinstance(error, LoadError):
            return _answer(kind, str(error), spoilt=False)
        if isinstance(error, SyntaxError):
            return _answer(kind, f"{type(error).__name__}: {error.msg} (line {error.lineno})", spoilt=False)
        try:
            text = str(error)[:_MESSAGE_BYTES]
        except BaseException:  # noqa: BLE001 - grader code may raise anything
            text = "(its text cannot be shown)"
        lines = where.of_traceback(error.__traceback__)
        message = f"{type(error).__name__}: {text}" if text else type(error).__name__
        return _answer(kind, f"{message[: _MESSAGE_BYTES // 2]}\n{lines}", spoilt=kind == "memory")
    except MemoryError:
        return b'["memory","the memory limit was reached",true]'


_encode = json.JSONEncoder(ensure_ascii=False).encode


def _answer(kind: str, message: str, *, spoilt: bool) -> bytes:
    """An error as one line shorter than a pipe writes at once; `spoilt` asks for a new worker."""
    message = message.rstrip()[:_MESSAGE_BYTES]
    while True:
        data = _encode([kind, message, spoilt]).encode("utf-8", "backslashreplace")
        if len(data) <= _MESSAGE_BYTES:
            return data
        message = message[: len(message) * _MESSAGE_BYTES // (len(data) + 64)]


def _serve(
    calls: BinaryIO,
    results: int,
    prefix: bytes,
    grade: _Signature,
    where: _Where,
    quiet: _Silent,
    note_every_s: float,
) -> None:
    """Answer calls for ever; the bindings at the top keep grader code from changing what the loop does."""
    decode, readline, write, leave = json.JSONDecoder().raw_decode, calls.readline, os.write, os._exit
    to_float, shortest, kind_of = float, float.__repr__, type
    sleep, thread_count, threads_before = time.sleep, _thread._count, _thread._count()
    system, any_exception, failure, answer = sys, BaseException, _failure, _answer
    counts, convert, left_running = range(_THREAD_GRACE_STEPS), _converter(), _left_running
    running = seen = b""

    def note(_signal: int, frame: types.FrameType | None) -> None:
        nonlocal seen
        if running and running == seen:
            lines = where.of_frame(frame)[:_MESSAGE_BYTES]
            data = _encode({"at": lines}).encode("utf-8", "backslashreplace")
            if len(data) <= _MESSAGE_BYTES:
                write(results, prefix + running + b" " + data + b"\n")
        seen = running

    signal.signal(signal.SIGALRM, note)
    signal.setitimer(signal.ITIMER_REAL, note_every_s, note_every_s)
    while True:
        line = readline()
        if not line:
            leave(0)
        number, _, body = line.partition(b" ")
        system.stdout = system.stderr = quiet
        try:
            values = decode(body.decode("ascii"))[0]
        except any_exception as error:
            data = answer("other_error", f"sample or item cannot be read in the sandbox: {error}", spoilt=False)
            write(results, prefix + number + b" " + data + b"\n")
            continue
        running = number
        try:
            value = grade(values[0], values[1])
            data = shortest(value).encode("ascii") if kind_of(value) is to_float else convert(value)
        except any_exception as error:
            data = failure(error, where)
        running = b""
        values = value = None
        if data == b"nan" or data == b"inf" or data == b"-inf":
            data = answer("not_a_number", f"grade returned {data.decode('ascii')}", spoilt=False)
        if thread_count() > threads_before:
            for _ in counts:
                if thread_count() <= threads_before:
                    break
                sleep(0.001)
            else:
                data = left_running(data, where)
        write(results, prefix + number + b" " + data + b"\n")


def _left_running(data: bytes, where: _Where) -> bytes:
    """The answer of a call that left a thread behind: its own error, or this one, and a new worker in both cases."""
    if data.endswith(b"false]"):
        return data[: -len(b"false]")] + b"true]"
    if data.endswith(b"true]"):
        return data
    own = _thread.get_ident()
    lines = [where.of_frame(frame) for thread, frame in sys._current_frames().items() if thread != own]
    place = next((text for text in lines if text), "")
    return _answer(_RUNTIME_ERROR, f"a thread was still running after grade returned\n{place}", spoilt=True)


def _converter() -> Callable[[object], bytes]:
    """What a value that is no plain float counts as.

    Ints, bools (as 0 and 1) and anything with ``__float__``, such as numpy's numbers, are numbers; text is not, nor is
    an int beyond the largest float.
    """
    get, type_of, to_float, shortest, answer = getattr, type, float, float.__repr__, _answer
    text, whole, too_large = (str, bytes, bytearray), int, OverflowError

    def convert(value: Any) -> bytes:
        kind = type_of(value)
        if kind in text or get(kind, "__float__", None) is None:
            return answer("not_a_number", f"grade returned {kind.__name__}, not a number", spoilt=False)
        try:
            return shortest(to_float(value)).encode("ascii")
        except too_large:
            if kind is not whole:
                raise
            return answer("not_a_number", "grade returned an int beyond the largest float", spoilt=False)

    return convert


if __name__ == "__main__":
    main()
