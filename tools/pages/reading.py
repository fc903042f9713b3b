"""Everything that the pages read of the store, for the sites that an account may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from posture_tools.collector.report import StationLine, fleet
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Store
from posture_tools.collector.stored_visit import stored_visit

from edge.errors import SettingsInvalid
from edge.report.reported_visit import ReportedVisit
from edge.wire.clock import Instant

PAGE_ROWS = 50
MOST_SKIPPED = 10_000_000
_DAY_NS = 86_400_000_000_000
_CODE_OF = (  # of a visit, as consented to or as an operator mended it; '' where nobody said one
    "COALESCE((SELECT v.code FROM visit v WHERE v.site = s.site AND v.station = s.station"
    " AND v.session = s.session), '')"
)

Sites = Sequence[str] | None


@cache
def _opened(path: Path) -> Store:
    return SqliteStore(path)


def store() -> Store:
    """The collector's store, opened once for this process."""
    return _opened(settings.PAGES.store)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for among visits; an empty word means any.

    since, until : days, both in. measure, band : a code, and the band that its interval clears.
    """

    code: str = ""
    session: str = ""
    station: str = ""
    since: date | None = None
    until: date | None = None
    skip: int = 0
    measure: str = ""
    band: str = ""

    @property
    def is_empty(self) -> bool:
        return self == Search(skip=self.skip)


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One visit in a list. first_id : a result of it, as the collector's report takes it."""

    site: str
    station: str
    session: str
    code: str
    screened_at: str
    results: int
    views: tuple[str, ...]
    origins: tuple[str, ...]
    first_id: str


def visits(wanted: Search, sites: Sites) -> list[VisitLine]:
    """Newest first, at most `PAGE_ROWS` and one: the one says that there are more."""
    wheres, values = ["1"], list[Any]()
    if sites is not None:
        wheres.append(f"s.site IN ({','.join('?' * len(sites))})")
        values += sites
    for column, word in (("session", wanted.session), ("station", wanted.station)):
        if word:
            wheres.append(f"s.{column} = ?")
            values.append(word)
    if wanted.since is not None:
        wheres.append("s.screened_ns >= ?")
        values.append(_ns_of(wanted.since))
    if wanted.until is not None:
        wheres.append("s.screened_ns < ?")
        values.append(_ns_of(wanted.until) + _DAY_NS)
    if wanted.measure or wanted.band:
        inner = [
            (column, word)
            for column, word in (("code", wanted.measure), ("band", wanted.band))
            if word
        ]
        chosen = " AND ".join(f"m.{column} = ?" for column, _ in inner)
        wheres.append(
            "(s.site, s.station, s.session) IN (SELECT r.site, r.station, r.session FROM measure m"  # noqa: S608
            " JOIN result r ON r.site = m.site AND r.station = m.station AND r.epoch = m.epoch"
            f" AND r.seq = m.seq WHERE {chosen})"
        )
        values += [word for _, word in inner]
    coded = "WHERE code = ?" if wanted.code else ""
    if wanted.code:
        values.append(wanted.code)
    rows = store().rows(
        f"SELECT * FROM (SELECT s.site, s.station, s.session, {_CODE_OF} AS code,"  # noqa: S608
        "  MIN(s.screened_ns) AS at_ns, COUNT(*), GROUP_CONCAT(DISTINCT s.view),"
        "  GROUP_CONCAT(DISTINCT s.origin), MIN(s.station || ':' || s.epoch || ':' || s.seq)"
        f" FROM screening s WHERE {' AND '.join(wheres)}"
        f" GROUP BY s.site, s.station, s.session) {coded} ORDER BY at_ns DESC LIMIT ? OFFSET ?",
        [*values, PAGE_ROWS + 1, wanted.skip],
    )
    return [
        VisitLine(
            site, station, session, code, Instant(at_ns, "synced", "", 0).utc, count,
            tuple(views.split(",")), tuple(origins.split(",")), first,
        )
        for site, station, session, code, at_ns, count, views, origins, first in rows
    ]  # fmt: skip


def newest_row() -> int:
    """A number that grows with every result: what is shown is as new as this says."""
    return int(store().rows("SELECT COALESCE(MAX(rowid), 0) FROM result")[0][0])


def visit(line: VisitLine, *, as_found: bool = False) -> ReportedVisit | None:
    """What a line of the list stands for, with the earlier visits of the same code; None where it
    was erased meanwhile.

    A visit knows its person only by the code that its consent names. as_found : without what was
    set by hand in its pictures.
    """
    before: list[str] = []
    if line.code:
        earlier = visits(Search(code=line.code), (line.site,))
        before = [v.first_id for v in earlier if v.screened_at < line.screened_at]
    try:
        return stored_visit(store(), line.first_id, before, as_found=as_found)
    except SettingsInvalid:
        return None


def visit_line(site: str, station: str, session: str) -> VisitLine | None:
    """One visit as the list has it."""
    found = visits(Search(session=session, station=station), (site,))
    return found[0] if found else None


def stations(sites: Sites) -> list[StationLine]:
    """The fleet, of these sites."""
    return [line for line in fleet(store()) if sites is None or line.site in sites]


def station(site: str, name: str) -> StationLine | None:
    """One station of the fleet."""
    for line in stations((site,)):
        if line.station == name:
            return line
    return None


def _ns_of(day: date) -> int:
    return (day - date(1970, 1, 1)).days * _DAY_NS
