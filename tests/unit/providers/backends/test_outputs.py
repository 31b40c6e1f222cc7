"""Output items of evaluations: what was seen of services is read, and any other JSON does no harm."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.datasets.plain import item_of
from rft_tui.errors import ServiceError
from rft_tui.job_model import EvaluationOutput
from rft_tui.providers.backends.outputs import plain_name, read_evaluation_run, read_output
from rft_tui.providers.reading import kept
from rft_tui.store.datasets import item_record
from rft_tui.store.evaluations import Place, place_outputs
from tests.archive_service import ArchiveService

PLAIN = st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text(max_size=5)
ANYTHING = st.recursive(
    PLAIN, lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=5), one, max_size=3)
)
MESSAGE = st.dictionaries(
    st.sampled_from(["role", "content", "tool_calls", "refusal"]), ANYTHING | st.just("assistant")
)
MESSAGES = st.lists(MESSAGE, max_size=2) | ANYTHING


def objects(*keys: str) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of the keys."""
    return st.dictionaries(st.sampled_from(keys), MESSAGES)


ITEM = st.fixed_dictionaries(
    {},
    optional={
        "id": ANYTHING,
        "datasource_item": objects("messages", "tools", "reference_answer", "item"),
        "results": st.lists(objects("name", "score", "passed", "sample", "reason"), max_size=3) | ANYTHING,
        "sample": objects("input", "output", "error", "usage", "model", "finish_reason") | ANYTHING,
    },
)


def read(value: Any) -> EvaluationOutput | None:
    """The output, None where it is refused as malformed."""
    try:
        return read_output(kept(value))
    except ServiceError as error:
        return None if error.outcome == "malformed" else pytest.fail(error.message)


@given(value=ITEM)
def test_any_json_is_an_output_or_is_refused(value: Any) -> None:
    output = read(value)
    if output is None:
        return
    (placed,) = place_outputs([output], Place(None, None), Counter())
    record = item_record(1, item_of(placed.row))
    assert (record.input_id, record.row_id) == (placed.input_id, placed.row_id)
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("SELECT ?, ?, ?", [record.question, record.raw, output.answer.output_text])


def test_names_lose_the_uuid_of_the_service_and_nothing_else() -> None:
    assert plain_name("overall-3f2b1c00-1111-4222-8333-444455556666") == "overall"
    assert plain_name("step-2-of-3") == "step-2-of-3"
    assert plain_name("-3f2b1c00-1111-4222-8333-444455556666") == "-3f2b1c00-1111-4222-8333-444455556666"


@pytest.mark.parametrize(
    ("name", "step"), [("Step 0", 0), ("step 12", 12), ("Step 10 again", None), ("", None), ("Step " + 99 * "9", None)]
)
def test_the_step_is_in_the_name_of_a_run(name: str, step: int | None) -> None:
    assert read_evaluation_run({"id": "run", "name": name}).step == step


def test_what_the_model_was_asked_may_stand_in_the_sample_alone() -> None:
    item = ArchiveService().item(0, 1)
    asked = item["datasource_item"].pop("messages")
    item["sample"]["input"] = asked
    assert read_output(item).row == {"reference_answer": "word1", "messages": asked}


def test_what_a_grader_said_is_kept_as_steps() -> None:
    judge = {"output": [{"role": "assistant", "content": "too long\nby far"}]}
    results = [{"name": "judged", "score": 2.5, "label": "bad", "reason": "padding", "sample": judge}]
    (result,) = read_output(ArchiveService().item(0, 0) | {"results": results}).results
    assert (result.score, result.steps) == (2.5, ("label: bad", "reason: padding", "too long by far"))


def test_an_answer_that_was_cut_off_is_an_error_with_its_text() -> None:
    item = ArchiveService().item(0, 1)
    item["sample"]["finish_reason"] = "length"
    answer = read_output(item).answer
    assert answer.error is not None
    assert (answer.error.kind, answer.output_text) == ("incomplete", "guess 1 at 0, sample 0")
    assert (answer.usage.input_tokens, answer.usage.cached_tokens) == (7, 0)
