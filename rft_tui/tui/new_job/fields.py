"""The fields of a new job for each method, in the order of the form, each with a sentence on what it does."""

from __future__ import annotations

from rft_tui.job_model import METHODS, JobMethod
from rft_tui.providers.backends.hyperparameters import HYPERPARAMETERS, Hyperparameter, hyperparameters_of
from rft_tui.tasks.jobs.pilot import PILOT_ROWS
from rft_tui.tasks.jobs.request import LARGEST_SEED, LONGEST_SUFFIX, MOST_PAIRS
from rft_tui.tui.widgets.form import FieldKind, FormField

TEXT, CHOICE, YES_NO = FieldKind.TEXT, FieldKind.CHOICE, FieldKind.YES_NO

FIRST_METHOD: JobMethod = "reinforcement"
"""The method that the form proposes."""

METHOD_WORDS: dict[JobMethod, str] = {
    "reinforcement": "learns from a grader's scores of its own answers; needs a reasoning model and validation rows",
    "supervised": "learns the answers that stand in the rows",
    "dpo": "learns to prefer the better of two answers in each row",
}
"""What each method does, in a few words."""

ROWS = ("training", "validation", "test")
"""Fields that name rows."""

SHORT_LABELS = {"learning_rate_multiplier": "learning rate mult."}
"""Hyperparameters whose names are longer than a label; the sentence below the form has them whole."""

_WHERE = (
    FormField("profile", "profile", "Which service trains; profiles stand in rft.toml.", CHOICE, section="job",
              empty="choose one"),
    FormField("method", "method", "How the model learns; the fields below change with it, what was typed is kept.",
              CHOICE, proposal=FIRST_METHOD),
    FormField("model", "base model",
              "The model that is trained further. {job_form.suggest} shows models asked here before, {form.fetch} asks"
              " the service for its list.",
              empty="type one, or press {job_form.suggest}"),
    FormField("pilot", "pilot",
              f"The cheap look for reward hacking before the real run: {PILOT_ROWS['train']} training and"
              f" {PILOT_ROWS['validation']} validation rows for one epoch, one answer for each validation row.",
              YES_NO),
)  # fmt: skip

_DATA = (
    FormField("training", "training data",
              "A dataset ({job_form.suggest} or {form.toggle} shows them), the path of a file, or the id of a file at"
              " the service: file-abc.",
              empty="a name, path or id; {job_form.suggest} suggests", section="rows"),
    FormField("validation", "validation data", "Rows the model never learns from: the honest curve. Named as above.",
              empty="none"),
    FormField("test", "final test", "The dataset on which the result will be reported; only pre-flight looks at it.",
              CHOICE, empty="guessed by its name"),
    FormField("prompt", "prompt",
              "A text from prompts/ put in front of every row; {form.prompts} makes and edits prompts.", CHOICE,
              empty="none"),
    FormField("as_developer", "as developer message", "Send the prompt as a developer message of its own.", YES_NO),
)  # fmt: skip

_REWARD = (
    FormField("grader", "grader", "Whose score is the reward: a version from Graders. Bench it before it trains.",
              CHOICE, empty="choose one", section="reward"),
    FormField("response_format", "JSON schema file", "A file with a strict JSON schema: every answer must follow it.",
              empty="free text"),
)  # fmt: skip

_LABELS = (
    FormField("suffix", "suffix",
              f"Part of the new model's name and what the job is called; at most {LONGEST_SUFFIX} characters.",
              empty="none", section="name"),
    FormField("seed", "seed", f"0 to {LARGEST_SEED}: the same seed repeats the job as far as the service can.",
              empty="the service makes one up"),
    FormField("metadata", "metadata",
              f"Pairs kept with the job: KEY=VALUE, with ; between. At most {MOST_PAIRS}, the app's own counted.",
              empty="none"),
    FormField("wandb_project", "W&B project", "Metrics are also sent to this project of Weights & Biases.",
              empty="not sent", section="Weights & Biases"),
    FormField("wandb_name", "W&B run name", "How the run is called there.", empty="the job's id"),
    FormField("wandb_entity", "W&B entity", "Whose run it is there: a person or a team.", empty="the key's own"),
    FormField("wandb_tags", "W&B tags", "Tags of the run there, with commas between.", empty="none"),
)  # fmt: skip


def fields_of(method: JobMethod, backend: str = "openai") -> tuple[FormField, ...]:
    """The fields of a method at a backend; ``{action.id}`` in a text stands for the key of that action."""
    reward = _REWARD if method == "reinforcement" else ()
    return (*_WHERE, *_DATA, *reward, *_hyperparameters(method, backend), *_LABELS)


def _hyperparameters(method: JobMethod, backend: str) -> tuple[FormField, ...]:
    return tuple(
        _hyperparameter(one, "" if number else "hyperparameters")
        for number, one in enumerate(hyperparameters_of(method, backend))
    )


def _hyperparameter(one: Hyperparameter, section: str) -> FormField:
    label = SHORT_LABELS.get(one.name, one.name.replace("_", " "))
    sentence = f"{one.name}: {one.allowed}. {one.meaning}"
    kind = CHOICE if one.kind == "choice" else TEXT
    return FormField(one.name, label, sentence, kind, proposal=one.unset, section=section)


def method_of(text: str) -> JobMethod:
    """The method that a value means; the proposed one where it means none."""
    return next((method for method in METHODS if method == text), FIRST_METHOD)


NAMES = frozenset(field.name for field in (*_WHERE, *_DATA, *_REWARD, *_LABELS)) | {one.name for one in HYPERPARAMETERS}
"""Every field that a draft may hold, of whatever method."""
