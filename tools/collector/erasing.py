"""Forgetting in the tables: rows, every copy of them, and what of them comes later.

What stays of a message are its hashes, so that the chain can still be judged; of a consent, that it
was given. Everything here happens inside the caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import replace

import msgspec
from posture_tools.collector.archive.cleaning import mark
from posture_tools.collector.intake import Good, Key
from posture_tools.collector.sql import Sql
from posture_tools.collector.visits import forget_visit

from edge.errors import MessageRefused
from edge.wire.clock import utc_ns_of
from edge.wire.codec import decode, encode
from edge.wire.event import Erase, Event
from edge.wire.forgotten import What, forgotten_name
from edge.wire.result import Result

_WHERE = "WHERE site = ? AND station = ? AND epoch = ? AND seq = ?"
_KEPT = ("version", "by")  # of a consent


def forget(db: Sql, site: str, station: str, sessions: Collection[str], at: str) -> int:
    """Leave nothing of these sessions, now or later; how many results they had here.

    station : '' for every station of the site.
    """
    for session in sessions:
        name = forgotten_name(site, "session", session)
        remember(db, (site, station), ("session", name), at)
    place = "site = ?1 AND ?2 IN ('', station)"
    gone = 0
    for session in sessions:
        values = (site, station, session)
        keys = db.execute(
            f"SELECT station, epoch, seq FROM result WHERE {place} AND session = ?3",  # noqa: S608
            values,
        ).fetchall()
        for key in keys:
            entomb(db, Key(site, *key), at)
        gone += len(keys)
        for table in ("ingest_conflict", "dead_letter"):
            db.execute(
                f"DELETE FROM {table} WHERE {place} AND instr(body, ?3) > 0",  # noqa: S608
                (site, station, session.encode()),
            )
        forget_visit(db, site, station, session)
    for key, consent in _consents(db, site, station):
        if consent.data.get("session") in sessions:
            _redact(db, key, consent)
    return gone


def remember(db: Sql, place: tuple[str, str], name: tuple[What, str], at: str) -> None:
    """Remember a session, so that nothing of it is kept that comes from now on.

    place : site and station, or ''. name : what kind of word it is, and its hash. at : now.
    """
    db.execute(
        "INSERT INTO forgotten VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (*place, *name, utc_ns_of(at)),
    )


def obey(db: Sql, key: Key, erase: Erase, at: str) -> None:
    """Do what a station's own erase event says: of its results, and of no other's.

    By session it reaches every epoch of the station: results that it delivered before its card
    was changed are its results too.
    """
    for first, last in erase.ranges:
        for seq in range(first, min(last + 1, key.seq)):
            entomb(db, Key(key.site, key.station, key.epoch, seq), at)
    name = erase.session_sha256
    if erase.session:
        name = forgotten_name(key.site, "session", erase.session)
    if name:
        remember(db, (key.site, key.station), ("session", name), at)
        rows = db.execute(
            "SELECT DISTINCT session FROM result WHERE site = ? AND station = ?",
            (key.site, key.station),
        )
        told = {session for (session,) in rows} | {
            str(consent.data.get("session")) for _, consent in _consents(db, key.site, key.station)
        }
        meant = {each for each in told if forgotten_name(key.site, "session", each) == name}
        forget(db, key.site, key.station, meant, at)
    if erase.left is not None:
        _answered(db, key, erase)


def _answered(db: Sql, key: Key, erase: Erase) -> None:
    """A station has searched its files: take its command back, or keep it with what was found."""
    for what, sha256 in (("session", erase.session_sha256), ("code", erase.code_sha256)):
        of = (key.site, key.station, what, sha256)
        meant = "WHERE site = ? AND station = ? AND what = ? AND sha256 = ?"
        if erase.left:
            db.execute(
                f"UPDATE pending_erasure SET found = ? {meant}",  # noqa: S608
                (json.dumps(erase.left), *of),
            )
            continue
        db.execute(f"DELETE FROM pending_erasure {meant}", of)  # noqa: S608
        if what == "code":  # a later visit under this code is another
            db.execute(f"DELETE FROM forgotten {meant}", of)  # noqa: S608


def is_forgotten(db: Sql, key: Key, message: Result | Event) -> bool:
    """Whether something that comes now is of what was erased; its session is then remembered."""
    if isinstance(message, Result):
        return _is_known(db, key, "session", message.session, None)
    if message.kind != "consent":
        return False
    session, code = str(message.data.get("session", "")), str(message.data.get("code", ""))
    if _is_known(db, key, "session", session, None):
        return True
    dated_ns = None if message.t.state == "unsynced" else utc_ns_of(message.t.utc)
    if not code or not _is_known(db, key, "code", code, dated_ns):
        return False
    forget(db, key.site, key.station, [session], message.t.utc)
    return True


def _is_known(db: Sql, key: Key, what: What, word: str, dated_ns: int | None) -> bool:
    """dated_ns : of a visit; one after the erasure is not meant. None where only its station, while
    it has not answered, can tell."""
    name = forgotten_name(key.site, what, word)
    for station, asked_ns in db.execute(
        "SELECT station, asked_ns FROM forgotten WHERE site = ? AND station IN ('', ?)"
        " AND what = ? AND sha256 = ?",
        (key.site, key.station, what, name),
    ).fetchall():
        if what == "session" or (dated_ns is None and station) or (dated_ns or asked_ns) < asked_ns:
            return True
    return False


def entomb(db: Sql, key: Key, at: str) -> None:
    """Forget a result, and every copy of it; its hashes stay, so that the chain can be judged."""
    where = (key.site, key.station, key.epoch, key.seq)
    if db.execute(f"SELECT 1 FROM event {_WHERE}", where).fetchone():  # noqa: S608
        return
    mark(db, where)
    for table in ("result", "measure", "ingest_conflict", "dead_letter"):
        db.execute(f"DELETE FROM {table} {_WHERE}", where)  # noqa: S608
    db.execute(
        "INSERT INTO ingest_key VALUES (?, ?, ?, ?, 'erased', '', '', '', ?)"
        " ON CONFLICT (site, station, epoch, seq) DO UPDATE SET fate = 'erased'",
        (*where, at),
    )


def redacted(item: Good) -> Good:
    """A consent of which only that it was given is left; its hash stays that of the whole."""
    assert isinstance(item.message, Event)  # noqa: S101 - results are not kept at all
    message = _without_person(item.message)
    return replace(item, message=message, body=encode(message), sealed=None)


def _redact(db: Sql, key: Key, consent: Event) -> None:
    values = (key.site, key.station, key.epoch, key.seq)
    body = encode(_without_person(consent))
    db.execute(f"UPDATE event SET body = ?, seal = ? {_WHERE}", (body, b"", *values))  # noqa: S608
    db.execute(f"UPDATE ingest_key SET fate = 'erased' {_WHERE}", values)  # noqa: S608
    for table in ("ingest_conflict", "dead_letter"):
        db.execute(f"DELETE FROM {table} {_WHERE}", values)  # noqa: S608


def _without_person(consent: Event) -> Event:
    kept = {name: consent.data[name] for name in _KEPT if name in consent.data}
    return msgspec.structs.replace(consent, data=kept | {"erased": True})


def _consents(db: Sql, site: str, station: str) -> Iterator[tuple[Key, Event]]:
    rows = db.execute(
        "SELECT station, epoch, seq, body FROM event WHERE kind = 'consent' AND site = ?1"
        " AND ?2 IN ('', station)",
        (site, station),
    ).fetchall()
    for of_station, epoch, seq, body in rows:
        try:
            yield Key(site, of_station, epoch, seq), decode(body, Event)
        except MessageRefused:  # an older collector took what this one would not
            continue


def sessions_of(db: Sql, site: str, code: str) -> tuple[str, ...]:
    """Sessions under a code, consented to or given by an operator, oldest first."""
    found = db.execute(
        "SELECT session FROM visit WHERE site = ? AND code = ? ORDER BY utc_ns, station, session",
        (site, code),
    )
    return tuple(dict.fromkeys(session for (session,) in found))
