"""What the clinic wants of a station, and what the station answers."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from edge.wire.clock import utc_ns_of
from edge.wire.fields import Count, Name, Seq, Sha256
from edge.wire.slots import Slot


class Desired(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="ps.desired/1"):
    """Retained: what the operator wants of the station's models. Each one replaces the last.

    version : grows; a station ignores a version below the one it obeys.
    hold : take no new model, and no new release of the station's software.
    pin : slot -> sha256 of the one file it may take, whatever its ring and version.
    force : sha256 of files and releases to offer again although they were rolled back here. It
        counts once: what fails again under this version stays out.
    """

    version: Count
    hold: bool = False
    pin: dict[Slot, Sha256] = {}
    force: tuple[Sha256, ...] = ()


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="ps.command/2"):
    """What the clinic wants of a station; its name stands in the topic.

    number : given by the collector's store, higher each time; a station acts once on each.
    expires : RFC 3339; empty for what never does, as an erasure.
    """

    number: Seq
    data: dict[str, Any] = {}
    expires: Annotated[str, msgspec.Meta(max_length=40)] = ""

    def __post_init__(self) -> None:
        if self.expires:
            utc_ns_of(self.expires)


class Response(msgspec.Struct, frozen=True, tag_field="schema", tag="ps.response/1"):
    """The answer to a command."""

    command: str
    ok: bool
    problem: str = ""
    data: dict[str, Any] = {}


class ResendCommand(msgspec.Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """Send again what the station still has of these numbers, quarantined ones included."""

    first: Seq
    last: Seq


class EraseCommand(msgspec.Struct, frozen=True):
    """Forget a session, all sessions of a code, or the results with these numbers."""

    session: Name = ""
    seqs: Annotated[tuple[Seq, ...], msgspec.Meta(max_length=1000)] = ()
    code: Name = ""

    def __post_init__(self) -> None:
        if sum(map(bool, (self.session, self.seqs, self.code))) != 1:
            raise ValueError("name either a session or seqs or a code")


class RenewCommand(msgspec.Struct, frozen=True, omit_defaults=True):
    """Log in with this password from now on, and trust these authorities (PEM); the old ones stay
    beside the new until the broker takes these."""

    password: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{0,200}$(?!\n)")] = ""
    ca: Annotated[str, msgspec.Meta(max_length=12_000)] = ""
