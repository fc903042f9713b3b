"""A standing person as bright dots, one at each keypoint, and predictors that see the dots.

What they say follows the picture, and nothing but it: so an examination that bends the picture can
be held against a predictor that is known to be perfect, to read half, or to see nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from posture_tools.evaluate.box_change import AS_IT_IS, BoxChange
from posture_tools.evaluate.labelled import Float64, Person
from posture_tools.evaluate.scores import Sight

from edge.records import Frame, ModelIdentity, Pose, Uint8
from edge.skeletons import COCO_17

HEIGHT_PX, WIDTH_PX = 480, 320
BODY_PX = 400.0
_SIGMA_PX = 2.0
_SEEN_PX = 13  # how far from where they were dots are looked for; less than half to the next

# x from the middle (of the left side, as seen from the front) and y, px.
_PLACES = {
    "eye": (14, 60), "shoulder": (45, 110), "elbow": (75, 165), "wrist": (90, 220),
    "hip": (30, 240), "knee": (32, 330), "ankle": (34, 425),
}  # fmt: skip

Reading = Callable[[Float64], Float64]


def standing(view: str = "front", hips_show: bool = False, tilt_px: float = 3.0) -> Person:
    """Somebody with a visible tilt of every line; ears and nose are not labelled."""
    side = 1.0 if view == "front" else -1.0
    keypoints = np.zeros((17, 3))
    for part, (x, y) in _PLACES.items():
        for sign, name in ((side, f"left_{part}"), (-side, f"right_{part}")):
            place = (WIDTH_PX / 2 + sign * x, y + sign * tilt_px / 2, 2.0)
            keypoints[COCO_17.index[name]] = place
    box_px = (WIDTH_PX / 2 - 100.0, 40.0, 200.0, BODY_PX)
    return Person(keypoints, 30_000.0, box_px, view=view, upright=True, hips_show=hips_show)


@dataclass(frozen=True, eq=False)
class DottedPicture:
    """One picture of one person."""

    person: Person
    set_name: str = "dots"
    name: str = "a.png"
    labelled: bool = True

    @property
    def people(self) -> tuple[Person, ...]:
        return (self.person,) if self.labelled else ()

    def read(self) -> Frame:
        y, x = np.mgrid[:HEIGHT_PX, :WIDTH_PX]
        picture = np.zeros((HEIGHT_PX, WIDTH_PX))
        for px, py, visible in self.person.keypoints:
            if visible:
                squared = (x - px) ** 2 + (y - py) ** 2
                picture += 200.0 * np.exp(-squared / (2 * _SIGMA_PX**2))
        image = np.repeat(picture[..., None], 3, axis=-1).round().astype(np.uint8)
        return Frame(image, 0, 0, still=True, name=self.name)


class DotReader:
    """Sees each dot at its centre of brightness, near where the person was labelled.

    reading : what it makes of all it saw, (17, 2) -> (17, 2).
    """

    models: tuple[ModelIdentity, ...] = ()
    size_bytes = 0
    crops = True

    def __init__(self, name: str, reading: Reading = lambda points: points) -> None:
        self.name = name
        self._reading = reading

    def see(self, frame: Frame, people: Sequence[Person]) -> Sight:
        raise AssertionError("examinations locate one person at a time")

    def locate(self, frame: Frame, person: Person, change: BoxChange = AS_IT_IS) -> Pose | None:
        points = np.full((17, 2), np.nan)
        for k in np.flatnonzero(person.keypoints[:, 2]):
            points[k] = _centre(frame.image, person.keypoints[k, :2])
        return pose_at(self._reading(points))


def pose_at(points: Float64) -> Pose:
    """A sure COCO-17 pose of points (17, 2), NaN missing."""
    found = np.isfinite(points).all(axis=1)
    keypoints = np.column_stack([points, np.where(found, 0.9, 0.0)]).astype(np.float32)
    covariance = np.zeros((17, 2, 2), np.float32)
    covariance[~found] = np.nan
    return Pose(COCO_17, keypoints, covariance, 0.9)


def exchanged(points: Float64) -> Float64:
    """Left taken for right."""
    return points[list(COCO_17.flip)]


def flattened(points: Float64, share: float = 0.5) -> Float64:
    """Every pair drawn towards level, and to its place when upright, by a share."""
    drawn = points.copy()
    for k, other in enumerate(COCO_17.flip):
        drawn[k, 1] = points[k, 1] - share * (points[k, 1] - points[other, 1]) / 2
    return drawn


def _centre(image: Uint8, near: Float64) -> Float64:
    x, y = np.round(near).astype(int)
    # Eyes stand close together: a window that ends half way to the other eye.
    half = min(_SEEN_PX, 12)
    rows, columns = slice(y - half, y + half + 1), slice(x - half, x + half + 1)
    light = image[rows, columns, 0].astype(float)
    at_y, at_x = np.mgrid[rows, columns]
    return np.array([(light * at_x).sum(), (light * at_y).sum()]) / light.sum()
