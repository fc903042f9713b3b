"""The stages of the training that made the shipped networks, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from posture_tools.training.batches import MixSettings
from posture_tools.training.crop_scene import CropSettings
from posture_tools.training.examples import TargetSettings
from posture_tools.training.losses import LossSettings
from posture_tools.training.network import BOTTOM_UP_HEADS, JOINT_HEADS, SINGLE_HEADS
from posture_tools.training.rendered_spine import HEADS as SPINE_HEADS
from posture_tools.training.rendered_spine import SpineMix


@dataclass(frozen=True)
class Stage:
    """One run: what it starts from, what it sees and for how long.

    start: the stage whose averaged weights it continues, or None for the ImageNet backbone.
    images: its length; the learning rate rises over `warmup` of it and falls to zero at its end
    along a cosine. backbone_lr: the backbone's learning rate over the others'.
    """

    name: str
    heads: Mapping[str, int]
    start: str | None
    images: int
    mix: MixSettings | SpineMix
    learning_rate: float
    backbone_lr: float = 0.5
    warmup: float = 0.04
    batch: int = 32
    weight_decay: float = 0.02
    ema_decay: float = 0.998
    loss: LossSettings = field(default_factory=LossSettings)


STAGES = {
    stage.name: stage
    for stage in (
        # Small pictures first: twice as many a minute, and the pack's crops hold no more detail.
        # The run behind the shipped files saw 18 000 images with the schedule of that length and
        # went on with that of 60 000 until image 44 000; it had no masks for faces turned away.
        Stage(
            name="joint",
            heads=JOINT_HEADS,
            start=None,
            images=44_000,
            mix=MixSettings(size_hw=(192, 144), frames=0.22),
            learning_rate=2e-3,
        ),
        # Backs of heads, side views and empty rooms, which the photographs lack.
        Stage(
            name="all_views",
            heads=JOINT_HEADS,
            start="joint",
            images=72_000,
            mix=MixSettings(size_hw=(192, 144), frames=0.28, rendered=0.12),
            learning_rate=1.2e-3,
        ),
        Stage(
            name="single_person",
            heads=SINGLE_HEADS,
            start="all_views",
            images=32_000,
            mix=MixSettings(size_hw=(256, 192), frames=0.0, rendered=0.12),
            learning_rate=8e-4,
        ),
        Stage(
            name="bottom_up",
            heads=BOTTOM_UP_HEADS,
            start="all_views",
            images=14_000,
            mix=MixSettings(
                size_hw=(256, 256),
                frames=0.7,
                rendered=0.12,
                crop=CropSettings(scale=(0.4, 1.1), half_body=0.15),
                target=TargetSettings(sigma=1.5),
            ),
            learning_rate=8e-4,
        ),
        Stage(
            name="spine",
            heads=SPINE_HEADS,
            start="all_views",
            images=8_000,
            mix=SpineMix(size_hw=(256, 192)),
            learning_rate=1.2e-3,
        ),
    )
}


@dataclass(frozen=True)
class Shipped:
    """A file that ships: the stage whose weights and heads it has, and its fixed input size."""

    name: str
    stage: str
    size_hw: tuple[int, int]


SHIPPED = (
    Shipped("single_person", "single_person", (256, 192)),
    Shipped("bottom_up", "bottom_up", (256, 256)),
    Shipped("spine", "spine", (256, 192)),
)
