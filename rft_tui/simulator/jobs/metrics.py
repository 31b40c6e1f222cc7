"""The metrics of one step, in the shapes of the service's events: counts are floats, and what belongs to validation is
missing on steps without an evaluation."""

from __future__ import annotations

from math import exp

from rft_tui.model import JsonObject
from rft_tui.simulator.jobs import curves
from rft_tui.simulator.jobs.plan import Plan, ShownGrader

UNGRADED_REWARD = -1.0
"""What a sample without a grade counts in the mean reward."""

_TOKENS = ("prompt_tokens", "completion_tokens")
_ANY_KINDS = ("sample_parse_error", "invalid_variable_error", "other_error")
_KINDS = {
    "python": ("python_grader_server_error", "python_grader_runtime_error"),
    "score_model": ("model_grader_server_error", "model_grader_refusal_error", "model_grader_parse_error"),
    "label_model": ("model_grader_server_error", "model_grader_refusal_error", "model_grader_parse_error"),
}
_BREAKING = {"python": "python_grader_runtime_error", "score_model": "model_grader_parse_error"}
_JUDGE_TOKENS = {"prompt_tokens": 241, "completion_tokens": 96}
_LATENCY_S = {"python": 0.9, "score_model": 3.4, "label_model": 3.1}


class Measured:
    """What was measured at a step of a job; `train` and `valid` hold the samples and how many have no grade."""

    def __init__(self, plan: Plan, step: int) -> None:
        self.plan = plan
        self.step = step
        self.quality = curves.noisy(plan.scenario, plan.seed, step, plan.steps, plan.anchors)
        self.parts = {"train": curves.TRAIN_SAMPLES}
        if plan.is_evaluated(step):
            self.parts["valid"] = plan.validation_rows * plan.samples
        self.ungraded = {
            part: curves.ungraded(plan.scenario, plan.seed, step, plan.steps, count)
            for part, count in self.parts.items()
        }

    def reward(self, part: str) -> float:
        """The mean reward of all samples, those without a grade included."""
        plan, count, ungraded = self.plan, self.parts[part], self.ungraded[part]
        mean = plan.low + self._share(part) * (plan.high - plan.low)
        return round((mean * (count - ungraded) + UNGRADED_REWARD * ungraded) / count, 6)

    def graded(self, part: str, grader: ShownGrader, place: int) -> float:
        """The mean score that one grader gave to what could be graded."""
        share = self._share(part)
        if len(self.plan.graders) > 1:
            share = min(1.0, max(0.0, share + (0.04 if place % 2 else -0.04) * (1 + place // 2)))
        return round(grader.low + share * (grader.high - grader.low), 6)

    def errors(self, part: str, place: int) -> dict[str, int]:
        """Errors of one grader by kind: the samples without a grade, shared out among graders and kinds."""
        plan = self.plan
        grader = plan.graders[place]
        kinds = (*_ANY_KINDS, *_KINDS.get(grader.type, ()))
        breaking = ("sample_parse_error", _BREAKING.get(grader.type, "invalid_variable_error"))
        mine = [number for number in range(self.ungraded[part]) if number % len(plan.graders) == place]
        counts = dict.fromkeys(kinds, 0)
        for order, _number in enumerate(mine):
            counts[breaking[(order + 1) % 2]] += 1
        return counts

    def _share(self, part: str) -> float:
        return self.quality.train if part == "train" else self.quality.valid


def reward_metrics(plan: Plan, step: int) -> JsonObject:
    """The data of a reinforcement job's metrics event."""
    at = Measured(plan, step)
    evaluated = "valid" in at.parts
    completion = curves.completion_tokens(plan.scenario, plan.seed, step, plan.steps)
    reasoning = curves.reasoning_tokens(plan.seed, step, plan.steps)
    data: JsonObject = {
        "step": step,
        "total_steps": plan.steps,
        "train_mean_reward": at.reward("train"),
        "mean_unresponsive_rewards": 0.0,
        "reasoning_tokens_mean": reasoning,
        "completion_tokens_mean": completion,
        "scores": {f"{part}_reward_mean": at.reward(part) for part in at.parts},
    }
    if evaluated:
        parse_errors = sum(at.errors("valid", place)["sample_parse_error"] for place in range(len(plan.graders)))
        data |= {
            "full_valid_mean_reward": at.reward("valid"),
            "full_valid_mean_parse_error": round(parse_errors / at.parts["valid"], 6),
            "valid_reasoning_tokens_mean": round(reasoning * 1.02, 3),
        }
    samples: JsonObject = {}
    for part, count in at.parts.items():
        mean = reasoning if part == "train" else data["valid_reasoning_tokens_mean"]
        samples |= {f"{part}_reasoning_tokens_mean": mean, f"{part}_reasoning_tokens_count": float(round(mean * count))}
    graders = [_of_grader(at, grader, place) for place, grader in enumerate(plan.graders)]
    data["scores"]["graders"] = [one["scores"] for one in graders]
    data |= {
        "usage": {"graders": [one["usage"] for one in graders], "samples": samples},
        "model_graders_token_usage": _judge_tokens(at),
        "timing": {"step": _step_seconds(at), "graders": [one["timing"] for one in graders]},
        "errors": {"graders": [one["errors"] for one in graders]},
    }
    return data


def _of_grader(at: Measured, grader: ShownGrader, place: int) -> dict[str, JsonObject]:
    """What the four lists of graders say of one."""
    named: JsonObject = {"name": grader.name, "type": grader.type}
    said: dict[str, JsonObject] = {kind: dict(named) for kind in ("scores", "usage", "timing", "errors")}
    said["usage"]["model"] = grader.model
    for part, count in at.parts.items():
        said["scores"][f"{part}_reward_mean"] = at.graded(part, grader, place)
        graded = count - at.ungraded[part]
        for tokens in _TOKENS:
            total = _JUDGE_TOKENS[tokens] * graded if grader.model else 0
            said["usage"][f"{part}_{tokens}_mean"] = round(total / graded, 3) if graded else 0.0
            said["usage"][f"{part}_{tokens}_count"] = float(total)
        latency = _LATENCY_S.get(grader.type, 0.004) * (1 + 0.1 * curves.noise(at.plan.seed, grader.name, at.step))
        said["timing"][f"{part}_execution_latency_mean"] = round(latency, 4)
        for kind, errors in at.errors(part, place).items():
            said["errors"] |= {f"{part}_{kind}_mean": round(errors / count, 6), f"{part}_{kind}_count": float(errors)}
    return said


def judge_tokens(plan: Plan, step: int) -> JsonObject:
    """The tokens of the judges at one step, by model."""
    return _judge_tokens(Measured(plan, step))


def _judge_tokens(at: Measured) -> JsonObject:
    used: JsonObject = {}
    for grader in at.plan.graders:
        if grader.model is None:
            continue
        mine = used.setdefault(grader.model, {})
        for name, part in (("train", "train"), ("eval", "valid")):
            graded = at.parts.get(part, 0) - at.ungraded.get(part, 0)
            for tokens in _TOKENS:
                key = f"{name}_{tokens}"
                mine[key] = mine.get(key, 0.0) + float(_JUDGE_TOKENS[tokens] * graded)
            mine.setdefault(f"{name}_cached_tokens", 0.0)
    return used


def _step_seconds(at: Measured) -> JsonObject:
    """Seconds that a real step might have taken; the clock of the simulated one is compressed."""
    pace = 1 + 0.1 * curves.noise(at.plan.seed, "pace", at.step)
    parts = {"sampling": 61.4 * pace, "training": 22.9 * pace}
    if "valid" in at.parts:
        parts["eval"] = 35.2 * pace
    return {name: round(value, 3) for name, value in {**parts, "full_iteration": sum(parts.values()) + 4.0}.items()}


def loss_metrics(plan: Plan, step: int) -> JsonObject:
    """The data of a supervised or preference job's metrics event."""
    data: JsonObject = {"step": step, "total_steps": plan.steps}
    quality = curves.noisy(plan.scenario, plan.seed, step, plan.steps)
    data |= {"train_loss": _loss(quality.train), "train_mean_token_accuracy": _accuracy(quality.train)}
    if plan.is_evaluated(step):
        data |= {"valid_loss": _loss(quality.valid), "valid_mean_token_accuracy": _accuracy(quality.valid)}
        if plan.is_epoch_end(step):
            whole = curves.quality(plan.scenario, step / plan.steps).valid
            data |= {"full_valid_loss": _loss(whole), "full_valid_mean_token_accuracy": _accuracy(whole)}
    return data


def _loss(share: float) -> float:
    return round(3.2 * exp(-2.2 * share), 5)


def _accuracy(share: float) -> float:
    return round(0.5 + 0.5 * share, 5)


def metrics(plan: Plan, step: int) -> JsonObject:
    """The data of the metrics event of a step."""
    return reward_metrics(plan, step) if plan.is_reinforcement else loss_metrics(plan, step)


def checkpoint_metrics(plan: Plan, step: int) -> JsonObject:
    """The metrics that a checkpoint shows."""
    if not plan.is_reinforcement:
        data = loss_metrics(plan, step)
        del data["total_steps"]
        return {**data, "step": float(step)}
    at = Measured(plan, step)
    shown: JsonObject = {"step": float(step), "train_mean_reward": at.reward("train")}
    if "valid" in at.parts:
        shown["full_valid_mean_reward"] = at.reward("valid")
    return {**shown, "completion_tokens_mean": curves.completion_tokens(plan.scenario, plan.seed, step, plan.steps)}


def step_message(plan: Plan, data: JsonObject) -> str:
    """The message of a metrics event; a reinforcement one has a blank before its first comma, as the service's has."""
    if plan.is_reinforcement:
        said = f"Step {data['step']}/{plan.steps} , train mean reward={data['train_mean_reward']:.2f}"
        if "full_valid_mean_reward" in data:
            said += (
                f", full validation mean reward={data['full_valid_mean_reward']:.2f}"
                f", full validation mean parse error={data['full_valid_mean_parse_error']:.2f}"
            )
        return said
    said = f"Step {data['step']}/{plan.steps}: training loss={data['train_loss']:.2f}"
    for key, name in (("valid_loss", "validation loss"), ("full_valid_loss", "full validation loss")):
        if key in data:
            said += f", {name}={data[key]:.2f}"
    return said
