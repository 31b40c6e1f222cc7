"""Pure rules: what a request may hold, how the judge marks, which request meets which fault, how fast one may ask."""

from __future__ import annotations

import copy
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft_tui.errors import UsageError
from rft_tui.simulator import chat, embeddings, responses
from rft_tui.simulator.faults import FAULTS, Faults, parse_shares
from rft_tui.simulator.lexical import RULE, compare, compared_texts, judge_answer
from rft_tui.simulator.models import answered_name
from rft_tui.simulator.multipart import copy_part, read_parts
from rft_tui.simulator.rate import RateLimit
from rft_tui.simulator.recorded import Recordings
from rft_tui.simulator.rejection import RequestError
from rft_tui.simulator.replies import Question, derived_answer, reply
from tests.unit.simulator.bodies import CHAT, EMBEDDINGS, RESPONSES, SCHEMA
from tests.unit.simulator.contract import assert_fits, fits

KINDS = {
    "CreateChatCompletionRequest": (CHAT, chat.BODY),
    "CreateResponse": (RESPONSES, responses.BODY),
    "CreateEmbeddingRequest": (EMBEDDINGS, embeddings.BODY),
}
JUNK = st.sampled_from(
    [None, True, -1, 0, 3.5, 10**30, "", "text", "user", "low", "x" * 700, [], [1], ["a"], [[1]], {}, {"type": "text"}]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything inside a JSON value."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [found for key in keys for found in [(*path, key), *places(value[key], (*path, key))]]


def taken(body: Any, name: str) -> bool:
    try:
        KINDS[name][1](body, "")
    except RequestError as error:
        assert_fits(error.body(), "ErrorResponse")
        return False
    return True


@pytest.mark.parametrize("name", KINDS)
def test_a_full_request_is_taken_and_is_what_the_description_says(name: str) -> None:
    assert_fits(KINDS[name][0], name)
    assert taken(KINDS[name][0], name)


@given(st.data())
@settings(max_examples=120)
def test_whatever_is_taken_fits_the_description(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(KINDS)))
    body = copy.deepcopy(KINDS[name][0])
    for _change in range(data.draw(st.integers(1, 2))):
        *holders, key = data.draw(st.sampled_from(places(body)))
        at = body
        for one in holders:
            at = at[one]
        if data.draw(st.booleans()):
            at[key] = data.draw(JUNK)
        else:
            del at[key]
    if taken(body, name):
        assert_fits(body, name)


@pytest.mark.parametrize("name", KINDS)
def test_an_unknown_key_is_refused_by_its_path(name: str) -> None:
    with pytest.raises(RequestError) as caught:
        KINDS[name][1]({**KINDS[name][0], "surprise": 1}, "")
    assert (caught.value.param, caught.value.code) == ("surprise", "unknown_parameter")


def test_seed_is_not_taken_by_responses() -> None:
    assert fits({**RESPONSES, "seed": 1}, "CreateResponse")
    assert not taken({**RESPONSES, "seed": 1}, "CreateResponse")


WORDS = st.lists(st.sampled_from(["sea", "ocean", "Pacific", "north", "7"]), max_size=5).map(" ".join)


@given(WORDS, WORDS)
def test_the_judge_reads_labelled_texts(reference: str, candidate: str) -> None:
    asked = f"Subject: geography\nReference answer: {reference}\nCandidate's answer: {candidate}"
    assert compared_texts(asked) == (reference, candidate)
    assert 0 <= compare(asked).likeness <= 1
    assert (compare(asked).likeness == 1) == (set(reference.lower().split()) == set(candidate.lower().split()))


@pytest.mark.parametrize(
    ("asked", "texts"),
    [
        ("**Correct answer:** sea\nlarge\nModel output: the\nocean", ("sea\nlarge", "the\nocean")),
        ('Is "blue sea" the same as "the sea"?', ("blue sea", "the sea")),
        ("Compare:\n\nsea\nocean\n", ("sea", "ocean")),
        ("ocean", ("", "ocean")),
        ("", ("", "")),
    ],
)
def test_where_the_judge_finds_the_texts(asked: str, texts: tuple[str, str]) -> None:
    assert compared_texts(asked) == texts


def test_the_judge_scores_in_the_range_of_the_schema() -> None:
    asked = "Reference answer: pacific ocean\nCandidate's answer: ocean"
    steps = {"type": "array"}
    for limits, score in (({}, 0.6667), ({"minimum": 1, "maximum": 4}, 3.0), ({"minimum": 4, "maximum": 1}, 0.6667)):
        schema = {"properties": {"result": {"type": "number", **limits}, "steps": steps}}
        answer = json.loads(judge_answer(asked, schema) or "")
        assert answer["result"] == score
        assert answer["steps"][0]["description"] == RULE


@pytest.mark.parametrize(
    ("candidate", "label"), [("pacific ocean", "correct"), ("ocean of peace", "partly"), ("lake", "wrong")]
)
def test_the_judge_picks_labels_by_their_order(candidate: str, label: str) -> None:
    schema = {"properties": {"label": {"type": "string", "enum": ["correct", "partly", "wrong"]}, "steps": {}}}
    asked = f"Reference answer: pacific ocean\nCandidate's answer: {candidate}"
    assert json.loads(judge_answer(asked, schema) or "")["label"] == label


@pytest.mark.parametrize(
    ("first", "second", "better"),
    [("lake", "pacific ocean", "second"), ("the ocean", "sea", "first"), ("sea", "lake", "same")],
)
def test_the_judge_compares_two_answers_by_the_reference(first: str, second: str, better: str) -> None:
    said = {"type": "string"}
    schema = {"properties": {"better": {"type": "string", "enum": ["first", "second", "same"]}, "reason": said}}
    asked = f"Question:\nsea or lake?\n\nReference answer:\npacific ocean\n\nFirst answer:\n{first}\n\n"
    answer = json.loads(judge_answer(f"{asked}Second answer:\n{second}", schema) or "")
    assert answer == {"better": better, "reason": RULE}
    alone = "Question:\nsea or lake?\n\nFirst answer:\npacific\n\nSecond answer:\na lake"
    assert json.loads(judge_answer(alone, schema) or "")["better"] == "second"


@pytest.mark.parametrize("schema", [{}, {"properties": 3}, {"properties": {"result": {"type": "string"}}}, SCHEMA])
def test_the_judge_leaves_other_schemas_alone(schema: dict[str, Any]) -> None:
    assert judge_answer("Reference: a\nCandidate: b", schema) is None


def test_recorded_answers_are_found_behind_any_prompt_and_go_round() -> None:
    recordings = Recordings()
    question = "Which is the largest ocean on Earth?"
    runs = [recordings.find("smollm2", f"Any prompt.\n\n{question} \n", run) for run in range(1, 7)]
    assert runs[:3] == runs[3:]
    assert all(runs)
    assert recordings.find("smollm2", f"{question} Say why.", 1) is None
    assert recordings.find("unknown", question, 1) is None


@given(st.text(), st.integers(1, 9))
def test_answers_are_the_same_every_time(text: str, run_index: int) -> None:
    recordings = Recordings()
    for model in ("simulated-echo", "simulated-reasoner", "simulated-any"):
        question = Question(model, text, 1, run_index)
        assert reply(question, recordings) == reply(question, recordings)
    word = derived_answer(text, "m", run_index)
    assert word == "nothing" or word in text.lower()


@given(st.integers(16, 200), st.sampled_from(["none", "low", "medium", "high"]))
def test_limits_hold(limit: int, effort: str) -> None:
    question = Question("simulated-reasoner", "Which is the largest ocean on Earth?", 9, effort=effort, limit=limit)
    said = reply(question, Recordings())
    assert said.output_tokens <= limit
    assert said.truncated == (effort != "none" and not (effort == "low" and limit > 80))


def test_the_truncating_fault_cuts_recorded_answers() -> None:
    asked = Question("simulated-smollm2", "Which is the largest ocean on Earth?", 9)
    whole = reply(asked, Recordings())
    cut = reply(Question(asked.model, asked.text, 9, fault="truncated"), Recordings())
    assert cut.truncated
    assert cut.text
    assert whole.text
    assert whole.text.startswith(cut.text)
    assert len(cut.text) < len(whole.text)


@given(st.dictionaries(st.sampled_from(sorted(FAULTS)), st.floats(0, 0.07)), st.text(max_size=5), st.integers(1, 99))
def test_faults_follow_from_seed_request_and_attempt(shares: dict[str, float], identity: str, attempt: int) -> None:
    faults = Faults(shares, seed=3)
    drawn = faults.drawn("/v1/responses", identity, attempt)
    assert drawn == Faults(shares, seed=3).drawn("/v1/responses", identity, attempt)
    assert not drawn or shares[drawn] > 0
    assert faults.drawn("/v1/models", identity, attempt) == ""


def test_shares_of_faults_hold_and_another_attempt_draws_anew() -> None:
    faults = Faults({"429": 0.2, "500": 0.1})
    drawn = [faults.drawn("/v1/responses", str(number), 1) for number in range(5000)]
    assert drawn.count("429") == pytest.approx(1000, abs=100)
    assert drawn.count("500") == pytest.approx(500, abs=75)
    assert {faults.drawn("/v1/responses", "same", attempt) for attempt in range(1, 60)} == {"", "429", "500"}


@pytest.mark.parametrize("texts", [("429",), ("429=much",), ("nonsense=0.1",), ("429=1.5",), ("429=0.7", "500=0.7")])
def test_wrong_faults_are_refused(texts: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        Faults(parse_shares(texts))


def test_the_rate_is_kept_and_what_to_wait_is_said() -> None:
    limit, now, through = RateLimit(10, said=True), 100.0, 0
    waits: list[tuple[int, int, int]] = []
    while now < 105:
        try:
            limit.take(now)
            through += 1
        except RequestError as error:
            waits.append((error.status, int(error.headers["retry-after"]), int(error.headers["retry-after-ms"])))
        now += 0.01
    assert through == pytest.approx(60, abs=1)
    assert all(status == 429 and whole == 1 and 0 < exact <= 100 for status, whole, exact in waits)


@pytest.mark.parametrize(("asked", "answered"), [("judge", "simulated-judge"), ("simulated-x", "simulated-x")])
def test_every_name_begins_with_simulated(asked: str, answered: str) -> None:
    assert answered_name(asked) == answered


def test_likeness_of_vectors_grows_with_words_in_common() -> None:
    def likeness(first: str, second: str) -> float:
        return sum(a * b for a, b in zip(embeddings.embedded(first), embeddings.embedded(second), strict=True))

    assert likeness("pacific ocean", "Ocean Pacific") == pytest.approx(1)
    assert likeness("pacific ocean", "the pacific") > likeness("pacific ocean", "small green lamp")


@given(st.lists(st.sampled_from([b"--b", b"\r\n", b"--", b'x: y; name="file"', b"\r\n\r\n", b"data"]), max_size=12))
def test_any_form_is_read_or_refused(pieces: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "form"
        path.write_bytes(b"".join(pieces))
        try:
            parts = read_parts(path, b"b")
        except RequestError:
            return
        for part in parts:
            copy_part(path, part, Path(folder) / "part")
