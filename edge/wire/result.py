"""One person's screening in one view, as sent."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import msgspec

from edge.records import Kind, Origin, Quality, View, check_refusal
from edge.wire.envelope import Envelope
from edge.wire.fields import Basis, Count, Name, QuickName, Seq, Utc, Word, check_name

# Thousandths of stature from between the ankles: `edge.records.Figure`.
Coordinate = Annotated[int, msgspec.Meta(ge=-4000, le=4000)]
Pixels = tuple[float, float]


class WireMeasure(msgspec.Struct, frozen=True, gc=False):
    """One posture quantity: `edge.records.Measure` as sent.

    A collector reads thousands of results a second, and most of a result are these: each is
    checked in few steps, and what looks odd by its parts.
    """

    code: QuickName
    value: float | None
    unit: QuickName
    u95: float | None
    n: float
    quality: Quality
    why: tuple[str, ...]
    view: View
    side: Literal["left", "right", ""]
    definition: QuickName
    u95_change: float | None = None

    def __post_init__(self) -> None:
        check_refusal(self.code, self.value, self.quality, self.why)
        if not (self.code + self.unit + self.definition).isprintable():
            for text in (self.code, self.unit, self.definition):
                check_name(text)
        added = self.n + (self.value or 0.0) + (self.u95 or 0.0) + (self.u95_change or 0.0)
        if not math.isfinite(added):  # or too large together
            for number in (self.value, self.u95, self.u95_change, self.n):
                if number is not None and not math.isfinite(number):
                    raise ValueError(f"{self.code}: value, u95, u95_change and n must be finite")


class WireModel(msgspec.Struct, frozen=True, gc=False):
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


class CaptureQuality(msgspec.Struct, frozen=True, gc=False):
    """How much was seen: frames in the measures, frames looked at, lowest keypoint score."""

    frames_used: Count
    frames_seen: Count
    min_score: float


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
    scale_by : by what its lengths were scaled (`edge.records.ScaleSource`); empty where it has
        none, and in the messages of stations that did not tell yet.
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
    backend: Word = ""
    figure: dict[str, tuple[Coordinate, Coordinate]] = msgspec.field(default_factory=dict)
    origin: Origin
    bodies: Basis = ""
    calibration: Basis = ""
    scale_by: Word = ""
    by_hand: ByHand | None = None


class Result1(Result, frozen=True, kw_only=True, tag="ps.result/1"):
    """A result of a station up to version 0.1, which did not say where its frames came from.

    It is taken for good, whether it is stored already or still waits in an old outbox.
    """

    origin: Literal["unknown"] = "unknown"
