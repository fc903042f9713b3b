"""Which stations are heard, and when they were heard last."""

from __future__ import annotations

from posture_tools.collector.sql import Sql
from posture_tools.collector.store import Life

from edge.errors import MessageRefused
from edge.wire.codec import decode
from edge.wire.presence import State

# Anybody may say a state: a flood of names must not fill the disk. Enrolled ones always fit.
MOST_HEARD = 10_000


def is_heard(db: Sql, site: str, station: str, at: str) -> bool:
    """Whether there is a row for the station; makes one while there is room."""
    place = (site, station)
    if db.execute("SELECT 1 FROM station WHERE site = ? AND station = ?", place).fetchone():
        return True
    enrolled = "SELECT 1 FROM trusted WHERE site = ? AND station = ?"
    if not db.execute(enrolled, place).fetchone():
        (strangers,) = db.execute(
            "SELECT COUNT(*) FROM station s WHERE NOT EXISTS (SELECT 1 FROM trusted t"
            " WHERE t.site = s.site AND t.station = s.station)"
        ).fetchone()
        if strangers >= MOST_HEARD:
            return False
    see(db, site, station, at, online=False)
    return True


def see(db: Sql, site: str, station: str, at: str, online: bool) -> None:
    """Note that a station was heard now. at : RFC 3339. online : as the station, or the broker for
    it, said."""
    db.execute(
        "INSERT INTO station VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?5, ?5, '', 0, '', '')"
        " ON CONFLICT (site, station) DO UPDATE SET seen_at = excluded.seen_at,"
        " online = excluded.online",
        (site, station, at, int(online), b""),
    )


def follows(db: Sql, place: tuple[str, str], life: Life, online: bool, at: str) -> bool:
    """Whether a state is newer than what is known; what it tells of instances is then kept.

    A will may come long after its station has connected elsewhere, and a worker may hear late what
    another has heard already. An instance that speaks anew after another took its place shows that
    two run under this name. place : a known station.
    """
    instance, connection, before, state = db.execute(
        "SELECT instance, connection, before, state FROM station WHERE site = ? AND station = ?",
        place,
    ).fetchone()
    before_now, twice = before, False
    if life.instance == instance:
        if life.connection < connection:
            return False
    elif life.retained or not online:
        if instance:
            return False
    else:
        was, _, last = before.partition("/")
        if life.instance == was and 0 < life.said <= int(last or 0):
            return False
        before_now, twice = f"{instance}/{_said(state)}", life.instance == was
    db.execute(
        "UPDATE station SET instance = ?, connection = ?, before = ?,"
        " twice_at = CASE WHEN ? = 1 THEN ? ELSE twice_at END WHERE site = ? AND station = ?",
        (life.instance, life.connection, before_now, int(twice), at, *place),
    )
    return True


def _said(state: bytes) -> int:
    """How many states its instance had told, this one included."""
    try:
        return decode(state, State).said
    except MessageRefused:
        return 0
