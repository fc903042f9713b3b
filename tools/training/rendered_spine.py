"""Side views with the points of the spine, all of them rendered: no real back has been seen.

C4, T6, T8, L4 and S5 lie on the skin line of the back. Photographs with these labels need
markers on spinous processes; the mannequin knows them exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from posture_tools.mannequin import random_scene
from posture_tools.training.appearance import vary_appearance
from posture_tools.training.crop_scene import fit_scale
from posture_tools.training.examples import STRIDE
from posture_tools.training.scene import crop_affine, move_points
from posture_tools.training.targets import confidence_maps, map_coordinates
from torch import Tensor

from edge.skeletons import SPINE_5

HEADS = {"spine": len(SPINE_5.keypoints)}

Image = NDArray[np.uint8]

# Each render is framed and lit twice: rendering takes longest.
_RENDER_HW = (320, 256)
_CROPS_A_RENDER = 2


@dataclass(frozen=True)
class SpineMix:
    """How rendered side views are framed."""

    size_hw: tuple[int, int]
    scale: tuple[float, float] = (0.75, 1.2)
    shift: float = 0.06
    rotation_sd_deg: float = 5.0
    photograph: float = 0.5  # share of renders before a photograph, not a room
    sigma: float = 2.0


class SpineSource:
    """Draws spines; the state of its generator is all that a resumed run needs."""

    def __init__(
        self, backgrounds: Sequence[Image], mix: SpineMix, rng: np.random.Generator
    ) -> None:
        self._backgrounds, self._mix, self.rng = backgrounds, mix, rng

    def batches(self, size: int) -> Iterator[dict[str, Tensor]]:
        """Yield batches for ever: images, five maps a picture, and weights of one."""
        while True:
            crops = [crop for _ in range(size // _CROPS_A_RENDER) for crop in self._crops()]
            images, points = zip(*crops, strict=True)
            yield _collate(images, points, self._mix)

    def _crops(self) -> list[tuple[Image, NDArray[np.float32]]]:
        rng, mix = self.rng, self._mix
        behind = None
        if rng.random() < mix.photograph:
            behind = self._backgrounds[int(rng.integers(len(self._backgrounds)))][:, :, ::-1]
        image, points, box = render_spine(rng, behind)
        return [self._framed(image, points, box) for _ in range(_CROPS_A_RENDER)]

    def _framed(
        self, image: Image, points: NDArray[np.float32], box: NDArray[np.float64]
    ) -> tuple[Image, NDArray[np.float32]]:
        rng, mix = self.rng, self._mix
        scale = fit_scale(box[2:], mix.size_hw) * np.exp(rng.uniform(*np.log(mix.scale)))
        centre = box[:2] + box[2:] / 2 + rng.uniform(-1, 1, 2) * mix.shift * box[2:].max()
        angle_deg = float(rng.normal(0, mix.rotation_sd_deg))
        flip = bool(rng.random() < 0.5)
        affine = crop_affine(centre, float(scale), angle_deg, mix.size_hw, flip=flip)
        height, width = mix.size_hw
        framed = cv2.warpAffine(image, affine, (width, height), flags=cv2.INTER_LINEAR)
        return vary_appearance(np.asarray(framed, np.uint8), rng), move_points(points, affine)


def render_spine(
    rng: np.random.Generator, behind: Image | None, size_hw: tuple[int, int] = _RENDER_HW
) -> tuple[Image, NDArray[np.float32], NDArray[np.float64]]:
    """Render a side view (RGB), its spine points (5, 2) and the person's box x, y, w, h."""
    scene = random_scene(
        rng,
        width_px=size_hw[1],
        height_px=size_hw[0],
        background=behind,
        view=("right", "left")[int(rng.integers(2))],
        bare_back=bool(rng.random() < 0.5),
    )
    drawn = scene.render()
    subject = drawn.people[0]
    points = subject.array(SPINE_5.keypoints)[:, :2]
    return np.ascontiguousarray(drawn.image[:, :, ::-1]), points, np.array(subject.box_px)


def _collate(
    images: Sequence[Image], points: Sequence[NDArray[np.float32]], mix: SpineMix
) -> dict[str, Tensor]:
    map_hw = (mix.size_hw[0] // STRIDE, mix.size_hw[1] // STRIDE)
    maps = [confidence_maps(map_coordinates(p, STRIDE)[None], map_hw, mix.sigma) for p in points]
    stacked: Any = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
    return {
        "image": stacked.to(torch.float32, memory_format=torch.channels_last),
        "spine": torch.from_numpy(np.stack(maps)),
        "spine_weights": torch.ones(len(maps), len(SPINE_5.keypoints), 1, 1),
    }
