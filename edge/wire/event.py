"""What happened to a station, as sent: in the outbox beside the results, under the same numbers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from edge.wire.envelope import Envelope
from edge.wire.fields import MOST, Count, Name, Seq, Sha256
from edge.wire.ranges import Ranges, size

EventKind = Literal[
    "consent", "gap", "erase", "epoch", "model", "software", "clock", "camera", "fault"
]


class Event(Envelope, frozen=True, kw_only=True, tag="ps.event/1"):
    """Something that happened to the station; shares outbox and sequence with the results.

    camera : state `lost` with fault (stalled, frozen, black, lost, absent, permission, busy,
    refused, format, hung) and after_s, then `back` with outage_s. fault : the same of another
    part: engine, outbox, result, machine, calibration.
    """

    kind: EventKind
    data: dict[str, Any]

    def __post_init__(self) -> None:
        super().__post_init__()
        if (known := EVENT_DATA.get(self.kind)) is not None:
            msgspec.convert(self.data, known)


class Link(msgspec.Struct, frozen=True):
    """What a run of numbers leaves in the chain when its bodies are gone: the hash before its
    first body, and the hash of its last."""

    first: Seq
    last: Seq
    prev_sha256: Sha256
    sha256: Sha256


class Gap(msgspec.Struct, frozen=True):
    """Data of a gap event: what the station gave up and the collector never got.

    outbox_limit : dropped at its limit. damaged : changed on its disk, and set aside there.
    links : of as many runs as the event has room for.
    """

    ranges: Ranges
    reason: Literal["outbox_limit", "damaged"] = "outbox_limit"
    links: tuple[Link, ...] = ()

    def __post_init__(self) -> None:
        _bounded(self.ranges)


class Erase(msgspec.Struct, frozen=True, omit_defaults=True):
    """Data of an erase event: results that must be forgotten, by session or by number.

    session_sha256, code_sha256 : `edge.wire.forgotten`. left : files of the station in which a
    word of it still stands, searched afterwards; None in the event that only erases.
    session : as stations of version 0.1 name it.
    """

    ranges: Ranges
    links: tuple[Link, ...] = ()
    session_sha256: Sha256 | Literal[""] = ""
    code_sha256: Sha256 | Literal[""] = ""
    left: tuple[Name, ...] | None = None
    session: Name = ""

    def __post_init__(self) -> None:
        _bounded(self.ranges)


class NewEpoch(msgspec.Struct, frozen=True):
    """Data of an epoch event, the first of its epoch: which life of the outbox ended, and why.

    behind : the collector knows numbers of it that this outbox never gave: a restored card.
    damaged : its file could not be read any more.
    """

    reason: Literal["behind", "damaged"]
    was_epoch: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{24})?$(?!\n)")] = ""
    was_next_seq: Count = 0


EVENT_DATA: dict[str, type[msgspec.Struct]] = {"gap": Gap, "erase": Erase, "epoch": NewEpoch}
MOST_NAMED = 100_000  # numbers one event may name: a slip must not empty a table


def _bounded(ranges: Ranges) -> None:
    if any(not 1 <= first <= last <= MOST for first, last in ranges):
        raise ValueError("a range of numbers is first and last, from 1 on")
    if size(ranges) > MOST_NAMED:
        raise ValueError(f"{size(ranges)} numbers are named, at most {MOST_NAMED}")
