"""P12 and P13: 5 000 recorded predictions graded, each grader as a command from its start until grades are stored.

``python tests/benchmarks/grading.py [PREDICTIONS] [--peer NAME=COMMAND]...``: a peer's command runs in the same run, in
a folder with the same ``predictions.jsonl``, and its figures and ratio are printed.
"""

from __future__ import annotations

import json
import random
import shlex
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from rft_tui.graders.engine import GradingEngine, compile_grader, grade_one
from rft_tui.graders.sample import make_sample
from rft_tui.model import JsonObject
from tests.benchmarks.commands import Usage, measured
from tests.benchmarks.terminal import hermetic, python, row
from tests.benchmarks.words import WORDS
from tests.benchmarks.workspaces import EXACT

CALLS = 40_000
"""Trivial calls of a python grader whose rate is measured."""

LIMIT_S = 0.5
"""The time limit of a call that never ends."""

OVERLAP = """
def grade(sample, item):
    answer = set((sample.get("output_text") or "").split())
    wanted = set((item.get("reference_answer") or "").split())
    return len(answer & wanted) / len(wanted) if wanted else 0.0
"""

BARE = """
import json
from rapidfuzz.distance import LCSseq, Levenshtein
with open("predictions.jsonl") as lines, open("bare.jsonl", "w") as out:
    for line in lines:
        row = json.loads(line)
        answer, wanted = row["output_text"], row["item"]["reference_answer"]
        words, other = answer.split(), wanted.split()
        common = LCSseq.similarity(words, other)
        scores = answer == wanted, Levenshtein.normalized_similarity(answer, wanted)
        out.write(json.dumps([*scores, 2 * common / (len(words) + len(other))]) + "\\n")
"""
"""Equality, Levenshtein and ROUGE-L with nothing around them: the limit."""


def similarity(metric: str) -> JsonObject:
    """A text_similarity grader."""
    sides = {"input": "{{sample.output_text}}", "reference": "{{item.reference_answer}}"}
    return {"type": "text_similarity", "name": metric, "evaluation_metric": metric, "pass_threshold": 0.8, **sides}


def graders() -> dict[str, JsonObject]:
    """The graders of the workload, by name."""
    overlap = {"type": "python", "name": "overlap", "source": OVERLAP}
    children = {"exact": EXACT, "fuzzy": similarity("fuzzy_match"), "overlap": overlap}
    formula = "0.5 * exact + 0.3 * fuzzy + 0.2 * overlap"
    return {
        "string_check": EXACT,
        **{metric: similarity(metric) for metric in ("fuzzy_match", "bleu", "rouge_l")},
        "python": overlap,
        "multi": {"type": "multi", "name": "multi", "graders": children, "calculate_output": formula},
    }


def write_predictions(path: Path, count: int) -> None:
    """Recorded predictions of some words each, about a quarter of them right."""
    chance = random.Random(5)
    with path.open("w", encoding="utf-8") as out:
        for number in range(count):
            wanted = " ".join(chance.choices(WORDS, k=chance.randint(2, 12)))
            answer = wanted if chance.random() < 0.25 else " ".join(chance.choices(WORDS, k=chance.randint(2, 12)))
            item = {"messages": [{"role": "user", "content": f"Question {number}?"}], "reference_answer": wanted}
            out.write(json.dumps({"item": item, "output_text": answer, "model": "recorded", "run_index": 1}) + "\n")


def shown(name: str, usage: Usage, reference: Usage, count: int) -> None:
    """Print one line."""
    row(
        name,
        f"{usage.wall_s:.2f} s ×{usage.wall_s / reference.wall_s:.2f}",
        f"{usage.cpu_s:.2f} s",
        f"{usage.rss_mb:.0f} MB",
        f"{count / usage.wall_s:,.0f}/s",
    )


def commands(count: int, peers: dict[str, str]) -> None:
    """The workload as commands."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_predictions(folder / "predictions.jsonl", count)
        bare = measured(python("-c", BARE), folder)
        measured(python("-m", "rft_tui", "init"), folder)
        measured(python("-m", "rft_tui", "import", "predictions.jsonl"), folder)
        row(f"{count:,} predictions", "wall", "processor", "memory", "predictions")
        shown("bare libraries", bare, bare, count)
        text = []
        for grader, spec in graders().items():
            (folder / f"{grader}.json").write_text(json.dumps(spec), encoding="utf-8")
            command = [*python("-m", "rft_tui"), "grade", "--grader", f"{grader}.json", "--run", "recorded"]
            usage = measured(command, folder)
            text += [usage] if grader in ("string_check", "fuzzy_match", "rouge_l") else []
            shown(f"P13 {grader}" if grader == "python" else f"P12 {grader}", usage, bare, count)
        walls, cpus = sum(one.wall_s for one in text), sum(one.cpu_s for one in text)
        whole = Usage(walls, cpus, max(one.rss_mb for one in text))
        shown("P12 equality, fuzzy and ROUGE-L, three commands", whole, bare, count)
        for peer, line in peers.items():
            usage = measured(shlex.split(line), folder)
            shown(peer, usage, bare, count)
            row(f"P12 beside {peer}", f"×{whole.wall_s / usage.wall_s:.3f}", "", f"×{whole.rss_mb / usage.rss_mb:.2f}")


def sandbox() -> None:
    """Calls of a trivial python grader a second, and how long after its limit an endless one is gone."""
    trivial = compile_grader(
        {"type": "python", "name": "trivial", "source": "def grade(sample, item):\n    return 0.5"}
    )
    sample, item = make_sample("an answer"), {"reference_answer": "another"}
    with GradingEngine(trivial) as engine:
        began = time.perf_counter()
        done = sum(grade.score == 0.5 for grade in engine.grade((sample, item) for _ in range(CALLS)))
        elapsed = time.perf_counter() - began
    began = time.perf_counter()
    for _ in range(CALLS):
        json.loads(json.dumps([sample, item]))
    bare = time.perf_counter() - began
    row("P13 python grader calls", f"{done / elapsed:,.0f}/s", f"×{elapsed / bare:.1f} of JSON both ways")
    endless = compile_grader({"type": "python", "name": "endless", "source": "def grade(s, i):\n    while True: pass"})
    warm = time.perf_counter()
    grade_one(trivial, sample, item)
    warm = time.perf_counter() - warm
    began = time.perf_counter()
    grade = grade_one(endless, sample, item, item_timeout_s=LIMIT_S)
    late = time.perf_counter() - began - LIMIT_S - warm
    assert grade.error is not None
    row(
        "P13 killed after its limit",
        f"{late * 1000:.0f} ms late",
        grade.error.kind,
        f"start and end {warm * 1000:.0f} ms",
    )


def main(arguments: list[str]) -> None:
    """Measure and print."""
    peers = dict(one.split("=", 1) for flag, one in pairwise(arguments) if flag == "--peer")
    count = int(arguments[0]) if arguments and arguments[0].isdecimal() else 5000
    commands(count, peers)
    sandbox()


if __name__ == "__main__":
    with hermetic():
        main(sys.argv[1:])
