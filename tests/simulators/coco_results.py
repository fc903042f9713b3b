"""What a model found, as a results file of COCO."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
from posture_tools.evaluate.labelled import Detection


def results_json(detections: Mapping[int, Sequence[Detection]]) -> bytes:
    """By image id. The format has no missing keypoints: they become 0, 0."""
    rows = [
        {
            "image_id": image_id,
            "category_id": 1,
            "keypoints": np.nan_to_num(
                np.column_stack([d.keypoints, ~np.isnan(d.keypoints).any(-1)])
            )
            .ravel()
            .tolist(),
            "score": d.score,
        }
        for image_id, found in detections.items()
        for d in found
    ]
    return json.dumps(rows).encode()
