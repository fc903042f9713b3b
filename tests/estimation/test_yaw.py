"""Sine and cosine of many looks, and what they say together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.estimation.yaw import mean_yaw, yaw_from
from edge.records import Yaw

DEG = st.floats(-179.0, 179.0)


def vector(deg: float, length: float = 1.0) -> np.ndarray:
    return np.array([np.sin(np.radians(deg)), np.cos(np.radians(deg))]) * length


@given(DEG, st.floats(0.0, 30.0))
def test_looks_either_side_of_a_yaw_mean_it(deg: float, apart: float):
    yaw = yaw_from([vector(deg - apart), vector(deg + apart)])
    assert abs((yaw.deg - deg + 180) % 360 - 180) < 1e-6
    # A scatter that small is the ordinary standard deviation of the two.
    assert yaw.sd_deg == pytest.approx(apart, rel=0.1, abs=0.1)


def test_the_back_is_not_half_way_round_the_front():
    assert abs(yaw_from([vector(170.0), vector(-170.0)]).deg) == pytest.approx(180.0)


def test_front_and_back_at_once_is_no_knowledge():
    assert yaw_from([vector(0.0), vector(180.0)]).sd_deg > 90.0
    assert yaw_from([vector(3.0, length=0.2)]).sd_deg > 90.0


@given(DEG, st.floats(0.0, 60.0))
def test_one_pose_alone_means_what_it_says(deg: float, sd_deg: float):
    yaw = mean_yaw([Yaw(deg, sd_deg)])
    assert (yaw.deg, yaw.sd_deg) == pytest.approx((deg, sd_deg), abs=1e-4)


def test_who_is_unsure_counts_less():
    assert mean_yaw([Yaw(0.0, 5.0), Yaw(90.0, 90.0)]).deg < 20.0


def test_without_looks_there_is_no_yaw():
    assert yaw_from([]) is None
    assert mean_yaw([]) is None
    assert yaw_from([np.array([np.nan, 1.0])]) is None
