"""How many people a finder finds in frames that no training sees, by the side they turn to us."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import torch
from numpy.typing import NDArray
from posture_tools.training.frames import Frame, FrameSampler, Labelled
from posture_tools.training.network import STRIDE, PoseNetwork
from posture_tools.training.objectives import HEATMAPS, PAFS

from edge.decode.paf import PafDecoder, PafOptions
from edge.field_maps import FieldMaps, Letterbox
from edge.skeletons import COCO_18

_FRAMES = 128
_BATCH = 16
_NEAR = 0.2  # of the box's height: a keypoint within it is found
_PERSON = 0.8  # the score from which a found person counts, as on the device
_SHOULDERS = [COCO_18.index[f"{side}_shoulder"] for side in ("left", "right")]


class FrameValidation:
    """Scores a network on the same frames each time."""

    def __init__(self, source: FrameSampler) -> None:
        rng = np.random.default_rng(0)
        self._frames = [source.frame(rng) for _ in range(_FRAMES)]
        self._decoder = PafDecoder(COCO_18, COCO_18.limbs, PafOptions(min_score=_PERSON))

    @torch.inference_mode()
    def __call__(self, network: PoseNetwork) -> dict[str, float]:
        """Return the share of people found, with all their sides, and ghosts a frame."""
        found: dict[str, list[bool]] = defaultdict(list)
        swapped: list[bool] = []
        surplus = 0
        for start in range(0, len(self._frames), _BATCH):
            frames = self._frames[start : start + _BATCH]
            for frame, poses in zip(frames, self._decode(network, frames), strict=True):
                surplus += max(0, len(poses) - len(frame.people))
                for person in frame.people:
                    kind = _kind(person)
                    near = [_share_near(pose, person) for pose in poses]
                    hit = max(near, default=0.0) > 0.5
                    found[kind].append(hit)
                    if hit and kind != "side":
                        swapped.append(_is_swapped(poses[int(np.argmax(near))], person))
        scores = {f"found_{kind}": float(np.mean(hits)) for kind, hits in sorted(found.items())}
        scores["swapped"] = float(np.mean(swapped)) if swapped else 0.0
        scores["ghosts"] = surplus / len(self._frames)
        return scores

    def _decode(self, network: PoseNetwork, frames: list[Frame]) -> list[list[NDArray[np.float32]]]:
        """Return the keypoints (18, 3) of everybody found in each frame."""
        device = next(network.parameters()).device
        images = torch.from_numpy(np.stack([frame.image for frame in frames])).to(device)
        with torch.autocast(device.type, torch.bfloat16):
            answers = network(images.permute(0, 3, 1, 2).float())
        heatmaps, pafs = (answers[name].float().cpu().numpy() for name in (HEATMAPS, PAFS))
        height, width = images.shape[1:3]
        plain = Letterbox(1.0, 1.0, 0.0, 0.0, width, height)
        maps = (
            FieldMaps(np.ascontiguousarray(h), np.ascontiguousarray(p), STRIDE, plain)
            for h, p in zip(heatmaps, pafs, strict=True)
        )
        return [[pose.keypoints for pose in self._decoder.decode(each).poses] for each in maps]


def _share_near(keypoints: NDArray[np.float32], person: Labelled) -> float:
    """Return the share of a person's known keypoints that lie near those of a found pose."""
    known = np.isfinite(person.points[:, 0]) & (person.trust > 0)
    if not known.any():
        return 0.0
    reach = _NEAR * float(person.box[3] - person.box[1])
    apart = np.hypot(*(keypoints[known, :2] - person.points[known]).T)
    return float(np.mean(apart < reach))


def _kind(person: Labelled) -> str:
    """Return front or back by the order of the shoulders, side where they are close together."""
    left, right = person.points[_SHOULDERS]
    width = float(left[0] - right[0]) / float(person.box[3] - person.box[1])
    if not np.isfinite(width) or abs(width) < 0.08:
        return "side"
    return "front" if width > 0 else "back"


def _is_swapped(keypoints: NDArray[np.float32], person: Labelled) -> bool:
    """Tell whether left and right shoulder have changed places."""
    read = keypoints[_SHOULDERS, 0]
    wanted = person.points[_SHOULDERS, 0]
    return bool((read[0] - read[1]) * (wanted[0] - wanted[1]) < 0)
