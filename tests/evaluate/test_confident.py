"""How low a peak may be: the height at which errors that were put in outgrow the intervals."""

from __future__ import annotations

import numpy as np
import pytest
from posture_tools.evaluate.accuracy import BodyReading, fit
from posture_tools.evaluate.confident import with_confident

from edge.accuracy import CONFIDENT, Accuracy


def found_on(readings):
    return with_confident(Accuracy("val 1", 500.0, fit(readings)), readings)


def readings(below, *, worse=6.0, n=4000, lowest=0.3):
    """Errors of 1, of peaks lower than `below` `worse` times as large."""
    rng = np.random.default_rng(5)
    heights = rng.uniform(lowest, 1.0, n)
    errors = rng.normal(0.0, 1.0, n) * np.where(heights < below, worse, 1.0)
    return [
        BodyReading(
            ("trunk_lean", "1", "front"), "tight", ("val", i), float(rng.uniform(-8, 8)),
            float(error), {}, float(height),
        )
        for i, (height, error) in enumerate(zip(heights, errors, strict=True))
    ]  # fmt: skip


@pytest.mark.parametrize("below", [0.35, 0.4, 0.5])
def test_peaks_below_which_errors_outgrow_the_intervals_are_weak(below) -> None:
    assert found_on(readings(below)).confident == pytest.approx(below)


def test_of_a_network_whose_low_peaks_lie_as_well_none_is_weak() -> None:
    assert found_on(readings(0.6, worse=1.0)).confident == pytest.approx(0.3)


def test_few_readings_say_nothing() -> None:
    assert found_on(readings(0.6, n=30)).confident == CONFIDENT
