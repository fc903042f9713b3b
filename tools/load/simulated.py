"""A station without camera and disk: signed, chained bodies as long as real ones."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass

from edge.records import Quality
from edge.wire.clock import Instant
from edge.wire.codec import encode
from edge.wire.enrol import enrolment
from edge.wire.envelope import GENESIS, Time, identity
from edge.wire.keys import Signer
from edge.wire.result import CaptureQuality, Result, WireMeasure, WireModel
from edge.wire.seal import digest, pack, seal_of
from edge.wire.topics import Topics

_POINTS = ("nose", "left_shoulder", "right_shoulder", "left_hip", "right_hip", "left_knee",
           "right_knee", "left_ankle", "right_ankle")  # fmt: skip
_A_VISIT = 4  # results: front, back and both sides


@dataclass(frozen=True, slots=True)
class Message:
    """A message that is sent, again and again, until a receipt names it."""

    topic: str
    payload: bytes
    station: str
    seq: int
    sha256: str


class SimulatedStation:
    """One name, one key, one epoch. clock_off_s : how wrong its clock is."""

    def __init__(self, site: str, name: str, measures: int, clock_off_s: float) -> None:
        self.topics = Topics(site, name)
        self._signer = Signer.new()
        self._epoch = secrets.token_hex(12)
        self._seq = 0
        self._previous = GENESIS
        self._visit = ""
        self._count = measures
        self._clock_off_s = clock_off_s

    def enrolment(self) -> bytes:
        return enrolment(self._signer, self.topics.site, self.topics.station)

    def next(self, now_s: float) -> Message:
        """The next result of its chain. now_s : since 1970."""
        if self._seq % _A_VISIT == 0:
            self._visit = secrets.token_hex(8)
        self._seq += 1
        station, site = self.topics.station, self.topics.site
        utc = Instant(int((now_s + self._clock_off_s) * 1e9), "synced", "", 0).utc
        body = encode(
            Result(
                id=identity(station, self._epoch, self._seq), station=station, site=site,
                epoch=self._epoch, seq=self._seq,
                t=Time(utc, "synced", "load", self._seq * 10**9), prev_sha256=self._previous,
                kind="posture", session=self._visit, consent=None, view="front",
                models=(WireModel("finder", "1.2.0", "ab" * 32),), sw="load",
                cfg_sha256="cd" * 32, measures=tuple(_measure(n) for n in range(self._count)),
                quality=CaptureQuality(45, 60, 0.41), backend="paf",
                figure={point: (place * 40, place * 90) for place, point in enumerate(_POINTS)},
                origin="camera",
            )
        )  # fmt: skip
        self._previous = digest(body)
        topic = self.topics.message("result/posture")
        name = identity(station, self._epoch, self._seq)
        seal = seal_of("message", topic, body, name=name, signer=self._signer)
        return Message(topic, pack(body, seal), station, self._seq, self._previous)

    def malice(self, honest: Message) -> Message:
        """What somebody without its key could send: bytes, a foreign signature, a changed body."""
        body, _, seal = honest.payload.partition(b"\n")
        kind = random.randrange(3)
        if kind == 0:
            payload = secrets.token_bytes(200)
        elif kind == 1:
            name = identity(self.topics.station, self._epoch, self._seq)
            forged = seal_of("message", honest.topic, body, name=name, signer=Signer.new())
            payload = pack(body, forged)
        else:
            payload = pack(body.replace(b'"ok"', b'"no"'), seal)
        return Message(honest.topic, payload, self.topics.station, 0, digest(payload))


def _measure(number: int) -> WireMeasure:
    """Measures of one result, one in eight refused, as at a real wall."""
    code = f"load_measure_{number}"
    if number % 8 == 7:
        return WireMeasure(code, None, "deg", None, 0.0, Quality.REFUSED, ("view:front",), "front",
                           "", "2026-01")  # fmt: skip
    return WireMeasure(code, random.gauss(0, 4), "deg", 1.6, 45.0, Quality.OK, (), "front", "",
                       "2026-01")  # fmt: skip
