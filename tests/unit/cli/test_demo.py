"""The demo without a terminal, and the self-check."""

from __future__ import annotations

from pathlib import Path

import pytest

from rft_tui.cli.console import Calling
from rft_tui.demo import make_demo
from rft_tui.errors import SettingsError, UsageError
from rft_tui.model import Verdict
from rft_tui.store.review import answers_of
from rft_tui.store.verdicts import EventKind, count_verdicts, record
from rft_tui.workspace import open_workspace
from tests.unit.cli.conftest import Cli, FakeApp


def test_the_report_of_the_demo(cli: Cli, demo: Path) -> None:
    result = cli("demo", "--dir", demo, "--json")
    assert result.code == 0
    assert result.document["simulated"] is True
    simulated = [one for one in result.document["reports"] if "simulated" in one]
    assert [(one["model"], one["graders"][0]["scored"]) for one in simulated] == [("simulated-smollm2", 40)]
    reports = [one for one in result.document["reports"] if "simulated" not in one]
    assert {(one["dataset"], one["model"], len(one["runs"])) for one in reports} == {
        (dataset, model, 3) for dataset in ("train", "val") for model in ("qwen-coder-0.5b", "smollm2")
    }
    figures = {(one["dataset"], one["model"], g["grader"]["name"]): g for one in reports for g in one["graders"]}
    assert len(figures) == 20
    assert figures["train", "qwen-coder-0.5b", "exact"]["mean"] == pytest.approx(0.379, abs=5e-4)
    assert figures["train", "qwen-coder-0.5b", "word_overlap"]["mean"] == pytest.approx(0.638, abs=5e-4)
    assert sum(one["errors"] for (_d, _m, name), one in figures.items() if name == "exact") == 7
    assert sum(one["scored"] for (_d, _m, name), one in figures.items() if name == "exact") == 713
    assert result.document["worst"]
    assert "SIMULATED" in result.document["source"]
    assert all(one["model"] in ("qwen-coder-0.5b", "smollm2", "simulated-smollm2") for one in result.document["worst"])


def test_the_report_as_text(cli: Cli, demo: Path) -> None:
    result = cli("demo", "--dir", demo)
    assert result.code == 0
    assert "0.379 ± 0.044" in result.out
    assert "simulated-smollm2 on val, 2 runs, SIMULATED" in result.out
    assert "Real recorded predictions" in result.err
    assert str(demo) in result.err


def test_on_a_terminal_the_app_opens(cli: Cli, app: FakeApp, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Calling, "has_terminal", property(lambda _self: True))
    result = cli("demo", "--dir", demo)
    assert (result.code, result.out) == (0, "")
    assert app.opened == [demo]


def test_a_folder_with_other_things_is_refused(cli: Cli, tmp_path: Path, workspace: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.txt").write_text("x")
    for one in (folder, workspace, folder / "thesis.txt"):
        result = cli("demo", "--dir", one)
        assert result.code == 2
        assert result.out == ""
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]
    with pytest.raises(UsageError):
        make_demo(folder, lambda _text: None)


def test_a_demo_that_is_there_keeps_its_verdicts(cli: Cli, demo: Path) -> None:
    workspace = open_workspace(demo)
    with workspace.store.write() as db:
        record(db, workspace.reviewer, EventKind.VERDICT, Verdict.RIGHT, answers=answers_of(db, [1]))
    workspace.store.close()
    (demo / "prompts" / "simple.txt").write_text("edited")
    assert cli("demo", "--dir", demo).code == 0
    workspace = open_workspace(demo)
    with workspace.store.read() as db:
        assert count_verdicts(db, workspace.reviewer) == 1
    workspace.store.close()
    assert (demo / "prompts" / "simple.txt").read_text() == "edited"


def test_the_planted_errors_are_not_in_the_demo(demo: Path) -> None:
    assert not list(demo.rglob("*planted*"))


def test_doctor_without_a_workspace(cli: Cli) -> None:
    result = cli("doctor", "--json")
    assert result.code == 0
    document = result.document
    assert document["ok"] is True
    assert document["paths"]["workspace"] is None
    assert document["store"] is None
    assert document["versions"]["textual"]
    assert {"landlock", "seccomp"} <= {layer["name"] for layer in document["sandbox"]}
    assert document["clipboard"]


def test_doctor_of_a_workspace(cli: Cli, demo: Path) -> None:
    document = cli("-C", demo, "doctor", "--json").document
    assert document["store"]["integrity"] == []
    assert document["store"]["predictions"] == 720
    assert document["store"]["journal"] in ("wal", "delete")
    assert "All is well." in cli("-C", demo, "doctor").out


def test_doctor_names_what_is_broken(cli: Cli, app: FakeApp, demo: Path, tmp_path: Path) -> None:
    settings = tmp_path / "home" / "config" / "rft-tui" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("thema = 'dark'\n")
    app.fault = SettingsError("keymap.toml: a clash", hint="Choose.")
    (demo / "rft.toml").write_text("[profiles.x]\nbase = 1\n")
    for path in (demo / ".rft").glob("cache.db*"):
        path.write_bytes(b"this is no database" * 400)
    result = cli("-C", demo, "doctor", "--json")
    assert result.code == 1
    said = "\n".join(result.document["problems"])
    assert all(word in said for word in ("thema", "clash", "base", "damaged"))
    assert cli("-C", demo, "doctor").code == 1
