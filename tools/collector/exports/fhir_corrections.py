"""An answer whose points a person moved, in an uploaded picture: both answers stay, and the later
says what it takes the place of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from posture_tools.collector.exports import fhir_terms as terms
from posture_tools.collector.exports.fhir_terms import Json, required
from posture_tools.collector.store import Store

from edge.wire.result import ByHand

_ID = re.compile(r"[^:]+:[0-9a-f]{24}:[0-9]{1,16}")


@dataclass(frozen=True, slots=True)
class Measured:
    """A row of the table of measures."""

    part: int
    code: str
    side: str
    view: str
    value: float | None
    unit: str
    u95: float | None
    u95_change: float | None
    quality: str
    why: str
    definition: str
    band: str
    norms: str


@dataclass(frozen=True, slots=True)
class Correction:
    """of : site/id of the answer before. parts : code and side -> the place of its measure there.
    by, on : who set points, and when."""

    of: str
    parts: dict[tuple[str, str], int]
    by: str
    on: str

    @classmethod
    def of_points(cls, store: Store, site: str, hand: ByHand | None) -> Self | None:
        """What a result corrects; None where nobody set points. site : that the result came
        from."""
        if hand is None or _ID.fullmatch(hand.corrects) is None:
            return None
        station, epoch, seq = hand.corrects.split(":")
        parts = {
            (code, side): part
            for part, code, side in store.rows(
                "SELECT part, code, side FROM measure"
                " WHERE site = ? AND station = ? AND epoch = ? AND seq = ?",
                (site, station, epoch, int(seq)),
            )
        }
        return cls(f"{site}/{hand.corrects}", parts, hand.by, hand.on)

    def told(self, observation: Json, measured: Measured) -> Json:
        """The observation, with what it corrects."""
        note = {"text": f"Points set by hand by {self.by}, {self.on}."}
        said = observation | {
            "status": required("Observation.status", "corrected"),
            "note": [*observation.get("note", []), note],
        }
        part = self.parts.get((measured.code, measured.side))
        if part is not None:
            value = f"{self.of}:{part}"
            identifier = {"system": terms.OBSERVATION_ID, "value": value}
            said["derivedFrom"] = [{"type": "Observation", "identifier": identifier}]
        return said
