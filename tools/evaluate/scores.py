"""One row of the comparison: how a model did on a group of labelled people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from posture_tools.evaluate.average_precision import average_precision
from posture_tools.evaluate.labelled import Detection, Float64, Person
from posture_tools.evaluate.oks import similarity
from posture_tools.evaluate.pck import pck, torso_px
from scipy.optimize import linear_sum_assignment

from edge.skeletons import COCO_17

# Shoulders or hips narrower than this share of the trunk are seen from the side, where their tilt
# says nothing.
FRONTAL_WIDTH = 0.35


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What one model made of one photograph.

    detections : everything found. given : for each person the index of their detection, -1 none.
    elapsed_ms : of each call: one a photograph, or one a crop.
    """

    people: tuple[Person, ...]
    detections: tuple[Detection, ...]
    given: tuple[int, ...]
    elapsed_ms: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TiltError:
    """Absolute error of a line's tilt against the labels, deg, over upright, frontal people.

    missed : people whose line was labelled and not found; they enter no percentile.
    """

    n: int
    missed: int
    bias_deg: float
    median_deg: float
    p90_deg: float


@dataclass(frozen=True, slots=True)
class Scores:
    """Accuracy on a group of people; shares are 0..1, NaN where nothing could be compared.

    pck : the length is the torso, left shoulder to right hip.
    ghosts : detections per photograph where nobody is.
    ms : median time of one call, from picture to poses.
    """

    photographs: int
    people: int
    ap: float
    ap50: float
    ar: float
    mean_oks: float
    pck_02: float
    pck_01: float
    shoulder_tilt: TiltError
    hip_tilt: TiltError
    ghosts: float
    ms: float


def assign(people: Sequence[Person], detections: Sequence[Detection]) -> tuple[int, ...]:
    """Give each wanted person at most one detection so that the sum of OKS is largest.

    Returns an index for each person, -1 for none.
    """
    given = [-1] * len(people)
    rows = [i for i, person in enumerate(people) if person.wanted]
    oks = np.zeros((len(rows), len(detections)))
    for row, i in enumerate(rows):
        for column, found in enumerate(detections):
            oks[row, column] = person_oks(people[i], found)
    for row, column in zip(*linear_sum_assignment(-oks), strict=True):
        if oks[row, column] > 0:
            given[rows[row]] = int(column)
    return tuple(given)


def person_oks(person: Person, found: Detection | None) -> float:
    """OKS of a person and what they were given; 0 for nothing."""
    if found is None:
        return 0.0
    return float(similarity(found.keypoints, person.keypoints, person.area_px2, person.box_px))


def score(sights: Sequence[Sight], view: str | None = None) -> Scores:
    """Score a group of photographs; with `view`, the people seen so, the others being ignored."""
    pairs = [
        (person, sight.detections[k] if k >= 0 else None)
        for sight in sights
        for person, k in zip(sight.people, sight.given, strict=True)
        if person.wanted and view in (None, person.view)
    ]
    found = np.full((len(pairs), len(COCO_17.keypoints), 2), np.nan)
    for i, (_, detection) in enumerate(pairs):
        if detection is not None:
            found[i] = detection.keypoints
    labels = np.array([person.keypoints for person, _ in pairs]).reshape(-1, *found.shape[1:2], 3)
    torso = torso_px(labels)
    precision = average_precision(
        (
            [replace(p, ignored=view not in (None, p.view)) for p in sight.people],
            sight.detections,
        )
        for sight in sights
        if sight.people
    )
    empty = [len(sight.detections) for sight in sights if not sight.people]
    upright = np.array([person.upright for person, _ in pairs], bool)
    times_ms = [t for sight in sights for t in sight.elapsed_ms]
    return Scores(
        photographs=len(sights),
        people=len(pairs),
        ap=precision.ap,
        ap50=precision.ap50,
        ar=precision.ar,
        mean_oks=_mean([person_oks(*pair) for pair in pairs]),
        pck_02=pck(found, labels, torso, 0.2).total,
        pck_01=pck(found, labels, torso, 0.1).total,
        shoulder_tilt=tilt_error(found[upright], labels[upright], "shoulder"),
        hip_tilt=tilt_error(found[upright], labels[upright], "hip"),
        ghosts=_mean(empty),
        ms=float(np.median(times_ms)) if times_ms else float("nan"),
    )


def tilt_error(found_px: Float64, labels: Float64, part: str) -> TiltError:
    """Error of the line between left and right `part` (shoulder, hip).

    found_px : (N, 17, 2). labels : (N, 17, 3). People without labelled shoulders and hips, or seen
    from the side, are left out.
    """
    frontal = _frontal(labels)
    error = _tilt_deg(found_px[frontal], part) - _tilt_deg(labels[frontal], part)
    known = error[~np.isnan(error)]
    size = np.abs(known)
    return TiltError(
        n=len(known),
        missed=len(error) - len(known),
        bias_deg=_mean(known),
        median_deg=float(np.median(size)) if len(size) else float("nan"),
        p90_deg=float(np.percentile(size, 90)) if len(size) else float("nan"),
    )


def _tilt_deg(points: Float64, part: str) -> Float64:
    """Tilt of a line, deg, -90..90: + where the person's right side is higher."""
    left, right = (points[:, COCO_17.index[f"{side}_{part}"], :2] for side in ("left", "right"))
    down = left - right
    return np.asarray(np.degrees(np.arctan2(down[:, 1], np.abs(down[:, 0]))))


def _frontal(labels: Float64) -> NDArray[np.bool_]:
    trunk = [COCO_17.index[f"{s}_{p}"] for p in ("shoulder", "hip") for s in ("left", "right")]
    l_shoulder, r_shoulder, l_hip, r_hip = np.moveaxis(labels[:, trunk, :2], 1, 0)
    length_px = np.linalg.norm((l_shoulder + r_shoulder - l_hip - r_hip) / 2, axis=-1)
    wide = np.linalg.norm(l_shoulder - r_shoulder, axis=-1) >= FRONTAL_WIDTH * length_px
    return np.asarray((labels[:, trunk, 2] > 0).all(-1) & wide)


def _mean(values: Sequence[float] | Float64) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
