"""Every way a grader can misbehave ends as a typed error of its own call, and the next call is graded."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import pytest

from rft_tui.graders.sandbox.confinement import LAYERS
from rft_tui.graders.sandbox.contract import CallResult, SandboxLimits
from rft_tui.graders.sandbox.pool import SandboxPool
from rft_tui.graders.sandbox.protection import protection_report

LIMITS = SandboxLimits(call_timeout_s=3.0, start_timeout_s=10.0, memory_bytes=256 << 20, file_bytes=8 << 20)
QUICK = SandboxLimits(call_timeout_s=0.3, start_timeout_s=10.0, memory_bytes=256 << 20)
PRESENT = {protection.name for protection in protection_report() if protection.present}
needs_files = pytest.mark.skipif("landlock" not in PRESENT, reason="no Landlock here")
needs_calls = pytest.mark.skipif("seccomp" not in PRESENT, reason="no system call filter here")
needs_limits = pytest.mark.skipif("limits" not in PRESENT, reason="no limits here")

SOURCE = """
import os, sys, signal, time, threading, socket, subprocess, ctypes, json, builtins, math

def rise():
    raise KeyError("no such thing")

class BadText(Exception):
    def __str__(self):
        raise ValueError("no text")

def spin():
    while True:
        pass

def stubborn():
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    try:
        spin()
    except BaseException:
        spin()

def swallow_all():
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass

def eat():
    hoard = []
    while True:
        hoard.append(bytearray(1 << 20))

def forks():
    while True:
        os.fork()

def raw_fork():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(57) < 0 and libc.syscall(56, 17, 0, 0, 0, 0) < 0 and libc.syscall(435, bytes(88), 88) < 0:
        raise OSError(ctypes.get_errno(), "no process")
    return 1.0

def threads():
    threading.stack_size(65536)
    while True:
        threading.Thread(target=time.sleep, args=(60,)).start()

def daemon():
    threading.Thread(target=swallow_all, daemon=True).start()
    return 1.0

def datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(b"x", ("127.0.0.1", PORT))
    return 1.0

def connect():
    socket.create_connection(("127.0.0.1", PORT), timeout=0.2).close()
    return 1.0

def unix():
    with socket.socket(socket.AF_UNIX) as out:
        out.connect("/run/anything.sock")

def deep(n=0):
    return deep(n + 1)

def deep_in_c():
    sys.setrecursionlimit(10**9)
    value = []
    for _ in range(10**6):
        value = [value]
    return repr(value)

def forge():
    for fd in range(256):
        try:
            os.write(fd, b"0 1.0\\n1 1.0\\n")
        except OSError:
            pass
    time.sleep(60)

def flood():
    for fd in range(3, 256):
        try:
            while os.write(fd, b"x" * 60000):
                pass
        except OSError:
            pass
    return 1.0

def close_all():
    os.closerange(0, 256)
    return 1.0

def huge_file():
    with open("huge", "wb") as out:
        for _ in range(32):
            out.write(bytes(1 << 20))
    return 1.0

def many_files():
    for number in range(32):
        with open(f"part{number}", "wb") as out:
            out.write(bytes(1 << 20))
    return 1.0

def linked(path):
    os.symlink(path, "link")
    with open("link") as text:
        return text.read()

def hard_linked(path):
    os.link(path, "hard")
    with open("hard") as text:
        return text.read()

def own_process():
    return os.getppid()

def limit_parent():
    import resource
    resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (0, 0))

def owner_signal():
    import fcntl
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid())

def ptrace():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, os.getppid(), 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "not traced")
    return 1.0

def survive():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(1, 0, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return 1.0

def grade(sample, item):
    code = item.get("do")
    return eval(code) if code else 0.25
"""

GOOD: tuple[dict[str, Any], dict[str, Any]] = ({}, {})


def attacked(expression: str, limits: SandboxLimits = LIMITS, source: str = SOURCE) -> CallResult:
    """The result of a call between two good ones, which must be graded whatever it does."""
    with SandboxPool(source, workers=1, limits=limits) as pool:
        before, result, *after = pool.run([GOOD, ({}, {"do": expression}), GOOD, GOOD])
    assert [before, *after] == [CallResult(0.25)] * 3
    return result


def kind_and_message(result: CallResult) -> tuple[str, str]:
    assert result.score is None
    assert result.error is not None
    return result.error.kind, result.error.message


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("rise()", "KeyError: 'no such thing'\n  line 145, in grade: return eval"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("sys.exit(3)", "SystemExit: 3"),
        ("exit(0)", "SystemExit"),
        ("deep()", "RecursionError"),
        ("deep()", "more calls"),
        ("(_ for _ in ()).throw(KeyboardInterrupt)", "KeyboardInterrupt"),
        ("(_ for _ in ()).throw(BadText)", "(its text cannot be shown)"),
        ("(_ for _ in ()).throw(ValueError('x' * 10**6))", "ValueError: xxx"),
        ("(_ for _ in ()).throw(ValueError('\\ud800\\n\\x00\\U0001f600' * 5000))", "ValueError: "),
        ("os.environ['PATH']", "KeyError"),
    ],
)
def test_exceptions(expression: str, part: str) -> None:
    kind, message = kind_and_message(attacked(expression))
    assert kind == "python_grader_runtime_error"
    assert part in message
    assert "worker.py" not in message
    assert len(message) <= 3100


@pytest.mark.parametrize(
    "expression",
    ["None", "'1.0'", "math.nan", "math.inf", "-math.inf", "[1]", "1j", "10**400", "b'1'", "(yield_ for yield_ in ())"],
)
def test_not_a_number(expression: str) -> None:
    assert kind_and_message(attacked(expression))[0] == "not_a_number"


@pytest.mark.parametrize("expression", ["spin()", "stubborn()", "swallow_all()", "10**10**8 % 7"])
def test_time_out(expression: str) -> None:
    began = time.monotonic()
    kind, message = kind_and_message(attacked(expression, QUICK))
    assert kind == "timeout"
    assert "0.3 s" in message
    assert time.monotonic() - began < 3


def test_a_time_out_says_where_it_was() -> None:
    assert "in spin: while True:" in kind_and_message(attacked("spin()", QUICK))[1]


def test_a_time_out_kills_at_the_limit() -> None:
    with SandboxPool(SOURCE, workers=1, limits=QUICK) as pool:
        assert list(pool.run([GOOD])) == [CallResult(0.25)]
        began = time.monotonic()
        assert [kind_and_message(result)[0] for result in pool.run([({}, {"do": "spin()"})])] == ["timeout"]
        assert 0.3 <= time.monotonic() - began < 0.8


@needs_limits
@pytest.mark.parametrize("expression", ["eat()", "'x' * 10**11", "bytearray(1 << 40)"])
def test_memory(expression: str) -> None:
    assert kind_and_message(attacked(expression))[0] == "memory"


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("os._exit(7)", "exit code 7"),
        ("os._exit(0)", "exit code 0"),
        ("ctypes.string_at(0)", "SIGSEGV"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("os.abort()", "SIGABRT"),
        ("deep_in_c()", ""),
    ],
)
def test_crash(expression: str, part: str) -> None:
    result = attacked(expression)
    kind, message = kind_and_message(result)
    assert kind in ({"crash", "python_grader_runtime_error"} if expression == "deep_in_c()" else {"crash"})
    assert part in message


@needs_calls
@pytest.mark.parametrize(
    "expression",
    [
        "forks()",
        "raw_fork()",
        "subprocess.run(['/bin/true'])",
        "os.system('true') and 1 / 0",
        "os.execv('/bin/true', ['true'])",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "datagram()",
        "connect()",
        "unix()",
        "os.kill(os.getppid(), 0)",
        "os.kill(-1, 0)",
        "os.killpg(os.getpgid(os.getppid()), 0)",
        "ptrace()",
        "survive()",
        "limit_parent()",
        "owner_signal()",
        "os.chmod('/tmp', 0o777)",
        "os.memfd_create('x')",
        "os.truncate('/etc/hosts', 0)",
    ],
)
def test_reaching_out(expression: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        result = attacked(expression, source=SOURCE.replace("PORT", str(listener.getsockname()[1])))
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert kind_and_message(result)[0] == "python_grader_runtime_error"


def test_thread_bomb() -> None:
    result = attacked("threads()")
    kind, message = kind_and_message(result)
    assert kind in {"crash", "python_grader_runtime_error", "memory"}
    assert "thread" in message or kind == "memory"


def test_a_thread_left_running() -> None:
    kind, message = kind_and_message(attacked("daemon()"))
    assert kind == "python_grader_runtime_error"
    assert message.startswith("a thread was still running after grade returned\n  line ")
    assert "in swallow_all: " in message


def test_threads_that_end_are_fine() -> None:
    pool_of_threads = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def grade(sample, item):\n"
        "    with ThreadPoolExecutor(4) as executor:\n"
        "        return sum(executor.map(float, range(5)))\n"
    )
    with SandboxPool(pool_of_threads, workers=1, limits=LIMITS) as pool:
        assert list(pool.run([GOOD] * 5)) == [CallResult(10.0)] * 5


@pytest.mark.parametrize(
    "expression",
    [
        "sys.stdout.close() or os.close(1) or 0.5",
        "print('x' * 20_000_000) or 0.5",
        "sys.stderr.write('x' * 20_000_000) and 0.5",
        "os.write(1, b'x' * 20_000_000) and 0.5",
        "setattr(builtins, 'float', None) or setattr(builtins, 'len', None) or 0.5",
        "setattr(json, 'loads', None) or setattr(json.decoder, 'JSONDecoder', None) or 0.5",
        "setattr(os, 'write', None) or setattr(sys, 'stdout', None) or 0.5",
        "setattr(builtins, 'BaseException', ()) or 0.5",
        "asyncio_loop()",
    ],
)
def test_harmless(expression: str) -> None:
    source = SOURCE + "\n\ndef asyncio_loop():\n    import asyncio\n    return asyncio.run(asyncio.sleep(0, 0.5))\n"
    assert attacked(expression, source=source) == CallResult(0.5)


@pytest.mark.parametrize("expression", ["forge()", "flood()"])
def test_forged_lines(expression: str) -> None:
    assert kind_and_message(attacked(expression))[0] == "protocol"


def test_closed_channel() -> None:
    assert kind_and_message(attacked("close_all()"))[0] in {"crash", "protocol"}


def test_a_second_answer_never_counts_for_the_next_call() -> None:
    thief = (
        "import os, sys\n"
        "def grade(sample, item):\n"
        "    if item.get('forge'):\n"
        "        loop = sys._getframe(1).f_locals\n"
        "        for number in (loop['number'], b'%d' % (int(loop['number']) + 1)):\n"
        "            os.write(loop['results'], loop['prefix'] + number + b' 1.0\\n')\n"
        "    return 0.25\n"
    )
    with SandboxPool(thief, workers=1, limits=LIMITS) as pool:
        results = list(pool.run([GOOD, ({}, {"forge": True}), *[GOOD] * 5]))
    assert len(results) == 7
    assert results[0] == CallResult(0.25)
    assert results[3:] == [CallResult(0.25)] * 4


@needs_limits
def test_huge_file() -> None:
    kind, message = kind_and_message(attacked("huge_file()"))
    assert kind in {"python_grader_runtime_error", "crash"}
    assert "OSError" in message or "SIGXFSZ" in message


@pytest.mark.skipif("private_disk" not in PRESENT, reason="no mount namespace here")
def test_many_files() -> None:
    assert "No space left" in kind_and_message(attacked("many_files()"))[1]


@needs_files
@pytest.mark.parametrize(
    "expression",
    [
        "open('/etc/passwd').read()",
        "open({secret!r}).read()",
        "open({secret!r}, 'w')",
        "open({secret!r}, 'r+')",
        "os.open({secret!r}, os.O_RDONLY | os.O_TRUNC)",
        "os.listdir({folder!r})",
        "os.listdir('/')",
        "open('/proc/' + str(os.getppid()) + '/environ').read()",
        "open('/proc/self/mem').read()",
        "linked({secret!r})",
        "linked('/etc/passwd')",
        "hard_linked({secret!r})",
        "os.rename({secret!r}, 'here')",
        "os.remove({secret!r})",
        "os.mkdir({folder!r} + '/new')",
        "os.chdir({folder!r}) or open('secret.txt').read()",
        "os.chroot('.')",
        "os.listdir(os.path.expanduser('~' + __import__('getpass').getuser()))",
    ],
)
def test_files_outside(expression: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    result = attacked(expression.format(secret=str(secret), folder=str(tmp_path)))
    kind, message = kind_and_message(result)
    assert kind == "python_grader_runtime_error"
    assert "Permission" in message or "not permitted" in message or "cross-device" in message or "KeyError" in message
    assert secret.read_text(encoding="utf-8") == "secret"
    assert list(tmp_path.iterdir()) == [secret]


def test_environment_holds_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    looking = (
        "import os\n"
        "def grade(sample, item):\n"
        "    assert 'OPENAI_API_KEY' not in os.environ\n"
        "    assert set(os.environ) <= {'OPENBLAS_NUM_THREADS', 'OMP_NUM_THREADS', 'MKL_NUM_THREADS',\n"
        "        'MALLOC_ARENA_MAX', 'TMPDIR', 'HOME', 'LC_CTYPE', '__CF_USER_TEXT_ENCODING'}, dict(os.environ)\n"
        "    return 1\n"
    )
    with SandboxPool(looking, workers=1, limits=LIMITS) as pool:
        assert list(pool.run([GOOD])) == [CallResult(1.0)]


def test_without_any_layer_calls_are_still_graded_and_killed() -> None:
    with SandboxPool(SOURCE, workers=1, limits=QUICK, left_out=LAYERS) as pool:
        results = list(pool.run([GOOD, ({}, {"do": "spin()"}), ({}, {"do": "os._exit(1)"}), GOOD]))
    assert [result.error.kind if result.error else result.score for result in results] == [
        0.25,
        "timeout",
        "crash",
        0.25,
    ]
