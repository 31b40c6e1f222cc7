"""What the simulated models say.

Recorded models answer sample questions with their recorded answers. `simulated-echo` gives back the last line of the
last user message. Every other model, and a recorded one asked something else, gives a derived answer: one word of that
line of four letters or more, in lower case, chosen by the hash of question, model and run index; ``nothing`` where the
line has none. A fine-tuned model answers the rows of its job as `jobs.tuned` says. Answers that must be JSON take that
text into the schema, or follow the lexical rule of the judge.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from rft_tui.model import JsonObject
from rft_tui.simulator.lexical import judge_answer
from rft_tui.simulator.models import ECHO, PREFIX, REASONER, RECORDED
from rft_tui.simulator.recorded import Recordings
from rft_tui.simulator.shaping import schema_value

if TYPE_CHECKING:
    from rft_tui.simulator.jobs.tuned import Tuned

REFUSAL = "I'm sorry, but I can't help with that. (A refusal of the simulated service.)"
"""What a refusing model says."""

REASONING_TOKENS = {"none": 0, "low": 64, "medium": 256, "high": 1024}
"""Reasoning tokens of the reasoner by effort, to which those of the question's length come."""

_MOST_ECHOED = 4_000
_WORD = re.compile(r"[^\W\d_]{4,}")


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked: its full name, the last user message, the tokens of all input, and how to answer.

    `limit` is the most tokens, None for none; `schema` what a JSON answer must fit, None for text; `function` the name
    and parameters of one that must be called; `fault` one of `faults.SPOKEN_FAULTS` or empty; `tuned` the fine-tuned
    model that answers.
    """

    model: str
    text: str
    input_tokens: int
    run_index: int = 1
    effort: str = ""
    limit: int | None = None
    schema: JsonObject | None = None
    function: tuple[str, JsonObject] | None = None
    fault: str = ""
    tuned: Tuned | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model says; `text` is None where it ended before a word, `function` a call's name and arguments."""

    text: str | None
    summary: str = ""
    reasoning_tokens: int = 0
    output_tokens: int = 0
    truncated: bool = False
    refusal: str = ""
    function: tuple[str, str] | None = None


def tokens_of(text: str) -> int:
    """A plausible count of tokens: one for four characters."""
    return (len(text) + 3) // 4


def reply(question: Question, recordings: Recordings) -> Reply:
    """The answer to a question; the same question always has the same one."""
    if question.fault == "refusal":
        return Reply(text="", refusal=REFUSAL, output_tokens=tokens_of(REFUSAL))
    said = _said(question, recordings)
    if question.function is not None:
        name, parameters = question.function
        arguments = json.dumps(schema_value(parameters, said.text or "") or {})
        return Reply(None, said.summary, said.reasoning_tokens, _counted(said, arguments), function=(name, arguments))
    return _limited(said, question)


def _said(question: Question, recordings: Recordings) -> Reply:
    """The answer without regard to limits."""
    summary, reasoning, output = "", 0, 0
    last_line = question.text.rstrip().rpartition("\n")[2]
    model = question.model if question.tuned is None else question.tuned.base
    text = last_line[:_MOST_ECHOED] if model == ECHO else derived_answer(last_line, model, question.run_index)
    if model in RECORDED:
        recorded = recordings.find(model.removeprefix(PREFIX), question.text, question.run_index)
        if recorded is not None:
            text, summary, reasoning, output = recorded
    elif model == REASONER:
        reasoning = REASONING_TOKENS.get(question.effort or "medium", 0)
        if reasoning:
            reasoning += tokens_of(question.text) % 64
            summary = f"**Simulated reasoning**\n\nThe word {text!r} was chosen by a hash of the question."
    if question.tuned is not None:
        text, summary, output = question.tuned.answer(question.text, question.run_index, text), "", 0
    if question.schema is not None:
        shaped = judge_answer(question.text, question.schema)
        text = shaped or json.dumps(schema_value(question.schema, text))
        output = 0
    return Reply(text, summary, reasoning, max(output, reasoning + tokens_of(text)))


def derived_answer(line: str, model: str, run_index: int) -> str:
    """One word of a line, in lower case, chosen by a hash."""
    words = _WORD.findall(line[-_MOST_ECHOED:])
    if not words:
        return "nothing"
    digest = sha256(f"{model}\n{run_index}\n{line}".encode("utf-8", "surrogatepass")).digest()
    word: str = words[int.from_bytes(digest[:4]) % len(words)]
    return word.lower()


def _counted(said: Reply, arguments: str) -> int:
    return said.reasoning_tokens + tokens_of(arguments)


def _limited(said: Reply, question: Question) -> Reply:
    """The answer cut in proportion at the token limit, or in the middle where the fault says so."""
    text, limit = said.text or "", question.limit
    if question.fault == "truncated":
        kept = text[: len(text) // 2]
        return Reply(kept, said.summary, said.reasoning_tokens, said.reasoning_tokens + tokens_of(kept), truncated=True)
    if limit is None or said.output_tokens <= limit:
        return said
    left = limit - said.reasoning_tokens
    kept = text[: len(text) * left // (said.output_tokens - said.reasoning_tokens)] if left > 0 else ""
    return Reply(kept or None, said.summary, min(said.reasoning_tokens, limit), limit, truncated=True)
