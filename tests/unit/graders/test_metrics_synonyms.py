"""The synonym table: what it knows, how it is made, what happens without it."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rft_tui.errors import RftError
from rft_tui.graders.metrics import synonyms as module
from rft_tui.graders.metrics.synonyms import TABLE, synonyms

SCRIPT = Path(__file__).parents[3] / "scripts" / "build_synonyms.py"
LICENCE = "  1 This is a licence.  \n  2   \n  3 WordNet 3.0  \n"
EMPTY = {f"{kind}.{part}": LICENCE for kind in ("data", "index") for part in ("noun", "verb", "adj", "adv")}
DICTIONARY = EMPTY | {f"{part}.exc": "" for part in ("noun", "verb", "adj", "adv")} | {
    "data.noun": LICENCE
    + "00000001 06 n 04 car 0 auto 0 Motor 0 motor_car 0 001 @ 00000002 n 0000 | a vehicle; \"by car\"  \n"
    + "00000002 06 n 02 goose 0 gander 0 000 | a bird  \n",
    "index.noun": LICENCE
    + "auto n 1 1 @ 1 0 00000001  \ncar n 1 1 @ 1 0 00000001  \ngoose n 1 0 1 0 00000002  \n"
    + "motor n 1 1 @ 1 0 00000001  \nmotor_car n 1 1 @ 1 0 00000001  \n",
    "noun.exc": "geese goose\ncars nothing\n",
    "data.adj": LICENCE + "00000003 00 a 02 big(p) 0 large 1 000 | of size  \n",
    "index.adj": LICENCE + "big a 1 0 1 0 00000003  \nlarge a 1 0 1 0 00000003  \n",
}  # fmt: skip


@pytest.fixture
def fresh_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The place of a table that the module reads instead of its own."""
    table = tmp_path / "target" / "synonyms.txt.gz"
    monkeypatch.setattr(module, "TABLE", table)
    _forget()
    yield table
    _forget()


def _forget() -> None:
    module._lines.cache_clear()
    module._synonyms.cache_clear()


@pytest.mark.parametrize(
    ("word", "some"),
    [
        ("car", {"automobile", "auto"}),
        ("physician", {"doctor", "doc"}),
        ("kidney", {"kidney"}),
        ("babies", {"baby", "infant"}),
        ("geese", {"goose"}),
        ("bigger", {"big", "large"}),
    ],
)
def test_shipped_table_knows_synonyms_of_words_and_their_forms(word: str, some: set[str]) -> None:
    assert some <= synonyms(word)


@pytest.mark.parametrize("word", ["", "qwzx", "\t", "car\tn", "é", "=", "s" * 100_000])
def test_unknown_words_have_no_synonyms(word: str) -> None:
    assert synonyms(word) == frozenset()


def test_shipped_names_are_single_lower_case_words() -> None:
    for line in gzip.decompress(TABLE.read_bytes()).decode().splitlines()[::50]:
        names = [name for group in line.split("\t")[1:] for name in group[1:].split()]
        assert all("_" not in name and name == name.lower() for name in names), line


def test_licence_of_the_table_ships_beside_it() -> None:
    text = (TABLE.parent / "WORDNET-LICENSE").read_text(encoding="utf-8")
    assert "WordNet 3.0 Copyright 2006 by Princeton University" in text
    assert 'PROVIDED "AS IS"' in text


def test_script_builds_a_table_that_can_be_read(fresh_table: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name, text in DICTIONARY.items():
        (source / name).write_text(text, encoding="utf-8")
    command = [sys.executable, str(SCRIPT), "--source", str(source), "--target", str(fresh_table.parent)]
    subprocess.run(command, check=True, capture_output=True)

    assert synonyms("car") == {"car", "auto"}
    assert synonyms("motor_car") == synonyms("motor") == {"car", "auto"}
    assert synonyms("autos") == {"car", "auto"}
    assert synonyms("geese") == {"goose", "gander"}
    assert synonyms("cars") == frozenset(), "an exception without an entry stops the rules for endings"
    assert synonyms("bigest") == {"big", "large"}
    licence = (fresh_table.parent / "WORDNET-LICENSE").read_text(encoding="utf-8")
    assert licence == "This is a licence.\n\nWordNet 3.0\n"


@pytest.mark.parametrize(
    "content",
    [None, b"no table", gzip.compress(b"car\tn=\n")[:12], gzip.compress(b"\xff")],
    ids=["no file", "no gzip", "cut off", "no text"],
)
def test_table_that_cannot_be_read_is_said(fresh_table: Path, content: bytes | None) -> None:
    if content is not None:
        fresh_table.parent.mkdir()
        fresh_table.write_bytes(content)
    with pytest.raises(RftError, match="synonym table"):
        synonyms("car")
