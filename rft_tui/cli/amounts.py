"""Amounts on the command line."""

from __future__ import annotations

from math import isfinite
from typing import Any

import click


class Money(click.ParamType[float]):
    """US dollars: a number above 0."""

    name = "dollars"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number; what is none, or not finite, is said."""
        try:
            amount = float(value)
        except ValueError:
            amount = 0.0
        if not (isfinite(amount) and amount > 0):
            self.fail(f"{value!r} is no amount of dollars above 0", param, ctx)
        return amount


MONEY = Money()
"""Dollars, for options."""
