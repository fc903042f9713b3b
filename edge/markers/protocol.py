"""Which printed targets are stuck where, for each view: 8 to 13 that a person bears.

What a camera would see edge on (a spinous process or the spine of the pelvis from the side, the
top of the shoulder from the front) carries a standing target: a tab folded off the skin, whose
centre lies a known way from it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from edge.errors import SettingsInvalid
from edge.records import View
from edge.shown import quoted

ProtocolName = Literal["front", "side", "back"]
Side = Literal["left", "right"]
Away = Literal["up", "outwards", "ahead", "behind", "behind_up"]

# Which way a standing target's centre lies from the skin, as parts outwards (away from the
# body's middle), ahead and up. The skin over C7 looks back and up by the slope of the neck, 30 deg.
AWAY: dict[Away, tuple[float, float, float]] = {
    "up": (0.0, 0.0, 1.0),
    "outwards": (1.0, 0.0, 0.0),
    "ahead": (0.0, 1.0, 0.0),
    "behind": (0.0, -1.0, 0.0),
    "behind_up": (0.0, -math.cos(math.radians(30.0)), math.sin(math.radians(30.0))),
}


class Placement(NamedTuple):
    """One target of a protocol.

    landmark : without its side where `pair` or the near side has it. where : for who sticks it on.
    stands : which way a standing target reaches off the skin; empty for a flat one.
    """

    landmark: str
    where: str
    pair: bool = False
    stands: Away | Literal[""] = ""


@dataclass(frozen=True)
class Protocol:
    """The targets of one view."""

    name: ProtocolName
    placements: tuple[Placement, ...]
    # In a side view everything but what lies in the middle belongs to the near side.
    middle: tuple[str, ...] = ()

    def targets(self, near: Side) -> dict[str, Placement]:
        """Keypoint -> placement; `near` is the side that a side view shows."""
        targets: dict[str, Placement] = {}
        for placement in self.placements:
            if placement.pair:
                targets |= {f"{side}_{placement.landmark}": placement for side in ("left", "right")}
            elif self.name == "side" and placement.landmark not in self.middle:
                targets[f"{near}_{placement.landmark}"] = placement
            else:
                targets[placement.landmark] = placement
        return targets

    @property
    def keypoints(self) -> tuple[str, ...]:
        """Every keypoint that the protocol may give, whichever side is near."""
        return tuple(dict.fromkeys((*self.targets("left"), *self.targets("right"))))


def _pair(landmark: str, where: str, stands: Away | Literal[""] = "") -> Placement:
    return Placement(landmark, where, True, stands)


PROTOCOLS: dict[ProtocolName, Protocol] = {
    "front": Protocol("front", (
        _pair("tragus", "in front of the ear canal, standing out sideways", "outwards"),
        _pair("acromion", "outer edge of the shoulder's roof, standing up", "up"),
        Placement("sternal_notch", "notch above the breastbone"),
        _pair("asis", "front end of the iliac crest"),
        _pair("patella", "middle of the kneecap"),
        _pair("tib_tub", "bump of the shin below the kneecap"),
        _pair("ankle", "front of the ankle, midway between the malleoli"),
    )),
    "side": Protocol("side", (
        Placement("tragus", "in front of the ear canal"),
        Placement("C7", "vertebra that stands out at the base of the neck, standing off", False,
                  "behind_up"),
        Placement("acromion", "outer edge of the shoulder's roof"),
        Placement("asis", "front end of the iliac crest, standing forward", False, "ahead"),
        Placement("psis", "dimple above the buttock, standing backward", False, "behind"),
        Placement("trochanter", "bone on the outside of the hip"),
        Placement("knee", "outside of the knee, over the joint line"),
        Placement("lat_mal", "outer malleolus"),
    ), middle=("C7",)),
    "back": Protocol("back", (
        Placement("C7", "vertebra that stands out at the base of the neck"),
        _pair("acromion", "outer edge of the shoulder's roof, standing up", "up"),
        Placement("T8", "spine, level with the lower tips of the shoulder blades"),
        _pair("scap_inf", "lower tip of the shoulder blade"),
        Placement("L4", "spine, level with the tops of the iliac crests"),
        _pair("psis", "dimple above the buttock"),
        _pair("achilles", "heel cord, a hand's breadth above the sole"),
        _pair("heel", "middle of the heel bone, just above the sole"),
    )),
}  # fmt: skip


def protocol_named(name: str) -> Protocol:
    """The protocol of this name. Raises SettingsInvalid where there is none."""
    for known in get_args(ProtocolName):
        if known == name:
            return PROTOCOLS[known]
    raise SettingsInvalid(
        f"There is no sticker protocol {quoted(name)}.",
        f"Name {', '.join(PROTOCOLS)}, or the colour of stickers on the spine as #rrggbb.",
    )


def protocol_of(view: View) -> ProtocolName | None:
    """The protocol of a view; None where it is unknown."""
    if view in ("left", "right"):
        return "side"
    return view if view in ("front", "back") else None


def targets_in(view: View) -> dict[str, Placement]:
    """Landmark -> placement of a view's protocol; empty where the view is unknown."""
    name = protocol_of(view)
    return {} if name is None else PROTOCOLS[name].targets("left" if view == "left" else "right")
