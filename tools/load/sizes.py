"""From milliseconds a result to a site: arithmetic, and nothing that was not put in."""

from __future__ import annotations

from dataclasses import dataclass

DAY_S = 86_400
PEAK = 5.0  # a clinic's busiest hour over its mean
HEALTH_EVERY_S = 60.0
MOST_USED = 0.5  # of a core at the peak: a worker that died must find room at the others


@dataclass(frozen=True, slots=True)
class Costs:
    """What one result costs, in milliseconds of one core; kb : its rows and indexes in the
    database."""

    worker_ms: float
    database_ms: float
    broker_ms: float
    kb: float


@dataclass(frozen=True, slots=True)
class Size:
    """For so many stations. cores : at the peak, rounded up to halves of one."""

    stations: int
    mean_hz: float
    peak_hz: float
    health_hz: float
    workers: int
    database_cores: float
    brokers: int
    year_gb: float


def size(stations: int, results_a_day: float, costs: Costs, connections: int) -> Size:
    """connections : of one broker at most."""
    mean_hz = stations * results_a_day / DAY_S
    peak_hz = mean_hz * PEAK

    def cores(ms: float) -> float:
        return peak_hz * ms / 1000 / MOST_USED

    workers = max(2, -(-int(cores(costs.worker_ms) * 1000) // 1000))
    return Size(
        stations=stations,
        mean_hz=mean_hz,
        peak_hz=peak_hz,
        health_hz=stations / HEALTH_EVERY_S,
        workers=workers,
        database_cores=cores(costs.database_ms),
        brokers=max(2, -(-stations // connections), -(-int(cores(costs.broker_ms) * 1000) // 1000)),
        year_gb=mean_hz * DAY_S * 365 * costs.kb / 1e6,
    )
