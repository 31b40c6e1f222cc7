"""The judge that model graders ask: a protocol, handed in, since graders know no network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from rft_tui.model import GradeError, JsonObject, JudgeUse


@dataclass(frozen=True, slots=True)
class JudgeCall:
    """One question to a judge: filled messages in chat form, and the JSON schema its answer must have.

    A message's content is a text, or parts of type ``text``, ``image_url`` and ``input_audio``; roles stay as they are,
    ``developer`` included. `sampling` holds the grader's `sampling_params` as they stand. `repeat` tells apart
    questions that are asked several times to see how far the answers vary. `is_readable` tells of an answer's text and
    form whether it says what was asked, so that it is worth keeping; None: by the schema's `result` or `label`.
    """

    model: str
    messages: list[JsonObject]
    schema: JsonObject
    schema_name: str
    sampling: JsonObject = field(default_factory=dict)
    repeat: int = 0
    is_readable: Callable[[str, str], bool] | None = None


@dataclass(frozen=True, slots=True)
class JudgeReply:
    """What a judge said: its text, or a typed error.

    `form` says how the answer was asked for: ``schema``, ``json`` (any JSON object: the service does not hold answers
    to a schema) or ``text`` (nothing could be asked of its form).
    """

    text: str
    use: JudgeUse
    form: str = "schema"
    error: GradeError | None = None


@dataclass(frozen=True, slots=True)
class EmbeddingReply:
    """Vectors of some texts, in their order, or a typed error."""

    vectors: tuple[tuple[float, ...], ...]
    use: JudgeUse
    error: GradeError | None = None


class Judge(Protocol):
    """Asks a model service in the background; answers it knows come at once."""

    @property
    def window(self) -> int:
        """How many questions are worth having under way at once."""
        ...

    def ask(self, call: JudgeCall) -> Future[JudgeReply]:
        """Begin a question; the answer comes later, in any order. Errors are answers, nothing is raised."""
        ...

    def embed(self, model: str, texts: Sequence[str]) -> Future[EmbeddingReply]:
        """Begin to embed some texts."""
        ...
