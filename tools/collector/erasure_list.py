"""The list of erasures: a file of its own, so that a restored backup does not bring people back.

It lies beside the store and is written before the store is changed. Whoever backs the store up
leaves it out, and copies it elsewhere: it holds hashes only. A line is one erasure.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import msgspec
from posture_tools.collector.erasing import forget, remember
from posture_tools.collector.sql import Sql

from edge.files import sync_folder
from edge.wire.codec import decode, encode
from edge.wire.fields import Sha256, Utc
from edge.wire.forgotten import forgotten_name
from edge.wire.topics import TopicLevel


class Erasable(Protocol):
    """What of a store is needed here."""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]: ...
    def transaction(self) -> AbstractContextManager[Sql]: ...


class Erasure(msgspec.Struct, frozen=True):
    """One that somebody asked for. code_sha256 : '' where a session was named."""

    site: TopicLevel
    asked_at: Utc
    sessions: tuple[Sha256, ...]
    code_sha256: str = ""

    @property
    def name(self) -> str:
        """Hash of its line."""
        return hashlib.sha256(encode(self)).hexdigest()


@dataclass(frozen=True, slots=True)
class ErasureList:
    """The file; it is not there before the first erasure."""

    path: Path

    @classmethod
    def beside(cls, store: Path) -> Self:
        return cls(store.with_name(store.name + ".erasures"))

    def entries(self) -> Iterator[Erasure]:
        """Oldest first. A last line without its end was not followed by anything.

        Raises
        ------
        MessageRefused : a line that cannot be read: nobody knows what it named.
        """
        if not self.path.exists():
            return
        for line in self.path.read_bytes().split(b"\n")[:-1]:
            yield decode(line, Erasure)

    def append(self, erasure: Erasure) -> None:
        """Add an erasure; it is on the disk when this returns."""
        known = self.path.read_bytes() if self.path.exists() else b""
        with self.path.open("ab") as file:
            os.fchmod(file.fileno(), 0o600)
            if known and not known.endswith(b"\n"):  # a power cut came within the last one
                file.truncate(known.rfind(b"\n") + 1)
            file.write(encode(erasure) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self.path.parent)


def apply_again(store: Erasable, entries: Iterable[Erasure], at: str) -> int:
    """Erase what a store of an older day still holds; how many erasures it did not know."""
    known = {name for (name,) in store.rows("SELECT line_sha256 FROM erasure_applied")}
    missing = [each for each in entries if each.name not in known]
    if not missing:
        return 0
    with store.transaction() as db:
        for each in missing:
            told = {
                session
                for (session,) in db.execute(
                    "SELECT DISTINCT session FROM result WHERE site = ?1 UNION"
                    " SELECT session FROM visit WHERE site = ?1",
                    (each.site,),
                )
                if session
            }
            meant = {s for s in told if forgotten_name(each.site, "session", s) in each.sessions}
            forget(db, each.site, "", meant, at)
            for name in each.sessions:
                remember(db, (each.site, ""), ("session", name), each.asked_at)
            if each.code_sha256:
                remember(db, (each.site, ""), ("code", each.code_sha256), each.asked_at)
            db.execute(
                "INSERT INTO erasure_applied VALUES (?) ON CONFLICT DO NOTHING", (each.name,)
            )
    return len(missing)
