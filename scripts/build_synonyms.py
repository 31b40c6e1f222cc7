"""Build the synonym table of METEOR from the dictionary files of WordNet 3.0.

Source: Princeton WordNet 3.0 (https://wordnet.princeton.edu), as packaged in Debian's `wordnet-base`. To run it:

    apt-get install wordnet-base
    python scripts/build_synonyms.py

It writes `synonyms.txt.gz` and `WORDNET-LICENSE`. The table is UTF-8 text, sorted, one line per word with an entry:

    word TAB group TAB group ...

A group is a letter and, set off by blanks, synonyms: `n v a r` for noun, verb, adjective and adverb hold the words that
share a synset with the word, `=` being the word itself. Capital letters hold the synonyms of the base forms that an
irregular form has in the exception lists; where there is one, the endings of that part of speech are not tried.
Only lower-case names of one word are kept, for no other can equal a token.
"""

from __future__ import annotations

import argparse
import gzip
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

PARTS_OF_SPEECH = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}
TARGET = Path(__file__).parent.parent / "rft_tui" / "graders" / "metrics" / "data"

Names = dict[str, list[str]]


def main() -> None:
    """Read the dictionary, write the table and the licence, and say how large they are."""
    parser = argparse.ArgumentParser(description="Build METEOR's synonym table from the files of WordNet 3.0.")
    parser.add_argument("--source", type=Path, default=Path("/usr/share/wordnet"), help="folder with index.noun …")
    parser.add_argument("--target", type=Path, default=TARGET, help="folder to write to")
    options = parser.parse_args()
    lines = table_lines(options.source)
    packed = gzip.compress(("\n".join(lines) + "\n").encode(), compresslevel=9, mtime=0)
    options.target.mkdir(parents=True, exist_ok=True)
    (options.target / "synonyms.txt.gz").write_bytes(packed)
    (options.target / "WORDNET-LICENSE").write_text(licence(options.source), encoding="utf-8")
    print(f"{len(lines)} words, {len(packed)} bytes compressed")


def table_lines(source: Path) -> list[str]:
    """The lines of the table, sorted by word."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for part, letter in PARTS_OF_SPEECH.items():
        names = names_by_word(source, part)
        for word, synonyms in names.items():
            if synonyms:
                groups[word].append(letter + " ".join("=" if name == word else name for name in synonyms))
        for word, bases in exceptions(source, part).items():
            merged = sorted({name for base in bases for name in names.get(base, [])})
            groups[word].append(letter.upper() + " ".join(merged))
    return sorted("\t".join([word, *groups[word]]) for word in groups)


def names_by_word(source: Path, part: str) -> Names:
    """For each word of the index, the usable names of all its synsets."""
    synsets: Names = {}
    for columns in rows(source / f"data.{part}"):
        count = int(columns[3], 16)
        lemmas = (re.sub(r"\([^()]*\)$", "", lemma) for lemma in columns[4 : 4 + 2 * count : 2])
        synsets[columns[0]] = [lemma for lemma in lemmas if "_" not in lemma and lemma == lemma.lower()]
    return {
        columns[0]: sorted({name for offset in columns[-int(columns[2]) :] for name in synsets[offset]})
        for columns in rows(source / f"index.{part}")
    }


def exceptions(source: Path, part: str) -> Names:
    """Irregular forms with their base forms; the last line of a form counts."""
    return {columns[0]: columns[1:] for columns in rows(source / f"{part}.exc")}


def rows(path: Path) -> Iterator[list[str]]:
    """The columns of each line before its gloss, without the licence at the top."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith(" "):
            yield line.split("|")[0].split()


def licence(source: Path) -> str:
    """The licence that stands, with numbered lines, at the top of every dictionary file."""
    top = [line for line in (source / "data.noun").read_text(encoding="utf-8").splitlines()[:60] if line[:1] == " "]
    lines = [re.sub(r"^ +\d+ ?", "", line).rstrip() for line in top]
    return "\n".join(lines).strip() + "\n"


if __name__ == "__main__":
    main()
