"""What tokens cost: a profile's own prices, then those that come with the product; unknown stays unknown."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from rft_tui.model import Usage
from rft_tui.providers.profiles import NamedProfile
from rft_tui.settings import Price

HALF_PRICE_TIERS = frozenset({"flex"})
"""Service tiers at half the price."""

DOUBLE_PRICE_TIERS = frozenset({"priority", "fast"})
"""Service tiers at about double the price, by third-party copies."""

_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class PriceTable:
    """The prices that come with the product and, in words, how far they may be trusted."""

    source: str
    models: dict[str, Price]


@cache
def shipped_prices() -> PriceTable:
    """The table that comes with the product."""
    table = tomllib.loads(files("rft_tui.providers").joinpath("prices.toml").read_text(encoding="utf-8"))
    return PriceTable(table["source"], {name: Price(**values) for name, values in table["models"].items()})


def price_of(profile: NamedProfile, model: str, *, service_tier: str = "", batch: bool = False) -> Price | None:
    """The price of a model through a profile, None where none is known.

    Batch and flex are half of it, priority is double. A service on this machine is free unless the profile says
    otherwise. The shipped table speaks for OpenAI's own service and Foundry; a dated name has the price of its alias.
    """
    found = _named(profile.profile.prices, model)
    if found is None and profile.is_loopback:
        return Price(cached=0.0)
    if found is None and (profile.is_openai or profile.profile.backend == "foundry"):
        found = _named(shipped_prices().models, model)
    if found is None:
        return None
    if batch or service_tier in HALF_PRICE_TIERS:
        return _times(found, 0.5)
    return _times(found, 2.0) if service_tier in DOUBLE_PRICE_TIERS else found


def cost_of(usage: Usage, price: Price | None) -> float | None:
    """US dollars for some tokens; None where the price or the counts are not known."""
    if price is None:
        return None
    if price.input == 0 and price.output == 0 and price.cached <= 0:
        return 0.0
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    cached = min(usage.cached_tokens or 0, usage.input_tokens)
    cached_price = price.input if price.cached < 0 else price.cached
    fresh = usage.input_tokens - cached
    return (fresh * price.input + cached * cached_price + usage.output_tokens * price.output) / _MILLION


def _named(prices: dict[str, Price], model: str) -> Price | None:
    return prices.get(model) or prices.get(_DATED.sub("", model))


def _times(price: Price, factor: float) -> Price:
    cached = price.cached if price.cached < 0 else price.cached * factor
    return replace(price, input=price.input * factor, output=price.output * factor, cached=cached)
