"""How a report says numbers: intervals, chances, differences, in the words of the Compare screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rft_tui.analysis.model_mean import FEWEST_ITEMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rft_tui.analysis.intervals import Interval
    from rft_tui.tasks.comparing.comparison import PairFigures

ALPHA = 0.05
"""The chance from which a difference is called one."""


def score(value: float | None, digits: int = 3) -> str:
    """A score, or a dash where there is none; what is rounded to 0 has no sign."""
    return "–" if value is None else f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def signed(value: float | None, digits: int = 3) -> str:
    """A difference with its sign, or a dash."""
    if value is None:
        return "–"
    rounded = round(value, digits)
    return f"{rounded:+.{digits}f}".replace("-", "−") if rounded else f"{0:.{digits}f}"


def span(interval: Interval | None, *, with_sign: bool = False) -> str:
    """An interval as ``low to high``, or a dash."""
    if interval is None:
        return "–"
    said = signed if with_sign else score
    return f"{said(interval.low)} to {said(interval.high)}"


def chance(p: float | None) -> str:
    """A p value: to three decimals, and never 0."""
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def difference_sentence(pair: PairFigures, first: str, second: str) -> str:
    """What came of one comparison, in one sentence that says no more than the numbers do."""
    paired = pair.paired
    head = (
        f"{second} scores {score(paired.second_mean)} and {first} {score(paired.first_mean)} on {paired.items:,} common"
        f" {'item' if paired.items == 1 else 'items'}: a difference of {signed(paired.difference)}"
    )
    if paired.interval is None:
        return f"{head}; the data says too little for an interval."
    sure = f" (95 % interval {span(paired.interval, with_sign=True)}, p {chance(paired.p_t)})"
    return f"{head}{sure}; {_verdict(pair, paired.interval)}."


def joined(words: Sequence[str]) -> str:
    """Words as a list in a sentence."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _verdict(pair: PairFigures, interval: Interval) -> str:
    paired, flip = pair.paired, pair.sign_flip
    if paired.items < FEWEST_ITEMS:
        return f"{'1 item is' if paired.items == 1 else f'{paired.items} items are'} too few to tell"
    if interval.low <= 0 <= interval.high:
        return "this data does not tell it from chance"
    kind = "gain" if interval.low > 0 else "loss"
    if flip is not None and flip.p > ALPHA:
        return f"the t test takes the {kind} for more than chance, sign flips (p {chance(flip.p)}) do not"
    if pair.p_adjusted is not None and pair.p_adjusted > ALPHA:
        return f"by itself the {kind} is beyond chance at the 5 % level, among all that is compared here it is not"
    return f"the {kind} is beyond chance at the 5 % level"
