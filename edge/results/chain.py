"""The messages of one epoch: numbered without holes, each naming the hash of the one before."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from edge.errors import MessageRefused
from edge.results import compose
from edge.results.intact import Pending
from edge.wire import clock
from edge.wire.codec import decode
from edge.wire.envelope import Envelope, Time, identity
from edge.wire.event import EventKind
from edge.wire.keys import Signer, key_id
from edge.wire.seal import Role, Seal, digest, is_sealed_by, seal_of
from edge.wire.topics import Topics

SEALS = ("message", "late")
Write = Callable[[dict[str, Any]], Envelope]


@dataclass(frozen=True, slots=True)
class Chain:
    """Whose messages these are. Everything happens inside the caller's transaction.

    read : the clock, given the latest time that was ever trusted.
    signer : the station's key, for who holds it. key : its public half in hex, '' where the
    station has none; what is written without it waits unsealed until its holder comes by.
    """

    site: str
    station: str
    epoch: str
    signer: Signer | None
    key: str
    read: Callable[[int], clock.Instant] = clock.read_clock

    @classmethod
    def of(
        cls,
        db: sqlite3.Connection,
        signer: Signer | None,
        read: Callable[[int], clock.Instant] = clock.read_clock,
    ) -> Self:
        """The present epoch, which another process may have begun."""
        site, station, epoch, key = db.execute(
            "SELECT site, station, epoch, key FROM self"
        ).fetchone()
        return cls(site, station, epoch, signer, str(key), read)

    @property
    def can_seal(self) -> bool:
        return self.signer is not None or not self.key

    def seal(self, role: Role, channel: str, seq: int, body: bytes) -> bytes:
        """The seal of a message of this epoch; empty where only another process may give it.

        role : `message` at acceptance, `late` afterwards. body : the bytes as committed.
        """
        if not self.can_seal:
            return b""
        topic = Topics(self.site, self.station).message(channel)
        name = identity(self.station, self.epoch, seq)
        return seal_of(role, topic, body, name=name, signer=self.signer)

    def is_sealed(self, message: Pending) -> bool:
        """Whether the seal is still one that the key's holder gave to this message: the collector
        answers nothing to any other."""
        try:
            seal = decode(message.seal, Seal)
            public = bytes.fromhex(self.key)
        except (MessageRefused, ValueError):
            return False
        name = identity(self.station, self.epoch, message.seq)
        if (seal.id, seal.sha256) != (name, message.sha256) or seal.role not in SEALS:
            return False
        if not public:
            return not (seal.key or seal.signature)
        topic = Topics(self.site, self.station).message(message.channel)
        return seal.key == key_id(public) and is_sealed_by(public, seal, topic)

    def role_of(self, channel: str, seal: bytes) -> Role:
        """The role under which a sealed message is sealed again: its old one where our own key had
        given it, else `late`."""
        try:
            old = decode(seal, Seal)
        except MessageRefused:
            return "late"
        if self.signer is None:
            return "late" if self.key else old.role
        topic = Topics(self.site, self.station).message(channel)
        return old.role if is_sealed_by(self.signer.public, old, topic) else "late"

    def append(self, db: sqlite3.Connection, channel: str, session: str, write: Write) -> int:
        """Number a message, fix its bytes, seal and insert it; returns its number.

        session : of a result, by which it may be erased; '' of events. write : completes the
        envelope that it is given.

        Raises
        ------
        MessageRefused : it cannot be sent (`compose.body_of`).
        """
        seq, prev_sha256, newest_utc_ns = db.execute(
            "SELECT next_seq, prev_sha256, newest_utc_ns FROM self"
        ).fetchone()
        instant = self.read(newest_utc_ns)
        body = compose.body_of(write(self.envelope(seq, prev_sha256, Time.of(instant))))
        times = instant.utc_ns, instant.boot_id, instant.boottime_ns
        self.insert(db, (seq, channel, session, *times), prev_sha256, body, "message")
        if instant.state == "synced":
            db.execute("UPDATE self SET newest_utc_ns = ?", (instant.utc_ns,))
        else:
            db.execute("UPDATE self SET undated_boot_id = ?", (instant.boot_id,))
        return int(seq)

    def envelope(self, seq: int, prev_sha256: str, t: Time) -> dict[str, Any]:
        """The fields of `Envelope`, by name."""
        return {
            "id": identity(self.station, self.epoch, seq),
            "station": self.station,
            "site": self.site,
            "epoch": self.epoch,
            "seq": seq,
            "t": t,
            "prev_sha256": prev_sha256,
        }

    def insert(
        self,
        db: sqlite3.Connection,
        about: tuple[int, str, str, int, str, int],
        prev_sha256: str,
        body: bytes,
        role: Role,
    ) -> None:
        """Put a composed message at the end.

        about : seq, channel, session and its three times. prev_sha256 : of the body before. role :
        with which it is sealed.
        """
        seq, channel, *_ = about
        sha256 = digest(body)
        db.execute(
            "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*about, sha256, prev_sha256, body, self.seal(role, channel, seq, body)),
        )
        db.execute("UPDATE self SET next_seq = ?, prev_sha256 = ?", (seq + 1, sha256))

    def append_event(self, db: sqlite3.Connection, kind: EventKind, data: dict[str, Any]) -> int:
        """An event, in the same sequence."""

        def write(envelope: dict[str, Any]) -> Envelope:
            return compose.event(envelope, kind, data)

        return self.append(db, f"event/{kind}", "", write)
