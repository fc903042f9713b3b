"""Slopes and scatter of readings whose relation to the truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from posture_tools.evaluate.slope import robust_sd, slope_of_changes, slope_of_values

TRUE = np.array([-8.0, -5.0, -3.0, 3.0, 5.0, 8.0])


@pytest.mark.parametrize("share", [1.0, 0.5, 0.0, -1.0])
def test_a_reading_that_follows_a_share_has_that_slope_and_no_scatter(share: float) -> None:
    of_changes = slope_of_changes(TRUE, share * TRUE, range(6))
    of_values = slope_of_values(TRUE, share * TRUE + 4.0)  # a constant bias is no slope
    for found in (of_changes, of_values):
        assert found.slope == pytest.approx(share)
        assert found.residual_sd == pytest.approx(0, abs=1e-12)
        assert found.residual_robust_sd == pytest.approx(0, abs=1e-12)


def test_scatter_is_about_the_line_and_one_wild_reading_moves_only_the_plain_one() -> None:
    rng = np.random.default_rng(0)
    true = rng.uniform(-8, 8, 4000)
    read = 0.5 * true + rng.normal(0, 0.7, 4000)
    found = slope_of_changes(true, read, range(4000))
    assert found.slope == pytest.approx(0.5, abs=3 * found.standard_error)
    assert found.residual_sd == pytest.approx(0.7, rel=0.05)
    assert found.residual_robust_sd == pytest.approx(0.7, rel=0.08)
    read[0] += 200.0
    wild = slope_of_values(true, read)
    assert wild.residual_sd > 3
    assert wild.residual_robust_sd == pytest.approx(0.7, rel=0.08)


def test_the_standard_error_counts_people_not_readings() -> None:
    """The same readings handed in ten times make nobody surer."""
    read = 0.8 * TRUE + np.array([0.4, -0.2, 0.1, 0.3, -0.5, 0.2])
    once = slope_of_changes(TRUE, read, range(6))
    often = slope_of_changes(np.tile(TRUE, 10), np.tile(read, 10), [*range(6)] * 10)
    assert often.n == 60
    assert often.standard_error == pytest.approx(once.standard_error)


def test_two_people_have_the_standard_error_of_two() -> None:
    """Both turned by 1, read as 1.1 and 0.9: moments +-.1, so sqrt(2 (.1^2 + .1^2)) / 2."""
    found = slope_of_changes([1.0, 1.0], [1.1, 0.9], ["a", "b"])
    assert found.standard_error == pytest.approx(0.1)
    assert math.isnan(slope_of_changes([1.0, 1.0], [1.1, 0.9], ["a", "a"]).standard_error)


def test_the_standard_error_of_independent_people_is_that_of_least_squares() -> None:
    rng = np.random.default_rng(1)
    true = rng.uniform(-8, 8, 2000)
    read = true + rng.normal(0, 1, 2000)
    found = slope_of_changes(true, read, range(2000))
    assert found.standard_error == pytest.approx(1 / math.sqrt(float(true @ true)), rel=0.1)
    assert slope_of_values(true, read).standard_error == pytest.approx(
        found.standard_error, rel=0.1
    )


def test_a_truth_that_varies_by_less_than_the_scatter_has_no_slope_but_a_scatter() -> None:
    rng = np.random.default_rng(2)
    true = rng.normal(0, 0.01, 50)
    found = slope_of_values(true, true + rng.normal(3, 1, 50))
    assert math.isnan(found.slope)
    assert found.residual_sd == pytest.approx(1, rel=0.3)


@pytest.mark.parametrize("true", [[], [2.0], [2.0, 2.0, 2.0]])
def test_a_truth_that_does_not_vary_has_no_slope(true: list[float]) -> None:
    found = slope_of_values(np.array(true), np.array(true))
    assert found.n == len(true)
    assert math.isnan(found.slope)
    assert math.isnan(slope_of_changes([0.0] * len(true), true, range(len(true))).slope)


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=40), st.floats(-100, 100))
def test_a_robust_spread_does_not_care_where_the_values_lie(
    values: list[float], shift: float
) -> None:
    there = np.array(values)
    assert robust_sd(there + shift) == pytest.approx(robust_sd(there), abs=1e-9)
    assert math.isnan(robust_sd(np.array([])))
