"""`score_model` and `label_model`: checked in full here, run only where a model service is at hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rft_tui.errors import GraderSpecError
from rft_tui.graders.checks import Check, described
from rft_tui.graders.kinds import GraderType, declared_range, is_number, join
from rft_tui.graders.running import Open
from rft_tui.model import JsonObject, ScoreRule

ROLES = ("user", "assistant", "system", "developer")
"""Roles of a judge's messages."""

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""Reasoning efforts that a judge may be asked for."""

SAMPLING_KEYS = ("seed", "top_p", "temperature", "max_completions_tokens", "reasoning_effort")
"""Keys of `sampling_params`; the service spells the token limit with an extra s."""

_TEMPLATED = {
    "input_text": ("text",),
    "output_text": ("text",),
    "input_image": ("image_url",),
    "input_audio": ("data",),
}
"""The templated keys of each content form; those of `input_audio` stand in an object of that name."""


def message_texts(messages: Any) -> Iterator[tuple[str, str]]:
    """The templated texts of a judge's messages with their paths; other shapes are passed over."""
    if not isinstance(messages, list):
        return
    for number, message in enumerate(messages):
        if isinstance(message, dict):
            yield from _content_texts(message.get("content"), f"input.{number}.content")


def _content_texts(content: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(content, str):
        yield path, content
    elif isinstance(content, list):
        for number, part in enumerate(content):
            if not isinstance(part, list):
                yield from _content_texts(part, f"{path}.{number}")
    elif isinstance(content, dict) and isinstance(kind := content.get("type"), str):
        held = content.get("input_audio") if kind == "input_audio" else content
        inside = join(path, "input_audio") if kind == "input_audio" else path
        for key in _TEMPLATED.get(kind, ()):
            if isinstance(held, dict) and isinstance(text := held.get(key), str):
                yield join(inside, key), text


class _ModelGrader(GraderType):
    needs_service = True

    def check(self, check: Check, spec: JsonObject, path: str) -> None:
        """Model and messages, and that they need a service."""
        message = f"{self.name} asks a model service, which this version does not do; it is kept as it is"
        if check.context == "local":
            check.error(join(path, "type"), "needs_service", message)
        else:
            check.warning(join(path, "type"), "needs_service", message)
        check.text(spec, path, "model")
        messages = check.field(spec, path, "input", "a list")
        if messages is not None:
            self._check_messages(check, messages, join(path, "input"))
        for at, text in message_texts(messages):
            check.template(join(path, at), text)

    def _check_messages(self, check: Check, messages: list[Any], path: str) -> None:
        if not messages:
            check.error(path, "missing_field", "input needs at least one message")
        for number, message in enumerate(messages):
            at = join(path, str(number))
            if not isinstance(message, dict):
                check.error(at, "wrong_type", f"a message must be an object, not {described(message)}")
                continue
            check.word(message, at, "role", ROLES)
            content = message.get("content")
            if not isinstance(content, str | list | dict):
                check.error(
                    join(at, "content"), "wrong_type", f"content must be a text or parts, not {described(content)}"
                )

    def templates(self, spec: JsonObject) -> Iterator[tuple[str, str]]:
        """The texts of the messages."""
        return message_texts(spec.get("input"))

    def derived_name(self, spec: JsonObject) -> str:
        """The type and the judge."""
        return f"{self.name}-{spec.get('model', '')}"

    def compile(self, spec: JsonObject, rule: ScoreRule) -> Open:  # noqa: ARG002
        """Refused: there is no judge to ask."""
        raise GraderSpecError(f"{self.name} asks a model service, which this version does not do")


class ScoreModel(_ModelGrader):
    """A judge that gives a number."""

    name = "score_model"

    def check(self, check: Check, spec: JsonObject, path: str) -> None:
        """Messages, range, sampling and threshold."""
        check.keys(spec, path, ("model", "input", "range", "sampling_params", "pass_threshold"))
        super().check(check, spec, path)
        if "range" in spec and declared_range(spec) is None:
            check.error(join(path, "range"), "bad_range", "range must be two numbers, the lower one first")
        sampling = check.field(spec, path, "sampling_params", "an object", required=False)
        if sampling is not None:
            self._check_sampling(check, sampling, join(path, "sampling_params"))
        check.threshold(spec, path)

    def _check_sampling(self, check: Check, sampling: JsonObject, path: str) -> None:
        for key, value in sampling.items():
            at = join(path, key)
            if key in ("max_completion_tokens", "max_tokens", "max_output_tokens"):
                message = f"the service's key is max_completions_tokens, with an s after completion, not {key}"
                check.warning(at, "unknown_key", message)
            elif value is None or key not in SAMPLING_KEYS:
                continue
            elif key == "reasoning_effort":
                check.word(sampling, path, key, EFFORTS)
            elif not is_number(value):
                check.error(at, "wrong_type", f"{key} must be a number, not {described(value)}")
            elif key == "max_completions_tokens" and value < 1:
                check.error(at, "unknown_value", "max_completions_tokens must be at least 1")
        check.keys({key: None for key in sampling if not key.startswith("max_")}, path, SAMPLING_KEYS)


class LabelModel(_ModelGrader):
    """A judge that gives one of some labels."""

    name = "label_model"

    def check(self, check: Check, spec: JsonObject, path: str) -> None:
        """Messages and labels."""
        check.keys(spec, path, ("model", "input", "labels", "passing_labels"))
        super().check(check, spec, path)
        if check.context == "rft":
            report, said = (check.warning, "documented") if path else (check.error, "offered")
            report(join(path, "type"), "not_in_rft", f"label_model is not {said} for reinforcement fine-tuning")
        labels = self._labels(check, spec, path, "labels")
        passing = self._labels(check, spec, path, "passing_labels")
        for label in passing or ():
            if labels is not None and label not in labels:
                message = f"the passing label {label!r:.60} is none of the labels"
                check.error(join(path, "passing_labels"), "unknown_value", message)
        check.choice("a passing label counts 1, every other label 0")

    def _labels(self, check: Check, spec: JsonObject, path: str, key: str) -> list[str] | None:
        labels = check.field(spec, path, key, "a list")
        if labels is None:
            return None
        if not labels or not all(isinstance(label, str) for label in labels):
            check.error(join(path, key), "wrong_type", f"{key} must be a list of texts, at least one")
            return None
        return list(labels)

    def rule(self, spec: JsonObject) -> ScoreRule:  # noqa: ARG002
        """Passes at a passing label, which counts 1."""
        return ScoreRule(pass_threshold=1.0)
