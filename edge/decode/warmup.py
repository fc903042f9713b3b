"""Compile every kernel once, at installation, so that no start of the service waits for it.

Kernels are compiled where they are defined and kept under NUMBA_CACHE_DIR (see kernel). Importing
them is all it takes; one decoded picture proves that what lies in the cache runs on this processor.
"""

from __future__ import annotations

import numpy as np

from edge.decode.heatmap import decode_heatmaps
from edge.decode.kernel import forget_older_versions
from edge.decode.paf import PafDecoder
from edge.field_maps import FieldMaps, Letterbox
from edge.skeletons import COCO_18


def warm_up() -> None:
    """Compile or load all kernels, and decode an empty picture with them."""
    limbs = COCO_18.limbs
    maps = FieldMaps(
        np.zeros((len(COCO_18.keypoints), 8, 8), np.float32),
        np.zeros((2 * len(limbs), 8, 8), np.float32),
        8.0,
        Letterbox(1.0, 1.0, 0.0, 0.0, 64, 64),
    )
    alone = decode_heatmaps(maps.heatmaps).points
    if PafDecoder(COCO_18, limbs).decode(maps).poses or alone[:, 2].any():
        raise RuntimeError("the kernels find people in an empty picture")
    forget_older_versions()
