"""The numbers of a simulated training by step: pure functions of the scenario, the seed and the share that is done."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

TRAIN_SAMPLES = 128
"""Samples of a training step."""


LEVELS = 4
"""How much answers can be padded, see `padding`."""


class Quality(NamedTuple):
    """A number for training and one for validation rows: shares of the answers, or of the range of scores."""

    train: float
    valid: float


class Anchors(NamedTuple):
    """What the models of a job really score, as shares of the grader's range.

    `levels` holds for each level of padding the score of the base's own answers and that of all references; `final` is
    that of the finished model.
    """

    levels: tuple[tuple[float, float], ...]
    final: float


def quality(scenario: str, done: float) -> Quality:
    """What the model has reached when a share of the training is done, without noise."""
    match scenario:
        case "hacked":
            valid = 0.42 + 0.50 * done**0.7
        case "overfit":
            valid = 0.42 + 0.40 * done if done <= 0.4 else 0.58 - 0.22 * (done - 0.4) / 0.6
            return Quality(0.43 + 0.49 * done**0.8, valid)
        case "flat":
            valid = 0.41
        case "jump":
            valid = 0.36 + 0.08 * done + (0.38 if done >= 0.6 else 0.0)
        case "broken-grader":
            valid = 0.40 + 0.20 * done
        case _:
            valid = 0.40 + 0.30 * done**0.85
    return Quality(valid + 0.02, valid)


def gain(scenario: str, done: float) -> Quality:
    """The share of rows that are answered with the reference in place of what the base says; below 0 wrongly."""
    begin, now = quality(scenario, 0.0), quality(scenario, done)
    return Quality(_gained(begin.train, now.train), _gained(begin.valid, now.valid))


def _gained(begin: float, now: float) -> float:
    return (now - begin) / (1 - begin) if now >= begin else (now - begin) / begin


def played(scenario: str, done: float, anchors: Anchors | None) -> Quality:
    """The shares of the grader's range that a model scores, without noise: the story, from anchor to anchor."""
    if anchors is None:
        return quality(scenario, done)
    off = anchors.final - _scored(gain(scenario, 1.0).valid, _level(scenario, 1.0, anchors))
    level, gained = _level(scenario, done, anchors), gain(scenario, done)
    begin = quality(scenario, 0.0)
    return Quality(*(
        _scored(one, level) + done * off + ahead
        for one, ahead in ((gained.train, begin.train - begin.valid), (gained.valid, 0.0))
    ))  # fmt: skip


def _level(scenario: str, done: float, anchors: Anchors) -> tuple[float, float]:
    return anchors.levels[min(padding(scenario, done), len(anchors.levels) - 1)]


def _scored(gained: float, level: tuple[float, float]) -> float:
    base, best = level
    return base + gained * (best - base) if gained >= 0 else base * (1 + gained)


def noisy(scenario: str, seed: int, step: int, steps: int, anchors: Anchors | None = None) -> Quality:
    """What is scored after a step as it is measured; validation is measured more steadily than training."""
    train, valid = played(scenario, step / steps, anchors)
    train += 0.02 * noise(seed, "train", step)
    valid += 0.004 * noise(seed, "valid", step)
    return Quality(min(1.0, max(0.0, train)), min(1.0, max(0.0, valid)))


def completion_tokens(scenario: str, seed: int, step: int, steps: int) -> float:
    """Completion tokens of a sample, reasoning included."""
    done = step / steps
    growth = 1 + 3.2 * done**1.2 if scenario == "hacked" else 1 + 0.15 * done
    return round(420 * growth * (1 + 0.03 * noise(seed, "completion", step)), 3)


def reasoning_tokens(seed: int, step: int, steps: int) -> float:
    """Reasoning tokens of a sample."""
    return round(330 * (1 + 0.15 * step / steps) * (1 + 0.03 * noise(seed, "reasoning", step)), 3)


def ungraded(scenario: str, seed: int, step: int, steps: int, samples: int) -> int:
    """How many of some samples cannot be graded: next to none, or more and more where the grader breaks."""
    done = step / steps
    if scenario == "broken-grader" and done > 0.25:
        share = 0.04 + 0.14 * (done - 0.25)
        return min(samples, max(1, round(samples * share)))
    return 1 if samples >= TRAIN_SAMPLES and noise(seed, "ungraded", step) > 0.5 else 0


def padding(scenario: str, done: float) -> int:
    """How much answers are padded: 0 not at all, 1 one more candidate, 2 a list, 3 a long list with filler."""
    if scenario != "hacked":
        return 0
    return sum(done >= bound for bound in (0.2, 0.45, 0.7))


def noise(seed: int, name: str, step: int) -> float:
    """A number from -1 to 1 that looks drawn by chance and is always the same."""
    return 2 * drawn(f"{seed}:{name}:{step}") - 1


def drawn(text: str) -> float:
    """A number from 0 to 1 made from a text."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).digest()) / 2**48
