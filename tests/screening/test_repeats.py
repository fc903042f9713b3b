"""Captures of one view put together: their mean, and their spread in the interval."""

from __future__ import annotations

import numpy as np
import pytest

from edge.records import Cause, Measure, Quality
from edge.screening.repeats import combine


def tilt(value, u95=1.0, **fields):
    quality = fields.pop("quality", Quality.OK if value is not None else Quality.REFUSED)
    why = fields.pop("why", () if quality is Quality.OK else ("hidden",))
    return Measure("shoulder_tilt", value, "deg", u95, 10.0, quality, why, "front", **fields)


def combined(*captures, asked=3):
    (measure,) = combine([(capture,) for capture in captures], asked)
    return measure


def test_captures_that_agree_keep_their_stated_interval():
    measure = combined(tilt(2.0), tilt(2.2), tilt(2.1))
    assert measure.value == pytest.approx(2.1)
    assert measure.u95 == pytest.approx(1.0)
    assert (measure.n, measure.quality) == (30.0, Quality.OK)


def test_captures_that_differ_by_more_than_they_state_widen_it():
    measure = combined(tilt(0.0, 0.1), tilt(2.0, 0.1), tilt(4.0, 0.1))
    between = 4.303 * np.sqrt((2.0**2 - (0.1 / 1.96) ** 2) / 3)
    assert measure.u95 == pytest.approx(np.hypot(0.1, between))


def test_a_capture_too_few_makes_the_quality_low():
    measure = combined(tilt(2.0), tilt(None, None), tilt(2.4))
    assert measure.value == pytest.approx(2.2)
    assert (measure.quality, measure.why) == (Quality.LOW, ("repeats:2_of_3",))


def test_what_no_capture_gives_is_refused_with_every_reason():
    measure = combined(tilt(None, None), tilt(None, None, why=("turned",)))
    assert measure.value is None
    assert measure.why == ("hidden", "turned")


def test_another_near_side_is_not_averaged_in():
    measure = combined(tilt(2.0, side="right"), tilt(8.0, side="left"), tilt(2.2, side="right"))
    assert measure.value == pytest.approx(2.1)
    assert measure.why == ("repeats:2_of_3",)


@pytest.mark.parametrize("between", [0.0, 1.0, 3.0])
def test_intervals_of_three_captures_hold_the_mean_posture(between):
    """People who stand differently each time: at least 93 % hold, whatever the spread."""
    rng = np.random.default_rng(3)
    held, draws, error = 0, 1500, 0.5
    for _ in range(draws):
        values = rng.normal(0.0, between, 3) + rng.normal(0.0, error, 3)
        measure = combined(*(tilt(value, 1.96 * error) for value in values))
        held += abs(measure.value) <= measure.u95
    assert held / draws >= 0.93


def test_a_change_has_the_captures_scatter_of_both_visits():
    measure = combined(*(tilt(v, 0.1, u95_change=0.3) for v in (0.0, 2.0, 4.0)))
    between = 4.303 * np.sqrt((2.0**2 - (0.1 / 1.96) ** 2) / 3)
    assert measure.u95_change == pytest.approx(np.hypot(0.3, between * 2.0**0.5))
    assert (measure.quality, measure.why) == (Quality.LOW, ("wide_interval",))


def test_what_captures_scatter_is_a_cause_beside_the_others():
    roll = Cause("roll", 0.1, 0.02)
    apart = combined(*(tilt(v, 0.1, u95_change=0.1, causes=(roll,)) for v in (0.0, 0.5, 1.0)))
    (largest,) = apart.causes
    assert (largest.name, largest.without) == ("repeats", pytest.approx(0.1))
    alike = combined(*(tilt(2.0, 0.1, u95_change=0.1, causes=(roll,)) for _ in range(3)))
    assert alike.causes == (roll,)


def test_captures_are_judged_together_and_not_by_what_each_was_alone():
    """2.2 and 1.7 of 2 deg: together 1.95, which is enough."""
    wide = ("wide_interval",)
    captures = [
        tilt(1.0, 2.2, u95_change=1.0, quality=Quality.LOW, why=wide),
        tilt(1.0, 1.7, u95_change=1.0),
    ]
    measure = combined(*captures, asked=2)
    assert (measure.quality, measure.why) == (Quality.OK, ())
