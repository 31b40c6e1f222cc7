"""What stands in the form, turned into a request; what cannot be meant is said at its field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from rft_tui.datasets.split import FieldFilter
from rft_tui.model import JsonObject
from rft_tui.providers.efforts import ALL_EFFORTS, efforts_of
from rft_tui.tasks.predicting.requests import ItemChoice, PredictRequest
from rft_tui.tui.form_values import ValuesReader, whole
from rft_tui.tui.new_run.fields import DEFAULT_EFFORT, FIELDS

PROPOSALS = {field.name: field.proposal for field in FIELDS}
"""What a field holds until something is given."""

NO_MODEL = "name a model"


def listed(text: str) -> tuple[str, ...]:
    """Names with commas between them, each once."""
    return tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))


def conditions(text: str) -> tuple[str, ...]:
    """Conditions with semicolons between them."""
    return tuple(part.strip() for part in text.split(";") if part.strip())


def offered_efforts(models: tuple[str, ...]) -> tuple[str, ...]:
    """The efforts that every one of the models takes, as far as their names tell."""
    kept = set(ALL_EFFORTS).intersection(*(efforts_of(model) for model in models))
    return tuple(effort for effort in ALL_EFFORTS if effort in kept)


class FormReader(ValuesReader):
    """Reads values one by one and keeps what is wrong, by field."""

    def __init__(self, values: Mapping[str, str], folder: Path) -> None:
        super().__init__(values, folder, PROPOSALS)

    def request(self) -> PredictRequest:
        """The request as far as it can be read; it may be used only where there are no problems."""
        models = self.take("models", _models) or ()
        if not self.text("models"):
            self.problems["models"] = NO_MODEL
        choice = ItemChoice(
            where=self.take("where", _conditions) or (),
            contains=self.text("contains"),
            marked=bool(self.text("marked")),
            sample=self.take("sample", _count),
            seed=self.take("sample_seed", whole) or 0,
            limit=self.take("limit", _count),
        )
        if not self.text("dataset"):
            self.problems["dataset"] = "choose a dataset"
        return PredictRequest(
            dataset=self.text("dataset"),
            models=models,
            profile=self.text("profile"),
            efforts=self.take("efforts", lambda text: _efforts(text, models)) or ("",),
            prompt=self.text("prompt"),
            as_developer=bool(self.text("as_developer")),
            runs=self.take("runs", _count) or 1,
            items=choice,
            parameters=self._parameters(),
            service_tier=self.text("service_tier"),
            concurrency=self.take("concurrency", _count),
            spend_cap=self.take("spend_cap", _dollars),
            token_cap=self.take("token_cap", _count),
            batch=bool(self.text("batch")),
            no_cache=bool(self.text("no_cache")),
            then_grade=self.text("then_grade"),
        )

    def _parameters(self) -> JsonObject:
        read: JsonObject = {
            "temperature": self.take("temperature", lambda text: _between(text, 0, 2)),
            "top_p": self.take("top_p", lambda text: _between(text, 0, 1)),
            "max_output_tokens": self.take("max_output_tokens", _count),
            "seed": self.take("seed", whole),
            "summary": self.text("summary") or None,
            "response_format": self.take("response_format", self._schema),
        }
        return {name: value for name, value in read.items() if value is not None}

    def _schema(self, text: str) -> JsonObject:
        """A file with a schema, or the response format itself as runs have it."""
        from rft_tui.tasks.predicting.response_format import load_response_format

        if text.startswith("{"):
            document: JsonObject = json.loads(text)
            return document
        return load_response_format(self.path(text))


def _models(text: str) -> tuple[str, ...]:
    models = listed(text)
    if not models:
        raise ValueError(NO_MODEL)
    return models


def _conditions(text: str) -> tuple[str, ...]:
    found = conditions(text)
    for one in found:
        FieldFilter.parse(one)
    return found


def _efforts(text: str, models: tuple[str, ...]) -> tuple[str, ...]:
    names = listed(text)
    for name in names:
        if name != DEFAULT_EFFORT and name not in ALL_EFFORTS:
            raise ValueError(f"there is no effort {name!r}")
        refusing = [model for model in models if name != DEFAULT_EFFORT and name not in efforts_of(model)]
        if refusing:
            raise ValueError(f"{refusing[0]} does not take {name}")
    return tuple("" if name == DEFAULT_EFFORT else name for name in names)


def _count(text: str) -> int:
    number = whole(text)
    if number < 1:
        raise ValueError("at least 1")
    return number


def _between(text: str, low: float, high: float) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError("a number") from None
    if not low <= number <= high:
        raise ValueError(f"from {low:g} to {high:g}")
    return number


def _dollars(text: str) -> float:
    number = _between(text.removeprefix("$"), 0, 1e9)
    if number == 0:
        raise ValueError("more than 0")
    return number
