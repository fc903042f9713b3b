"""Half widths of a normal plus a uniform deviation, against their integral."""

from __future__ import annotations

import pytest
from scipy import integrate, stats

from edge.posture.uncertainty import Spread


def held(normal: float, limit: float, half_width: float) -> float:
    """The slow twin: how much of both together lies within the half width."""

    def of_normal(shift: float) -> float:
        above, below = (half_width - shift) / normal, (-half_width - shift) / normal
        return float(stats.norm.cdf(above) - stats.norm.cdf(below))

    return float(integrate.quad(of_normal, -limit, limit)[0] / (2.0 * limit))


@pytest.mark.parametrize(
    ("normal", "limit"), [(1.0, 0.02), (2.0, 0.6), (0.3, 1.0), (1.0, 1.0), (0.004, 2.0)]
)
def test_95_percent_lie_within(normal: float, limit: float) -> None:
    found = Spread(normal, limit).u95
    assert held(normal, limit, found) == pytest.approx(0.95, abs=1e-6)


def test_the_smaller_is_left_out_from_a_thousandth_on() -> None:
    assert Spread(1000.0, 1.0).u95 == 1960.0
    assert Spread(1.0, 1000.0).u95 == 950.0
    assert Spread(0.0, 0.0).u95 == 0.0
    assert Spread(3.0, 4.0).standard_error == pytest.approx(3.78594)  # root of 9 and 16 / 3
