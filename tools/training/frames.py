"""Frames for the finder: a place with none, one or several people, photographed and rendered."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from posture_tools.training.appearance import vary_appearance
from posture_tools.training.framing import (
    Affine,
    Distortion,
    Image,
    Region,
    crop_affine,
    move_box,
    move_points,
    shrunk,
)
from posture_tools.training.network import STRIDE
from posture_tools.training.occlusion import occlude, random_patch
from posture_tools.training.photographs import Photographs
from posture_tools.training.picture import Picture
from posture_tools.training.points import COCO_MIRROR, COCO_POINTS, FACE_IN_FRONT
from posture_tools.training.renders import Renders
from posture_tools.training.targets import (
    affinity_fields,
    confidence_maps,
    map_coordinates,
    weight_maps,
)

from edge.skeletons import COCO_18

LIMBS_18 = np.array(COCO_18.limbs)
SIGMA, LIMB_HALF_WIDTH = 1.5, 1.5  # cells

_SHOULDERS = [COCO_POINTS.index(f"{side}_shoulder") for side in ("left", "right")]
_NECK = len(COCO_POINTS)  # behind the 17 joints: the middle of the shoulders
_TO_18 = np.array([[*COCO_POINTS, "neck"].index(name) for name in COCO_18.keypoints])
_MIRROR = np.append(COCO_MIRROR, _NECK)
_FACES_AWAY = -0.15  # cosine of the yaw beyond which a hidden face is behind the head
_BOX_SLACK = 0.06  # unknown keypoints may lie this far outside the person's box
_ASPECTS = (1.0, 16 / 9, 4 / 3, 3 / 4, 9 / 16)  # of the camera's picture, letterboxed
_ASPECT_SHARES = (0.3, 0.25, 0.15, 0.15, 0.15)


@dataclass(frozen=True)
class FrameMix:
    """What the finder sees. people: chances of 0, 1, 2, 3 people in a frame.

    photographs: share of the people. turned: how often somebody who is seen from the side or from
    behind is drawn, over somebody seen from the front: photographs show few. acrobats: how often
    somebody who does not stand upright is drawn, over others. height: a person's over the
    picture's; more than one is cut off.
    """

    size_hw: tuple[int, int] = (256, 256)
    people: tuple[float, ...] = (0.12, 0.43, 0.31, 0.14)
    photographs: float = 0.75
    turned: float = 4.0
    acrobats: float = 1.0
    height: tuple[float, float] = (0.3, 1.1)
    occluded: float = 0.2


@dataclass(frozen=True, eq=False)
class Labelled:
    """A person's labels in a frame. points: (18, 2) px, NaN = gone; trust: (18,), 0 = unknown."""

    points: NDArray[np.float32]
    trust: NDArray[np.float32]
    box: NDArray[np.float32]


@dataclass(eq=False)
class Frame:
    """A frame under construction. image: the whole input. inner: x0 y0 x1 y1 of the picture."""

    image: Image
    inner: tuple[int, int, int, int]
    people: list[Labelled] = field(default_factory=list)
    ignored: list[NDArray[np.float32]] = field(default_factory=list)


class FrameSampler:
    """Draws frames; each batch depends on its generator alone."""

    def __init__(self, photographs: Photographs, renders: Renders, mix: FrameMix) -> None:
        self._photographs, self._renders, self.mix = photographs, renders, mix
        self._backgrounds = photographs.backgrounds()
        packs = photographs.packs
        chance = np.concatenate([pack.chance(mix.acrobats) for pack in packs])
        turned = np.concatenate([pack.turned() for pack in packs])
        masked = np.concatenate([pack.masked() for pack in packs])
        weight = np.where(turned, mix.turned, 1.0) * chance
        self._of_all, self._of_cut = np.cumsum(weight), np.cumsum(weight * masked)

    def census(self) -> dict[str, int]:
        """Return how many people of each set there are."""
        return self._photographs.census() | self._renders.census()

    def batch(self, size: int, rng: np.random.Generator) -> dict[str, NDArray[np.generic]]:
        """Return a batch: frames, maps, and what each cell of them weighs."""
        self._renders.rescan()
        frames = [self.frame(rng) for _ in range(size)]
        rows = [targets(frame) for frame in frames]
        arrays: dict[str, NDArray[np.generic]] = {
            name: np.stack([row[name] for row in rows]) for name in rows[0]
        }
        arrays["image"] = np.stack([frame.image for frame in frames])
        return arrays

    def frame(self, rng: np.random.Generator) -> Frame:
        """Draw one frame."""
        frame = self._place(rng)
        count = int(rng.choice(len(self.mix.people), p=self.mix.people))
        height = float(np.exp(rng.uniform(*np.log(self.mix.height))))
        slots = _slots(count, height, frame.inner, rng)
        for position, slot in enumerate(rng.permutation(count)):
            # The first photograph may bring its whole picture; the others are cut out, so that
            # nobody's surroundings cover a neighbour. Renders hold people nobody labelled.
            picture = self._somebody(rng, cut=position > 0)
            cut = position > 0 or not picture.photograph or rng.random() < 0.5
            mask = picture.mask() if cut else None
            own = height * rng.uniform(0.85, 1.15) * (frame.inner[3] - frame.inner[1])
            _add(frame, picture, mask, _placed(picture, own, slots[slot], rng))
        x0, y0, x1, y1 = frame.inner
        if rng.random() < self.mix.occluded:
            occlude(frame.image[y0:y1, x0:x1], self._backgrounds, rng)
        shown = np.ascontiguousarray(frame.image[y0:y1, x0:x1])
        frame.image[y0:y1, x0:x1] = vary_appearance(shown, rng, soften=0.25)
        return frame

    def _place(self, rng: np.random.Generator) -> Frame:
        height, width = self.mix.size_hw
        aspect = float(rng.choice(_ASPECTS, p=_ASPECT_SHARES))
        h, w = min(height, round(width / aspect)), min(width, round(height * aspect))
        x, y = (width - w) // 2, (height - h) // 2
        image = np.zeros((height, width, 3), np.uint8)
        image[y : y + h, x : x + w] = random_patch(self._backgrounds, (h, w), rng)
        return Frame(image, (x, y, x + w, y + h))

    def _somebody(self, rng: np.random.Generator, *, cut: bool) -> Picture:
        rows = self._renders.masked_rows() if cut else np.arange(len(self._renders))
        sums = self._of_cut if cut else self._of_all
        if len(rows) == 0 and sums[-1] == 0:
            raise ValueError("nobody can be cut out: render a pack with masks")
        if len(rows) == 0 or (sums[-1] > 0 and rng.random() < self.mix.photographs):
            row = int(np.searchsorted(sums, rng.random() * sums[-1], side="right"))
            return self._photographs.picture(row)
        return self._renders.picture(int(rows[rng.integers(len(rows))]))


def _placed(
    picture: Picture, height_px: float, middle: NDArray[np.float64], rng: np.random.Generator
) -> Affine:
    """Return the affine that brings somebody to a height and place, turned or mirrored a little."""
    low, high = picture.box[:2].astype(np.float64), picture.box[2:].astype(np.float64)
    size = max(high[1] - low[1], 0.9 * (high[0] - low[0]))
    turn_deg = float(np.clip(rng.normal(0, 6), -25, 25))
    distortion = Distortion(turn_deg, flip=bool(rng.random() < 0.5))
    affine = crop_affine(Region((low + high) / 2, size / height_px), (1, 1), distortion)
    affine[:, 2] = middle - affine[:, :2] @ ((low + high) / 2)
    return affine


def _add(frame: Frame, picture: Picture, mask: NDArray[np.bool_] | None, affine: Affine) -> None:
    """Draw somebody into the frame and note the labels; an affine may mirror."""
    paste(frame, picture.decode(), mask, affine)
    if mask is None:
        frame.ignored.extend(move_box(box, affine) for box in picture.others)
    flip = bool(np.linalg.det(affine[:, :2]) < 0)
    frame.people.append(labelled(picture, affine, frame.inner, flip=flip))


def paste(frame: Frame, image: Image, mask: NDArray[np.bool_] | None, affine: Affine) -> None:
    """Draw the moved picture into the frame's picture: all of it, or its mask with a soft edge."""
    x0, y0, x1, y1 = frame.inner
    place = frame.image[y0:y1, x0:x1]
    affine = np.column_stack([affine[:, :2], affine[:, 2] - [x0, y0]])
    size = x1 - x0, y1 - y0
    small, rest = shrunk(image, affine)
    if mask is None:
        drawn = np.ascontiguousarray(place)
        cv2.warpAffine(small, rest, size, drawn, cv2.INTER_LINEAR, cv2.BORDER_TRANSPARENT)
        place[:] = drawn
        return
    shape, _ = shrunk(mask.astype(np.uint8) * 255, affine)
    moved = cv2.warpAffine(small, rest, size, flags=cv2.INTER_LINEAR).astype(np.float32)
    alpha = cv2.warpAffine(shape, rest, size, flags=cv2.INTER_LINEAR).astype(np.float32) / 255
    place[:] = (place + (moved - place) * alpha[:, :, None]).astype(np.uint8)


def labelled(
    picture: Picture, affine: Affine, inner: tuple[int, int, int, int], *, flip: bool
) -> Labelled:
    """Return somebody's labels in the frame; what lies outside its picture is gone."""
    points = np.concatenate([picture.points[:17], picture.points[_SHOULDERS].mean(0)[None]])
    trust = np.append(picture.trust[:17], picture.trust[_SHOULDERS].min())
    if not picture.photograph and picture.yaw[0, 1] < _FACES_AWAY:
        # A face that looks away is known to be gone: a nose found from behind tells a front.
        hidden = FACE_IN_FRONT[trust[FACE_IN_FRONT] < 1]
        points[hidden], trust[hidden] = np.nan, 1.0
    points = move_points(points, affine)
    x0, y0, x1, y1 = inner
    with np.errstate(invalid="ignore"):
        seen = ((points >= [x0 - 0.5, y0 - 0.5]) & (points <= [x1 - 0.5, y1 - 0.5])).all(axis=1)
    points[~seen | (trust == 0)] = np.nan
    if flip:
        points, trust = points[_MIRROR], trust[_MIRROR]
    slack = _BOX_SLACK * float((picture.box[2:] - picture.box[:2]).max())
    box = move_box(picture.box + np.array([-slack, -slack, slack, slack], np.float32), affine)
    return Labelled(points[_TO_18], trust[_TO_18].astype(np.float32), box)


def targets(frame: Frame) -> dict[str, NDArray[np.float16]]:
    """Return heatmaps (18), pafs (38) and the weights of their cells, in half precision."""
    height, width = frame.image.shape[0] // STRIDE, frame.image.shape[1] // STRIDE
    people = frame.people
    points = np.full((len(people), 18, 2), np.nan, np.float32)
    trust, limb_trust = np.zeros((len(people), 18)), np.zeros((len(people), len(LIMBS_18)))
    boxes = np.zeros((len(people), 4))
    for index, person in enumerate(people):
        points[index] = map_coordinates(person.points, STRIDE)
        trust[index], boxes[index] = person.trust, person.box
        limb_trust[index] = _limb_trust(person)
    hw = height, width
    arrays = {
        "heatmaps": confidence_maps(points, hw, SIGMA),
        "heatmaps_cells": weight_maps(hw, STRIDE, boxes, trust, frame.ignored),
        "pafs": affinity_fields(points, LIMBS_18, hw, LIMB_HALF_WIDTH),
        "pafs_cells": weight_maps(hw, STRIDE, boxes, limb_trust, frame.ignored),
    }
    return {name: array.astype(np.float16) for name, array in arrays.items()}


def _limb_trust(person: Labelled) -> NDArray[np.float32]:
    """Return the trust in each limb; a limb with one end out of sight has an unknown course."""
    gone = np.isnan(person.points[LIMBS_18, 0])
    half_gone = gone[:, 0] != gone[:, 1]
    trust: NDArray[np.float32] = np.where(half_gone, 0.0, person.trust[LIMBS_18].min(axis=1))
    return trust.astype(np.float32)


def _slots(
    count: int, height: float, inner: tuple[int, int, int, int], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the people's middles (px): evenly spread with some disorder, feet near one line."""
    x0, y0, x1, y1 = inner
    h, w = y1 - y0, x1 - x0
    person_width = 0.42 * height * h
    spread = min(w * 0.9, count * person_width * rng.uniform(0.7, 2.2))
    x = (x0 + x1) / 2 + spread * ((np.arange(count) + 0.5) / max(count, 1) - 0.5)
    x += rng.uniform(-1, 1) * max(w - spread, 0) / 2 + rng.normal(0, 0.08 * person_width, count)
    free = abs(1 - height) / 2
    y = y0 + h * (0.5 + rng.uniform(-1, 1) * free + rng.normal(0, 0.02, count))
    return np.stack([x, y], axis=1)
