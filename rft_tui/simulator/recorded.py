"""The recorded answers of real models to the sample questions, read when the first one is asked for."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from threading import Lock
from typing import NamedTuple

_FILE = re.compile(r"_(?P<model>[^_]+)_[^_]+_predictions_run(?P<run>[0-9]{1,4})\.json$")


class Recorded(NamedTuple):
    """One recorded answer, and the tokens that were counted for it."""

    text: str
    summary: str
    reasoning_tokens: int
    output_tokens: int


class Recordings:
    """Recorded answers by model, question and run; safe to use from several threads."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock = Lock()
        self._read = False
        self._by_ending: dict[str, list[str]] = {}
        self._answers: dict[tuple[str, str], list[Recorded]] = {}

    def find(self, model: str, asked: str, run_index: int) -> Recorded | None:
        """The answer of a model (without prefix) to the sample question that a text ends with; None where none is.

        There are three recorded runs; further run indexes begin again with the first.
        """
        with self._lock:
            if not self._read:
                self._load()
                self._read = True
        asked = asked.rstrip()
        question = max(filter(asked.endswith, self._by_ending.get(_ending(asked), ())), key=len, default=None)
        runs = self._answers.get((model, question)) if question else None
        return runs[(run_index - 1) % len(runs)] if runs else None

    def _load(self) -> None:
        from rft_tui.sample import DATASETS, sample_folder

        folder = self._folder or sample_folder()
        by_ending: dict[str, list[str]] = defaultdict(list)
        for name in DATASETS.values():
            for line in (folder / name).read_text(encoding="utf-8").splitlines():
                question = json.loads(line)["messages"][-1]["content"].rstrip()
                by_ending[_ending(question)].append(question)
        self._by_ending = dict(by_ending)
        found: dict[tuple[str, str], list[tuple[int, Recorded]]] = defaultdict(list)
        for path in sorted((folder / "predictions").glob("*.json")):
            if match := _FILE.search(path.name):
                self._load_file(path, match["model"], int(match["run"]), found)
        self._answers = {key: [one for _run, one in sorted(runs)] for key, runs in found.items()}

    def _load_file(
        self, path: Path, model: str, run: int, found: dict[tuple[str, str], list[tuple[int, Recorded]]]
    ) -> None:
        for row in json.loads(path.read_text(encoding="utf-8")):
            asked = row["input"]["messages"][-1]["content"].rstrip()
            for question in filter(asked.endswith, self._by_ending.get(_ending(asked), ())):
                answer = Recorded(
                    row["model_prediction"],
                    row.get("summaries") or "",
                    row.get("reasoning_tokens_used") or 0,
                    row.get("completion_tokens") or 0,
                )
                found[model, question].append((run, answer))


def _ending(text: str) -> str:
    """The end of a text, by which a question is looked up among the few that end alike; none is as short as this."""
    return text[-16:]
