"""Kept answers of judges: under which key each lies, and how graders take it."""

from __future__ import annotations

from collections.abc import Sequence

from rft_tui.graders.judge import EmbeddingReply, JudgeCall, JudgeReply
from rft_tui.graders.judge_answers import read_label, read_score
from rft_tui.identity import canonical_json, content_hash
from rft_tui.model import SIMULATED_PREFIX, JudgeUse
from rft_tui.providers.profiles import NamedProfile
from rft_tui.store.replies import Reply
from rft_tui.tasks.judging.forms import SCHEMA


def question_key(profile: NamedProfile, call: JudgeCall) -> str:
    """Under which key the answer to a question is kept: who is asked, and everything that is asked."""
    return content_hash(
        "judge", profile.service, call.model, canonical_json(call.messages), canonical_json(call.sampling),
        canonical_json(call.schema), str(call.repeat),
    )  # fmt: skip


def embedding_key(profile: NamedProfile, model: str, texts: Sequence[str]) -> str:
    """Under which key the vectors of some texts are kept."""
    return content_hash("embedding", profile.service, model, *texts)


def judge_reply(reply: Reply, profile: NamedProfile, *, cached: bool) -> JudgeReply:
    """A kept reply as graders take it."""
    text, form = str(reply.content.get("text", "")), str(reply.content.get("form", SCHEMA))
    return JudgeReply(text, _use(reply, profile, cached), form)


def embedding_reply(reply: Reply, profile: NamedProfile, *, cached: bool) -> EmbeddingReply:
    """Kept vectors as graders take them."""
    vectors = tuple(tuple(map(float, vector)) for vector in reply.content.get("vectors", ()))
    return EmbeddingReply(vectors, _use(reply, profile, cached))


def _use(reply: Reply, profile: NamedProfile, cached: bool) -> JudgeUse:
    simulated = profile.is_simulated or reply.served_model.startswith(SIMULATED_PREFIX)
    return JudgeUse(reply.served_model, reply.usage, reply.cost, cached, simulated=simulated)


def is_readable(call: JudgeCall, reply: Reply) -> bool:
    """Whether an answer says what was asked; one that does not is an error of the grade and is asked for anew."""
    text, form = str(reply.content["text"]), str(reply.content["form"])
    if call.is_readable is not None:
        return call.is_readable(text, form)
    labels = call.schema.get("properties", {}).get("label", {}).get("enum")
    read = read_score(text, form) if labels is None else read_label(text, list(labels), form)
    return read.error is None
