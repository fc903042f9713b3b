"""The runs that make the networks, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from posture_tools.training.frames import LIMBS_18, FrameMix
from posture_tools.training.network import YAW, PoseNetwork
from posture_tools.training.objectives import (
    BODY,
    HEATMAPS,
    LINE,
    PAFS,
    PHOTO,
    SEGMENT,
    Objective,
    crop_losses,
    frame_losses,
)
from posture_tools.training.points import BODY_POINTS, COCO_POINTS
from posture_tools.training.samples import Mix

from edge.skeletons import COCO_18

# By the norms of their gradients, after 40 000 images and again after 799 000: with a yaw of 2 it
# hardly taught the trunk, with a mirror of 0.3 four pictures outweighed the others, and places,
# lines and segments at 2 moved it a fifth as far as the maps did.
_CROP_WEIGHTS = {
    PHOTO: 1.0,
    f"{PHOTO}_place": 1.5,
    BODY: 1.0,
    f"{BODY}_place": 4.0,
    LINE: 3.0,
    SEGMENT: 4.0,
    YAW: 8.0,
    "mirror": 0.1,
}

# By the norms after 960 000: the maps of photographs moved a close look's trunk three times as far
# as all lines together, and for 150 000 images neither places nor lines got any better. Now places,
# lines and segments move it about as far as the maps of bodies do, each.
_CLOSE_WEIGHTS = {
    PHOTO: 0.4,
    f"{PHOTO}_place": 0.6,
    BODY: 1.2,
    f"{BODY}_place": 4.0,
    LINE: 3.0,
    SEGMENT: 4.0,
    YAW: 2.0,
    "mirror": 0.1,
}


@dataclass(frozen=True)
class Recipe:
    """One run. maps: channels of each head of maps. weights: of each loss. refined: a block more.

    learning_rate: held after `warmup` steps until a decay is asked for. mirrored: photographs,
    and renders, of each batch that are seen once more in the mirror.
    """

    name: str
    maps: Mapping[str, int]
    mix: Mix | FrameMix
    objective: Objective = crop_losses
    refined: bool = False
    weights: Mapping[str, float] = field(default_factory=lambda: _CROP_WEIGHTS)
    learning_rate: float = 1.5e-3
    warmup: int = 500
    batch: int = 32
    weight_decay: float = 0.02
    ema_decay: float = 0.9998
    decay_ema: float = 0.999  # while the rate falls the average has to follow
    mirrored: int = 2

    def network(self) -> PoseNetwork:
        """What it trains, as it begins."""
        return PoseNetwork(self.maps, yaw=YAW in self.weights, refined=self.refined)


_MAPS = {PHOTO: len(COCO_POINTS), BODY: len(BODY_POINTS)}

RECIPES = {
    recipe.name: recipe
    for recipe in (
        # 1.5e-3 for the first 390 000 samples, AdamW for the first 480 000: there the lines of
        # whole bodies stood still, and 20 000 with Muon moved them as far as 100 000 before.
        Recipe("joint", _MAPS, Mix(), learning_rate=7e-4),
        # From the joint run's trunk, each for its own crops.
        Recipe("whole", _MAPS, Mix(close=0.0), learning_rate=7e-4),
        # Here a tilt is read: exact points count more, there are more of them, and they are sharp.
        Recipe(
            "close",
            _MAPS,
            Mix(close=1.0, photographs=0.31, softened=0.2),
            refined=True,
            weights=_CLOSE_WEIGHTS,
            learning_rate=7e-4,
        ),
        Recipe(
            "finder",
            {HEATMAPS: len(COCO_18.keypoints), PAFS: 2 * len(LIMBS_18)},
            FrameMix(),
            objective=frame_losses,
            weights={HEATMAPS: 0.7, PAFS: 0.35},
            learning_rate=1e-3,
        ),
    )
}
