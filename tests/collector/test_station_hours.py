"""How a station was, hour by hour, in both bodies of the store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from posture_tools.collector import station_hours
from posture_tools.collector.station_hours import KEPT_HOURS, StationHour
from posture_tools.collector.store import Store
from posture_tools.pages.fleet_reading import lately

from edge.wire.codec import encode
from edge.wire.envelope import Time
from edge.wire.presence import Birth, Health

PLACE = ("north", "hall-1")
FIRST = int(datetime(2026, 11, 1, 8, tzinfo=UTC).timestamp()) // 3600


def said(waiting: int = 0, **vitals: Any) -> bytes:
    return encode(
        Health(t=Time("2026-11-01T08:00:00Z", "synced", "b", 1), accepted=1, waiting=waiting,
               waiting_bytes=0, oldest_age_s=0.0, quarantined=0, dropped=0, problem="",
               vitals=vitals)
    )  # fmt: skip


def born(store: Store, software: str) -> None:
    birth = Birth(
        sw=software, cfg_sha256="", models=(), measures={}, schemas=(), body_limit_bytes=1,
        outbox_limit_bytes=1, at_limit="refuse",
    )  # fmt: skip
    store.note(*PLACE, "birth", encode(birth))


def hear(store: Store, hour: int, minute: int, body: bytes) -> None:
    at = datetime.fromtimestamp(hour * 3600 + minute * 60, UTC).isoformat()
    with store.transaction() as db:
        station_hours.keep(db, PLACE, body, at)


def kept(store: Store) -> list[StationHour]:
    return list(station_hours.hours(store, *PLACE))


def test_an_hour_holds_its_worst_and_every_minute_once(new_store: Callable[[], Store]) -> None:
    with new_store() as store:
        born(store, "1.0.0")
        for minute, waiting, hot in ((59, 2, 50.0), (7, 9, 61.5), (7, 1, None), (8, 0, 44)):
            vitals = {} if hot is None else {"temperature_c": hot}
            hear(store, FIRST, minute, said(waiting, **vitals))
        assert kept(store) == [StationHour(FIRST, 3, 7, 61.5, 9, "1.0.0")]


def test_what_a_station_cannot_mean_is_left_out(new_store: Callable[[], Store]) -> None:
    with new_store() as store:
        store.note(*PLACE, "state", b"{}", online=True)
        hear(store, FIRST, 0, b"no health at all")
        assert kept(store) == []
        for minute, hot in enumerate((True, "61", 1e300, -273.2, None)):
            hear(store, FIRST, minute, said(temperature_c=hot))
        assert kept(store) == [StationHour(FIRST, 5, 0, None, 0, "")]


def test_a_month_is_kept_and_no_more(new_store: Callable[[], Store]) -> None:
    with new_store() as store:
        born(store, "1.0.0")
        for hour in (FIRST, FIRST + 1, FIRST + KEPT_HOURS):
            hear(store, hour, 0, said())
        assert [each.hour for each in kept(store)] == [FIRST + 1, FIRST + KEPT_HOURS]


def test_health_that_is_noted_is_kept(new_store: Callable[[], Store]) -> None:
    with new_store() as store:
        store.note(*PLACE, "health", said(4), online=True)
        assert [(each.heard, each.waiting) for each in kept(store)] == [(1, 4)]


def test_silence_is_drawn_as_such(new_store: Callable[[], Store]) -> None:
    """An hour and a half heard, two hours of silence, and half of what is over of the fifth."""
    with new_store() as store:
        born(store, "1.0.0")
        for minute in range(30, 60):
            hear(store, FIRST, minute, said(temperature_c=50.0))
        for minute in range(60):
            hear(store, FIRST + 1, minute, said(2, temperature_c=52.0))
        born(store, "1.1.0")
        for minute in range(15):
            hear(store, FIRST + 4, minute, said())
        now = datetime.fromtimestamp((FIRST + 4) * 3600 + 29 * 60, UTC)
        told = lately(store, *PLACE, now)
    times, heard = told.plots["heard"]["data"]
    assert times == [(FIRST + at) * 3600 for at in range(5)]
    assert heard == [100, 100, 0, 0, 50]
    assert told.plots["temperature"]["data"][1] == [50.0, 52.0, None, None, None]
    assert told.plots["waiting"]["data"][1] == [0, 2, None, None, 0]
    assert told.software == [("1.0.0", "2026-11-01"), ("1.1.0", "2026-11-01")]
    assert msgspec.json.encode(told.plots)  # as the page has it


def test_a_station_that_told_nothing_has_no_plots(new_store: Callable[[], Store]) -> None:
    with new_store() as store:
        told = lately(store, *PLACE)
        assert (told.plots, told.software) == ({}, [])
