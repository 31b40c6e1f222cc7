"""What pre-flight knows of a job before it judges anything; gathered once, so that every check runs without a network.

None means that something was not looked at or could not be found out; it is never read as good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from rft_tui.datasets.limits import Part
from rft_tui.model import JsonObject, Problem, Prompt, ScoreRule, Severity
from rft_tui.providers.models import ServiceModel
from rft_tui.providers.profiles import NamedProfile
from rft_tui.store.benches import BenchResult
from rft_tui.tasks.jobs.estimate import JobEstimate
from rft_tui.tasks.jobs.request import DataSource, JobRequest


@dataclass(frozen=True, slots=True)
class ProblemCount:
    """Problems of one kind in a file: how many, and the first of them."""

    kind: str
    severity: Severity
    count: int
    first: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class RowFacts:
    """One pass over the rows of a part as they would be sent.

    `size` in bytes, `longest` the bytes of the longest row; `notes` counts what rendering said; `near_looked_at` how
    many rows were held against those of the other part for near duplicates; `fields` are those of the first row.
    """

    source: DataSource
    part: Part
    rows: int
    size: int
    longest: int
    problems: tuple[ProblemCount, ...]
    notes: Mapping[str, int] = field(default_factory=dict)
    fields: JsonObject = field(default_factory=dict)
    near_looked_at: int = 0

    def of_kinds(self, *kinds: str) -> tuple[ProblemCount, ...]:
        """The problems of some kinds."""
        return tuple(one for one in self.problems if one.kind in kinds)


@dataclass(frozen=True, slots=True)
class Overlap:
    """A dataset that may be the final test: how many inputs it shares with the parts of the job, None if not known."""

    name: str
    rows: int
    is_guess: bool
    with_training: int | None
    with_validation: int | None


@dataclass(frozen=True, slots=True)
class Way:
    """How the base was asked: effort, prompt version with its name, who carried the prompt, and in how many runs."""

    effort: str
    prompt: str
    prompt_name: str
    as_developer: bool
    runs: tuple[int, ...]
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class PartDifficulty:
    """How the base does on the rows of a part, from grades that are there.

    `graded` of `rows` rows have a score, in `fewest` to `most` runs each; `mean` is the mean of the row means on the
    grader's range, `share` the same as a share of it; rows are solved in none, some or all of their runs; `learnable`
    have runs with different scores; `errors` are grades without a score.
    """

    part: Part
    rows: int
    graded: int
    fewest: int
    most: int
    mean: float
    share: float
    never: int
    sometimes: int
    always: int
    learnable: int
    errors: int


@dataclass(frozen=True, slots=True)
class BaseFacts:
    """The base's runs that were graded by the job's grader: the way that was read, other ways, and what came of it."""

    way: Way
    is_same: bool
    ways: tuple[Way, ...]
    parts: tuple[PartDifficulty, ...]


@dataclass(frozen=True, slots=True)
class GradeErrors:
    """Grades of the job's grader version in the cache: all of them, and those without a score by kind.

    Answers that were errors themselves are left out of both.
    """

    grades: int
    kinds: Mapping[str, int]
    simulated: bool = False

    @property
    def errors(self) -> int:
        """Grades without a score."""
        return sum(self.kinds.values())


@dataclass(frozen=True, slots=True)
class PilotFact:
    """A pilot with the grader version of the job."""

    label: str
    status: str
    model: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class HostedCheck:
    """What the service made of the grader: fine, or why not; `ok` is None where it could not say."""

    ok: bool | None
    message: str = ""


@dataclass(frozen=True, slots=True)
class NetworkFacts:
    """What the service itself says; everything is None or empty where it was not asked.

    `refusal` is why it takes no jobs, empty where nothing speaks against it; `files` the heads of files that are there
    already, None for one that is not.
    """

    refusal: str | None = None
    models: Mapping[str, ServiceModel] | None = None
    validated: HostedCheck | None = None
    files: Mapping[str, JsonObject | None] | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class PreflightFacts:
    """Everything known of a job. `bench` is the newest whole result of its grader; `rule` reads the grader's scores.

    A part's rows are None where there is no such part or its file is at the service already.
    """

    request: JobRequest
    profile: NamedProfile
    prompt: Prompt | None
    today: date
    training: RowFacts | None
    validation: RowFacts | None
    overlaps: tuple[Overlap, ...]
    base: BaseFacts | None
    rule: ScoreRule
    bench: BenchResult | None
    pilots: tuple[PilotFact, ...]
    estimate: JobEstimate
    network: NetworkFacts = field(default_factory=NetworkFacts)
    grade_errors: GradeErrors | None = None
