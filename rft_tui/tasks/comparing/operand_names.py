"""How operands are called: labels that tell them apart, what each takes together, what would take it apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rft_tui.identity import canonical_json
from rft_tui.safetext import one_line
from rft_tui.words import counted

if TYPE_CHECKING:
    from rft_tui.store.compared import RunName
    from rft_tui.store.runs import StoredRun
    from rft_tui.tasks.comparing.operands import Operand

SHOWN = 20
"""Names that an error lists at most."""

_NOUNS = frozenset({"prediction", "refusal", "timeout"})

LONGEST_NAME = 60
"""Characters of each of them."""


def labelled(operands: Sequence[Operand]) -> tuple[Operand, ...]:
    """The operands with short names that tell them apart, and with what each pools."""
    named = []
    for operand in operands:
        label = "+".join(operand.models)
        pooled = pooled_words(operand.runs)
        mixed = [kind for kind in (operand.efforts, operand.prompts) if len(kind) > 1]
        label += "".join(f" ({'+'.join(kind)})" for kind in mixed)
        named.append(replace(operand, label=label, pooled=pooled))
    for told_by in _TELLING:
        labels = [one.label for one in named]
        alike = {label for label in labels if labels.count(label) > 1}
        parts = {one.text: told_by(one) for one in named if one.label in alike}
        if len(set(parts.values())) > 1:
            named = [
                replace(one, label=f"{one.label} {part}") if (part := parts.get(one.text)) else one for one in named
            ]
    return unique(named)


_TELLING: tuple[Callable[[Operand], str], ...] = (
    lambda one: "+".join(one.efforts),
    lambda one: "+".join(one.prompts),
    lambda one: "+".join(one.datasets),
    lambda one: "run " + ",".join(map(str, one.run_ids)),
)
"""What tells operands of one model apart, the most telling first."""


def unique(operands: Sequence[Operand]) -> tuple[Operand, ...]:
    """The operands with a number behind the label of one that is there a second time."""
    seen: dict[str, int] = {}
    told_apart = []
    for one in operands:
        seen[one.label] = seen.get(one.label, 0) + 1
        told_apart.append(replace(one, label=f"{one.label} ({seen[one.label]})") if seen[one.label] > 1 else one)
    return tuple(told_apart)


def pooled_words(runs: Sequence[StoredRun]) -> tuple[str, ...]:
    """What differs among runs that are taken together, in words."""
    kinds: tuple[tuple[str, Callable[[StoredRun], str]], ...] = (
        ("models", lambda run: run.model),
        ("efforts", lambda run: run.effort),
        ("prompts", prompt_label),
        ("services", lambda run: run.service),
        ("parameters", lambda run: canonical_json(run.parameters)),
        ("datasets", lambda run: run.dataset),
    )
    found = ((word, distinct(runs, part)) for word, part in kinds)
    return tuple(f"{word} {some(values)}" for word, values in found if len(values) > 1)


def splits_of(operands: Sequence[Operand]) -> Iterable[tuple[str, tuple[str, ...]]]:
    """The words that would take a pooled operand apart, by its text."""
    for one in operands:
        for words in (one.efforts, one.prompts):
            if len(one.models) == 1 and len(words) > 1 and all(words):
                base = one.text if one.text.startswith(one.models[0]) else one.models[0]
                yield one.text, tuple(f"{base}#{word}" for word in words)
                break


def distinct(runs: Iterable[StoredRun], part: Callable[[StoredRun], str]) -> tuple[str, ...]:
    """What some runs have, each once."""
    return tuple(dict.fromkeys(part(run) for run in runs))


def prompt_label(run: StoredRun | RunName) -> str:
    """A run's prompt with the beginning of its version; ``none`` where there was none."""
    return f"{run.prompt_name or 'prompt'}@{run.prompt[:4]}" if run.prompt else "none"


def some(names: Iterable[str]) -> str:
    """Some of the names on one line, the first ones."""
    every = list(names)
    return ", ".join(one_line(one, LONGEST_NAME) for one in every[:SHOWN]) + (" …" if len(every) > SHOWN else "")


def error_words(kinds: Mapping[str, int]) -> str:
    """Errors by kind in words, the most frequent first: ``12 timeouts, 3 incomplete``."""
    ordered = sorted(kinds.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(counted(count, kind) if kind in _NOUNS else f"{count:,} {kind}" for kind, count in ordered)
