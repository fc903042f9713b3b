"""What the store knows of one station beyond the fleet's line: machine, key, days, files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from posture_tools.collector import station_hours
from posture_tools.collector.letters import Kind, Letter, letters
from posture_tools.collector.rollout import (
    ModelEvent,
    Progress,
    StationProgress,
    model_events,
    progress_of,
)
from posture_tools.collector.rollout import stations as all_stations
from posture_tools.collector.station_hours import HOUR_S
from posture_tools.collector.store import Store

from edge.errors import MessageRefused
from edge.wire.codec import decode
from edge.wire.presence import Birth, Health

_DAYS = 90
_DAY_NS = 86_400_000_000_000
Sites = Sequence[str] | None
Told = TypeVar("Told", Birth, Health)


@dataclass(frozen=True, slots=True)
class Machine:
    """A station as its birth and its last health said. None or empty : not told."""

    software: str
    models: tuple[str, ...]
    commands: tuple[str, ...]
    camera: str
    origin: str
    temperature_c: float | None
    disk_free_mb: float | None
    held_back: tuple[str, ...]
    waiting_kb: float | None
    oldest_s: float | None
    quarantined: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Key:
    """How a station is known. how : token, approved, first use; empty where it has none."""

    how: str = ""
    since: str = ""
    revoked: bool = False
    unsigned: bool = False


def machine(store: Store, site: str, station: str) -> Machine:
    """A station's machine in its own words, which nobody signs: they are hints."""
    return machines(store, [(site, station)])[site, station]


def machines(store: Store, places: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Machine]:
    """The same of several, in one query."""
    found = dict.fromkeys(places, _machine(b"", b""))
    if places:
        for site, station, birth, health in store.rows(
            "SELECT site, station, birth, health FROM station"  # noqa: S608
            f" WHERE (site, station) IN (VALUES {','.join(['(?, ?)'] * len(places))})",
            [word for place in places for word in place],
        ):
            found[site, station] = _machine(bytes(birth), bytes(health))
    return found


def _machine(born: bytes, health: bytes) -> Machine:
    birth, told = _read(born, Birth), _read(health, Health)
    vitals: dict[str, Any] = {} if told is None else told.vitals
    return Machine(
        software="" if birth is None else birth.sw,
        models=() if birth is None else tuple(f"{m.name} {m.version}" for m in birth.models),
        commands=() if birth is None else birth.commands,
        camera=_text(vitals.get("camera")),
        origin=_text(vitals.get("origin")),
        temperature_c=_number(vitals.get("temperature_c")),
        disk_free_mb=_number(vitals.get("disk_free_mb")),
        held_back=tuple(_text(why) for why in vitals.get("held_back") or ()),
        waiting_kb=None if told is None else told.waiting_bytes / 1000,
        oldest_s=None if told is None else told.oldest_age_s,
        quarantined=0 if told is None else told.quarantined,
        dropped=0 if told is None else told.dropped,
    )


def _read(body: bytes, kind: type[Told]) -> Told | None:
    try:
        return decode(body, kind)
    except MessageRefused:
        return None


def _text(said: object) -> str:
    return (
        "".join(c if c.isprintable() else "?" for c in said[:200]) if isinstance(said, str) else ""
    )


def _number(said: object) -> float | None:
    return float(said) if isinstance(said, int | float) and not isinstance(said, bool) else None


def key(store: Store, site: str, station: str) -> Key:
    """A station's key as the collector's table of trust has it."""
    for how, since, revoked, unsigned, public in store.rows(
        "SELECT how, since, revoked, unsigned, key FROM trusted WHERE site = ? AND station = ?",
        (site, station),
    ):
        return Key(how if public else "", since, bool(revoked), bool(unsigned))
    return Key()


def days(store: Store, site: str, station: str, today: datetime | None = None) -> dict[str, Any]:
    """Results of each of the last 90 days, and the part of their measures that was refused, as a
    plot wants it: seconds since 1970, counts, per cent."""
    begins_ns = int(((today or datetime.now(UTC)) - timedelta(days=_DAYS)).timestamp() * 1e9)
    counts = dict(
        store.rows(
            "SELECT utc_ns / ?1 AS day, COUNT(*) FROM result WHERE site = ?2 AND station = ?3"
            " AND utc_ns >= ?4 GROUP BY 1 ORDER BY 1",
            (_DAY_NS, site, station, begins_ns),
        )
    )
    refused = {
        day: 100.0 * (count or 0) / of
        for day, count, of in store.rows(
            "SELECT utc_ns / ?1 AS day, SUM(CASE WHEN value IS NULL THEN 1 ELSE 0 END), COUNT(*)"
            " FROM measure WHERE site = ?2 AND station = ?3 AND utc_ns >= ?4"
            " GROUP BY 1 ORDER BY 1",
            (_DAY_NS, site, station, begins_ns),
        )
    }
    times = [int(day) * 86_400 for day in counts]
    parts = [
        None if (part := refused.get(day)) is None else round(float(part), 1) for day in counts
    ]
    return {"times": times, "counts": list(counts.values()), "refused": parts}


@dataclass(frozen=True, slots=True)
class Lately:
    """A station's last month, hour by hour.

    plots : name -> as a plot wants it, in seconds since 1970; none where nothing is kept.
    software : each version and the day since when, oldest first.
    """

    plots: dict[str, dict[str, Any]]
    software: list[tuple[str, str]]


def lately(store: Store, site: str, station: str, now: datetime | None = None) -> Lately:
    """Hours in which nothing was heard are there too, with nothing told."""
    known = {each.hour: each for each in station_hours.hours(store, site, station)}
    if not known:
        return Lately({}, [])
    moment = now or datetime.now(UTC)
    first, last = min(known), max(int(moment.timestamp()) // HOUR_S, *known)
    heard: list[float] = []
    temperatures: list[float | None] = []
    waiting: list[int | None] = []
    for hour in range(max(first, last - station_hours.KEPT_HOURS + 1), last + 1):
        one = known.get(hour)
        begins = one.begins if one is not None and hour == first else 0
        ends = moment.minute + 1 if hour == last else 60
        part = 0.0 if one is None else one.heard / max(1, ends - begins)
        heard.append(round(100.0 * min(1.0, part), 0))
        temperatures.append(None if one is None else one.temperature_c)
        waiting.append(None if one is None else one.waiting)
    times = [(last - len(heard) + 1 + at) * HOUR_S for at in range(len(heard))]
    plots: dict[str, dict[str, Any]] = {"heard": {"data": [times, heard], "most": 100}}
    if any(each is not None for each in temperatures):
        plots["temperature"] = {"data": [times, temperatures], "gaps": True}
    plots["waiting"] = {"data": [times, waiting], "from_zero": True, "gaps": True}
    software: list[tuple[str, str]] = []
    for hour in sorted(known):
        told = known[hour].software
        if told and (not software or software[-1][0] != told):
            since = datetime.fromtimestamp(hour * HOUR_S, UTC)
            software.append((told, f"{since:%Y-%m-%d}"))
    return Lately(plots, software)


def waiting_letters(store: Store, sites: Sites) -> list[tuple[Kind, Letter]]:
    """Conflicts that nobody has resolved and dead letters, oldest first, of these sites."""
    found: list[tuple[Kind, Letter]] = []
    kinds: tuple[Kind, ...] = ("conflicts", "dead-letters")
    for kind in kinds:
        for letter in letters(store, kind):
            open_ = kind == "dead-letters" or not letter.problem
            if open_ and (sites is None or letter.site in sites):
                found.append((kind, letter))
    return sorted(found, key=lambda each: each[1].received_at)


@dataclass(frozen=True, slots=True)
class RollOut:
    """One file on its way through the fleet. counts : how many stations are how far."""

    slot: str
    version: str
    sha256: str
    last: datetime
    counts: dict[str, int]


def roll_outs(store: Store, sites: Sites) -> list[RollOut]:
    """Every model and release that a station of these sites has told of, the newest first."""
    events = [e for e in model_events(store) if sites is None or e.site in sites]
    by_file: dict[str, list[ModelEvent]] = {}
    for event in events:
        if event.sha256:
            by_file.setdefault(event.sha256, []).append(event)
    found = []
    for sha256, told in by_file.items():
        counts: dict[str, int] = {}
        for each in progress(store, sha256, sites, events):
            if each.progress is not Progress.WAITING:
                name = each.progress.value.replace(" ", "_")
                counts[name] = counts.get(name, 0) + 1
        newest = max(told, key=lambda event: event.received_at)
        found.append(RollOut(newest.slot, newest.version, sha256, newest.received_at, counts))
    return sorted(found, key=lambda each: each.last, reverse=True)


def progress(
    store: Store, sha256: str, sites: Sites, events: list[ModelEvent] | None = None
) -> list[StationProgress]:
    """How far each station of these sites is with a file."""
    places = [place for place in all_stations(store) if sites is None or place[0] in sites]
    told = model_events(store) if events is None else events
    return progress_of(places, told, sha256, 100)
