"""What a person wishes of a bench, and the plan that is made of it: for the command and for the screen."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from rft_tui.errors import UsageError
from rft_tui.graders.bench.probes import lend
from rft_tui.graders.bench.rules import DEFAULT_LIMITS, PROBES
from rft_tui.model import JsonObject
from rft_tui.store.database import Store
from rft_tui.tasks.bench import BenchPlan, examples_to_judge
from rft_tui.tasks.bench_items import draw_items, load_orderings, ordering_fields

MOST_ITEMS = 1000
"""Items that a bench takes at the most."""

MOST_REPEATS = 100
"""How often everything may be graded."""

WISH_WORDS = ("items", "seed", "repeat", "dataset", "reference", "examples")
"""What can be said of a bench in one line, beside its limits."""


@dataclass(frozen=True, slots=True)
class BenchWish:
    """What is to be tried: how many items, drawn by which seed from which datasets, and by which limits.

    `judge_examples` asks the judge about the worked examples of its own prompt.
    """

    items: int = 20
    seed: int = 42
    datasets: tuple[str, ...] = ()
    reference_field: str | None = None
    probes: Collection[str] = PROBES
    limits: Mapping[str, float] = field(default_factory=lambda: DEFAULT_LIMITS)
    repeat: int = 1
    judge_examples: bool = False

    @property
    def text(self) -> str:
        """All but probes and limits, as `parse_wish` reads it: ``items=20 seed=42``."""
        words = [f"items={self.items}", f"seed={self.seed}"]
        words += [f"repeat={self.repeat}"] if self.repeat > 1 else []
        words += [shlex.quote(f"dataset={name}") for name in self.datasets]
        words += [shlex.quote(f"reference={self.reference_field}")] if self.reference_field else []
        return " ".join([*words, "examples=yes"] if self.judge_examples else words)


def parse_wish(text: str, limits: Mapping[str, float]) -> BenchWish:
    """A wish from ``NAME=VALUE`` words; what is not said is as usual. Raises UsageError naming what is wrong."""
    hint = f"Write NAME=VALUE; the names are {', '.join(WISH_WORDS)}."
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{text!r:.80}: a quotation mark is left open", hint=hint) from error
    wish = BenchWish(limits=limits)
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or name not in WISH_WORDS or not value:
            raise UsageError(f"{word!r:.80} says nothing of a bench", hint=hint)
        if name == "items":
            wish = replace(wish, items=_whole(word, value, 1, MOST_ITEMS))
        elif name == "seed":
            wish = replace(wish, seed=_whole(word, value, -(2**63), 2**63))
        elif name == "repeat":
            wish = replace(wish, repeat=_whole(word, value, 1, MOST_REPEATS))
        elif name == "dataset":
            wish = replace(wish, datasets=(*wish.datasets, value))
        elif name == "reference":
            wish = replace(wish, reference_field=value)
        else:
            wish = replace(wish, judge_examples=value.casefold() in ("yes", "true", "1", "on"))
    return wish


def _whole(word: str, value: str, least: int, most: int) -> int:
    try:
        number = int(value) if len(value) <= 20 else most + 1
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        inside = f" from {least:,} to {most:,}" if most < 2**53 else ""
        raise UsageError(f"{word!r:.80} is no whole number{inside}")
    return number


def plan_bench(
    store: Store, spec: JsonObject, wish: BenchWish, orderings_file: Path, *, must_exist: bool = False
) -> BenchPlan:
    """Draw the items and read the orderings. Raises UsageError without items, InputError for a file that is wrong."""
    drawn = draw_items(
        store, spec, datasets=wish.datasets, count=wish.items, seed=wish.seed, reference_field=wish.reference_field
    )
    orderings = load_orderings(orderings_file, must_exist=must_exist)
    together = list(zip(orderings, ordering_fields(store, orderings), strict=True))
    examples = examples_to_judge(spec, wish.reference_field) if wish.judge_examples else []
    return BenchPlan(drawn.items, lend(drawn.references), wish.probes, wish.limits, together, examples, wish.repeat)
