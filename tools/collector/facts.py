"""A result's measures as rows, each with the band it fell into and the norms that said so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from posture_tools.collector.intake import Key
from posture_tools.collector.sql import Sql

from edge.norms import Norms, shipped_norms
from edge.records import Measure, Quality
from edge.wire.messages import Result, WireMeasure

COLUMNS = (
    "site", "station", "epoch", "seq", "part", "utc_ns", "code", "side", "view", "value", "unit",
    "u95", "u95_change", "n", "quality", "why", "definition", "band", "norms",
)  # fmt: skip
Row = tuple[Any, ...]
_INSERT = f"INSERT INTO measure VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
_REBAND_AT_ONCE = 2_000


def measure_rows(key: Key, result: Result, utc_ns: int, norms: Norms) -> Iterator[Row]:
    """One for each measure, refused ones too, in the order of the message.

    utc_ns : as the station's clock said; it decides the month of the row.
    """
    for part, m in enumerate(result.measures):
        band = "|".join(norms.bands_of(as_measure(m)))
        yield (
            key.site, key.station, key.epoch, key.seq, part, utc_ns, m.code, m.side, m.view,
            m.value, m.unit, m.u95, m.u95_change, m.n, str(m.quality),
            " ".join(m.why), m.definition, band, norms.version,
        )  # fmt: skip


def insert(db: Sql, key: Key, result: Result, utc_ns: int) -> None:
    db.executemany(_INSERT, list(measure_rows(key, result, utc_ns, shipped_norms())))


def as_measure(m: WireMeasure) -> Measure:
    """As the device's own functions know it."""
    return Measure(
        m.code, m.value, m.unit, m.u95, m.n, m.quality, m.why, m.view, m.side, m.definition,
        m.u95_change,
    )  # fmt: skip


def reband(db: Sql, norms: Norms, after: Row) -> tuple[int, Row | None]:
    """Judge the next rows that other norms judged; how many, and where to go on (None: the end).

    after : site, station, epoch, seq, part of the last one looked at; begins with empty texts.
    """
    found = db.execute(
        "SELECT site, station, epoch, seq, part, code, side, view, value, unit, u95, n, norms, band"
        " FROM measure WHERE (site, station, epoch, seq, part) > (?, ?, ?, ?, ?)"
        " ORDER BY site, station, epoch, seq, part LIMIT ?",
        (*after, _REBAND_AT_ONCE),
    ).fetchall()
    changed = []
    for *name, code, side, view, value, unit, u95, n, judged_by, _ in found:
        if judged_by == norms.version:
            continue
        # a band does not ask for quality: a refused measure has no value
        quality, why = (Quality.REFUSED, ("?",)) if value is None else (Quality.OK, ())
        measure = Measure(code, value, unit, u95, n, quality, why, view, side)
        changed.append(("|".join(norms.bands_of(measure)), norms.version, *name))
    db.executemany(
        "UPDATE measure SET band = ?, norms = ? WHERE site = ? AND station = ? AND epoch = ?"
        " AND seq = ? AND part = ?",
        changed,
    )
    return len(changed), tuple(found[-1][:5]) if found else None
