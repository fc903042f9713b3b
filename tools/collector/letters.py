"""`posture-collector dead-letters` and `conflicts`: what was not taken in, and what to do with it.

A dead letter could not be read or stored; a conflict is a second body under a number that is
taken. Both are kept until a person, or time, has decided.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from posture_tools.collector.intake import Good, Incoming, examine
from posture_tools.collector.store import Store

from edge.errors import SettingsInvalid
from edge.wire.seal import pack
from edge.wire.topics import Topics

Kind = Literal["dead-letters", "conflicts"]
_COLUMNS = {
    "dead-letters": "site, station, epoch, seq, body_sha256, code, problem, received_at",
    "conflicts": "site, station, epoch, seq, body_sha256, 'conflict', resolved, received_at",
}
_TABLES: dict[Kind, Literal["dead_letter", "ingest_conflict"]] = {
    "dead-letters": "dead_letter",
    "conflicts": "ingest_conflict",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One of them. sha256 : names it on the command line; its first digits do."""

    site: str
    station: str
    epoch: str
    seq: int
    sha256: str
    code: str
    problem: str
    received_at: str

    def __str__(self) -> str:
        said = f"{self.station}:{self.epoch}:{self.seq}" if self.seq else self.station
        problem = ascii(self.problem)[1:-1][:100]
        return f"{self.sha256[:12]} {self.received_at} {self.site}/{said} {self.code} {problem}"


def letters(store: Store, kind: Kind) -> Iterator[Letter]:
    """All that wait, oldest first."""
    sql = f"SELECT {_COLUMNS[kind]} FROM {_TABLES[kind]} ORDER BY received_at"  # noqa: S608
    for row in store.each(sql):
        yield Letter(*row)


def one(store: Store, kind: Kind, sha256: str) -> tuple[str, bytes]:
    """Topic and payload of the one that these digits name.

    Raises
    ------
    SettingsInvalid : none, or several.
    """
    if len(sha256) < 8 or not set(sha256) <= set("0123456789abcdef"):
        raise SettingsInvalid(f"{sha256!r} names none.", "Give at least 8 digits of its hash.")
    where = "WHERE body_sha256 >= ? AND body_sha256 < ?"
    bounds = (sha256, sha256 + "g")
    if kind == "dead-letters":
        rows = store.rows(f"SELECT topic, body FROM dead_letter {where}", bounds)  # noqa: S608
    else:
        rows = [
            (Topics(site, station).message(_channel(body)), pack(body, seal))
            for site, station, body, seal in store.rows(
                f"SELECT site, station, body, seal FROM ingest_conflict {where}",  # noqa: S608
                bounds,
            )
        ]
    if len(rows) != 1:
        raise SettingsInvalid(
            f"{len(rows)} of the {kind} begin with {sha256}.", "Take the digits from the list."
        )
    return rows[0]


def _channel(body: bytes) -> str:
    told: dict[str, Any] = json.loads(body)
    return f"{'result' if 'measures' in told else 'event'}/{told['kind']}"


def replay(store: Store, kind: Kind, sha256: str) -> tuple[bool, str]:
    """Take one in after all: whether that is done, and what became of it."""
    topic, payload = one(store, kind, sha256)
    [item] = store.judge([examine(Incoming(topic, payload))])
    if not isinstance(item, Good):
        return False, f"still {item.code}: {ascii(item.problem)[1:-1]}"
    outcome = store.ingest([item])
    if outcome.stored or outcome.duplicates:
        store.forget_letter(_TABLES[kind], item.body_sha256)
        return True, "stored" if outcome.stored else "it was stored already"
    return False, "its number is taken by another body: `conflicts` shows both"


def erase(store: Store, kind: Kind, sha256: str) -> None:
    """Forget one. Raises as `one`."""
    one(store, kind, sha256)
    store.forget_letter(_TABLES[kind], sha256)
