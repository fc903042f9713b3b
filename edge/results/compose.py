"""Assessments and events as bodies: the bytes that are committed, sent, and sent again."""

from __future__ import annotations

from typing import Any

from edge import __version__
from edge.errors import MessageRefused
from edge.records import Assessment, Correction, Measure, backend_of
from edge.wire.codec import BODY_LIMIT_BYTES, decode_message, encode
from edge.wire.envelope import Envelope
from edge.wire.event import Event, EventKind
from edge.wire.result import ByHand, CaptureQuality, Consent, Result, WireMeasure, WireModel

# Room that a new epoch needs for the earlier names of a message.
NAMES_BYTES = 2 * 1024
_MOST_REASONS = 32  # of what an unknown view refuses
_DECIMALS = 4  # 0.1 millidegree: far below any uncertainty, and it keeps bodies small


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), _DECIMALS)


def _measure(measure: Measure) -> WireMeasure:
    try:
        return WireMeasure(
            code=measure.code,
            value=_rounded(measure.value),
            unit=measure.unit,
            u95=_rounded(measure.u95),
            n=round(float(measure.n), _DECIMALS),
            quality=measure.quality,
            why=measure.why,
            view=measure.view,
            side=measure.side,
            definition=measure.definition,
            u95_change=_rounded(measure.u95_change),
        )
    except ValueError as error:
        raise MessageRefused(f"a measure cannot be sent: {error}.") from error


def _told(assessment: Assessment) -> list[Measure]:
    """The measures that a result carries. Seen from nobody knows where, those of every view are
    refused, and alike: one of each reason is told, and the message keeps within its limit."""
    if assessment.view != "unknown":
        return list(assessment.measures)
    told: list[Measure] = []
    reasons: set[tuple[str, ...]] = set()
    for measure in assessment.measures:
        if measure.value is None:
            if measure.why in reasons or len(reasons) == _MOST_REASONS:
                continue
            reasons.add(measure.why)
        told.append(measure)
    return told


def _by_hand(correction: Correction | None) -> ByHand | None:
    if correction is None:
        return None
    hand = correction.hand
    return ByHand(
        hand.by, hand.on, correction.corrects,
        {name: _place(place) for name, place in correction.found_px.items()},
        {name: _place(place) for name, place in hand.points_px.items()},
    )  # fmt: skip


def _place(place: tuple[float, float] | None) -> tuple[float, float] | None:
    return None if place is None else (round(place[0], 1), round(place[1], 1))


def result(
    envelope: dict[str, Any],
    assessment: Assessment,
    consent: Consent | None,
    cfg_sha256: str,
) -> Result:
    """The result of one screening.

    envelope : the fields of `Envelope`. consent : under which it was taken; None where nobody was
    asked. cfg_sha256 : of the settings.

    Raises
    ------
    MessageRefused : a measure that the contract does not know, as one that is no number.
    """
    return Result(
        **envelope,
        kind=assessment.kind,
        session=assessment.session,
        consent=consent,
        view=assessment.view,
        models=tuple(WireModel(m.name, m.version, m.sha256) for m in assessment.models),
        sw=__version__,
        cfg_sha256=cfg_sha256,
        measures=tuple(_measure(measure) for measure in _told(assessment)),
        quality=CaptureQuality(
            frames_used=assessment.frames_used,
            frames_seen=assessment.frames_seen,
            min_score=round(float(assessment.min_score), _DECIMALS),
        ),
        backend=backend_of(assessment.models),
        figure=assessment.figure,
        origin=assessment.origin,
        bodies=assessment.bodies,
        calibration=assessment.calibration,
        scale_by=assessment.scale_by,
        by_hand=_by_hand(assessment.by_hand),
    )


def event(envelope: dict[str, Any], kind: EventKind, data: dict[str, Any]) -> Event:
    """An event. data : JSON values only, never an array of pixels or keypoints."""
    return Event(**envelope, kind=kind, data=data)


def body_of(message: Envelope) -> bytes:
    """The message as the bytes that are committed.

    Raises
    ------
    MessageRefused : not JSON, against the contract as a reader would check it, or over 14 KiB.
    """
    try:
        body = encode(message)
    except (TypeError, ValueError, OverflowError) as error:
        raise MessageRefused(f"{message.id} cannot be written as JSON: {error}.") from error
    if len(body) > BODY_LIMIT_BYTES - NAMES_BYTES:
        raise MessageRefused(
            f"{message.id} has {len(body)} bytes, the wire carries"
            f" {BODY_LIMIT_BYTES - NAMES_BYTES}.",
            "Send fewer measures or shorter reasons.",
        )
    decode_message(body)
    return body
