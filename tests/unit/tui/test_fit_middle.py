"""Names cut in their middle, so that their ends tell them apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from rft_tui.tui.paint import fit_middle


def test_the_end_stays() -> None:
    assert fit_middle("ft:o4-mini:acme:tuned:abc:ckpt-step-30", 24) == "ft:o4-m…abc:ckpt-step-30"
    assert fit_middle("short", 5) == "short"


@given(st.text(max_size=40), st.integers(0, 50))
def test_it_fits(text: str, width: int) -> None:
    cut = fit_middle(text, width)
    assert cell_len(cut) <= width
    assert cut == text or cell_len(text) > width
