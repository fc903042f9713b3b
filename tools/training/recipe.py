"""The runs that make the networks, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from posture_tools.training.points import BODY_POINTS, COCO_POINTS
from posture_tools.training.samples import Mix

PHOTO, BODY = "photo", "body"


@dataclass(frozen=True)
class Recipe:
    """One run. maps: channels of each head of maps; its names say which labels teach it.

    learning_rate: held after `warmup` steps until a decay is asked for. mirrored: photographs,
    and renders, of each batch that are seen once more in the mirror. place, yaw, mirror: weights
    of these losses beside that of the maps.
    """

    name: str
    maps: Mapping[str, int]
    mix: Mix = field(default_factory=Mix)
    learning_rate: float = 1.5e-3
    warmup: int = 500
    batch: int = 32
    weight_decay: float = 0.02
    ema_decay: float = 0.9998
    decay_ema: float = 0.999  # while the rate falls the average has to follow
    place: Mapping[str, float] = field(default_factory=lambda: {PHOTO: 1.0, BODY: 2.0})
    yaw: float = 2.0
    mirror: float = 0.3
    mirrored: int = 2


JOINT = Recipe(name="joint", maps={PHOTO: len(COCO_POINTS), BODY: len(BODY_POINTS)})
