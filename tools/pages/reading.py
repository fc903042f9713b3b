"""Everything that the pages read of the store, for the sites that an account may see."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from functools import cache
from typing import Any

from django.conf import settings
from posture_tools.collector.opening import Where, open_store
from posture_tools.collector.report import StationLine, fleet, with_models
from posture_tools.collector.store import Store
from posture_tools.collector.stored_visit import Place, visit_at
from posture_tools.pages.clock import midnight_ns

from edge.errors import SettingsInvalid
from edge.report.reported_visit import ReportedVisit
from edge.wire.clock import Instant

PAGE_ROWS = 50
MOST_SKIPPED = 10_000_000
_FEW = 5_000  # measures whose visits are sorted at once

Sites = Sequence[str] | None


@cache
def _opened(at: Where) -> Store:
    return open_store(at)


def store() -> Store:
    """The collector's store, opened once for this process."""
    return _opened(settings.PAGES.store)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for among visits; an empty word means any.

    since, until : days of the zone, both in. measure, band : a code, and the band that its interval
    clears.
    """

    code: str = ""
    session: str = ""
    station: str = ""
    since: date | None = None
    until: date | None = None
    skip: int = 0
    measure: str = ""
    band: str = ""
    zone: tzinfo = UTC

    @property
    def is_empty(self) -> bool:
        return self == Search(skip=self.skip, zone=self.zone)


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One visit in a list."""

    site: str
    station: str
    session: str
    code: str
    screened_at: str
    results: int
    views: tuple[str, ...]
    origins: tuple[str, ...]

    @property
    def place(self) -> Place:
        return self.site, self.station, self.session


def visits(wanted: Search, sites: Sites) -> list[VisitLine]:
    """Newest first, at most `PAGE_ROWS` and one: the one says that there are more."""
    wheres, values = ["1 = 1"], list[Any]()
    if sites is not None:
        wheres.append(f"s.site IN ({','.join('?' * len(sites))})" if sites else "1 = 0")
        values += sites
    for column, word in (
        ("s.session", wanted.session), ("s.station", wanted.station), ("v.code", wanted.code),
    ):  # fmt: skip
        if word:
            wheres.append(f"{column} = ?")
            values.append(word)
    if wanted.since is not None:
        wheres.append("s.first_ns >= ?")
        values.append(midnight_ns(wanted.since, wanted.zone))
    if wanted.until is not None:
        wheres.append("s.first_ns < ?")
        values.append(midnight_ns(wanted.until, wanted.zone, after=True))
    if wanted.measure or wanted.band:
        condition, given = _measured(wanted)
        wheres.append(condition)
        values += given
    found = store().rows(
        # the code as consented to or as an operator mended it; '' where nobody said one
        "SELECT s.site, s.station, s.session, COALESCE(v.code, ''), s.first_ns, s.results"  # noqa: S608
        f" FROM seen_visit s {'' if wanted.code else 'LEFT '}JOIN visit v ON v.site = s.site"
        "  AND v.station = s.station AND v.session = s.session"
        f" WHERE {' AND '.join(wheres)}"
        " ORDER BY s.first_ns DESC, s.site, s.station, s.session LIMIT ? OFFSET ?",
        [*values, PAGE_ROWS + 1, wanted.skip],
    )
    seen = _seen([row[:3] for row in found])
    return [
        VisitLine(
            site, station, session, code, Instant(first_ns, "synced", "", 0).utc, results,
            *seen.get((site, station, session), ((), ())),
        )
        for site, station, session, code, first_ns, results in found
    ]  # fmt: skip


def _measured(wanted: Search) -> tuple[str, list[Any]]:
    """The condition on a visit that one of its measures fits, and its values.

    Few that fit are looked up by their index, and their visits are sorted. Where many do, visits
    are looked at one after another as the list has them, and a page is soon full.
    """
    asked = [
        (name, word) for name, word in (("code", wanted.measure), ("band", wanted.band)) if word
    ]
    fits = " AND ".join(f"m.{name} = ?" for name, _ in asked)
    values = [word for _, word in asked]
    joined = (
        "FROM result r JOIN measure m ON m.site = r.site AND m.station = r.station"
        " AND m.epoch = r.epoch AND m.seq = r.seq AND m.utc_ns = r.utc_ns"
    )
    if wanted.measure and _count(fits, values) <= _FEW:  # an index begins with the measure
        few = f"SELECT r.site, r.station, r.session {joined} WHERE {fits}"
        return f"(s.site, s.station, s.session) IN ({few})", values
    here = "r.site = s.site AND r.station = s.station AND r.session = s.session"
    # LIMIT and OFFSET keep a server from turning this into one large join.
    return f"EXISTS (SELECT 1 {joined} WHERE {here} AND {fits} LIMIT 1 OFFSET 0)", values


def _count(fits: str, values: list[Any]) -> int:
    """How many measures fit; counting ends once they are many."""
    [(found,)] = store().rows(
        f"SELECT COUNT(*) FROM (SELECT 1 FROM measure m WHERE {fits} LIMIT ?) AS fitting",  # noqa: S608
        [*values, _FEW + 1],
    )
    return int(found)


def _seen(places: Sequence[Place]) -> dict[Place, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Views and origins of these visits."""
    if not places:
        return {}
    found: dict[Place, tuple[dict[str, None], dict[str, None]]] = {}
    for site, station, session, view, origin in store().rows(
        "SELECT site, station, session, view, origin FROM result"  # noqa: S608
        f" WHERE (site, station, session) IN (VALUES {','.join(['(?, ?, ?)'] * len(places))})"
        " ORDER BY site, station, session, epoch, seq",
        [word for place in places for word in place],
    ):
        views, origins = found.setdefault((site, station, session), ({}, {}))
        views[view], origins[origin] = None, None
    return {place: (tuple(views), tuple(origins)) for place, (views, origins) in found.items()}


def digest(lines: Sequence[VisitLine]) -> str:
    """Another one as soon as anything of a list has changed."""
    return hashlib.sha256(repr(lines).encode()).hexdigest()[:16]


def visit(line: VisitLine, *, as_found: bool = False) -> ReportedVisit | None:
    """What a line of the list stands for, with the earlier visits of the same code; None where it
    was erased meanwhile.

    A visit knows its person only by the code that its consent names. as_found : without what was
    set by hand in its pictures.
    """
    try:
        return visit_at(store(), line.place, earlier(line), as_found=as_found)
    except SettingsInvalid:
        return None


def earlier(line: VisitLine) -> list[Place]:
    """The last visits of the same code before one, the newest first."""
    if not line.code:
        return []
    return [
        (site, station, session)
        for site, station, session in store().rows(
            "SELECT s.site, s.station, s.session FROM seen_visit s JOIN visit v ON v.site = s.site"
            "  AND v.station = s.station AND v.session = s.session"
            " WHERE s.site = ?1 AND v.code = ?2 AND s.first_ns < (SELECT first_ns FROM seen_visit"
            "  WHERE site = ?1 AND station = ?3 AND session = ?4)"
            " ORDER BY s.first_ns DESC, s.station, s.session LIMIT ?5",
            (line.site, line.code, line.station, line.session, PAGE_ROWS),
        )
    ]


def visit_line(site: str, station: str, session: str) -> VisitLine | None:
    """One visit as the list has it."""
    found = visits(Search(session=session, station=station), (site,))
    return found[0] if found else None


def stations(sites: Sites, *, briefly: bool = False) -> list[StationLine]:
    """The fleet, of these sites. briefly : as of `fleet`."""
    return [line for line in fleet(store(), briefly=briefly) if sites is None or line.site in sites]


def in_full(lines: Sequence[StationLine]) -> list[StationLine]:
    """The few of them that are shown, with their models."""
    return [
        line for each in lines for line in with_models(store(), [each], (each.site, each.station))
    ]


def known_sites() -> tuple[str, ...]:
    """Every site that the store has heard of."""
    rows = store().rows(
        "SELECT site FROM station UNION SELECT site FROM trusted UNION SELECT site FROM closed_site"
    )
    return tuple(sorted(site for (site,) in rows))


def station(site: str, name: str) -> StationLine | None:
    """One station of the fleet."""
    found = fleet(store(), place=(site, name))
    return found[0] if found else None
