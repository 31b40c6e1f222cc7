"""The fields of a new run, in the order of the form, each with a sentence on what it does."""

from __future__ import annotations

from rft_tui.tui.widgets.form import FieldKind, FormField

TEXT, CHOICE, SEVERAL, YES_NO = FieldKind.TEXT, FieldKind.CHOICE, FieldKind.SEVERAL, FieldKind.YES_NO

DEFAULT_EFFORT = "default"
"""How the service's own effort is written among others."""

SUMMARIES = ("", "auto", "concise", "detailed")
"""Reasoning summaries that may be asked for; empty: none."""

TIERS = ("", "auto", "default", "flex", "priority")
"""Service tiers; empty: the service's own choice."""

FIELDS: tuple[FormField, ...] = (
    FormField("dataset", "dataset", "The questions that are asked.", CHOICE, empty="choose one", section="items"),
    FormField("where", "only where",
              "Keep items whose field fits a pattern: FIELD~REGEX, several with ; between, such as topic~^geo.",
              empty="every item"),
    FormField("contains", "only containing", "Keep items whose question or reference holds this text.",
              empty="every item"),
    FormField("marked", "only marked", "Keep items whose predictions are marked in Review ({review.mark} marks).",
              YES_NO),
    FormField("sample", "sample", "A random sample of so many items, drawn by the seed below.", empty="no sample"),
    FormField("sample_seed", "sample's seed", "The same seed draws the same sample.", proposal="42"),
    FormField("limit", "first so many", "Of what is left, the first so many items: for a cheap first look.",
              empty="no limit"),
    FormField("profile", "profile", "Which model service is asked; profiles stand in rft.toml.", CHOICE,
              section="models"),
    FormField("models", "models",
              "One or more, with commas between. {form.suggest} shows models asked here before, {form.fetch} asks the"
              " service for its list.",
              empty="type one, or press {form.suggest}"),
    FormField("efforts", "reasoning efforts",
              "How hard a model thinks; several make a run each. Only what the models take is offered.", SEVERAL,
              empty="the service's default"),
    FormField("summary", "reasoning summary", "Ask for a summary of the model's reasoning, to read in Review.", CHOICE,
              empty="none"),
    FormField("prompt", "prompt", "A text from prompts/ put in front of each question; {form.prompts} makes and edits"
              " prompts.", CHOICE, empty="none", section="prompt and runs"),
    FormField("as_developer", "as developer message", "Send the prompt as a developer message of its own.", YES_NO),
    FormField("runs", "runs", "How often each question is asked. Raising it later asks and pays only the new runs.",
              proposal="3"),
    FormField("temperature", "temperature", "0 to 2; most reasoning models take none.", empty="the service's default",
              section="parameters"),
    FormField("top_p", "top_p", "0 to 1: only the likeliest tokens that make up this share.",
              empty="the service's default"),
    FormField("max_output_tokens", "max output tokens",
              "Where an answer is cut off, reasoning included. Cut answers are errors, so leave room.",
              empty="no limit is sent"),
    FormField("seed", "service's seed", "Sent to services that take one; each run sends its own from here on.",
              empty="none"),
    FormField("response_format", "JSON schema file", "A file with a JSON schema: answers must follow it.",
              empty="free text"),
    FormField("service_tier", "service tier", "flex is half the price and slow, priority dearer and fast.", CHOICE,
              empty="the service's choice"),
    FormField("concurrency", "calls at once", "Most calls in flight; fewer where the service asks for that.",
              empty="as the profile says", section="work"),
    FormField("spend_cap", "spend cap in $", "The task pauses before it would cost more. Needs a known price.",
              empty="no cap"),
    FormField("token_cap", "cap in tokens", "The task pauses before it would take more tokens, in and out.",
              empty="no cap"),
    FormField("batch", "batch", "Send the work as batches: about half the price, done within a day.", YES_NO),
    FormField("then_grade", "then grade by",
              "A grader, NAME or NAME@HASH, that grades the runs by itself once they are there. What a model grader"
              " costs is said with the start.", empty="nothing"),
    FormField("no_cache", "no cache", "Ask everything anew, as further runs, though answers are known.", YES_NO),
)  # fmt: skip
"""Every field of the form; ``{action.id}`` in a text stands for the key of that action."""
