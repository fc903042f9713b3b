"""Which station's key is known, and whether a message may be believed.

A site is *closed* once it was set up with `site init`: then only enrolled stations are heard. A
desk's site is open: it takes a station without a key, and the first key that a station shows. A
station that has a key is never again taken without its signature, open or not.
"""

from __future__ import annotations

import hmac
from base64 import b64decode
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, Literal

from posture_tools.collector.intake import Bad, Good
from posture_tools.collector.signatures import is_signed
from posture_tools.collector.sql import Sql

from edge.errors import MessageRefused
from edge.wire.codec import decode
from edge.wire.enrol import Enrol, proof_of
from edge.wire.keys import fingerprint
from edge.wire.seal import is_sealed_by, unpack
from edge.wire.topics import OLD_ROOT, Address

Place = tuple[str, str]  # site and station
Rows = Callable[[str, tuple[Any, ...]], list[tuple[Any, ...]]]
How = Literal["token", "approved", "first use"]
_MOST_PENDING = 1_000  # keys that wait for a person; anybody who may publish can show one


@dataclass(frozen=True, slots=True)
class Known:
    """What the collector knows of a station's key. key : raw, None while it has none.

    unsigned : an operator lets this station speak without a key, as version 0.1 does.
    """

    closed: bool
    key: bytes | None = None
    revoked: bool = False
    unsigned: bool = False


def known(rows: Rows, places: Collection[Place]) -> dict[Place, Known]:
    """What the store says now of these stations' keys; another program may have changed it. Two
    queries a site."""
    found: dict[Place, Known] = {}
    for site in {site for site, _ in places}:
        stations = sorted(station for at, station in places if at == site)
        closed = bool(rows("SELECT 1 FROM closed_site WHERE site = ?", (site,)))
        found |= dict.fromkeys(((site, each) for each in stations), Known(closed))
        for station, key, revoked, unsigned in rows(
            "SELECT station, key, revoked, unsigned FROM trusted WHERE site = ?"  # noqa: S608
            f" AND station IN ({', '.join('?' * len(stations))})",
            (site, *stations),
        ):
            public = b64decode(key) if key else None
            found[site, station] = Known(closed, public, bool(revoked), bool(unsigned))
    return found


def judge(item: Good | Bad, about: Known) -> Good | Bad:
    """The message itself where it may be believed, else one that is buried and not answered."""
    if isinstance(item, Bad) and item.key is None and item.address.root != OLD_ROOT:
        return item
    problem = _problem(item, about)
    if not problem:
        return item
    if isinstance(item, Bad):
        return replace(item, key=None, code="unsigned", problem=problem)
    return Bad(
        item.incoming, item.address, None, item.body_sha256, "unsigned", problem, item.sealed
    )


def _problem(item: Good | Bad, about: Known) -> str:
    if about.revoked:
        return "its station was revoked"
    seal = item.sealed.seal if item.sealed is not None else None
    if about.key is not None:
        if seal is None or not seal.signature:
            return "its station has a key, and this is not signed"
        if not is_sealed_by(about.key, seal, item.topic, is_signed):
            return "its signature is not of its station's key"
        return ""
    if seal is not None and seal.signature:
        return "it is signed with a key that nobody has enrolled"
    if about.closed and not about.unsigned:
        return "it is not signed, and its station is not enrolled"
    return ""


def enrol(db: Sql, address: Address, payload: bytes, at: str) -> str:
    """Take in what a station says of its key; what became of it, for the log, or "" if known.

    Raises
    ------
    MessageRefused : it contradicts itself, or no such key may be shown.
    """
    sealed = unpack(payload)
    said = decode(sealed.body, Enrol)
    try:
        public = b64decode(said.key, validate=True)
    except ValueError as error:
        raise MessageRefused(f"the key is no base64: {error}.") from error
    if (said.site, said.station) != (address.site, address.station):
        raise MessageRefused(f"it enrols {said.site}/{said.station}.")
    topic = address.topics.enrol
    if sealed.seal.role != "enrol" or not is_sealed_by(public, sealed.seal, topic, is_signed):
        raise MessageRefused("it is not signed by the key that it shows.")

    def rows(sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        return db.execute(sql, values).fetchall()

    place = (address.site, address.station)
    about = known(rows, [place])[place]
    if about.key == public:
        return ""
    tokens = rows("SELECT token, replaces FROM token WHERE site = ? AND station = ?", place)
    for token, replaces in tokens:
        if hmac.compare_digest(proof_of(token, *place, said.key), said.proof):
            if (about.key is not None or about.revoked) and not replaces:
                break  # another board under a known name: only as the operator said so
            trust(db, place, said.key, "token", at)
            return f"{'/'.join(place)} is enrolled: {fingerprint(public)}"
    if about.key is None and not about.closed and not about.revoked:
        trust(db, place, said.key, "first use", at)
        return f"{'/'.join(place)} is known from now on: {fingerprint(public)}"
    return _keep_pending(db, place, said.key, public, at)


def _keep_pending(db: Sql, place: tuple[str, str], key: str, public: bytes, at: str) -> str:
    """For `site approve`. The newest of a station replaces what waited of it."""
    known_before = db.execute(
        "SELECT key FROM pending_key WHERE site = ? AND station = ?", place
    ).fetchone()
    if known_before == (key,):
        return ""
    (count,) = db.execute("SELECT COUNT(*) FROM pending_key").fetchone()
    if known_before is None and count >= _MOST_PENDING:
        raise MessageRefused(f"{count} keys wait for approval already.")
    db.execute(
        "INSERT INTO pending_key VALUES (?, ?, ?, ?) ON CONFLICT (site, station)"
        " DO UPDATE SET key = excluded.key, since = excluded.since",
        (*place, key, at),
    )
    return (
        f"{'/'.join(place)} shows the key {fingerprint(public)}; nothing of it is taken until"
        f" `posture-collector site approve {place[1]} FINGERPRINT`"
    )


def trust(db: Sql, place: tuple[str, str], key: str, how: How, at: str) -> None:
    """Let this key alone speak for the station from now on; its token is used up.

    place : site and station. key : its public half, base64. how : who vouched for it. at : now.
    """
    db.execute(
        "INSERT INTO trusted VALUES (?, ?, ?, ?, 0, 0, ?) ON CONFLICT (site, station) DO UPDATE SET"
        " key = excluded.key, how = excluded.how, revoked = 0, unsigned = 0,"
        " since = excluded.since",
        (*place, key, how, at),
    )
    for table in ("token", "pending_key"):
        db.execute(f"DELETE FROM {table} WHERE site = ? AND station = ?", place)  # noqa: S608


def withdraw(db: Sql, place: tuple[str, str]) -> None:
    """Believe nothing of this station any more, whatever signs it."""
    db.execute(
        "INSERT INTO trusted VALUES (?, ?, '', '', 1, 0, '')"
        " ON CONFLICT (site, station) DO UPDATE SET revoked = 1",
        place,
    )
    for table in ("token", "pending_key"):
        db.execute(f"DELETE FROM {table} WHERE site = ? AND station = ?", place)  # noqa: S608


def let_unsigned(db: Sql, place: tuple[str, str]) -> None:
    """Hear a station of version 0.1, which has no key. Nothing where it has one already."""
    db.execute("INSERT INTO trusted VALUES (?, ?, '', '', 0, 1, '') ON CONFLICT DO NOTHING", place)
