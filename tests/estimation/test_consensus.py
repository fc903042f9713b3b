"""Robust combination against its slow, obvious twin, and against looks that are wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edge.estimation.consensus import combine, weighted_median

ABOUT = np.array([[100.0, 200.0]])


def looks(*xy: tuple[float, float]) -> np.ndarray:
    return np.array(xy)[:, None, :]


@given(
    arrays(np.float64, st.tuples(st.integers(1, 9), st.just(1)), elements=st.floats(-50, 50)),
    st.data(),
)
def test_weighted_median_is_that_of_repeated_values(values, data):
    counts = data.draw(arrays(np.int64, (len(values),), elements=st.integers(1, 4)))
    repeated = np.repeat(values[:, 0], counts)
    found = weighted_median(values, counts[:, None].astype(float))
    assert found == pytest.approx([np.median(repeated)])


@given(st.integers(4, 20), st.integers(0, 2**32 - 1))
def test_looks_that_scatter_are_averaged(count: int, seed: int):
    rng = np.random.default_rng(seed)
    points = ABOUT + rng.normal(0, 2.0, (count, 1, 2)).clip(-4, 4)
    found = combine(points, np.ones((count, 1)), least_px=3.0)
    assert found.points_px == pytest.approx(points.mean(axis=0), abs=1.0)
    if count > 8:
        sd = np.sqrt(np.trace(found.scatter_px2[0]) / 2)
        assert sd == pytest.approx(points.std(axis=0, ddof=1).mean(), rel=0.35)


@pytest.mark.parametrize("far", [30.0, 1e4])
def test_one_look_elsewhere_changes_nothing(far: float):
    points = looks((99, 200), (101, 199), (100, 201), (100, 200), (100 + far, 200 - far))
    found = combine(points, np.ones((5, 1)), least_px=1.0)
    assert found.points_px == pytest.approx(ABOUT, abs=0.3)
    assert found.weights[4, 0] == 0.0
    assert found.scatter_px2[0, 0, 0] < 2.0


def test_of_two_camps_the_heavier_one_does_not_silence_the_other():
    """Three heavy looks agree, three light ones lie 6 px lower: the answer lies between."""
    points = looks(*[(100, 200)] * 3, *[(100, 206)] * 3)
    weights = np.array([2.0, 2.0, 2.0, 1.0, 1.0, 1.0])[:, None]
    found = combine(points, weights, least_px=1.0)
    assert found.points_px[0, 1] == pytest.approx(202.0, abs=0.5)
    assert found.scatter_px2[0, 1, 1] > 4.0


def test_two_looks_share_the_answer():
    found = combine(looks((90, 200), (110, 200)), np.ones((2, 1)), least_px=1.0)
    assert found.points_px == pytest.approx(ABOUT)


def test_what_nobody_saw_is_missing_and_one_look_has_no_scatter():
    points = np.array([[[100.0, 200.0], [np.nan, np.nan]], [[np.nan, np.nan], [np.nan, np.nan]]])
    found = combine(points, np.ones((2, 2)), least_px=1.0)
    assert found.points_px[0] == pytest.approx(ABOUT[0])
    assert np.isnan(found.points_px[1]).all()
    assert np.isnan(found.scatter_px2).all()
