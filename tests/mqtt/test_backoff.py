"""The one back-off: doubles, is bounded, scatters only where others knock too."""

from __future__ import annotations

from edge.mqtt.backoff import Backoff, delay_s


def test_waits_double_up_to_a_limit_and_scatter() -> None:
    assert [delay_s(0.5, tries, 3.0) for tries in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert delay_s(0.5, 10_000, 60.0) == 60.0
    backoff = Backoff(1.0, 8.0, seed=1)
    waits = [backoff.next_s() for _ in range(6)]
    assert all(
        0.75 * x <= wait <= 1.25 * x for wait, x in zip(waits, (1, 2, 4, 8, 8, 8), strict=True)
    )
    backoff.reset()
    assert backoff.next_s() <= 1.25


def test_who_knocks_alone_does_not_scatter() -> None:
    backoff = Backoff(1.0, 15.0, jitter=0.0)
    assert [backoff.next_s() for _ in range(6)] == [1.0, 2.0, 4.0, 8.0, 15.0, 15.0]
