"""Standing people with printed targets drawn on them, at places that are known.

On photographs a target lies where anatomy leads from the labelled joints, scattered as bodies and
fingers scatter; on rendered bodies it lies on the landmark itself, where that is seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from posture_tools.cli import tracked
from posture_tools.evaluate.body_pack import decoded
from posture_tools.evaluate.drawn_stickers import LIGHTS, Shot, with_targets
from posture_tools.evaluate.labelled import Person
from posture_tools.evaluate.photos import Photo
from posture_tools.zips import NOT_ZIP

from edge.errors import LabelsInvalid
from edge.markers.expected import anatomy_sd, expected, stands_off_px
from edge.markers.protocol import Placement, targets_in
from edge.posture.landmarks import Landmarks
from edge.records import Pose, Uint8, View
from edge.skeletons import COCO_17

Float64 = NDArray[np.float64]

HEIGHTS_PX = (600, 900, 1200)
MOST_BLUR_PX = 1.5
_ADULT_MM = 1700.0
_FINGER_MM = 5.0
# The table of anatomy states somewhat more than bodies scatter.
_ANATOMY_SHARE = 0.7
_BESIDE, _BORDER_PX = 0.3, 9.0  # around the joints, in statures; of a target's centre
# Standing: shoulders to ankles nearly as high as trunk and legs are long, and upright.
_STRETCHED, _TRUNK_AND_LEGS, _LEANING = 0.93, 0.779, 0.15
_FRONTAL, _NARROW, _LOOKS = 0.35, 0.5, 0.03  # shoulders, and nose from the ears, in trunks
_CROSSED = 0.02  # in statures: closer joints of a pair may be crossed legs


@dataclass(frozen=True, eq=False)
class Scene:
    """One person in one picture.

    joints : the truth, over COCO-17. centres_px : landmark -> where its target's centre was drawn.
    """

    name: str
    image: Uint8
    joints: Pose
    view: View
    targets: Mapping[str, Placement]
    centres_px: dict[str, Float64]
    height_px: float
    shot: Shot

    @property
    def px_per_mm(self) -> float:
        return self.height_px / _ADULT_MM


def on_photos(photos: Iterable[Photo], rng: np.random.Generator) -> Iterator[Scene]:
    """Everybody upright who stands, at each height, light and blur by chance."""
    for photo in photos:
        for person in photo.people:
            view = standing_view(person)
            if view is None:
                continue
            whole = photo.read().image
            for height in HEIGHTS_PX:
                image, joints = _scaled(whole, labels(person.keypoints), height)
                shot = _shot(rng)
                should = expected(joints, view, targets_in(view))
                scatter = [
                    math.hypot(_ANATOMY_SHARE * anatomy_sd(name), _FINGER_MM / _ADULT_MM) * height
                    for name in should.names
                ]
                points = should.points_px + rng.normal(size=(len(scatter), 2)) * np.c_[scatter]
                centres = dict(zip(should.names, points, strict=True))
                sitter = _Sitter(photo.path.name, image, joints, view, height, shot)
                yield _drawn(sitter, centres, rng)


def on_bodies(
    pack: Path, rng: np.random.Generator, limit: int | None = None, *, quiet: bool = False
) -> Iterator[Scene]:
    """Rendered people of a pack NAME (NAME.bin: JPEGs; NAME.npz: off, kp, names).

    limit : of its pictures; None for all. quiet : without a bar of how many were drawn on.

    Raises
    ------
    LabelsInvalid : files that are missing or lack an array.
    """
    try:
        with np.load(pack.with_suffix(".npz")) as truth:
            starts, all_points = truth["off"], truth["kp"]
            names = [str(name) for name in truth["names"]]
        stream = np.memmap(pack.with_suffix(".bin"), np.uint8, "r")
    except NOT_ZIP as error:
        raise LabelsInvalid(
            f"{pack} is no pack of bodies: {error}.", "Name the pair NAME.bin, NAME.npz as NAME."
        ) from error
    joints_of = [names.index(name) for name in COCO_17.keypoints]
    nowhere = (0.0, 0.0, 0.0, 0.0)
    numbered = list(enumerate(all_points[:limit]))
    for number, points in tracked(numbered, f"bodies of {pack.name}", quiet=quiet):
        person = Person(points[joints_of].astype(np.float64), 0.0, nowhere, upright=True)
        view = standing_view(person)
        if view is None:
            continue
        targets = targets_in(view)
        whole = decoded(np.array(stream[starts[number] : starts[number + 1]]))
        if whole is None:
            raise LabelsInvalid(f"{pack}, picture {number} cannot be decoded.", "Copy it again.")
        on_skin = {
            name: point[:2].astype(np.float64)
            for name, point in zip(names, points, strict=True)
            if name in targets and (point[2] == 2 or targets[name].stands)
        }
        for height in HEIGHTS_PX:
            image, joints, marks = _scaled_with(whole, labels(person.keypoints), height, on_skin)
            shot = _shot(rng)
            centres = {
                name: point + stands_off_px(name, targets[name], view, height / _ADULT_MM)
                for name, point in marks.items()
            }
            beside = expected(joints, view, targets)
            for name, point in zip(beside.names, beside.points_px, strict=True):
                if name not in names:  # Achilles
                    centres[name] = point
            sitter = _Sitter(f"{pack.name}:{number}", image, joints, view, height, shot)
            yield _drawn(sitter, centres, rng)


def upright_people(photos: Iterable[Photo]) -> Iterator[Uint8]:
    """Everybody upright as they are, without a sticker: at each height, and as photographed."""
    for photo in photos:
        for person in photo.people:
            joints = labels(person.keypoints)
            stature = Landmarks.of(joints).stature_px
            if not person.upright or not person.wanted or stature is None:
                continue
            whole = photo.read().image
            for height in (*HEIGHTS_PX, stature):
                yield _scaled(whole, joints, height)[0]


def labels(keypoints: Float64) -> Pose:
    """Labels (17, 3) as a pose over COCO-17."""
    known = keypoints[:, 2] > 0
    points = np.full((len(known), 3), (np.nan, np.nan, 0.0), np.float32)
    points[known, :2], points[known, 2] = keypoints[known, :2], 1.0
    return Pose(COCO_17, points, np.full((len(known), 2, 2), np.nan, np.float32), 1.0)


def standing_view(person: Person) -> View | None:
    """From which side somebody is seen who stands as for a measurement; None for all others."""
    if not person.upright or not person.wanted:
        return None
    body = Landmarks.of(labels(person.keypoints))
    chain = ("mid_shoulder", "mid_hip", "mid_knee", "mid_ankle")
    stature = body.stature_px
    if stature is None or not body.seen(*chain):
        return None
    top, foot = body.point("mid_shoulder"), body.point("mid_ankle")
    stretched = foot[1] - top[1] >= _STRETCHED * _TRUNK_AND_LEGS * stature
    if not stretched or abs(foot[0] - top[0]) > _LEANING * stature:
        return None
    return _side(body) if _is_narrow(body) else _front_or_back(body, person.view, stature)


def _is_narrow(body: Landmarks) -> bool:
    trunk = float(np.hypot(*(body.point("mid_shoulder") - body.point("mid_hip"))))
    width = body.point("left_shoulder")[0] - body.point("right_shoulder")[0]
    return abs(float(width)) < _FRONTAL * trunk


def _front_or_back(body: Landmarks, said: str, stature_px: float) -> View | None:
    """By which shoulder is where; nobody whom the label contradicts, or whose legs cross."""
    aside = [
        float((body.point(f"left_{part}") - body.point(f"right_{part}"))[0]) / stature_px
        for part in ("shoulder", "hip", "knee", "ankle")
    ]
    view: View = "front" if aside[0] > 0.0 else "back"
    sign = 1.0 if view == "front" else -1.0
    if said not in ("unknown", view) or min(sign * each for each in aside) < _CROSSED:
        return None
    return view


def _side(body: Landmarks) -> View | None:
    ears = [body.point(ear)[0] for ear in ("left_ear", "right_ear") if body.seen(ear)]
    if not body.seen("nose") or not ears:
        return None
    trunk = float(np.hypot(*(body.point("mid_shoulder") - body.point("mid_hip"))))
    ahead = float(body.point("nose")[0] - np.mean(ears)) / trunk
    if abs(ahead) < _LOOKS:
        return None
    return "right" if ahead > 0.0 else "left"


def _shot(rng: np.random.Generator) -> Shot:
    return Shot(str(rng.choice(list(LIGHTS))), float(rng.uniform(0.0, MOST_BLUR_PX)))


def _scaled(whole: Uint8, joints: Pose, height_px: float) -> tuple[Uint8, Pose]:
    image, scaled, _ = _scaled_with(whole, joints, height_px, {})
    return image, scaled


def _scaled_with(
    whole: Uint8, joints: Pose, height_px: float, more: Mapping[str, Float64]
) -> tuple[Uint8, Pose, dict[str, Float64]]:
    """The person and what is around them, so large that they are of a height."""
    stature = Landmarks.of(joints).stature_px or 1.0
    known = joints.keypoints[joints.keypoints[:, 2] > 0, :2].astype(np.float64)
    first = np.maximum(np.floor(known.min(axis=0) - _BESIDE * stature), 0.0)
    last = np.ceil(known.max(axis=0) + _BESIDE * stature)
    (left, top), (right, bottom) = first.astype(int).tolist(), last.astype(int).tolist()
    part = whole[top:bottom, left:right]
    times = height_px / stature
    way = cv2.INTER_CUBIC if times > 1.0 else cv2.INTER_AREA
    image = np.asarray(cv2.resize(part, None, fx=times, fy=times, interpolation=way), np.uint8)
    scale = np.array([image.shape[1] / part.shape[1], image.shape[0] / part.shape[0]])

    def moved(points: Float64) -> Float64:
        return np.asarray((points - first + 0.5) * scale - 0.5)

    keypoints = joints.keypoints.copy()
    keypoints[:, :2] = moved(keypoints[:, :2].astype(np.float64))
    pose = Pose(joints.skeleton, keypoints, joints.covariance_px2.copy(), joints.score)
    return image, pose, {name: moved(point) for name, point in more.items()}


@dataclass(frozen=True, eq=False)
class _Sitter:
    """Somebody without targets, and how their picture is taken."""

    name: str
    plain: Uint8
    joints: Pose
    view: View
    height_px: float
    shot: Shot


def _drawn(sitter: _Sitter, centres: dict[str, Float64], rng: np.random.Generator) -> Scene:
    size = np.array([sitter.plain.shape[1], sitter.plain.shape[0]])
    inside = {
        landmark: at
        for landmark, at in centres.items()
        if (at >= _BORDER_PX).all() and (at < size - _BORDER_PX).all()
    }
    points = np.array(list(inside.values())).reshape(-1, 2)
    image = with_targets(sitter.plain, points, sitter.height_px / _ADULT_MM, sitter.shot, rng)
    return Scene(
        sitter.name, image, sitter.joints, sitter.view, targets_in(sitter.view), inside,
        sitter.height_px, sitter.shot,
    )  # fmt: skip
