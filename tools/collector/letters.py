"""`posture-collector dead-letters` and `conflicts`: what was not taken in, and what to do with it.

A dead letter could not be read or stored; a conflict is a second body under a number that is
taken. Both are kept until a person, or time, has decided.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
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
    """Oldest first."""
    sql = f"SELECT {_COLUMNS[kind]} FROM {_TABLES[kind]} ORDER BY received_at"  # noqa: S608
    for row in store.each(sql):
        yield Letter(*row)


def _one(store: Store, kind: Kind, sha256: str) -> tuple[str, bytes]:
    """Topic and payload of the one that these digits name."""
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


def _show(store: Store, kind: Kind, sha256: str) -> int:
    topic, payload = _one(store, kind, sha256)
    print(topic)
    print(ascii(payload.decode(errors="backslashreplace"))[1:-1].replace("\\n", "\n"))
    return 0


def _replay(store: Store, kind: Kind, sha256: str) -> int:
    """Exit status 1 where it still cannot be taken in."""
    topic, payload = _one(store, kind, sha256)
    [item] = store.judge([examine(Incoming(topic, payload))])
    if not isinstance(item, Good):
        print(f"still {item.code}: {ascii(item.problem)[1:-1]}")
        return 1
    outcome = store.ingest([item])
    if outcome.stored or outcome.duplicates:
        store.forget_letter(_TABLES[kind], item.body_sha256)
        print("stored" if outcome.stored else "it was stored already")
        return 0
    print("its number is taken by another body: `conflicts` shows both")
    return 1


def _erase(store: Store, kind: Kind, sha256: str) -> int:
    _one(store, kind, sha256)
    store.forget_letter(_TABLES[kind], sha256)
    print("erased")
    return 0


_DO: dict[str, Callable[[Store, Kind, str], int]] = {
    "show": _show, "replay": _replay, "erase": _erase,
}  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("do", nargs="?", default="list", choices=("list", *_DO))
    parser.add_argument("sha256", nargs="?", default="", help="of the one, as the list shows it")
    parser.add_argument("--json", action="store_true", help="one a line")


def run(options: argparse.Namespace, store: Store, kind: Kind) -> int:
    if options.do != "list":
        return _DO[options.do](store, kind, options.sha256)
    for letter in letters(store, kind):
        if options.json:
            print(json.dumps({name: getattr(letter, name) for name in letter.__slots__}))
        else:
            print(letter)
    return 0
