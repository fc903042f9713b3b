"""Steady at rest, quick in motion, and nothing carried over a gap."""

from __future__ import annotations

import numpy as np
import pytest

from edge.estimation.one_euro import OneEuro

FPS = 15
BODY = np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 600.0]])


def smoothed(points: np.ndarray, start_s: float = 0.0) -> np.ndarray:
    one_euro = OneEuro()
    return np.array([one_euro.smooth(xy, start_s + i / FPS) for i, xy in enumerate(points)])


def test_jitter_of_a_standing_person_is_less_than_half() -> None:
    noise = np.random.default_rng(5).normal(0, 1, (90, 3, 2))
    assert smoothed(BODY + noise)[30:].std(axis=0).mean() < 0.5 * noise[30:].std(axis=0).mean()


def test_who_walks_is_not_left_behind() -> None:
    """At one body extent a second the skeleton lags by less than a fiftieth of the body."""
    step = np.array([600.0, 0.0]) / FPS
    points = BODY + step * np.arange(45)[:, None, None]
    assert np.abs(smoothed(points)[15:] - points[15:]).max() < 12


def test_a_constant_comes_out_as_it_went_in() -> None:
    assert smoothed(np.tile(BODY, (5, 1, 1))) == pytest.approx(np.tile(BODY, (5, 1, 1)))


def test_a_missing_point_stays_missing_and_comes_back_where_it_is() -> None:
    points = np.tile(BODY, (4, 1, 1))
    points[1, 0] = np.nan
    points[2:, 0] = (300.0, 300.0)
    found = smoothed(points)
    assert np.isnan(found[1, 0]).all()
    assert found[2, 0] == pytest.approx((300, 300))
    assert found[:, 1:] == pytest.approx(points[:, 1:])


@pytest.mark.parametrize("later_s", [0.0, -1.0, 0.6])
def test_after_a_gap_or_a_jump_back_it_starts_afresh(later_s: float) -> None:
    one_euro = OneEuro()
    one_euro.smooth(BODY, 10.0)
    assert one_euro.smooth(BODY + 50, 10.0 + later_s) == pytest.approx(BODY + 50)
