"""What every message of an outbox carries: its name, its place in the chain, and when it was
committed."""

from __future__ import annotations

import msgspec

from edge.wire.clock import ClockState, Instant, utc_ns_of
from edge.wire.fields import BootTimeNs, Epoch, Name, Seq, Sha256, Utc
from edge.wire.topics import TopicLevel

GENESIS = "0" * 64  # prev_sha256 of an epoch's first message
_MOST_UTC_NS = utc_ns_of("2200-01-01T00:00:00Z")


class Time(msgspec.Struct, frozen=True, gc=False):
    """Time at which a message was committed: see `edge.wire.clock`."""

    utc: Utc
    state: ClockState
    boot_id: Name
    boottime_ns: BootTimeNs

    def __post_init__(self) -> None:
        if not 0 <= utc_ns_of(self.utc) < _MOST_UTC_NS:
            raise ValueError(f"{self.utc} lies outside 1970 to 2200")

    @classmethod
    def of(cls, instant: Instant) -> Time:
        return cls(instant.utc, instant.state, instant.boot_id, instant.boottime_ns)


class Was(msgspec.Struct, frozen=True):
    """An earlier name of a message, and the hash of its body then."""

    epoch: Epoch
    seq: Seq
    sha256: Sha256


class Envelope(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema"):
    """What every outbox message carries.

    seq counts from 1 in each epoch, without holes; an epoch is one life of an outbox. prev_sha256
    is the hash of the previous message's body: the messages of an epoch are a chain. was : its
    names in earlier epochs, oldest first.
    """

    id: Name
    station: TopicLevel
    site: TopicLevel
    epoch: Epoch
    seq: Seq
    t: Time
    prev_sha256: Sha256
    was: tuple[Was, ...] = ()

    def __post_init__(self) -> None:
        if self.id != identity(self.station, self.epoch, self.seq):
            raise ValueError(f"the id {self.id!r} does not repeat station, epoch and seq")


def identity(station: str, epoch: str, seq: int) -> str:
    """The one name of an outbox message."""
    return f"{station}:{epoch}:{seq}"
