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
from posture_tools.training.scene import crop_affine, move_points
from posture_tools.training.spine import render_spine

_BATCH = 16


def decode_maps(maps: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return keypoints (..., 2) in image px and peak heights (...) of maps (..., H, W).

    The highest cell, moved per axis by the vertex of the parabola through the logarithms of
    three cells (exact for a Gaussian), at most half a cell.
    """
    *lead, height, width = maps.shape
    flat = maps.reshape(-1, height, width)
    best = flat.reshape(len(flat), -1).argmax(axis=1)
    rows, columns = np.divmod(best, width)
    each = np.arange(len(flat))
    peak = flat[each, rows, columns]

    def vertex(before: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.float32]:
        a, b, c = (np.log(np.maximum(v, 1e-6)) for v in (before, peak, after))
        curvature = a - 2 * b + c
        offset = np.where(curvature < -1e-9, (a - c) / np.minimum(2 * curvature, -1e-9), 0.0)
        moved: NDArray[np.float32] = np.clip(offset, -0.5, 0.5).astype(np.float32)
        return moved

    padded = np.pad(flat, ((0, 0), (1, 1), (1, 1)), mode="edge")
    x = columns + vertex(padded[each, rows + 1, columns], padded[each, rows + 1, columns + 2])
    y = rows + vertex(padded[each, rows, columns + 1], padded[each, rows + 2, columns + 1])
    cells = np.stack([x, y], axis=-1)
    points = ((cells + 0.5) * STRIDE - 0.5).astype(np.float32)
    return points.reshape(*lead, 2), peak.reshape(lead)


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
        found, _ = decode_maps(maps.float().numpy())
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
        found, _ = decode_maps(network(batch)["spine"].numpy())
        wanted = move_points(points, affine)
        distance.append(np.linalg.norm(found[0] - wanted, axis=1))
        (x, y), (u, v) = found[0, 1] - found[0, 2], wanted[1] - wanted[2]
        angle_deg.append(abs(np.degrees(np.arctan2(x, -y) - np.arctan2(u, -v))))
    return {
        "spine_px_p50": float(np.median(distance)),
        "spine_px_p95": float(np.percentile(distance, 95)),
        "t6_t8_deg_p50": float(np.median(angle_deg)),
        "t6_t8_deg_p95": float(np.percentile(angle_deg, 95)),
    }


def _trunk_px(crop: PersonCrop) -> float:
    if np.any(crop.trust[[5, 6, 11, 12]] == 0):
        return float("nan")
    points = crop.keypoints
    return float(np.linalg.norm(points[[5, 6]] - points[[12, 11]], axis=1).mean())
