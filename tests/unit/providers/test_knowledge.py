"""What is known of models: efforts, prices and ends."""

from __future__ import annotations

from datetime import date

import pytest

from rft_tui.model import Usage
from rft_tui.providers.efforts import ALL_EFFORTS, efforts_of
from rft_tui.providers.models import ServiceModel, retirement
from rft_tui.providers.prices import cost_of, price_of, shipped_prices
from rft_tui.providers.profiles import BUILT_IN, NamedProfile
from rft_tui.settings import Price, Profile

OPENAI = NamedProfile("openai", Profile())


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("gpt-5.1", ("none", "low", "medium", "high")),
        ("gpt-5.1-2025-11-13", ("none", "low", "medium", "high")),
        ("gpt-5", ("minimal", "low", "medium", "high")),
        ("gpt-5-mini", ("minimal", "low", "medium", "high")),
        ("gpt-5-pro", ("high",)),
        ("gpt-5.1-codex-max", ("none", "low", "medium", "high", "xhigh")),
        ("o4-mini-2025-04-16", ("low", "medium", "high")),
        ("ft:o4-mini-2025-04-16:me::abc", ("low", "medium", "high")),
        ("gpt-4.1", ()),
        ("smollm2", ALL_EFFORTS),
    ],
)
def test_efforts(model: str, efforts: tuple[str, ...]) -> None:
    assert efforts_of(model) == efforts


def test_newer_models_refuse_minimal_and_take_xhigh() -> None:
    for model in ("gpt-5.6-terra", "gpt-6-sol", "gpt-6.1-sol"):
        assert "minimal" not in efforts_of(model)
        assert "xhigh" in efforts_of(model)


def test_the_shipped_table_says_where_it_comes_from() -> None:
    table = shipped_prices()
    assert "not verified" in table.source
    assert all(date.fromisoformat(price.date) and price.input > 0 for price in table.models.values())


def test_prices_of_a_profile_go_before_the_shipped_ones() -> None:
    own = NamedProfile("x", Profile(prices={"gpt-6-sol": Price(1.0, 2.0)}))
    assert price_of(own, "gpt-6-sol") == Price(1.0, 2.0)
    shipped = price_of(OPENAI, "gpt-6-sol-2026-09-01")
    assert shipped == Price(2.0, 10.0, 0.2, "2026-09-22")
    assert price_of(OPENAI, "gpt-99") is None
    assert price_of(NamedProfile("x", Profile(base_url="https://other.example/v1")), "gpt-6-sol") is None


def test_batch_and_flex_are_half() -> None:
    half = Price(1.0, 5.0, 0.1, "2026-09-22")
    assert price_of(OPENAI, "gpt-6-sol", batch=True) == price_of(OPENAI, "gpt-6-sol", service_tier="flex") == half


def test_what_runs_here_is_free() -> None:
    for profile in (BUILT_IN["simulated"], Profile(base_url="http://127.0.0.1:1/v1")):
        price = price_of(NamedProfile("x", profile), "anything")
        assert cost_of(Usage(), price) == 0.0


def test_costs() -> None:
    price = Price(2.0, 10.0, 0.5)
    assert cost_of(Usage(1_000_000, 100_000, cached_tokens=400_000), price) == pytest.approx(1.2 + 0.2 + 1.0)
    assert cost_of(Usage(1_000_000, 0, cached_tokens=400_000), Price(2.0, 10.0)) == pytest.approx(2.0)
    assert cost_of(Usage(None, 5), price) is None
    assert cost_of(Usage(1, 5), None) is None


def test_ends_of_models() -> None:
    today = date(2026, 11, 22)
    assert retirement("o4-mini-2025-04-16", today) == "o4-mini-2025-04-16 was shut down on 2026-10-23"
    assert "2026-12-11, in 19 days" in retirement("ft:gpt-5-mini:me::x", today)
    assert retirement("gpt-6-sol", today) == ""
    assert "on 2027-02-01" in retirement(ServiceModel("gpt-5", shutdown_date="2027-02-01"), today)
