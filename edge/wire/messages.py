"""The messages of the wire, version 1. Everything the station and the collector say stands here.

Up, through the outbox: Result and Event, whose bytes are fixed when they are committed.
Up, of the moment: State, Birth, Health, Response. Down: Receipt, Desired and the commands.
Readers ignore fields they do not know, so that a newer station can talk to an older collector.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from edge.errors import NOT_JSON, MessageRefused
from edge.records import Kind, Origin, Quality, View, check_refusal
from edge.wire.clock import ClockState, Instant
from edge.wire.ranges import Ranges, holds

BODY_LIMIT_BYTES = 16 * 1024
RejectCode = Literal["malformed", "too_large", "topic_mismatch", "conflict"]
# What a station does at its limit of undelivered results.
AtLimit = Literal["refuse", "drop-oldest"]
EventKind = Literal["consent", "gap", "erase", "model", "clock", "camera", "fault"]

Seq = Annotated[int, msgspec.Meta(ge=1)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Epoch = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{24}$")]
# Where a network stands in the estimator: `finder`, `refiner`.
Slot = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,31}$")]
GENESIS = "0" * 64  # prev_sha256 of an epoch's first message


class Time(msgspec.Struct, frozen=True):
    """When a message was committed: see `edge.wire.clock`."""

    utc: str
    state: ClockState
    boot_id: str
    boottime_ns: Count

    @classmethod
    def of(cls, instant: Instant) -> Time:
        return cls(instant.utc, instant.state, instant.boot_id, instant.boottime_ns)


class Envelope(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema"):
    """What every outbox message carries.

    seq counts from 1 in each epoch, without holes; an epoch is one outbox file. prev_sha256 is the
    hash of the previous message's body: the messages of an epoch are a chain.
    """

    id: str
    station: str
    site: str
    epoch: Epoch
    seq: Seq
    t: Time
    prev_sha256: Sha256

    def __post_init__(self) -> None:
        if self.id != identity(self.station, self.epoch, self.seq):
            raise ValueError(f"the id {self.id!r} does not repeat station, epoch and seq")


class WireMeasure(msgspec.Struct, frozen=True):
    """One posture quantity: `edge.records.Measure` as sent."""

    code: str
    value: float | None
    unit: str
    u95: float | None
    n: float
    quality: Quality
    why: tuple[str, ...]
    view: View
    side: Literal["left", "right", ""]
    definition: str

    def __post_init__(self) -> None:
        check_refusal(self.code, self.value, self.quality, self.why)
        if not all(math.isfinite(x) for x in (self.value, self.u95, self.n) if x is not None):
            raise ValueError(f"{self.code}: value, u95 and n must be finite")


class WireModel(msgspec.Struct, frozen=True):
    """Which model file answered."""

    name: str
    version: str
    sha256: str


class Consent(msgspec.Struct, frozen=True):
    """The consent under which a result was taken: seq of its event and version of its text."""

    event_seq: Seq
    version: str


class CaptureQuality(msgspec.Struct, frozen=True):
    """How much was seen: frames in the measures, frames looked at, lowest keypoint score."""

    frames_used: Count
    frames_seen: Count
    min_score: float


# A word that only a newer station knows is still a word.
Backend = Annotated[str, msgspec.Meta(pattern="^[a-z-]{0,32}$")]
# Thousandths of stature from between the ankles: `edge.records.Figure`.
Coordinate = Annotated[int, msgspec.Meta(ge=-4000, le=4000)]


class Result(Envelope, frozen=True, kw_only=True, tag="ps.result/2"):
    """One person's screening in one view. Screening, never a diagnosis.

    origin : where the frames came from (`edge.records.Origin`); `unknown` where the camera does not
        say.
    backend : how the poses were found (`edge.records.backend_of`); empty where nobody looked, and
        in the messages of stations that did not tell yet.
    figure : a coarse stick figure, so that a page can show what was measured without a picture.
    """

    kind: Kind
    session: str
    consent: Consent | None
    view: View
    models: tuple[WireModel, ...]
    sw: str
    cfg_sha256: str
    measures: tuple[WireMeasure, ...]
    quality: CaptureQuality
    backend: Backend = ""
    figure: dict[str, tuple[Coordinate, Coordinate]] = {}
    origin: Origin


class Result1(Result, frozen=True, kw_only=True, tag="ps.result/1"):
    """A result of a station up to version 0.1, which did not say where its frames came from.

    It is taken for good, whether it is stored already or still waits in an old outbox.
    """

    origin: Literal["unknown"] = "unknown"


class Event(Envelope, frozen=True, kw_only=True, tag="ps.event/1"):
    """Something that happened to the station; shares outbox and sequence with the results.

    camera : state `lost` with fault (stalled, frozen, black, lost, absent, permission, busy,
    refused, format, hung) and after_s, then `back` with outage_s. fault : the same of another
    part: engine, outbox, result, machine.
    """

    kind: EventKind
    data: dict[str, Any]


class Gap(msgspec.Struct, frozen=True):
    """Data of a gap event: what the station dropped at its limit and the collector never got."""

    ranges: Ranges
    reason: Literal["outbox_limit"] = "outbox_limit"


class Erase(msgspec.Struct, frozen=True):
    """Data of an erase event: results that must be forgotten, by session or by number."""

    session: str
    ranges: Ranges


class Reject(msgspec.Struct, frozen=True):
    """A message the collector could not take in, and why. It stands in its dead letters."""

    seq: Seq
    code: RejectCode


class Receipt(msgspec.Struct, frozen=True, tag_field="schema", tag="ps.receipt/1"):
    """Sent after the collector's commit: it holds 1..upto of the epoch, and the ranges `have`."""

    epoch: Epoch
    upto: Count
    have: Ranges = ()
    reject: tuple[Reject, ...] = ()

    def covers(self, seq: int) -> bool:
        return seq <= self.upto or holds(self.have, seq)


class State(msgspec.Struct, frozen=True, tag_field="schema", tag="ps.state/1"):
    """Retained. The broker publishes it with online = false when the station goes away.

    instance : random, new with each start of the uplink; two at once are a copied card.
    """

    online: bool
    boot_id: str
    instance: str
    epoch: Epoch
    first_seq: Count = 0
    last_seq: Count = 0


class Birth(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="ps.birth/1"):
    """Retained: what this station is. `measures` maps each code to its unit."""

    sw: str
    cfg_sha256: str
    models: tuple[WireModel, ...]
    measures: dict[str, str]
    schemas: tuple[str, ...]
    body_limit_bytes: int
    outbox_limit_bytes: int
    at_limit: AtLimit


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
    hold : take no new model.
    pin : slot -> sha256 of the one file it may take, whatever its ring and version.
    force : sha256 of files to offer again although they were rolled back here. It counts once:
        a file that fails again under this version stays out.
    """

    version: Count
    hold: bool = False
    pin: dict[Slot, Sha256] = {}
    force: tuple[Sha256, ...] = ()


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
    """Forget the results of a session, or the results with these numbers."""

    session: str = ""
    seqs: tuple[Seq, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.session) == bool(self.seqs):
            raise ValueError("name either a session or seqs")


class CollectorState(msgspec.Struct, frozen=True, tag_field="schema", tag="ps.collector/1"):
    """Retained: whether a collector is there to take results in."""

    online: bool


SCHEMAS = tuple(
    str(kind.__struct_config__.tag)
    for kind in (Result, Event, Receipt, State, Birth, Health, Desired, Response, CollectorState)
)

Wire = TypeVar("Wire", bound=msgspec.Struct)
_message_decoder: msgspec.json.Decoder[Result | Result1 | Event] = msgspec.json.Decoder(
    Result | Result1 | Event
)
_encoder = msgspec.json.Encoder()


def identity(station: str, epoch: str, seq: int) -> str:
    """The one name of an outbox message."""
    return f"{station}:{epoch}:{seq}"


def encode(message: msgspec.Struct) -> bytes:
    """JSON, fields in the order of the contract."""
    return _encoder.encode(message)


def decode(body: bytes, kind: type[Wire]) -> Wire:
    """Read one message of a known kind; MessageRefused says what is wrong with it."""
    try:
        return msgspec.json.decode(body, type=kind)
    except NOT_JSON as error:
        raise MessageRefused(f"not a {kind.__name__} message: {error}.") from error


def decode_message(body: bytes) -> Result | Event:
    """Read an outbox message; MessageRefused says what is wrong with it."""
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
