"""An erasure from its asking to its proof: the list, the store, and a command for every station.

It never expires. The collector sends the signed commands again and again (`erasure_sending`); a
station's signed event says what a search of its files found, and only that ends it.
"""

from __future__ import annotations

from dataclasses import dataclass

from posture_tools.collector.erasing import forget, remember, sessions_of
from posture_tools.collector.erasure_list import Erasure
from posture_tools.collector.kept_pictures import KeptPictures
from posture_tools.collector.store import Store
from posture_tools.collector.worker_key import GrantedKey, plain_payload

from edge.errors import SettingsInvalid
from edge.wire.codec import encode
from edge.wire.commands import Command
from edge.wire.forgotten import What, forgotten_name
from edge.wire.topics import Topics

MOST_SESSIONS = 1000  # sessions of one code; more means that many people share it


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done here. left : files of the store in which a word of it still stands.

    stations : who is told, and has not answered.
    """

    results: int
    sessions: tuple[str, ...]
    stations: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Open:
    """A station that has not proved an erasure yet. left : what its last search found, as JSON."""

    site: str
    station: str
    asked_at: str
    what: str
    left: str


def erase(
    store: Store,
    site: str,
    at: str,
    *,
    session: str = "",
    code: str = "",
    key: GrantedKey | None = None,
) -> Erased:
    """Erase one session, or all that was ever screened under a code.

    at : now, RFC 3339. key : the operator's command key; without it only stations at a desk obey.

    Raises
    ------
    SettingsInvalid : a code that stands for more than a person.
    """
    with store.transaction() as db:
        found = sessions_of(db, site, code) if code else (session,)
    if len(found) > MOST_SESSIONS:
        raise SettingsInvalid(
            f"{len(found)} sessions were consented to as {code!r}: no person has so many.",
            "Erase the sessions that are meant, one by one.",
        )
    stations = stations_of(store, site)
    hashes = tuple(forgotten_name(site, "session", each) for each in found)
    code_sha256 = forgotten_name(site, "code", code) if code else ""
    entry = Erasure(site, at, hashes, code_sha256)
    meant: list[tuple[What, str]] = [("session", each) for each in found]
    meant += [("code", code)] if code else []
    commands = [
        (site, station, number, what, forgotten_name(site, what, word),
         _command(key, Topics(site, station), number, what, word), at, "")
        for what, word in meant
        for number in [store.next_number()]
        for station in stations
    ]  # fmt: skip
    store.erasures.append(entry)
    KeptPictures.beside(store.erasures).forget(site, found)
    with store.transaction() as db:
        gone = forget(db, site, "", found, at)
        for station in stations if code else ():
            remember(db, (site, station), ("code", code_sha256), at)
        db.execute("INSERT INTO erasure_applied VALUES (?) ON CONFLICT DO NOTHING", (entry.name,))
        db.executemany("INSERT INTO pending_erasure VALUES (?, ?, ?, ?, ?, ?, ?, ?)", commands)
    words = [*found, *([f'"{code}"'] if code else [])]
    return Erased(gone, found, tuple(stations), store.traces(words))


def _command(key: GrantedKey | None, topics: Topics, number: int, what: What, word: str) -> bytes:
    body = encode(Command(number=number, data={what: word}))
    sign = plain_payload if key is None else key.payload
    return sign("command", topics.command("erase"), body)


def stations_of(store: Store, site: str) -> list[str]:
    """Stations that were ever heard or enrolled at the site, without those that are revoked."""
    rows = store.rows(
        "SELECT station FROM station WHERE site = ?1 UNION SELECT station FROM trusted"
        " WHERE site = ?1 EXCEPT SELECT station FROM trusted WHERE site = ?1 AND revoked = 1",
        (site,),
    )
    return [station for (station,) in rows]


def still_open(store: Store, site: str) -> list[Open]:
    """Stations that have not proved an erasure yet, and which."""
    rows = store.rows(
        "SELECT site, station, MIN(asked_at), what, MAX(found) FROM pending_erasure WHERE site = ?"
        " GROUP BY site, station, what, sha256 ORDER BY MIN(asked_at), station",
        (site,),
    )
    return [Open(*row) for row in rows]
