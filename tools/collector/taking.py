"""What becomes of one message, inside the transaction of its batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec
from posture_tools.collector import facts
from posture_tools.collector.erasing import is_forgotten, obey, redacted
from posture_tools.collector.intake import Bad, Good, Key
from posture_tools.collector.linking import add_link, judge_around
from posture_tools.collector.sql import Sql
from posture_tools.collector.visits import take_consent

from edge.wire.clock import utc_ns_of
from edge.wire.event import Erase, Event, Gap, NewEpoch
from edge.wire.receipt import Reject, RejectCode
from edge.wire.result import Result

_WHERE = "WHERE site = ? AND station = ? AND epoch = ? AND seq = ?"


@dataclass(frozen=True, slots=True)
class Answer:
    """For the receipt. reject : None where the message need not come again."""

    seq: int
    sha256: str
    what: Literal["stored", "duplicate", "conflict", "rejected"]
    reject: Reject | None = None


def take(db: Sql, item: Good | Bad, key: Key, at: str) -> Answer:
    """Decide about one message that its station vouches for.

    key : its name. at : now, RFC 3339. What it gives is what the station is told.
    """
    known = db.execute(
        f"SELECT fate, body_sha256 FROM ingest_key {_WHERE}",  # noqa: S608
        _values(key),
    ).fetchone()
    sha256 = item.body_sha256
    if isinstance(item, Bad):
        if known is not None and known[0] != "rejected":
            # A bad copy of what is well stored: nothing to tell about it.
            return Answer(key.seq, known[1] or sha256, "duplicate")
        _fate(db, key, "rejected", (sha256, ""), at)
        code = msgspec.convert(item.code, RejectCode)
        return Answer(key.seq, sha256, "rejected", Reject(key.seq, sha256, code))
    if known is None or known[0] == "rejected":  # a rejected one may come again, mended
        return _store(db, item, at)
    fate, known_sha256 = known
    if fate == "erased" and not known_sha256:  # erased before it came: its hash is all that stays
        _fate(db, key, "erased", (sha256, item.message.prev_sha256), at)
        judge_around(db, key)
        return Answer(key.seq, sha256, "duplicate")
    if known_sha256 == sha256:
        return Answer(key.seq, sha256, "duplicate")
    if not is_forgotten(db, key, item.message):
        db.execute(
            "INSERT INTO ingest_conflict VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')"
            " ON CONFLICT DO NOTHING",
            (*_values(key), sha256, item.body, item.seal_bytes, at),
        )
    return Answer(key.seq, sha256, "conflict", Reject(key.seq, sha256, "conflict"))


def _store(db: Sql, item: Good, at: str) -> Answer:
    """A number that is new. Under an earlier name the body may be here already."""
    key, message = item.key, item.message
    what: Literal["stored", "duplicate"] = "stored"
    fate = "stored"
    for was in message.was:
        name = Key(key.site, key.station, was.epoch, was.seq)
        known = db.execute(
            f"SELECT fate, body_sha256 FROM ingest_key {_WHERE}",  # noqa: S608
            _values(name),
        ).fetchone()
        if known is None or known[0] == "rejected":
            _fate(db, name, "moved", (was.sha256, ""), at)
        elif known[0] == "erased" and known[1] in ("", was.sha256):
            what, fate = "duplicate", "erased"
        elif known[1] == was.sha256:
            what, fate = "duplicate", "moved"
        else:
            db.execute(
                f"UPDATE ingest_conflict SET resolved = ? {_WHERE} AND body_sha256 = ?",  # noqa: S608
                (f"stored as {message.id}", *_values(name), was.sha256),
            )
    if what == "stored" and is_forgotten(db, key, message):  # it was under way when it was erased
        fate = "erased"
        if isinstance(message, Result):
            what = "duplicate"
        else:
            item = redacted(item)
    _fate(db, key, fate, (item.body_sha256, message.prev_sha256), at)
    if what == "stored":
        _insert(db, item, at)
    judge_around(db, key)
    return Answer(key.seq, item.body_sha256, what)


def _values(key: Key) -> tuple[str, str, str, int]:
    return key.site, key.station, key.epoch, key.seq


def _fate(db: Sql, key: Key, fate: str, hashes: tuple[str, str], at: str) -> None:
    """hashes : of the body, and of the one before; '' where unknown."""
    db.execute(
        "INSERT INTO ingest_key VALUES (?, ?, ?, ?, ?, ?, ?, '', ?)"
        " ON CONFLICT (site, station, epoch, seq) DO UPDATE SET fate = excluded.fate,"
        " body_sha256 = excluded.body_sha256, prev_sha256 = excluded.prev_sha256,"
        " link = '', received_at = excluded.received_at",
        (*_values(key), fate, *hashes, at),
    )


def _insert(db: Sql, item: Good, at: str) -> None:
    message = item.message
    when = (utc_ns_of(message.t.utc), message.t.state, message.t.boot_id, message.t.boottime_ns)
    if isinstance(message, Result):
        db.execute(
            "INSERT INTO result VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*_values(item.key), message.kind, message.session, message.view,
             *when, message.origin, item.body, item.seal_bytes),
        )  # fmt: skip
        facts.insert(db, item.key, message, when[0])
        return
    db.execute(
        "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*_values(item.key), message.kind, *when, item.body, item.seal_bytes),
    )
    _apply(db, item.key, message, at)


def _apply(db: Sql, key: Key, event: Event, at: str) -> None:
    """What an event does to the tables. It speaks of numbers below its own, and of no others."""
    if event.kind == "consent":
        take_consent(db, key, event)
        session = event.data.get("session")
        if isinstance(session, str):
            facts.judge_visit(db, key.site, key.station, session)
        return
    if event.kind == "gap":
        gap = msgspec.convert(event.data, Gap)
        db.executemany(
            "INSERT INTO gap VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [
                (key.site, key.station, key.epoch, first, last, gap.reason)
                for first, last in gap.ranges
                if last < key.seq
            ],
        )
        links = gap.links
    elif event.kind == "erase":
        erase = msgspec.convert(event.data, Erase)
        obey(db, key, erase, at)
        links = erase.links
    elif event.kind == "epoch":
        ended = msgspec.convert(event.data, NewEpoch)
        if ended.was_epoch and ended.was_next_seq:
            db.execute(
                "INSERT INTO epoch_end VALUES (?, ?, ?, ?)"
                " ON CONFLICT (site, station, epoch) DO UPDATE SET last = excluded.last",
                (key.site, key.station, ended.was_epoch, ended.was_next_seq - 1),
            )
        return
    else:
        return
    for link in links:
        if link.first <= link.last < key.seq:
            add_link(db, key, link)
