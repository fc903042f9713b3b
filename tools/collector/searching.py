"""Which results are meant, and the one query that finds them, newest or in order, on both bodies.

A result whose clock was right lies where its date says; the few others are asked for apart, for
when they were screened is known from what the station said later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from posture_tools.collector.store import Store

_ALL = 2**62  # as a limit
Name = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which results are meant; an empty word means any.

    code : of the person, as consented to or mended. measure, band : results that hold this measure,
    or hold it in this band; a band alone means nothing. since, until : screened then. newest : the
    last ones first. limit, skip : of one page; no limit is none.
    """

    site: str = ""
    station: str = ""
    session: str = ""
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 0
    skip: int = 0
    code: str = ""
    measure: str = ""
    band: str = ""
    newest: bool = False


EVERYTHING = Chosen()
_HALVES = (("clock_state = 'synced'", "result", "utc_ns"),
           ("clock_state <> 'synced'", "screening", "screened_ns"))  # fmt: skip


def chosen_keys(store: Store, chosen: Chosen = EVERYTHING) -> Iterator[tuple[Name, int]]:
    """Site, station, epoch and number of what is chosen, and when it was screened (ns since 1970):
    by station, in the order of screening, or the newest first."""
    ask = store.rows if chosen.limit else store.each  # a page needs no reader of its own
    for site, station, epoch, seq, screened_ns in ask(*query(chosen)):
        yield (site, station, epoch, seq), screened_ns


def query(chosen: Chosen) -> tuple[str, list[Any]]:
    """SQL and its values. A limit holds for each half, so that neither is read whole."""
    where, values = _conditions(chosen)
    order = "site, station, screened_ns, epoch, seq"
    if chosen.newest:
        order = "screened_ns DESC, site, station, epoch, seq"
    limit = chosen.limit or _ALL
    sql, every = [], list[Any]()
    for half, table, when in _HALVES:
        wheres, given = [half, *where], list(values)
        for edge, moment in ((">=", chosen.since), ("<", chosen.until)):
            if moment is not None:
                wheres.append(f"{when} {edge} ?")
                given.append(int(moment.timestamp()) * 1_000_000_000)
        sql.append(
            "SELECT * FROM (SELECT site, station, epoch, seq,"  # noqa: S608
            f" {when} AS screened_ns FROM {table} r WHERE {' AND '.join(wheres)}"
            f" ORDER BY {order} LIMIT ?) AS half"
        )
        every += [*given, min(_ALL, limit + chosen.skip)]
    both = " UNION ALL ".join(sql)
    whole = f"SELECT * FROM ({both}) AS found ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608
    return whole, [*every, limit, chosen.skip]


def _conditions(chosen: Chosen) -> tuple[list[str], list[Any]]:
    wheres, values = list[str](), list[Any]()
    for name in ("site", "station", "session"):
        if word := getattr(chosen, name):
            wheres.append(f"r.{name} = ?")
            values.append(word)
    if chosen.code:
        wheres.append(
            "(r.site, r.station, r.session) IN"
            " (SELECT v.site, v.station, v.session FROM visit v WHERE v.code = ?)"
        )
        values.append(chosen.code)
    if chosen.measure:
        band = " AND m.code = ?" + (" AND m.band = ?" if chosen.band else "")
        wheres.append(
            "EXISTS (SELECT 1 FROM measure m WHERE m.site = r.site AND m.station = r.station"  # noqa: S608
            f" AND m.epoch = r.epoch AND m.seq = r.seq AND m.utc_ns = r.utc_ns{band})"
        )
        values += [chosen.measure, *([chosen.band] if chosen.band else [])]
    return wheres, values
