"""A judge for tests: it answers from a script, at once or whenever a test says, in any order, and counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from rft_tui.graders.judge import EmbeddingReply, JudgeCall, JudgeReply
from rft_tui.model import JsonObject, JudgeUse, Usage

USE = JudgeUse("judge-1", Usage(10, 5), 0.001)

STEPS = [{"description": "compared both", "conclusion": "the same"}]


def reply(answer: Any, form: str = "schema") -> JudgeReply:
    """An answer: a text as it is, anything else as JSON."""
    return JudgeReply(answer if isinstance(answer, str) else json.dumps(answer), USE, form)


def lexical(call: JudgeCall) -> JudgeReply:
    """Full marks where the last message says the same behind both of its colons, in the form that is asked for."""
    lines = [line.partition(": ")[2] for line in str(call.messages[-1]["content"]).splitlines()]
    same = len(set(lines)) == 1
    if "label" in call.schema["properties"]:
        labels = call.schema["properties"]["label"]["enum"]
        return reply({"steps": STEPS, "label": labels[0] if same else labels[-1]})
    return reply({"result": float(same), "steps": STEPS})


@dataclass
class ScriptedJudge:
    """Answers with `answer`; where `waits`, when a test calls `release`, which it may do as questions are put.

    `put` is told the number of each question, from 0; `most` is the peak of open questions.
    """

    answer: Callable[[JudgeCall], JudgeReply] = lexical
    window: int = 4
    waits: bool = False
    put: Callable[[int], None] = lambda _number: None
    calls: list[JudgeCall] = field(default_factory=list)
    embedded: list[tuple[str, list[str]]] = field(default_factory=list)
    vectors: Callable[[Sequence[str]], EmbeddingReply] | None = None
    open: dict[int, Future[JudgeReply]] = field(default_factory=dict)
    most: int = 0

    def ask(self, call: JudgeCall) -> Future[JudgeReply]:
        future: Future[JudgeReply] = Future()
        self.calls.append(call)
        if not self.waits:
            future.set_result(self.answer(call))
            return future
        number = len(self.calls) - 1
        self.open[number] = future
        self.most = max(self.most, sum(not each.done() for each in self.open.values()))
        self.put(number)
        return future

    def release(self, number: int) -> None:
        """Answer the question that was put as number `number`, from 0."""
        self.open[number].set_result(self.answer(self.calls[number]))

    def embed(self, model: str, texts: Sequence[str]) -> Future[EmbeddingReply]:
        self.embedded.append((model, list(texts)))
        future: Future[EmbeddingReply] = Future()
        vectors = self.vectors or letter_counts
        future.set_result(vectors(texts))
        return future


def letter_counts(texts: Sequence[str]) -> EmbeddingReply:
    """Vectors that count the letters a to e."""
    return EmbeddingReply(tuple(tuple(float(text.count(sign)) for sign in "abcde") for text in texts), USE)


def judged_spec(**more: Any) -> JsonObject:
    """A small `score_model`."""
    message = {"role": "user", "content": "Reference: {{item.reference_answer}}\nAnswer: {{sample.output_text}}"}
    return {"type": "score_model", "name": "judge", "model": "judge", "input": [message], **more}
