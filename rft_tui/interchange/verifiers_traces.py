"""Episodes of verifiers' present form: one prediction for each agent's trace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from rft_tui.interchange.foreign import ForeignPrediction, Place, UnmappedFields, bad_row
from rft_tui.interchange.messages import asked, asked_text, said
from rft_tui.interchange.scores import MOST_SCORES, failed_grade, grade_of, number_in
from rft_tui.interchange.usages import object_in, seconds_in, summed, usage_in
from rft_tui.model import Answer, Grade, JsonObject, PredictionError
from rft_tui.safetext import one_line

REWARD = "reward"
"""The name of the sum of all rewards by their weights."""

_EPISODE = frozenset({"id", "env", "task", "ok", "errors", "traces", "is_timeout", "num_total_tokens",
                      "num_input_tokens", "num_output_tokens"})  # fmt: skip
_TRACE = frozenset(
    {
        "version", "id", "verifiers", "task", "agent", "nodes", "calls", "rewards", "metrics", "is_completed", "ok",
        "stop_condition", "errors", "timing", "is_timeout", "num_total_tokens", "num_input_tokens", "num_output_tokens",
    }
)  # fmt: skip
_DATA = frozenset({"idx", "id", "name", "prompt", "system_prompt", "answer", "messages", "tools", "reference_answer"})
_SETTINGS = frozenset(
    {"skills", "network_allow", "network_block", "artifacts", "artifact_max_bytes", "timeout", "resources", "image",
     "workdir", "agent_user", "description"}
)  # fmt: skip
_MOST_NODES = 100_000


def is_episode(row: JsonObject) -> bool:
    """Whether a row is an episode with its traces."""
    return isinstance(row.get("traces"), list) and isinstance(row.get("task"), dict)


def trace_predictions(
    path: Path, place: Place, episode: JsonObject, raw: bytes, unmapped: UnmappedFields
) -> Iterator[ForeignPrediction]:
    """The predictions of an episode; one without a trace is an error of its task."""
    unmapped.rest(episode, _EPISODE)
    traces = [one for one in episode["traces"] if isinstance(one, dict)]
    if len(traces) != len(episode["traces"]):
        raise bad_row(path, place, "traces must be a list of objects")
    for number, trace in enumerate(traces or [{"errors": episode.get("errors"), "task": episode["task"]}]):
        made = _prediction(path, place, trace, raw if number == 0 else b"", unmapped)
        yield replace(made, subset=str(object_in(episode.get("env")).get("id") or ""))


def _prediction(path: Path, place: Place, trace: JsonObject, raw: bytes, unmapped: UnmappedFields) -> ForeignPrediction:
    unmapped.rest(trace, _TRACE)
    data = object_in(object_in(trace.get("task")).get("data"))
    unmapped.rest(
        {key: data[key] for key in data.keys() & _SETTINGS if key in ("image", "description")}, (), "task.data."
    )
    nodes = trace.get("nodes")
    branch = _branch(nodes[:_MOST_NODES] if isinstance(nodes, list) else [])
    messages = _asked(data, branch)
    if messages is None:
        raise bad_row(path, place, "the task must have a prompt: a text or a list of messages")
    row: JsonObject = {key: value for key, value in data.items() if key not in _DATA | _SETTINGS}
    row["messages"] = messages
    if data.get("answer") not in (None, ""):
        row["reference_answer"] = data["answer"]
    listed = trace.get("calls")
    calls = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    answer = _answer(trace, branch, calls)
    config = object_in(object_in(trace.get("agent")).get("config"))
    models = (config.get("model"), *(call.get("model") for call in calls))
    sampling = object_in(config.get("sampling")) or next((object_in(call.get("sampling")) for call in calls), {})
    effort = sampling.get("reasoning_effort")
    return ForeignPrediction(
        place,
        row,
        answer,
        model=next((one for one in models if isinstance(one, str) and one), None),
        effort=effort if isinstance(effort, str) else None,
        grades=_grades(trace, answer.error),
        raw=raw,
    )


def _branch(nodes: list[Any]) -> list[JsonObject]:
    """The nodes from a root to the last one, the conversation as it ended."""
    found: list[JsonObject] = []
    at: Any = len(nodes) - 1
    while isinstance(at, int) and 0 <= at < len(nodes) and len(found) <= len(nodes) and isinstance(nodes[at], dict):
        found.append(nodes[at])
        at = nodes[at].get("parent")
    return found[::-1]


def _asked(data: JsonObject, branch: list[JsonObject]) -> list[JsonObject] | None:
    """What the task asks; where it says nothing, the messages before the model's first one."""
    prompt = data.get("prompt")
    messages = asked(prompt) if prompt else None
    if messages is None:
        before: list[Any] = []
        for node in branch:
            if node.get("sampled"):
                break
            before.append(node.get("message"))
        return asked(before)
    system = data.get("system_prompt")
    if isinstance(system, str) and system:
        messages = [{**asked_text(system)[0], "role": "system"}, *messages]
    return messages


def _answer(trace: JsonObject, branch: list[JsonObject], calls: list[JsonObject]) -> Answer:
    sampled = [node for node in branch if node.get("sampled")]
    message = said(object_in(sampled[-1].get("message")) if sampled else {})
    errors = trace.get("errors")
    times = [_span(call.get("time")) for call in calls]
    latencies = [one for one in times if one is not None]
    usage = summed([usage_in(call.get("usage")) for call in calls])
    extra = {
        "output_tools": message.calls,
        "finish_reason": calls[-1].get("finish_reason") if calls else None,
        "stop_condition": trace.get("stop_condition"),
        "trace_id": trace.get("id"),
    }
    extra = {key: inner for key, inner in extra.items() if inner not in (None, [])}
    error = None
    last = object_in(errors[-1]) if isinstance(errors, list) and errors else {}
    if last and trace.get("ok") is not True:
        parts = [str(last[key]) for key in ("type", "message") if last.get(key)]
        error = PredictionError("other", one_line(": ".join(parts), 2000) or "the rollout failed")
    elif not message.text and not message.calls:
        error = PredictionError("other", "the trace has no answer of the model")
    return Answer(message.text, message.reasoning, usage, sum(latencies) if latencies else None, error, extra or None)


def _span(value: Any) -> float | None:
    span = object_in(value)
    start, end = seconds_in(span.get("start")), seconds_in(span.get("end"))
    return end - start if start is not None and end is not None and end >= start else None


def _grades(trace: JsonObject, error: PredictionError | None) -> dict[str, Grade]:
    """Each reward and metric, and the sum of the rewards by their weights; nothing of a rollout that failed."""
    rewards = dict(list(object_in(trace.get("rewards")).items())[:MOST_SCORES])
    scores = {one_line(name, 100): object_in(one).get("score") for name, one in rewards.items()}
    weighed = [
        score * weight
        for one in rewards.values()
        if (score := number_in(object_in(one).get("score"))) is not None
        and (weight := number_in(object_in(one).get("weight", 1.0))) is not None
    ]
    if rewards:
        scores.setdefault(REWARD, sum(weighed) if len(weighed) == len(rewards) else None)
    for name, score in list(object_in(trace.get("metrics")).items())[:MOST_SCORES]:
        scores.setdefault(one_line(name, 100), score)
    return {name: failed_grade(error) if error else grade_of(score) for name, score in scores.items()}
