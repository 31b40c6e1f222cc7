"""Exit codes, errors in both forms, the folder in front, and what never reaches a person."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rft_tui import logs
from rft_tui.__main__ import main
from rft_tui.cli.commands import COMMANDS, Noun
from rft_tui.cli.console import Calling
from rft_tui.cli.group import MainGroup
from tests.unit.cli.conftest import Cli, FakeApp

ROOT = Path(__file__).resolve().parents[3]


def _all_commands() -> list[list[str]]:
    return [
        [name, *verb]
        for name, entry in COMMANDS.items()
        for verb in ([[one] for one in entry.verbs] if isinstance(entry, Noun) else [[]])
    ]


@pytest.mark.parametrize("words", _all_commands(), ids=" ".join)
def test_every_command_has_help_json_and_workspace(cli: Cli, words: list[str]) -> None:
    result = cli(*words, "--help")
    assert result.code == 0
    assert "--json" in result.out
    assert "--workspace" in result.out
    assert result.err == ""


def test_help_lists_every_noun_in_eighty_columns(cli: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    result = cli("--help")
    assert result.code == 0
    assert all(f"  {name} " in result.out for name in COMMANDS)
    assert all(len(line) < 80 for line in result.out.splitlines())
    assert main(["--help"]) == 0
    assert capsys.readouterr().out == result.out


@pytest.mark.parametrize("noun", [name for name, entry in COMMANDS.items() if isinstance(entry, Noun)])
def test_help_of_a_noun_is_the_same_either_way(cli: Cli, capsys: pytest.CaptureFixture[str], noun: str) -> None:
    result = cli(noun, "--help")
    assert all(len(line) < 80 for line in result.out.splitlines())
    assert main([noun, "--help"]) == 0
    assert capsys.readouterr().out == result.out


@pytest.mark.parametrize(("words", "meant"), [(["dat"], "data"), (["data", "lst"], "list"), (["grdaer"], "grader")])
def test_an_unknown_word_names_the_nearest_command(cli: Cli, words: list[str], meant: str) -> None:
    result = cli(*words)
    assert result.code == 2
    assert result.out == ""
    assert f"Did you mean {meant}?" in result.err


def test_a_noun_alone_shows_its_verbs_as_wrong_use(cli: Cli) -> None:
    result = cli("data")
    assert (result.code, result.out) == (2, "")
    assert "split" in result.err


@pytest.mark.parametrize(
    "words", [["grade", "--json", "--bogus"], ["nonsense", "--json"], ["data", "split", "x", "--json"]]
)
def test_wrong_use_with_json_is_an_error_document(cli: Cli, words: list[str]) -> None:
    result = cli(*words)
    assert result.code == 2
    assert set(result.error) == {"title", "message", "hint", "kind"}
    assert result.error["kind"] == "usage"


def test_no_workspace_is_said_with_a_hint(cli: Cli) -> None:
    result = cli("run", "list")
    assert result.code == 2
    assert "not a workspace" in result.err
    assert "rft-tui init" in result.err


def test_a_folder_in_front_is_the_workspace(cli: Cli, demo: Path) -> None:
    assert cli(demo, "data", "list", "--json").document["datasets"][0]["dataset"] == "train"
    assert cli("-C", demo, "data", "list", "--json").out == cli("data", "list", "-C", demo, "--json").out


def test_a_folder_alone_opens_the_app(cli: Cli, app: FakeApp, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Calling, "has_terminal", property(lambda _self: True))
    inner = demo / "prompts"
    monkeypatch.chdir(demo.parent)
    assert cli("demo/prompts").code == 0
    assert cli(demo).code == 0
    monkeypatch.chdir(inner)
    assert cli().code == 0
    assert app.opened == [demo.resolve()] * 3


def test_the_app_needs_a_terminal(cli: Cli, app: FakeApp, demo: Path) -> None:
    result = cli(demo)
    assert result.code == 2
    assert "terminal" in result.err
    assert app.opened == []


def test_a_folder_that_is_not_there(cli: Cli) -> None:
    assert cli("./nowhere").code == 2
    assert cli("-C", "nowhere", "run", "list").code == 2


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["data", "list"], ["data", "list"]),
        (["--json", "a/b", "run", "list"], ["--json", "--workspace", "a/b", "run", "list"]),
        (["-C", "a/b", "run"], ["-C", "a/b", "run"]),
        (["import", "a/b"], ["import", "a/b"]),
        ([], []),
    ],
)
def test_only_the_first_word_is_taken_for_a_folder(given: list[str], expected: list[str]) -> None:
    assert MainGroup().with_folder(given) == expected


def test_an_unexpected_error_is_logged_and_said(cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "sk-very-secret-value")

    def fail(*_arguments: object) -> None:
        raise ValueError("broken with sk-very-secret-value \x1b[31m")

    monkeypatch.setattr(Calling, "workspace", fail)
    for json_option in ([], ["--json"]):
        result = cli("data", "list", *json_option)
        assert result.code == 1
        assert str(logs.log_path()) in result.err
        assert "sk-very" not in result.err
        assert "\x1b" not in result.err
    assert json.loads(result.err)["error"]["kind"] == "unexpected"
    logged = logs.log_path().read_text(encoding="utf-8")
    assert "Traceback" in logged
    assert "ValueError" in logged
    assert "sk-very" not in logged
    assert "\x1b" not in logged


def test_an_interruption_is_130(cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Calling, "workspace", interrupt)
    assert cli("data", "list").code == 130
    assert cli("data", "list", "--json").error["kind"] == "interrupted"


def test_file_names_write_no_escape_sequences(cli: Cli) -> None:
    result = cli("data", "check", "evil\x1b[2Jname\u202e.jsonl")
    assert result.code == 2
    assert "\x1b" not in result.err
    assert "\u202e" not in result.err


def test_an_error_of_the_system_is_bad_input(cli: Cli, workspace: Path) -> None:
    (workspace / "prompts" / "taken").mkdir()
    result = cli("-C", workspace, "prompt", "new", "p", "--from", workspace / "prompts" / "taken", "--json")
    assert result.code == 2
    assert result.error["kind"] == "input"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    "words", [["--version"], ["--help"], ["review", "list", "--help"], ["data", "list"], ["data", "list", "--json"]]
)
@pytest.mark.parametrize("buffered", [True, False])
def test_a_full_disk_is_said_once(demo: Path, tmp_path: Path, words: list[str], buffered: bool) -> None:
    outside = {"PATH": os.defpath, "HOME": str(tmp_path), **({} if buffered else {"PYTHONUNBUFFERED": "1"})}
    script = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from rft_tui.__main__ import main; sys.exit(main())"
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-c", script, *words],
            cwd=demo, env=outside, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
        )  # fmt: skip
    said = json.loads(done.stderr)["error"] if "--json" in words else None
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert said["kind"] == "output" if said else done.stderr.startswith("The output cannot be written: No space left")


def test_streams_keep_apart(cli: Cli, demo: Path) -> None:
    result = cli("-C", demo, "review", "list", "--limit", 3)
    assert len(result.out.splitlines()) == 4
    assert "720" in result.err


def test_an_interrupt_while_a_module_is_loaded_ends_with_130_and_not_with_the_signal(tmp_path: Path) -> None:
    """Python kills itself by SIGINT where a KeyboardInterrupt once passed through an evaluated text, handled or not."""
    (tmp_path / "interrupted.py").write_text(
        "import sys\n"
        "from unittest.mock import patch\n"
        "from rft_tui.__main__ import main\n"
        "def run(*_arguments, **_options):\n"
        "    try:\n"
        "        exec('raise KeyboardInterrupt')\n"
        "    except KeyboardInterrupt:\n"
        "        return 130\n"
        "with patch('rft_tui.cli.main.run', run):\n"
        "    code = main(['task', 'list'])\n"
        "sys.exit(code)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-m", "interrupted"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, b"")
