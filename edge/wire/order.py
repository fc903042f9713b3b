"""A screening as it is asked for: of whom, under which consent, and what was told of them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from edge.accuracy import Clothing
from edge.records import Asked

Sex = Literal["female", "male"]
Footwear = Literal["barefoot", "socks", "shoes"]
BADGE = "PS1"  # a badge says BADGE:CODE:CONSENT
Opaque = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,64}$(?!\n)")]


class Inputs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What an operator knows and no camera sees.

    tibia_height_mm : of the tibial tuberosity over the floor. hand_length_mm : from the crease of
        the wrist to the tip of the third finger. clothing_upper, clothing_lower : of the halves of
        the body; untold counts as loose. age_years, sex : by them norms are chosen.
        footwear : for the record.
    """

    stature_mm: Annotated[float, msgspec.Meta(ge=500, le=2500)] | None = None
    age_years: Annotated[float, msgspec.Meta(ge=0, le=120)] | None = None
    sex: Sex | None = None
    hand_length_mm: Annotated[float, msgspec.Meta(ge=80, le=300)] | None = None
    tibia_height_mm: Annotated[float, msgspec.Meta(ge=200, le=700)] | None = None
    pain: bool | None = None
    clothing_upper: Clothing | None = None
    clothing_lower: Clothing | None = None
    footwear: Footwear | None = None


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One screening asked for.

    code : opaque, of the person or the appointment; the station knows nobody by name.
    consent_version : of the text that the person agreed to.
    """

    code: Opaque
    consent_version: Opaque
    inputs: Inputs = Inputs()

    def asked(self, by: Literal["command", "badge"]) -> Asked:
        inputs = msgspec.to_builtins(self.inputs)
        return Asked(by, self.code, self.consent_version, tuple(sorted(inputs.items())))
