"""How each station was, an hour a row: heard or silent, its temperature, its outbox, its software.

Nobody signs health: these are hints, for who looks after the station.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from posture_tools.collector.sql import Sql
from posture_tools.collector.store import Store

from edge.errors import MessageRefused
from edge.wire.codec import decode
from edge.wire.presence import Birth, Health

KEPT_HOURS = 30 * 24
HOUR_S = 3600
_COLDEST_C, _HOTTEST_C = -100.0, 200.0  # what a thermometer of a computer can say


@dataclass(frozen=True, slots=True)
class StationHour:
    """One hour of a station.

    hour : since 1970. heard : minutes of it in which the station spoke; begins : the first of them.
    temperature_c : the highest; None where none was told. waiting : the most that its outbox held.
    """

    hour: int
    heard: int
    begins: int
    temperature_c: float | None
    waiting: int
    software: str


def keep(db: Sql, place: tuple[str, str], body: bytes, at: str) -> None:
    """Add a health that came just now. place : a known station. at : RFC 3339."""
    try:
        told = decode(body, Health)
    except MessageRefused:
        return
    moment = datetime.fromisoformat(at)
    hour = int(moment.timestamp()) // HOUR_S
    known = "SELECT 1 FROM station_hour WHERE site = ? AND station = ? AND hour = ?"
    software = ""
    if db.execute(known, (*place, hour)).fetchone() is None:
        software = _software(db, place)
        db.execute(
            "DELETE FROM station_hour WHERE site = ? AND station = ? AND hour <= ?",
            (*place, hour - KEPT_HOURS),
        )
    db.execute(
        "INSERT INTO station_hour VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (site, station, hour) DO UPDATE SET"
        " minutes = station_hour.minutes | excluded.minutes,"
        " temperature_c = CASE WHEN station_hour.temperature_c >= excluded.temperature_c"
        "  OR excluded.temperature_c IS NULL"
        "  THEN station_hour.temperature_c ELSE excluded.temperature_c END,"
        " waiting = CASE WHEN station_hour.waiting >= excluded.waiting"
        "  THEN station_hour.waiting ELSE excluded.waiting END",
        (*place, hour, 1 << moment.minute, _temperature_c(told), told.waiting, software),
    )


def hours(store: Store, site: str, station: str) -> Iterator[StationHour]:
    """What is kept of a station, the oldest first; hours in which it was silent have no row."""
    for hour, minutes, temperature_c, waiting, software in store.rows(
        "SELECT hour, minutes, temperature_c, waiting, software FROM station_hour"
        " WHERE site = ? AND station = ? ORDER BY hour",
        (site, station),
    ):
        first = (minutes & -minutes).bit_length() - 1  # the lowest bit
        yield StationHour(hour, minutes.bit_count(), first, temperature_c, waiting, software)


def _temperature_c(told: Health) -> float | None:
    said = told.vitals.get("temperature_c")
    if isinstance(said, bool) or not isinstance(said, int | float):
        return None
    return float(said) if _COLDEST_C <= said <= _HOTTEST_C else None


def _software(db: Sql, place: tuple[str, str]) -> str:
    """The station's software as its last birth named it."""
    rows = "SELECT birth FROM station WHERE site = ? AND station = ?"
    for (body,) in db.execute(rows, place).fetchall():
        try:
            return decode(bytes(body), Birth).sw
        except MessageRefused:
            break
    return ""
