"""Scores on what no training saw: lines of rendered bodies, yaw, and points of photographs.

For decisions while training; the figures to be quoted are those of `posture_tools.evaluate`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from posture_tools.training.framing import (
    Affine,
    Distortion,
    Region,
    body_height,
    crop_affine,
    halved,
    scale_of,
    warp,
    whole_region,
)
from posture_tools.training.network import STRIDE, YAW, PoseNetwork
from posture_tools.training.objectives import BODY, PHOTO
from posture_tools.training.photographs import Photographs
from posture_tools.training.picture import Picture
from posture_tools.training.points import BODY_POINTS
from posture_tools.training.renders import Renders

from edge.decode.heatmap import decode_heatmaps

# Line -> the views that show it, and the line about which its close crop lies.
LINES: Mapping[str, tuple[str, str]] = {
    "shoulder": ("front back", "shoulder"),
    "acromion": ("front back", "shoulder"),
    "hip": ("front back", "hip"),
    "asis": ("front", "hip"),
    "psis": ("back", "hip"),
    "knee": ("front back", "knee"),
    "ankle": ("front back", "ankle"),
}
_SQUARE_DEG = 20.0  # a body is seen from the front or from behind within this yaw
_SWAPPED_DEG = 30.0  # an error of this size is no tilt: left and right have changed places
_CLOSE_HEIGHT = 0.5
_BATCH = 32
_RENDERS, _PHOTOGRAPHS = 240, 300
_INDEX = {name: i for i, name in enumerate(BODY_POINTS)}

Places = NDArray[np.float64]


class Validation:
    """Scores a network on held-out renders and on the photographs of the val split.

    close: share of close crops that its run sees; what it never sees is not scored.
    """

    def __init__(
        self,
        photographs: Photographs,
        renders: Renders,
        size_hw: tuple[int, int],
        close: float = 0.5,
    ) -> None:
        self._renders, self._photographs, self._size_hw = renders, photographs, size_hw
        self._whole, self._close = close < 1, close > 0

    @torch.inference_mode()
    def __call__(self, network: PoseNetwork) -> dict[str, float]:
        """Return the scores by name."""
        self._renders.rescan()
        scores: dict[str, float] = {}
        if len(self._renders):
            scores |= self._of_renders(network)
        if self._whole and len(self._photographs):
            scores |= self._of_photographs(network)
        return scores

    def _of_renders(self, network: PoseNetwork) -> dict[str, float]:
        pictures: list[Picture] = []
        views: list[str] = []
        yaws: list[float] = []
        for row in _spread(len(self._renders), 4 * _RENDERS):
            pack, own = self._renders.find(row)
            view = _view(float(pack.yaw_deg[own]))
            if pack.kind[own] == "stand" and len(pictures) < _RENDERS:
                pictures.append(pack.picture(own))
                views.append(view)
                yaws.append(float(pack.yaw_deg[own]))
        scores: dict[str, float] = {}
        found: dict[str, Places] = {}
        if self._whole:
            regions = [whole_region(picture.box, self._size_hw) for picture in pictures]
            found["whole"], yaw = self._locate(network, BODY, pictures, regions)
            scores |= _yaw_scores(yaw, np.array(yaws))
        if self._close:
            found["close"] = self._locate_close(network, pictures)
        for line, (shown, _) in LINES.items():
            rows = [i for i, view in enumerate(views) if view in shown.split()]
            truth = np.array([_tilt_deg(pictures[i].points, line) for i in rows])
            for how, places in found.items():
                read = np.array([_tilt_deg(places[i], line) for i in rows])
                for name, value in _line_scores(truth, read).items():
                    scores[f"{how}_{line}_{name}"] = value
        return scores

    def _locate_close(self, network: PoseNetwork, pictures: Sequence[Picture]) -> Places:
        """Locate the ends of each line in one close crop, placed about as well as a first pass."""
        rng = np.random.default_rng(0)
        places = np.full((len(pictures), len(BODY_POINTS), 2), np.nan)
        for about in dict.fromkeys(about for _, about in LINES.values()):
            ends = [_INDEX[f"left_{about}"], _INDEX[f"right_{about}"]]
            regions = []
            for picture in pictures:
                height = _CLOSE_HEIGHT * body_height(picture.box)
                shift = rng.normal(0, 0.04, 2) * height
                regions.append(Region(picture.points[ends].mean(axis=0) + shift, height))
            found, _ = self._locate(network, BODY, pictures, regions)
            for name in [line for line, (_, beside) in LINES.items() if beside == about]:
                channels = [_INDEX[f"left_{name}"], _INDEX[f"right_{name}"]]
                places[:, channels] = found[:, channels]
        return places

    def _of_photographs(self, network: PoseNetwork) -> dict[str, float]:
        rows = _spread(len(self._photographs), _PHOTOGRAPHS)
        pictures = [self._photographs.picture(row) for row in rows]
        regions = [whole_region(picture.box, self._size_hw) for picture in pictures]
        sets = [_family(pack.set_of(own)) for pack, own in map(self._photographs.find, rows)]
        scores: dict[str, float] = {}
        for head in (PHOTO, BODY):
            found, _ = self._locate(network, head, pictures, regions)
            hits: dict[str, list[NDArray[np.bool_]]] = {}
            for picture, places, name in zip(pictures, found, sets, strict=True):
                if np.isfinite(trunk := _trunk_px(picture)):
                    known = picture.located[:17]
                    error = np.linalg.norm(places[:17] - picture.points[:17], axis=1)[known]
                    hits.setdefault(name, []).append(error <= 0.2 * trunk)
            for name, found_hits in hits.items():
                scores[f"pck_{head}_{name}"] = float(np.concatenate(found_hits).mean())
        return scores

    def _locate(
        self,
        network: PoseNetwork,
        head: str,
        pictures: Sequence[Picture],
        regions: Sequence[Region],
    ) -> tuple[Places, NDArray[np.float32]]:
        """Return points (N, K, 2) in picture pixels, and the yaw's sine and cosine (N, 2)."""
        places, yaws = [], []
        device = next(network.parameters()).device
        for crops, affines in self._crops(pictures, regions):
            images = torch.from_numpy(crops).to(device).permute(0, 3, 1, 2).float()
            with torch.autocast(device.type, torch.bfloat16):
                answers = network(images)
            for maps, affine in zip(answers[head].float().cpu().numpy(), affines, strict=True):
                places.append(decode(maps, affine))
            yaws.append(answers[YAW].float().cpu().numpy())
        return np.stack(places), np.concatenate(yaws)

    def _crops(
        self, pictures: Sequence[Picture], regions: Sequence[Region]
    ) -> Iterator[tuple[NDArray[np.uint8], list[Affine]]]:
        for start in range(0, len(pictures), _BATCH):
            crops, affines = [], []
            some = slice(start, start + _BATCH)
            for picture, region in zip(pictures[some], regions[some], strict=True):
                crop, affine = plain_crop(picture, region, self._size_hw)
                crops.append(crop)
                affines.append(affine)
            yield np.stack(crops), affines


def plain_crop(
    picture: Picture, region: Region, size_hw: tuple[int, int]
) -> tuple[NDArray[np.uint8], Affine]:
    """Return a crop as the device makes it, black beyond the picture, and its affine."""
    affine = crop_affine(region, size_hw, Distortion())
    half = scale_of(affine) < 0.5
    canvas = np.zeros((*size_hw, 3), np.uint8)
    return warp(picture.decode(half=half), halved(affine) if half else affine, canvas), affine


def decode(maps: NDArray[np.float32], affine: Affine) -> Places:
    """Return points (K, 2) in picture pixels of maps (K, H, W), placed as the device does."""
    cells = decode_heatmaps(maps).points[:, :2]
    linear = np.linalg.inv(affine[:, :2])
    return ((cells + 0.5) * STRIDE - 0.5 - affine[:, 2]) @ linear.T


def _spread(count: int, most: int) -> list[int]:
    """Return at most so many rows, evenly spread over all."""
    return sorted({int(row) for row in np.linspace(0, count - 1, min(count, most))})


def _view(yaw_deg: float) -> str:
    turned = abs((yaw_deg + 180) % 360 - 180)
    if turned < _SQUARE_DEG:
        return "front"
    return "back" if turned > 180 - _SQUARE_DEG else "other"


def _tilt_deg(places: NDArray[np.floating], line: str) -> float:
    x, y = places[_INDEX[f"left_{line}"]] - places[_INDEX[f"right_{line}"]]
    return float((np.degrees(np.arctan2(y, x)) + 90) % 180 - 90)


def _line_scores(truth: NDArray[np.float64], read: NDArray[np.float64]) -> dict[str, float]:
    """Return slope and residual SD of what is read against the truth, and the share swapped."""
    known = np.isfinite(truth) & np.isfinite(read)
    truth, read = truth[known], read[known]
    error = (read - truth + 90) % 180 - 90
    kept = np.abs(error) < _SWAPPED_DEG
    if kept.sum() < 10:
        return {}
    truth, error = truth[kept], error[kept]
    slope, offset = np.polyfit(truth, truth + error, 1)
    rest = truth + error - slope * truth - offset
    return {
        "slope": float(slope),
        "sd": float(rest.std()),
        "swapped": float(1 - kept.mean()),
    }


def _yaw_scores(found: NDArray[np.float32], truth_deg: NDArray[np.float64]) -> dict[str, float]:
    read_deg = np.degrees(np.arctan2(found[:, 0], found[:, 1]))
    error = np.abs((read_deg - truth_deg + 180) % 360 - 180)
    return {"yaw_p50": float(np.median(error)), "yaw_p90": float(np.percentile(error, 90))}


def _family(set_name: str) -> str:
    """Return the kind of labels a set has: the hand-labelled sets apart, the others together."""
    if "freepik" in set_name:
        return "freepik"
    return set_name if set_name == "lspe" else "machine"


def _trunk_px(picture: Picture) -> float:
    corners = picture.points[[5, 6, 12, 11]]
    return float(np.linalg.norm(corners[:2] - corners[2:], axis=1).mean())
