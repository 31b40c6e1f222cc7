"""The smallest detectable difference: the table of worked figures, and what a smaller one costs."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rft_tui.analysis.detectable import DEAREST, Fix, cheapest_fixes, noise_of_difference, smallest_detectable
from rft_tui.analysis.paired import Paired, paired_difference
from tests.unit.analysis.score_tables import table

RUNS = (1, 2, 3, 5, 8, 16)
WORKED = {
    50: (0.143, 0.105, 0.089, 0.073, 0.063, 0.052),
    100: (0.101, 0.074, 0.063, 0.052, 0.044, 0.037),
    200: (0.071, 0.052, 0.044, 0.037, 0.031, 0.026),
    500: (0.045, 0.033, 0.028, 0.023, 0.020, 0.017),
    1000: (0.032, 0.023, 0.020, 0.016, 0.014, 0.012),
}


def made(
    item_variance: float = 0.01, within: tuple[float | None, float | None] = (0.06, 0.06),
    runs: tuple[float, float] = (3.0, 3.0), items: int = 100,
) -> Paired:  # fmt: skip
    """A comparison with these variances; those that are None are in the standard error all the same."""
    noise = [(0.06 if one is None else one) / count for one, count in zip(within, runs, strict=True)]
    error = sqrt((item_variance + sum(noise)) / items)
    paired = paired_difference(table([[0.1], [0.2], [0.9]]), table([[0.3], [0.1], [0.4]]))
    assert paired is not None
    return replace(
        paired, items=items, standard_error=error, first_within=within[0], second_within=within[1],
        first_runs=runs[0], second_runs=runs[1], smallest_detectable=smallest_detectable(error**2, 0, 1, 0, 1, 1),
    )  # fmt: skip


@pytest.mark.parametrize("items", WORKED)
def test_worked_table(items: int) -> None:
    found = [smallest_detectable(0.01, 0.06, runs, 0.06, runs, items) for runs in RUNS]
    assert found == pytest.approx(WORKED[items], abs=5.1e-4)


@pytest.mark.parametrize(("alpha", "power"), [(0.05, 0.8), (0.01, 0.9)])
def test_against_the_power_of_a_t_test(alpha: float, power: float) -> None:
    found = smallest_detectable(1.0, 0.0, 1, 0.0, 1, 5000, alpha=alpha, power=power)
    critical, shift = stats.t.ppf(1 - alpha / 2, 4999), found * sqrt(5000)
    assert stats.nct.sf(critical, 4999, shift) == pytest.approx(power, abs=0.002)


def test_worked_fixes() -> None:
    fixes = cheapest_fixes(made())
    assert [fix.words for fix in fixes] == ["100 more items → 0.044", "5 more runs → 0.044"]
    assert [fix.predictions for fix in fixes] == [600, 1000]


def test_runs_of_the_noisier_operand_alone_may_do() -> None:
    fixes = cheapest_fixes(made(runs=(8.0, 1.0)), target=0.06)
    assert [(fix.kind, fix.more, fix.predictions) for fix in fixes] == [
        ("second runs", 2, 200), ("runs", 2, 400), ("items", 69, 621),
    ]  # fmt: skip
    assert fixes[0].words == "2 more runs of the second → 0.054"


def test_runs_do_not_help_against_what_lies_between_items() -> None:
    fixes = cheapest_fixes(made(item_variance=0.2))
    assert [fix.kind for fix in fixes] == ["items"]


def test_where_noise_is_all_there_is() -> None:
    fixes = cheapest_fixes(made(item_variance=0.0))
    assert [(fix.kind, fix.more, fix.predictions) for fix in fixes] == [("runs", 3, 600), ("items", 100, 600)]


@pytest.mark.parametrize("within", [(None, None), (0.06, None), (None, 0.06)])
def test_unknown_noise_leaves_items(within: tuple[float | None, float | None]) -> None:
    assert [fix.kind for fix in cheapest_fixes(made(within=within, runs=(1.0, 1.0)))] == ["items"]


def test_nothing_to_mend() -> None:
    assert cheapest_fixes(made(), target=0.07) == []
    assert cheapest_fixes(made(), target=0.0) == []
    assert cheapest_fixes(made(), target=-1.0) == []
    assert cheapest_fixes(replace(made(), smallest_detectable=None)) == []


def test_words() -> None:
    assert Fix("items", 1, 0.0044, 6).words == "1 more item → 0.0044"
    assert Fix("items", 5000, 1.25, 6).words == "5,000 more items → 1.250"
    assert Fix("first runs", 1, 0.1, 6).words == "1 more run of the first → 0.100"


@given(
    st.floats(0, 0.2), st.floats(0.001, 0.2), st.floats(0.001, 0.2), st.integers(1, 8), st.integers(1, 8),
    st.integers(2, 400), st.floats(0.05, 0.999),
)  # fmt: skip
def test_every_fix_reaches_its_target_and_none_less_would(
    between: float, first: float, second: float, first_runs: int, second_runs: int, items: int, part: float
) -> None:
    paired = made(between, (first, second), (float(first_runs), float(second_runs)), items)
    assert paired.smallest_detectable is not None
    target = part * paired.smallest_detectable
    fixes = cheapest_fixes(paired, target)
    assert [fix.predictions for fix in fixes] == sorted(fix.predictions for fix in fixes)
    assert "items" in {fix.kind for fix in fixes}

    def reached(kind: str, more: int) -> float:
        return smallest_detectable(
            between, first, first_runs + more * (kind in {"runs", "first runs"}),
            second, second_runs + more * (kind in {"runs", "second runs"}), items + more * (kind == "items"),
        )  # fmt: skip

    for fix in fixes:
        assert reached(fix.kind, fix.more) == pytest.approx(fix.reached)
        assert fix.reached <= target * (1 + 1e-6)
        assert reached(fix.kind, fix.more - 1) > target * (1 - 1e-6)


def test_what_is_far_dearer_is_left_out() -> None:
    runs_alone = made(item_variance=0.0, within=(0.0001, 0.3), runs=(1.0, 8.0), items=120)
    every = [fix.predictions for fix in cheapest_fixes(runs_alone)]
    assert max(every) <= DEAREST * min(every)
    dear = made(item_variance=0.085, within=(0.06, 0.06), runs=(1.0, 1.0), items=120)
    assert [fix.kind for fix in cheapest_fixes(dear, target=0.71 * (dear.smallest_detectable or 0))] == ["items"]


def test_runs_that_both_have_add_nothing_to_a_difference() -> None:
    assert noise_of_difference(0.06, 2, 0.06, 2) == pytest.approx(0.06)
    assert noise_of_difference(0.06, 2, 0.06, 2, 1) == pytest.approx(0.03), "(x1 - x3) / 2"
    assert noise_of_difference(0.06, 2, 0.06, 3, 2) == pytest.approx(0.01), "(x1 + x2) / 6 - x3 / 3"
    assert noise_of_difference(0.06, 2, 0.06, 2, 2) == 0.0
