"""What a person asks for when a model is to be run: one shape for the command line, the form and the stored task."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from rft_tui.model import JsonObject

PARAMETERS = ("temperature", "top_p", "max_output_tokens", "seed", "summary", "response_format")
"""Parameters that belong to a run's identity, in the order of the form."""


@dataclass(frozen=True, slots=True)
class ItemChoice:
    """Which items of a dataset: all, or those that every condition keeps, of them a sample, of it the first so many.

    `where` holds conditions FIELD~REGEX; `contains` a text of question or reference; `marked` keeps the items whose
    predictions are marked in Review.
    """

    where: tuple[str, ...] = ()
    contains: str = ""
    marked: bool = False
    sample: int | None = None
    seed: int = 42
    limit: int | None = None

    @property
    def is_all(self) -> bool:
        """Whether it is simply every item."""
        return not (self.where or self.contains or self.marked or self.sample is not None or self.limit is not None)


@dataclass(frozen=True, slots=True)
class PredictRequest:
    """Models to be asked, and how.

    `efforts` holds an empty text for the service's own default; `prompt` is a name, ``NAME@HASH`` or file, empty for
    none; `parameters` those of PARAMETERS that are sent. `spend_cap` is in US dollars, `token_cap` in tokens.
    `then_grade` names the version of a grader that grades the runs once they are there, empty for none.
    """

    dataset: str
    models: tuple[str, ...]
    profile: str = ""
    efforts: tuple[str, ...] = ("",)
    prompt: str = ""
    as_developer: bool = False
    runs: int = 1
    items: ItemChoice = field(default_factory=ItemChoice)
    parameters: JsonObject = field(default_factory=dict)
    service_tier: str = ""
    concurrency: int | None = None
    spend_cap: float | None = None
    token_cap: int | None = None
    batch: bool = False
    no_cache: bool = False
    then_grade: str = ""

    def as_json(self) -> JsonObject:
        """The request as it is kept with its task."""
        return asdict(self)
