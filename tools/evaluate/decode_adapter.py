"""The product's decoder in the shape that the decoder benchmark calls: COCO-18, map pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.decode.paf import PafDecoder
from edge.field_maps import FieldMaps, Letterbox
from edge.skeletons import COCO_18

# OpenPose's fields lie in another order than its limbs: channel of each limb's x.
_CHANNELS = (12, 20, 14, 16, 22, 24, 0, 2, 4, 6, 8, 10, 28, 30, 34, 32, 36, 18, 26)
_LIMBS = [limb for _, limb in sorted(zip(_CHANNELS, COCO_18.limbs, strict=True))]
DECODER = PafDecoder(COCO_18, _LIMBS)
_AS_IT_IS = Letterbox(1.0, 1.0, 0.0, 0.0, 1, 1)


def decode(heatmaps: NDArray[np.float32], pafs: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Heatmaps (19, H, W), background last, and fields (38, H, W) to people (18, 3), map pixels."""
    maps = FieldMaps(heatmaps[:18], pafs, 1.0, _AS_IT_IS)
    return list(DECODER.decode(maps).keypoints)


decode.name = "posture-station"  # type: ignore[attr-defined]
