"""The pages and the README say what the code does."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from rft_tui.cli.commands import COMMANDS, Entry, Noun
from rft_tui.cli.group import MainGroup
from rft_tui.store.query import FLAGS, KEYED
from rft_tui.tui.actions import ACTIONS, SCOPES, Action

ROOT = Path(__file__).resolve().parent.parent


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands() -> Iterator[tuple[str, str, click.Command]]:
    """Every command: its words, the sentence of the table, and itself."""
    group = MainGroup()
    context = click.Context(group)
    for name, entry in COMMANDS.items():
        if isinstance(entry, Noun):
            noun = group.get_command(context, name)
            assert isinstance(noun, click.Group)
            yield from ((f"{name} {verb}", one.sentence, _command(noun, verb)) for verb, one in entry.verbs.items())
        else:
            assert isinstance(entry, Entry)
            yield name, entry.sentence, _command(group, name)


def _command(group: click.Group, name: str) -> click.Command:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    return command


def test_generated_pages_are_up_to_date() -> None:
    script = ROOT / "scripts" / "build_docs.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("sentence", "command"), [pytest.param(sentence, one, id=name) for name, sentence, one in commands()]
)
def test_every_command_and_option_has_help(sentence: str, command: click.Command) -> None:
    assert (command.help or "").strip().endswith((".", ")"))
    assert sentence.endswith(".")
    for option in command.params:
        if isinstance(option, click.Option):
            assert (option.help or "").endswith("."), f"{option.opts} has no help, or no sentence"


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_every_action_has_a_label_and_a_sentence(action: Action) -> None:
    assert action.scope in SCOPES
    assert action.label
    assert len(action.sentence.split()) > 1
    assert not action.sentence.endswith(".")


@pytest.mark.parametrize("name", ["demo", "test"])
def test_the_readme_has_each_command_once_on_one_line(name: str) -> None:
    assert len(re.findall(rf"<!-- command: {name} -->\n+```sh\n[^\n]+\n```", text_of("README.md"))) == 1


@pytest.mark.parametrize("name", ["demo", "test"])
def test_ci_runs_the_commands_of_the_readme(name: str) -> None:
    script = text_of(".ci/run")
    assert 'readme_command.py "$1"' in script
    assert f"  as_told {name} " in script
    printed = subprocess.run(
        [sys.executable, ROOT / "scripts" / "readme_command.py", name], capture_output=True, text=True, check=True
    )
    assert f"\n{printed.stdout.strip()}\n" in text_of("README.md")
    assert printed.stdout.strip() not in script, "a copy would go out of step"


def test_the_filters_in_the_readme_exist() -> None:
    words = re.findall(r"<!-- filter -->\n+```\n(.*?)\n```", text_of("README.md"), re.DOTALL)
    assert words
    for word in words[0].split():
        key = re.split(r"[:<>=]", word.removeprefix("-"))[0]
        assert key in FLAGS or key in KEYED, word


def test_links_of_the_readme_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", text_of("README.md")):
        assert target.startswith("https://") or (ROOT / target).exists(), target


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md", *(f"docs/{name}" for name in ("keys.md", "filters.md"))])
def test_commands_that_pages_name_exist(page: str) -> None:
    """Every `rft-tui NOUN VERB` in code of a page is one of the table's."""
    nouns = {name: entry.verbs if isinstance(entry, Noun) else {} for name, entry in COMMANDS.items()}
    for line in re.findall(r"rft-tui ((?:[a-z]+)(?: [a-z]+)?)(?=[ `\n]|$)", text_of(page)):
        noun, _, verb = line.partition(" ")
        assert noun in nouns, f"rft-tui {line}"
        assert not nouns[noun] or verb in nouns[noun], f"rft-tui {line}"
