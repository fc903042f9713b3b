"""Scores on the pack's own val split: for decisions while training, not for quoting."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from posture_tools.training.crop_scene import fit_scale, plain_crop
from posture_tools.training.examples import STRIDE
from posture_tools.training.network import PoseNetwork
from posture_tools.training.pack import PersonCrop
from posture_tools.training.rendered_spine import render_spine
from posture_tools.training.scene import crop_affine, move_points

from edge.decode.heatmap import decode_heatmaps

_BATCH = 16


def decode_maps(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return keypoints (N, K, 2) in image px of maps (N, K, H, W), placed as the device does.

    NaN where a map has nothing above zero.
    """
    cells = np.stack([decode_heatmaps(each).points[:, :2] for each in maps])
    return ((cells + 0.5) * STRIDE - 0.5).astype(np.float32)


@torch.inference_mode()
def score_single(
    network: PoseNetwork, crops: Sequence[PersonCrop], size_hw: tuple[int, int]
) -> dict[str, float]:
    """Return PCK@0.2 for hand-labelled and machine-labelled crops apart.

    Within 0.2 of the trunk (mean of the two shoulder-to-opposite-hip lengths), over keypoints
    with a label; crops whose trunk is unknown do not count.
    """
    network.eval()
    hits: dict[str, list[NDArray[np.bool_]]] = {}
    for start in range(0, len(crops), _BATCH):
        some = crops[start : start + _BATCH]
        scenes, affines = zip(*(plain_crop(crop, size_hw) for crop in some), strict=True)
        images = torch.from_numpy(np.stack([scene.image for scene in scenes])).permute(0, 3, 1, 2)
        with torch.autocast("cpu", torch.bfloat16):
            maps = network(images.float().contiguous(memory_format=torch.channels_last))["single"]
        found = decode_maps(maps.float().numpy())
        for crop, points, affine in zip(some, found, affines, strict=True):
            back = move_points(points, cv2.invertAffineTransform(affine))
            trunk = _trunk_px(crop)
            if not np.isnan(trunk):
                error = np.linalg.norm(back - crop.keypoints[:17], axis=1)
                known = crop.located[:17]
                hits.setdefault(crop.set_name, []).append(error[known] <= 0.2 * trunk)
    return {f"pck_{name}": float(np.concatenate(h).mean()) for name, h in sorted(hits.items())}


@torch.inference_mode()
def score_spine(
    network: PoseNetwork, size_hw: tuple[int, int], count: int = 96
) -> dict[str, float]:
    """Return the median and 95th percentile of |error| of T6-T8's inclination, and of px errors.

    On renders that no training seed draws, as the device crops them.
    """
    network.eval()
    rng = np.random.default_rng(2**40)
    angle_deg, distance = [], []
    for _ in range(count):
        image, points, box = render_spine(rng, None)
        affine = crop_affine(box[:2] + box[2:] / 2, fit_scale(box[2:], size_hw), 0.0, size_hw)
        framed = cv2.warpAffine(image, affine, (size_hw[1], size_hw[0]))
        batch = torch.from_numpy(framed)[None].permute(0, 3, 1, 2).float()
        found = decode_maps(network(batch)["spine"].numpy())
        wanted = move_points(points, affine)
        distance.append(np.linalg.norm(found[0] - wanted, axis=1))
        (x, y), (u, v) = found[0, 1] - found[0, 2], wanted[1] - wanted[2]
        angle_deg.append(abs(np.degrees(np.arctan2(x, -y) - np.arctan2(u, -v))))
    # What was not found is as far off as can be.
    error_px = np.nan_to_num(distance, nan=float(np.hypot(*size_hw)))
    error_deg = np.nan_to_num(angle_deg, nan=180.0)
    return {
        "spine_px_p50": float(np.median(error_px)),
        "spine_px_p95": float(np.percentile(error_px, 95)),
        "t6_t8_deg_p50": float(np.median(error_deg)),
        "t6_t8_deg_p95": float(np.percentile(error_deg, 95)),
    }


def _trunk_px(crop: PersonCrop) -> float:
    if np.any(crop.trust[[5, 6, 11, 12]] == 0):
        return float("nan")
    points = crop.keypoints
    return float(np.linalg.norm(points[[5, 6]] - points[[12, 11]], axis=1).mean())
