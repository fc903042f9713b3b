"""From stored pictures to what a training step reads: crops, points in map cells, trust."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from posture_tools.training.appearance import vary_appearance
from posture_tools.training.framing import (
    Image,
    Region,
    crop_affine,
    halved,
    jittered,
    jittered_close,
    jittered_whole,
    move_box,
    move_points,
    random_distortion,
    scale_of,
    warp,
)
from posture_tools.training.network import STRIDE
from posture_tools.training.occlusion import occlude, random_patch
from posture_tools.training.picture import People, Picture, mirrored_yaw
from posture_tools.training.points import BODY_MIRROR
from posture_tools.training.targets import box_cells, map_coordinates

_GONE_TRUST = 0.3  # of a point outside the crop: most are, and their maps teach little
_SOFTENED = 0.12  # of photographs
_CLOSE_YAW_TRUST = 0.5  # a foot says less of the yaw than a body does


@dataclass(frozen=True)
class Mix:
    """What a run sees. photographs, close, occluded: shares of a batch, of crops, of crops.

    softened: share of renders that lose resolution, so that nobody tells them from photographs.
    """

    size_hw: tuple[int, int] = (256, 192)
    photographs: float = 0.44
    close: float = 0.65
    occluded: float = 0.25
    softened: float = 0.5


@dataclass(frozen=True, eq=False)
class Sample:
    """One crop. image: uint8 (H, W, 3), RGB. points: (55, 2) map cells, NaN = not in the crop.

    trust: (55,), 0 = unknown. sharp: (55,) the points of the sub-pixel term. yaw: (2, 2) bounds
    of sine and cosine. cells: bool (H / 4, W / 4), False where people stand nobody labelled.
    """

    image: Image
    points: NDArray[np.float32]
    trust: NDArray[np.float32]
    sharp: NDArray[np.float32]
    yaw: NDArray[np.float32]
    yaw_trust: float
    cells: NDArray[np.bool_]


class Sampler:
    """Draws crops of photographs and renders; each batch depends on its generator alone."""

    def __init__(
        self, photographs: People, renders: People, backgrounds: Sequence[Image], mix: Mix
    ) -> None:
        self._photographs, self._renders, self.mix = photographs, renders, mix
        self._backgrounds = backgrounds

    def census(self) -> dict[str, int]:
        """Return how many people of each set there are."""
        return self._photographs.census() | self._renders.census()

    def batch(self, size: int, rng: np.random.Generator) -> dict[str, NDArray[np.generic]]:
        """Return a batch: photographs first, renders behind them."""
        self._renders.rescan()
        count = round(size * self.mix.photographs)
        samples = [self.sample(rng, photograph=i < count) for i in range(size)]
        names = ("image", "points", "trust", "sharp", "yaw", "cells")
        arrays: dict[str, NDArray[np.generic]] = {
            name: np.stack([getattr(each, name) for each in samples]) for name in names
        }
        arrays["photographs"] = np.array(count)
        arrays["yaw_trust"] = np.array([each.yaw_trust for each in samples], np.float32)
        return arrays

    def sample(self, rng: np.random.Generator, *, photograph: bool) -> Sample:
        """Draw one crop."""
        close = rng.random() < self.mix.close
        people = self._photographs if photograph else self._renders
        picture = people.draw(rng, close=close)
        region = None
        if picture.region is not None:
            region = jittered(picture.region, rng)
        elif close:
            region = jittered_close(picture.box, picture.points, picture.located, rng)
            close = region is not None
        region = region or jittered_whole(picture.box, self.mix.size_hw, rng)
        return self._crop(picture, region, rng, close=close)

    def _crop(
        self, picture: Picture, region: Region, rng: np.random.Generator, *, close: bool
    ) -> Sample:
        height, width = self.mix.size_hw
        distortion = random_distortion(rng)
        affine = crop_affine(region, self.mix.size_hw, distortion)
        half = scale_of(affine) < 0.5
        image = warp(
            picture.decode(half=half), halved(affine) if half else affine, self._canvas(rng)
        )
        if rng.random() < self.mix.occluded:
            occlude(image, self._backgrounds, rng)
        soften = _SOFTENED if picture.photograph else self.mix.softened
        image = vary_appearance(image, rng, soften=soften)

        points, trust, sharp = move_points(picture.points, affine), picture.trust, picture.sharp
        yaw = picture.yaw
        if distortion.flip:
            points, trust, sharp = points[BODY_MIRROR], trust[BODY_MIRROR], sharp[BODY_MIRROR]
            yaw = mirrored_yaw(yaw)
        cells = np.ones((height // STRIDE, width // STRIDE), np.bool_)
        if close:  # a whole crop has its person in the middle, and the others are to be left out
            for box in picture.others:
                cells[box_cells(move_box(box, affine), cells.shape, STRIDE)] = False
            cells[box_cells(move_box(picture.box, affine), cells.shape, STRIDE)] = True
        points = map_coordinates(points, STRIDE)
        with np.errstate(invalid="ignore"):
            inside = ((points > -1) & (points < [width // STRIDE, height // STRIDE])).all(axis=1)
        points[~inside] = np.nan
        sharp_trust = np.where(sharp & inside, trust, 0.0).astype(np.float32)
        trust = np.where(inside, trust, _GONE_TRUST * trust).astype(np.float32)
        return Sample(
            image=image,
            points=points,
            trust=trust,
            sharp=sharp_trust,
            yaw=yaw,
            yaw_trust=_CLOSE_YAW_TRUST if close else 1.0,
            cells=cells,
        )

    def _canvas(self, rng: np.random.Generator) -> Image:
        """Return what is seen where the picture ends: black as on the device, mostly."""
        chance = rng.random()
        if chance < 0.2 and self._backgrounds:
            return random_patch(self._backgrounds, self.mix.size_hw, rng)
        canvas = np.zeros((*self.mix.size_hw, 3), np.uint8)
        if chance < 0.5:
            canvas[:] = rng.integers(0, 256, 3)
        return canvas
