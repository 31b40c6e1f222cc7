"""The lexical rule as the judge that the project's own model graders ask."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from rft_tui.graders.judge import EmbeddingReply, JudgeCall, JudgeReply
from rft_tui.model import JsonObject, JudgeUse, Usage
from rft_tui.simulator.embeddings import embedded
from rft_tui.simulator.lexical import judge_answer
from rft_tui.simulator.models import answered_name
from rft_tui.simulator.replies import tokens_of
from rft_tui.simulator.shaping import schema_value


class LexicalJudge:
    """Answers at once, by the rule of `lexical`."""

    window = 1

    def ask(self, call: JudgeCall) -> Future[JudgeReply]:
        """The answer to a question."""
        asked = [message_text(message) for message in call.messages]
        users = [text for message, text in zip(call.messages, asked, strict=True) if message.get("role") == "user"]
        question = users[-1] if users else ""
        text = judge_answer(question, call.schema) or json.dumps(schema_value(call.schema, ""))
        usage = Usage(input_tokens=sum(map(tokens_of, asked)), output_tokens=tokens_of(text), cached_tokens=0)
        done: Future[JudgeReply] = Future()
        done.set_result(JudgeReply(text, JudgeUse(answered_name(call.model), usage)))
        return done

    def embed(self, model: str, texts: Sequence[str]) -> Future[EmbeddingReply]:
        """Vectors of some texts."""
        usage = Usage(input_tokens=sum(map(tokens_of, texts)))
        done: Future[EmbeddingReply] = Future()
        vectors = tuple(tuple(embedded(text)) for text in texts)
        done.set_result(EmbeddingReply(vectors, JudgeUse(answered_name(model), usage)))
        return done


def message_text(message: JsonObject) -> str:
    """The text of a grader's message, in any of its content forms."""
    content: Any = message.get("content")
    parts = content if isinstance(content, list) else [content]
    texts = [part if isinstance(part, str) else part.get("text") for part in parts if isinstance(part, str | dict)]
    return "\n".join(text for text in texts if isinstance(text, str))
