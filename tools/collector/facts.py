"""A result's measures as rows, each with the band it fell into and the norms that said so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from posture_tools.collector.intake import Key
from posture_tools.collector.sql import Sql
from posture_tools.collector.visits import told, who_of

from edge.norms import Norms, Who, shipped_norms
from edge.records import Measure, Quality
from edge.wire.result import Result, WireMeasure

COLUMNS = (
    "site", "station", "epoch", "seq", "part", "utc_ns", "code", "side", "view", "value", "unit",
    "u95", "u95_change", "n", "quality", "why", "definition", "band", "norms",
)  # fmt: skip
Row = tuple[Any, ...]
_INSERT = f"INSERT INTO measure VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
_REBAND_AT_ONCE = 2_000
_JUDGED_BY = 5  # of the columns that follow
_JUDGED = (
    "SELECT m.site, m.station, m.epoch, m.seq, m.part, m.norms, m.code, m.side, m.view, m.value,"
    " m.unit, m.u95, m.n, m.definition, v.age_years, v.sex FROM measure m"
    " JOIN result r ON r.site = m.site AND r.station = m.station AND r.epoch = m.epoch"
    "  AND r.seq = m.seq"
    " LEFT JOIN visit v ON v.site = r.site AND v.station = r.station AND v.session = r.session"
)


def measure_rows(key: Key, result: Result, utc_ns: int, norms: Norms, who: Who) -> Iterator[Row]:
    """One for each measure, refused ones too, in the order of the message.

    utc_ns : as the station's clock said; it decides the month of the row. who : as the visit's
    consent told; without an age there is no band.
    """
    name = (key.site, key.station, key.epoch, key.seq)
    codes, version = norms.codes, norms.version
    for part, m in enumerate(result.measures):
        band = "|".join(norms.place(as_measure(m), who).bands) if m.code in codes else ""
        yield (
            *name, part, utc_ns, m.code, m.side, m.view, m.value, m.unit, m.u95, m.u95_change, m.n,
            m.quality, " ".join(m.why), m.definition, band, version,
        )  # fmt: skip


def insert(db: Sql, key: Key, result: Result, utc_ns: int) -> None:
    """The rows of one result, judged by what its visit told so far."""
    who = who_of(db, key.site, key.station, result.session)
    db.executemany(_INSERT, list(measure_rows(key, result, utc_ns, shipped_norms(), who)))


def as_measure(m: WireMeasure) -> Measure:
    """A row's measure in the form that the device's own functions take."""
    return Measure(
        m.code, m.value, m.unit, m.u95, m.n, m.quality, m.why, m.view, m.side, m.definition,
        m.u95_change,
    )  # fmt: skip


def judge_visit(db: Sql, site: str, station: str, session: str) -> None:
    """Age and sex of a visit are told: its measures that were there before get their bands."""
    rows = db.execute(
        f"{_JUDGED} WHERE r.site = ? AND r.station = ? AND r.session = ?",
        (site, station, session),
    ).fetchall()
    _judge(db, shipped_norms(), rows)


def reband(db: Sql, norms: Norms, after: Row) -> tuple[int, Row | None]:
    """Judge the next rows that other norms judged; how many, and where to go on (None: the end).

    after : site, station, epoch, seq, part of the last one looked at; begins with empty texts.
    """
    found = db.execute(
        f"{_JUDGED} WHERE (m.site, m.station, m.epoch, m.seq, m.part) > (?, ?, ?, ?, ?)"
        " ORDER BY m.site, m.station, m.epoch, m.seq, m.part LIMIT ?",
        (*after, _REBAND_AT_ONCE),
    ).fetchall()
    others = [row for row in found if row[_JUDGED_BY] != norms.version]
    _judge(db, norms, others)
    return len(others), tuple(found[-1][:5]) if found else None


def _judge(db: Sql, norms: Norms, rows: Iterable[Row]) -> None:
    changed = []
    for *name, _, code, side, view, value, unit, u95, n, definition, age_years, sex in rows:
        # a band does not ask for quality: a refused measure has no value
        quality, why = (Quality.REFUSED, ("?",)) if value is None else (Quality.OK, ())
        measure = Measure(code, value, unit, u95, n, quality, why, view, side, definition)
        bands = norms.place(measure, told(age_years, sex)).bands
        changed.append(("|".join(bands), norms.version, *name))
    db.executemany(
        "UPDATE measure SET band = ?, norms = ? WHERE site = ? AND station = ? AND epoch = ?"
        " AND seq = ? AND part = ?",
        changed,
    )
