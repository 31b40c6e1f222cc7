"""What is asked of a model service, and what came of it: the words that everything above the services speaks."""

from __future__ import annotations

from dataclasses import dataclass, field

from rft_tui.model import Answer, JsonObject, PredictionError, Usage


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One question to a model.

    `messages` and `tools` are in chat form, as rows of a dataset have them. `effort` is empty for the service's own
    default. `parameters` may hold ``temperature``, ``top_p``, ``max_output_tokens``, ``seed``, ``summary``
    (``auto``/``concise``/``detailed``) and ``response_format`` (nested, as chat has it); only what is there is sent.
    `run_index` is told to the simulated service alone, whose answers follow from it.
    """

    model: str
    messages: list[JsonObject]
    tools: list[JsonObject] | None = None
    effort: str = ""
    parameters: JsonObject = field(default_factory=dict)
    service_tier: str = ""
    run_index: int = 1


@dataclass(frozen=True, slots=True)
class ModelReply:
    """What came of a call, after all its attempts.

    `answer` is the model's, or carries the typed error; its `extra` holds what `Answer` says. `raw` is the body as it
    came, empty where none did. `attempts` counts the requests that were sent. `stops` says that every further call
    would fail in the same way, and how: ``auth``, ``quota``, ``not_found``, ``permission`` or ``bad_request``. `unsent`
    says that the service could not be reached, so that it never saw the question.
    """

    answer: Answer
    raw: bytes = b""
    attempts: int = 1
    stops: str = ""
    unsent: bool = False


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Vectors of some texts in their order, or the error that came instead."""

    vectors: tuple[tuple[float, ...], ...] = ()
    model: str = ""
    usage: Usage = field(default_factory=Usage)
    error: PredictionError | None = None
    attempts: int = 1
