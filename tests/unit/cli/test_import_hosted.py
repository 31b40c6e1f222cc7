"""``rft-tui import``: what belongs together on the command line, and other programs' files through it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Cli

FIXTURES = Path(__file__).parents[2] / "fixtures" / "imports"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["x.jsonl", "--eval", "e"],
        ["x.jsonl", "--run-id", "r"],
        ["x.jsonl", "--profile", "openai"],
        ["--eval", "e", "--format", "inspect"],
        ["--eval", "e", "--profile", "nowhere"],
        ["x.jsonl", "--format", "csv"],
    ],
)
def test_what_does_not_belong_together_is_refused(cli: Cli, tmp_path: Path, words: list[str]) -> None:
    cli("init", str(tmp_path / "work"))
    done = cli("-C", str(tmp_path / "work"), "import", *words, "--json")
    assert done.code == 2
    assert done.error["kind"] in ("usage", "input")


def test_a_log_comes_in_through_the_command(cli: Cli, tmp_path: Path) -> None:
    cli("init", str(tmp_path / "work"))
    path = str(FIXTURES / "inspect" / "deflated.eval")
    done = cli("-C", str(tmp_path / "work"), "import", path, "--json").document
    assert (done["new"], done["known"], done["reviews"]) == (10, 0, 2)
    assert "started_at" in done["unmapped"]
    again = cli("-C", str(tmp_path / "work"), "import", path, "--format", "inspect")
    assert again.code == 0
    assert "0 new predictions, 10 known already" in again.out
