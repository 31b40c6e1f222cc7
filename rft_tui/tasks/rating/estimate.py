"""What asking a rater may take: what is kept from before costs nothing."""

from __future__ import annotations

from collections.abc import Sequence

from rft_tui.graders.judge import JudgeCall
from rft_tui.model import Usage
from rft_tui.providers.prices import cost_of, price_of
from rft_tui.providers.profiles import NamedProfile
from rft_tui.store.database import Store
from rft_tui.store.replies import count_kept
from rft_tui.tasks.guesses import CHARACTERS_A_TOKEN
from rft_tui.tasks.judging.kept_answers import question_key
from rft_tui.tasks.predicting.estimate import Estimate


def estimate_calls(store: Store, calls: Sequence[JudgeCall], profile: NamedProfile, output_tokens: int) -> Estimate:
    """Requests, tokens and US dollars of some questions to one model, `output_tokens` assumed for each answer."""
    keys = {question_key(profile, call): call for call in calls}
    with store.read() as db:
        new = [call for key, call in keys.items() if not count_kept(db, [key])]
    characters = sum(len(str(message["content"])) for call in new for message in call.messages)
    inputs, outputs = round(characters / CHARACTERS_A_TOKEN), output_tokens * len(new)
    notes = [f"{output_tokens} output tokens an answer are assumed; a model that reasons may take many times that"]
    if len(new) < len(keys):
        notes.append(f"{len(keys) - len(new):,} of {len(keys):,} answers are kept from before")
    price = price_of(profile, calls[0].model) if calls else None
    cost = cost_of(Usage(inputs, outputs), price) if new else 0.0
    if cost is None:
        notes.append(f"unknown price: {calls[0].model}")
    return Estimate(len(new), inputs, outputs, cost, tuple(notes), is_guess=True)
