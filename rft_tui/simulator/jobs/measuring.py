"""What the models of a job really score before and after its training, measured with its own grader when it begins.

The curve that a job plays runs between these scores, so that its events, its evaluations and whoever benchmarks its
base and its model say the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from statistics import fmean
from threading import Event, Timer

from rft_tui.graders.spec import score_rule
from rft_tui.model import JsonObject
from rft_tui.simulator.jobs.curves import LEVELS, Anchors, Quality, gain, padding
from rft_tui.simulator.jobs.grading import scores_of
from rft_tui.simulator.jobs.rows import Rows
from rft_tui.simulator.jobs.tuned import Tuned
from rft_tui.simulator.recorded import Recordings
from rft_tui.simulator.replies import Question, Reply, reply, tokens_of
from rft_tui.simulator.shared_rules import schema_of

MOST_MEASURED = 1_000
"""Answers of one model that are graded."""

MEASURING_S = 4.0
"""Seconds that measuring may take; what is not graded by then gets a lexical score."""

NOT_TAKEN_IN = 0.1
"""What padded answers must gain at least, as a share of the range, for the story of a hacked grader to be acted."""


def answers_of(
    held: JsonObject, rows: Rows, places: list[tuple[int, int]], tuned: Tuned, model: str, recordings: Recordings
) -> list[Reply]:
    """What a model says to validation rows, each with the number of the sample from 1, in the form of the job."""
    form = held.get("response_format")
    schema = schema_of(form, (form or {}).get("json_schema"))
    said = []
    for row, sample in places:
        text = rows.validation[row][2].text
        question = Question(model, text, tokens_of(text), sample, schema=schema, tuned=tuned)
        said.append(reply(question, recordings))
    return said


def measure(
    held: JsonObject, base: str, rows: Rows, story: tuple[str, int], samples: int, recordings: Recordings
) -> Anchors | None:
    """The scores between which a job of a scenario and seed plays its curve; None where nothing can be graded.

    Where a grader is not taken in by padded answers, their scores are left out: the story of a hacked one is told all
    the same, and whoever runs the model sees what the grader really gives. Blocks for up to about `MEASURING_S`.
    """
    scenario, seed = story
    rule = score_rule(held["grader"])
    span = rule.high - rule.low
    if not rows.validation or span <= 0:
        return None
    most = max(1, min(samples, MOST_MEASURED // len(rows.validation)))
    places = [(row, sample) for row in range(len(rows.validation)) for sample in range(1, most + 1)]
    with _time_limit(MEASURING_S) as stop:

        def share(gained: Quality, level: int) -> float:
            tuned = Tuned(base, gained, level, seed, rows)
            said = answers_of(held, rows, places, tuned, base, recordings)
            given = [(row, one.text or "") for (row, _sample), one in zip(places, said, strict=True)]
            scores = scores_of(held["grader"], rule, rows, given, stop)
            return (fmean(one.total for one in scores) - rule.low) / span

        levels = tuple(
            (share(Quality(0.0, 0.0), level), share(Quality(1.0, 1.0), level))
            for level in range(LEVELS if padding(scenario, 1.0) else 1)
        )
        final = share(gain(scenario, 1.0), padding(scenario, 1.0))
    base_share, best = levels[0]
    if len(levels) > 1 and final < base_share + NOT_TAKEN_IN:
        return Anchors(levels[:1], base_share + gain(scenario, 1.0).valid * (best - base_share))
    return Anchors(levels, final)


@contextmanager
def _time_limit(seconds: float) -> Iterator[Event]:
    """An event that is set when time is up."""
    stop = Event()
    timer = Timer(seconds, stop.set)
    timer.daemon = True
    timer.start()
    try:
        yield stop
    finally:
        timer.cancel()
