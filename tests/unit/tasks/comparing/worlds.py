"""Small caches for comparisons: models with scores by item and run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rft_tui.model import Answer, Usage
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader
from tests.unit.store.building import dataset, failed, give, grader, item, predict, predictions, run_key

Scores = Sequence[Sequence[float | None]]

A: Scores = [[1, 0.5, 0], [1, 1, 0.5], [0, 0, 0], [1, 1, 1], [0.5, 1, 0.5]]
B: Scores = [[1, 1, 0.5], [1, 1, 1], [0, 0.5, 0], [1, 1, 1], [1, 1, 0.5]]
"""The test vector of the paired comparison: items with three runs each."""


def make(
    store: Store,
    models: Mapping[str, Scores],
    *,
    graded_by: StoredGrader | None = None,
    name: str = "data",
    texts: Mapping[str, Mapping[int, str]] | None = None,
    fields: Sequence[Mapping[str, Any]] = (),
    **key: Any,
) -> StoredGrader:
    """A dataset with predictions of each model and their scores: an error where there is None.

    `texts` are answers by model and item; an item of no scores has no prediction.
    """
    with store.write() as db:
        of = graded_by or grader(db)
        count = max(len(scores) for scores in models.values())
        made = dataset(db, name, [item(f"Question {at}?", **(fields[at] if fields else {})) for at in range(count)])
        for model, scores in models.items():
            for run in range(max(len(one) for one in scores)):
                answers: dict[int, Answer | str] = {}
                wanted: list[float] = []
                for at, of_item in enumerate(scores):
                    if run >= len(of_item):
                        continue
                    score = of_item[run]
                    text = (texts or {}).get(model, {}).get(at, f"answer {at} of {model}")
                    usage = Usage(input_tokens=10, output_tokens=20, reasoning_tokens=100 * (run + 1))
                    answers[at] = failed() if score is None else Answer(text, usage=usage)
                    if score is not None:
                        wanted.append(score)
                number, _added = predict(db, run_key(made.id, model, run + 1, **key), answers)
                scored = [
                    one for one in predictions(db, number)
                    if db.execute("SELECT error_kind FROM prediction WHERE id = ?", [one]).fetchone()[0] is None
                ]  # fmt: skip
                give(db, of, dict(zip(scored, wanted, strict=True)))
        return of
