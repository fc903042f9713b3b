"""Errors of measures: sign, spread, coverage, and what was refused."""

from __future__ import annotations

import math

import pytest
from posture_tools.evaluate.angle_error import measure_errors

from edge.records import Measure, Quality


def measure(code: str, value: float | None, u95: float | None = 1.0, unit: str = "deg") -> Measure:
    if value is None:
        return Measure(code, None, unit, None, 0, Quality.REFUSED, ("keypoint_missing:nose",))
    return Measure(code, value, unit, u95, 1, Quality.OK)


def tilt(values: list[float | None], truths: list[float | None], **kind: object) -> list:
    return [
        ([measure("shoulder_tilt", v, **kind)], [measure("shoulder_tilt", t)])  # type: ignore[arg-type]
        for v, t in zip(values, truths, strict=True)
    ]


def test_bias_keeps_its_sign_and_spread_is_about_the_bias() -> None:
    error = measure_errors(tilt([-3.0, -1.0, 1.0], [-1.0, 0.0, 1.0]))["shoulder_tilt"]
    assert error.bias == -1
    assert error.sd == 1
    assert error.median_abs == 1
    assert error.p95_abs == pytest.approx(1.9)
    assert (error.n, error.refused) == (3, 0)


def test_what_was_refused_is_counted_and_enters_no_figure() -> None:
    error = measure_errors(tilt([2.0, None, 5.0], [1.0, 1.0, None]))["shoulder_tilt"]
    assert (error.n, error.refused) == (1, 1)
    assert error.bias == 1
    assert math.isnan(error.sd)


def test_a_measure_absent_from_the_prediction_counts_as_refused() -> None:
    error = measure_errors([([], [measure("pelvis_tilt", 3.0)])])["pelvis_tilt"]
    assert (error.n, error.refused) == (0, 1)
    assert math.isnan(error.bias)


def test_angles_are_compared_the_short_way_round() -> None:
    assert measure_errors(tilt([179.0], [-179.0]))["shoulder_tilt"].bias == -2


def test_lengths_do_not_wrap() -> None:
    pair = ([measure("head_shift", 300.0, unit="mm")], [measure("head_shift", 0.0, unit="mm")])
    assert measure_errors([pair])["head_shift"].bias == 300


def test_coverage_is_the_share_of_intervals_that_hold_the_truth() -> None:
    error = measure_errors(tilt([0.5, 1.0, 3.0, -2.0], [0.0] * 4))["shoulder_tilt"]
    assert error.covered == 0.5
    assert error.median_u95 == 1


def test_coverage_needs_a_stated_interval() -> None:
    assert math.isnan(measure_errors(tilt([0.5], [0.0], u95=None))["shoulder_tilt"].covered)


def test_two_units_for_one_measure_are_refused() -> None:
    with pytest.raises(ValueError, match="head_shift"):
        measure_errors([([measure("head_shift", 3, unit="mm")], [measure("head_shift", 3)])])
