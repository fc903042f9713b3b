"""The messages of the wire, version 2. What the station and the collector say stands here.

Up, through the outbox: Result and Event, whose bytes are fixed when they are committed.
Up, of the moment: State, Birth, Health, Response. Down: Desired, the commands, and receipts
(`edge.wire.receipt`). Everything that comes from outside is bounded before it is believed.
Readers ignore fields they do not know, so that a newer station can talk to an older collector.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from edge.errors import NOT_JSON, MessageRefused
from edge.records import Kind, Origin, Quality, View, check_refusal
from edge.wire import bounds
from edge.wire.clock import ClockState, Instant, utc_ns_of
from edge.wire.ranges import Ranges, size
from edge.wire.topics import TopicLevel

BODY_LIMIT_BYTES = bounds.LINE_LIMIT_BYTES
# What a station does at its limit of undelivered results.
AtLimit = Literal["refuse", "drop-oldest"]
EventKind = Literal[
    "consent", "gap", "erase", "epoch", "model", "software", "clock", "camera", "fault"
]

MOST = 2**53 - 1  # what every JSON reader holds exactly
Seq = Annotated[int, msgspec.Meta(ge=1, le=MOST)]
Count = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
# 36 years since boot: sums with a date stay inside 64 bits.
BootTimeNs = Annotated[int, msgspec.Meta(ge=0, le=2**60)]
# `$` alone would let a newline pass at the end.
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
Epoch = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{24}$(?!\n)")]
# A name that people read in one line: no control characters, which move a terminal's cursor.
Name = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f-\x9f]{0,200}$(?!\n)")]
# Where a network stands in the estimator: `finder`, `whole`, `close`.
Slot = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,31}$(?!\n)")]
_SLOTS_OF_0_1_0 = {"refiner": "whole", "spine": "close"}
GENESIS = "0" * 64  # prev_sha256 of an epoch's first message


# RFC 3339; nobody writes finer than nanoseconds.
Utc = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
        r"(Z|[+-][0-9]{2}:[0-9]{2})$(?!\n)"
    ),
]
_MOST_UTC_NS = utc_ns_of("2200-01-01T00:00:00Z")


class Time(msgspec.Struct, frozen=True):
    """When a message was committed: see `edge.wire.clock`."""

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


class WireMeasure(msgspec.Struct, frozen=True):
    """One posture quantity: `edge.records.Measure` as sent."""

    code: Name
    value: float | None
    unit: Name
    u95: float | None
    n: float
    quality: Quality
    why: tuple[str, ...]
    view: View
    side: Literal["left", "right", ""]
    definition: Name
    u95_change: float | None = None

    def __post_init__(self) -> None:
        check_refusal(self.code, self.value, self.quality, self.why)
        for number in (self.value, self.u95, self.u95_change, self.n):
            if number is not None and not math.isfinite(number):
                raise ValueError(f"{self.code}: value, u95, u95_change and n must be finite")


class WireModel(msgspec.Struct, frozen=True):
    """Which model file answered."""

    name: Name
    version: Name
    sha256: Name


class Consent(msgspec.Struct, frozen=True):
    """The consent under which a result was taken: seq of its event and version of its text.

    event_seq counts in the epoch in which the result was taken: the first of `was`, if any.
    """

    event_seq: Seq
    version: Name


class CaptureQuality(msgspec.Struct, frozen=True):
    """How much was seen: frames in the measures, frames looked at, lowest keypoint score."""

    frames_used: Count
    frames_seen: Count
    min_score: float


# A word that only a newer station knows is still a word.
Backend = Annotated[str, msgspec.Meta(pattern=r"^[a-z-]{0,32}$(?!\n)")]
# On what a change may rest: see `edge.records.Assessment`.
Basis = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f-\x9f]{0,64}$(?!\n)")]
# Thousandths of stature from between the ankles: `edge.records.Figure`.
Coordinate = Annotated[int, msgspec.Meta(ge=-4000, le=4000)]


Pixels = tuple[float, float]


class ByHand(msgspec.Struct, frozen=True):
    """Points that a person set in an uploaded picture, in place of those that were found.

    by, on : who, and when. corrects : the id of the result whose place this one takes; both
    stay. found, points : keypoint -> x, y in pixels of the picture, null for one that was not
    seen, or is not to be seen after all.
    """

    by: Name
    on: Utc
    corrects: Name
    found: dict[Name, Pixels | None]
    points: dict[Name, Pixels | None]


class Result(Envelope, frozen=True, kw_only=True, tag="ps.result/2"):
    """One person's screening in one view. Screening, never a diagnosis.

    origin : where the frames came from (`edge.records.Origin`); `unknown` where the camera does not
        say.
    backend : how the poses were found (`edge.records.backend_of`); empty where nobody looked, and
        in the messages of stations that did not tell yet.
    figure : a coarse stick figure, so that a page can show what was measured without a picture.
    bodies, calibration : on what its networks were judged, and which calibration the camera had;
        empty where neither is known. Two results that differ in them do not make a change.
    by_hand : what a person set in an uploaded picture; null in every result of a camera.
    """

    kind: Kind
    session: Name
    consent: Consent | None
    view: View
    models: tuple[WireModel, ...]
    sw: Name
    cfg_sha256: Name
    measures: tuple[WireMeasure, ...]
    quality: CaptureQuality
    backend: Backend = ""
    figure: dict[str, tuple[Coordinate, Coordinate]] = {}
    origin: Origin
    bodies: Basis = ""
    calibration: Basis = ""
    by_hand: ByHand | None = None


class Result1(Result, frozen=True, kw_only=True, tag="ps.result/1"):
    """A result of a station up to version 0.1, which did not say where its frames came from.

    It is taken for good, whether it is stored already or still waits in an old outbox.
    """

    origin: Literal["unknown"] = "unknown"


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


class State(msgspec.Struct, frozen=True, tag_field="schema", tag="ps.state/1"):
    """Retained. The broker publishes it with online = false when the station goes away.

    instance : random, new with each start of the uplink; two at once are a copied card.
    connection : counts this instance's connections, so that the will of an earlier one, which
        another broker publishes late, is known to be old. said : counts what this instance told of
        its state, so that what is heard late is known too. Both 0 of stations that do not count.
    """

    online: bool
    boot_id: Name
    instance: Name
    epoch: Epoch
    first_seq: Count = 0
    last_seq: Count = 0
    connection: Count = 0
    said: Count = 0


class Birth(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="ps.birth/1"):
    """Retained: what this station is. `measures` maps each code to its unit.

    commands, inputs : what it understands: names of commands, and of what an operator may tell of a
    person. Stations before 0.3 name none, and are sent only what those always knew.
    """

    sw: str
    cfg_sha256: str
    models: tuple[WireModel, ...]
    measures: dict[str, str]
    schemas: tuple[str, ...]
    body_limit_bytes: int
    outbox_limit_bytes: int
    at_limit: AtLimit
    commands: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()


class Health(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="ps.health/1"):
    """Every 60 s. Counts are of this epoch.

    vitals : what the engine and the machine tell (frame age, stages, temperature, disk); it is
    their affair, and every part of it may be missing.
    """

    t: Time
    accepted: Count
    waiting: Count
    waiting_bytes: Count
    oldest_age_s: float
    quarantined: Count
    dropped: Count
    problem: str
    vitals: dict[str, Any]


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


class CollectorState(msgspec.Struct, frozen=True, tag_field="schema", tag="ps.collector/1"):
    """Retained: whether a collector is there to take results in. instance : random, of one run."""

    online: bool
    instance: Name = ""


SCHEMAS = tuple(
    str(kind.__struct_config__.tag)
    for kind in (Result, Event, State, Birth, Health, Desired, Response, CollectorState)
)

Wire = TypeVar("Wire", bound=msgspec.Struct)
Entry = TypeVar("Entry")
_message_decoder: msgspec.json.Decoder[Result | Result1 | Event] = msgspec.json.Decoder(
    Result | Result1 | Event
)
_encoder = msgspec.json.Encoder()


def slot_of(name: str) -> str:
    """A slot by today's name, whichever version's name it is.

    What is sent and signed keeps the name it was given, which older stations know.
    """
    return _SLOTS_OF_0_1_0.get(name, name)


def by_slot(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """Entries by today's names of slots; where both names stand, today's counts."""
    renamed = {slot_of(name): entry for name, entry in entries.items()}
    return renamed | {name: entry for name, entry in entries.items() if slot_of(name) == name}


def identity(station: str, epoch: str, seq: int) -> str:
    """The one name of an outbox message."""
    return f"{station}:{epoch}:{seq}"


def encode(message: msgspec.Struct) -> bytes:
    """JSON, fields in the order of the contract."""
    return _encoder.encode(message)


def decode(body: bytes, kind: type[Wire]) -> Wire:
    """Read one message of a known kind; MessageRefused says what is wrong with it."""
    bounds.check(body)
    try:
        return msgspec.json.decode(body, type=kind)
    except NOT_JSON as error:
        raise MessageRefused(f"not a {kind.__name__} message: {error}.") from error


def decode_message(body: bytes) -> Result | Event:
    """Read an outbox message; MessageRefused says what is wrong with it."""
    bounds.check(body)
    try:
        return _message_decoder.decode(body)
    except NOT_JSON as error:
        raise MessageRefused(f"not a result or event message: {error}.") from error


def decode_result(body: bytes) -> Result:
    """Read a result of any version; MessageRefused says what is wrong with it."""
    message = decode_message(body)
    if not isinstance(message, Result):
        raise MessageRefused(f"not a result message: an event of kind {message.kind}.")
    return message
