"""Printed targets judged: found, told apart, how exactly, and what angles that makes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from posture_tools.evaluate.sticker_scenes import Scene
from rich.table import Table

from edge.estimation.estimator import Estimator, Measurer, Seen
from edge.markers.again import staying
from edge.markers.mark import target_marks
from edge.markers.protocol import PROTOCOLS, protocol_of
from edge.markers.protocol import Side as Near
from edge.markers.skeleton import marked_skeleton
from edge.markers.target import RING_MM
from edge.markers.targets import FoundTargets, find_targets
from edge.posture.applying import alternatives
from edge.posture.catalogue.definition import Definition
from edge.posture.landmarks import Landmarks, Side
from edge.posture.uncertainty import COVERAGE, gradient_px
from edge.records import Frame, Pose, Uint8, View

Float64 = NDArray[np.float64]

# A joint of the network within this part of stature of its label: there they agree.
_AGREE = 0.06
_SAME_PERSON, _ENOUGH_JOINTS = 0.05, 4  # median of all joints
_ON_TARGET_MM = 6.0
_ROLL_SD_DEG = 0.1
_BLURS_PX = (0.5, 1.0, 1.5)
# What stickers should make possible before the finger's error, deg at 95 %.
WANTED_DEG = {
    "shoulder_tilt": 0.4, "pelvis_tilt": 0.4, "craniovertebral_angle": 0.8,
    "pelvic_anterior_tilt": 0.65, "knee_frontal_right": 0.5, "knee_frontal_left": 0.5,
    "knee_sagittal": 0.5, "q_angle_right": 1.8, "q_angle_left": 1.8,
}  # fmt: skip


@dataclass
class Tally:
    """drawn, found, told : targets. errors_px : of the centres of those told rightly."""

    people: int = 0
    drawn: int = 0
    found: int = 0
    told: int = 0
    errors_px: list[float] = field(default_factory=list)
    held: list[bool] = field(default_factory=list)
    scale: list[float] = field(default_factory=list)

    def row(self) -> tuple[str, ...]:
        if not self.errors_px:
            return (str(self.people), str(self.drawn), "", "", "", "", "", "")
        p50, p95 = np.percentile(self.errors_px, (50, 95))
        spread = 100.0 * float(np.std(np.log(self.scale)))
        return (
            str(self.people), str(self.drawn), f"{100.0 * self.found / self.drawn:.2f}",
            f"{100.0 * self.told / max(self.found, 1):.2f}", f"{p50:.3f}", f"{p95:.3f}",
            f"{100.0 * float(np.mean(self.held)):.1f}", f"{spread:.1f}",
        )  # fmt: skip


@dataclass
class Verdict:
    """All scenes. agreed : of those where network and labels agree at every joint, by kind.

    angles_deg : code -> error and the half width stated for finding and roll. missed : people whom
    the network did not find. chance : patches that were taken for targets where there were none.
    """

    everybody: Tally = field(default_factory=Tally)
    agreed: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    angles_deg: dict[str, list[tuple[float, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    missed: int = 0
    searches: int = 0
    chance: int = 0

    def tables(self) -> list[Table]:
        heads = ("people", "drawn", "found %", "told apart %", "centre p50 px", "p95 px",
                 "ellipse holds %", "scale SD %")  # fmt: skip
        targets = Table("", *heads)
        targets.add_row("all who stand", *self.everybody.row())
        for kind, tally in self.agreed.items():
            targets.add_row(kind, *tally.row())
        angles = Table("measure", "n", "error SD deg", "p95 |error|", "+- before placing", "wanted")
        for code, rows in self.angles_deg.items():
            error, half = np.array(rows).T
            angles.add_row(
                code, str(len(rows)), f"{error.std():.2f}",
                f"{np.percentile(np.abs(error), 95):.2f}", f"{np.median(half):.2f}",
                f"{WANTED_DEG[code]:.2f}" if code in WANTED_DEG else "",
            )  # fmt: skip
        return [targets, angles]

    def sentences(self) -> list[str]:
        return [
            f"{self.missed} people were not found by the network, and are not counted.",
            f"{self.searches} searches of people without stickers: {self.chance} patches taken.",
        ]


def judge(scenes: Iterable[Scene], estimator: Estimator) -> Verdict:
    """Look at every scene as `assess` would, the side being known."""
    verdict = Verdict()
    for scene in scenes:
        frame = Frame(scene.image, 0, 0, still=True)
        pose = _of(scene, estimator.estimate(frame))
        if pose is None:
            verdict.missed += 1
        else:
            _judge_drawn(scene, pose, _found(scene, Seen(frame, pose), estimator), verdict)
    return verdict


def _found(scene: Scene, seen: Seen, estimator: Estimator) -> FoundTargets:
    """What is found at once, and by the landmarks where the estimator measures them."""
    found = find_targets(scene.image, seen.pose, scene.view, scene.targets)
    if not isinstance(estimator, Measurer):
        return found
    measured = estimator.measure([seen], seen.pose)
    anew = find_targets(scene.image, seen.pose, scene.view, scene.targets, measured)
    if anew.mm_per_px is None:
        return found
    at, at_anew = ({name: fit.centre_px for name, fit in one.fits.items()} for one in (found, anew))
    stay = staying(at, at_anew, RING_MM / anew.mm_per_px)
    return replace(
        anew,
        fits={**anew.fits, **{name: found.fits[name] for name in stay}},
        points_px={**anew.points_px, **{name: found.points_px[name] for name in stay}},
    )


def take_chance(pictures: Iterable[Uint8], estimator: Estimator, verdict: Verdict) -> None:
    """Whatever is found on people without stickers is one too many, in any protocol."""
    sides: tuple[tuple[View, Near], ...] = (
        ("front", "right"), ("back", "right"), ("right", "right"), ("left", "left"),
    )  # fmt: skip
    for image in pictures:
        for pose in estimator.estimate(Frame(image, 0, 0, still=True)):
            for view, near in sides:
                protocol = PROTOCOLS[protocol_of(view) or "front"]
                found = find_targets(image, pose, view, protocol.targets(near))
                verdict.searches += 1
                verdict.chance += len(found.fits)


def _judge_drawn(scene: Scene, pose: Pose, found: FoundTargets, verdict: Verdict) -> None:
    kinds = [verdict.everybody]
    if _agree(scene, pose):
        blur = next(b for b in _BLURS_PX if scene.shot.blur_px <= b)
        keys = (
            "network and labels agree", f"{scene.height_px:.0f} px", scene.shot.light,
            f"blur to {blur:.1f} px", protocol_of(scene.view) or "",
        )  # fmt: skip
        kinds += [verdict.agreed[key] for key in keys]
        _angles(scene, pose, found, verdict)
    for tally in kinds:
        _count(scene, found, tally)


def _count(scene: Scene, found: FoundTargets, tally: Tally) -> None:
    tally.people += 1
    tally.drawn += len(scene.centres_px)
    if found.mm_per_px is not None:
        tally.scale.append(found.mm_per_px * scene.px_per_mm)
    for name, fit in found.fits.items():
        tally.found += 1
        true = scene.centres_px.get(name)
        off = np.full(2, np.inf) if true is None else fit.centre_px - true
        if np.hypot(*off) < _ON_TARGET_MM * scene.px_per_mm:
            tally.told += 1
            tally.errors_px.append(float(np.hypot(*off)))
            tally.held.append(float(off @ np.linalg.solve(fit.covariance_px2, off)) < 5.99)


def _of(scene: Scene, poses: Iterable[Pose]) -> Pose | None:
    """The pose of the scene's person."""
    best, nearest = None, _SAME_PERSON
    for pose in poses:
        away = list(_apart(scene, pose).values())
        if len(away) >= _ENOUGH_JOINTS and float(np.median(away)) < nearest:
            best, nearest = pose, float(np.median(away))
    return best


def _agree(scene: Scene, pose: Pose) -> bool:
    away = _apart(scene, pose)
    return max(away.values()) < _AGREE


def _apart(scene: Scene, pose: Pose) -> dict[str, float]:
    """Joint -> distance of network and label, in statures; of the joints that targets lie near."""
    true, seen = Landmarks.of(scene.joints), Landmarks.of(pose)
    sides = (scene.view,) if scene.view in ("left", "right") else ("left", "right")
    names = [f"{side}_{part}" for side in sides
             for part in ("ear", "shoulder", "hip", "knee", "ankle")]  # fmt: skip
    return {
        name: float(np.hypot(*(true.point(name) - seen.point(name)))) / scene.height_px
        for name in names
        if true.seen(name) and seen.seen(name)
    }


def _angles(scene: Scene, pose: Pose, found: FoundTargets, verdict: Verdict) -> None:
    """Each angle that is made of targets alone, from those found and from those drawn."""
    protocol = protocol_of(scene.view)
    if protocol is None or found.mm_per_px is None:
        return
    marks = target_marks(found, scene.view, 1.0 / found.mm_per_px)
    skeleton = marked_skeleton(pose.skeleton, None, (protocol,))
    near: Side = scene.view if scene.view in ("left", "right") else ""
    facing = 1.0 if scene.view in ("front", "right") else -1.0
    index = {name: row for row, name in enumerate(marks)}
    seen = np.array([mark.point_px for mark in marks.values()]).reshape(-1, 2)
    error = {
        name: found.fits[name].centre_px - scene.centres_px.get(name, np.full(2, np.nan))
        for name in marks
    }
    true = seen - np.array([error[name] for name in marks]).reshape(-1, 2)
    covariance = np.array([mark.covariance_px2 for mark in marks.values()])
    for of_code in alternatives(skeleton, scene.view):
        definition = of_code[0]
        names = _ends(definition, near)
        if definition.unit == "deg" and definition.formula and all(n in index for n in names):
            rows = [index[name] for name in names]
            value, half = _angle(definition, seen[rows], covariance[rows], facing)
            exact, _ = _angle(definition, true[rows], covariance[rows], facing)
            if np.isfinite(value - exact):
                verdict.angles_deg[definition.code].append((value - exact, half))


def _ends(definition: Definition, near: Side) -> tuple[str, ...]:
    """The keypoints of a definition that has no midpoints among its landmarks; else none."""
    body = Landmarks({}, np.zeros((0, 2)), np.zeros((0, 2, 2)), np.zeros(0), near)
    keypoints = [body.keypoints_of(landmark) for landmark in definition.landmarks]
    return tuple(k[0] for k in keypoints) if all(len(k) == 1 for k in keypoints) else ("",)


def _angle(
    definition: Definition, points: Float64, covariance: Float64, facing: float
) -> tuple[float, float]:
    """Value, and the half width that finding and roll leave it."""
    formula = definition.formula
    if formula is None:
        return np.nan, np.nan

    def evaluate(p: Float64) -> float:
        return formula(p, facing)

    gradient = gradient_px(evaluate, points)
    noise = float(np.einsum("ni,nij,nj->", gradient, covariance, gradient))
    turned = points @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    roll = float((gradient * turned).sum()) * np.radians(_ROLL_SD_DEG)
    return evaluate(points), COVERAGE * float(np.hypot(np.sqrt(noise), roll))


def as_figures(verdict: Verdict) -> Mapping[str, object]:
    """The same for machines."""
    tallies = {"all who stand": verdict.everybody, **verdict.agreed}
    return {
        "targets": {
            kind: {
                "people": t.people, "drawn": t.drawn, "found": t.found, "told": t.told,
                "centre_p95_px": float(np.percentile(t.errors_px or [np.nan], 95)),
            }
            for kind, t in tallies.items()
        },
        "angles_deg": {
            code: {
                "n": len(rows), "sd": float(np.std([e for e, _ in rows])),
                "half_before_placing": float(np.median([h for _, h in rows])),
            }
            for code, rows in verdict.angles_deg.items()
        },
        "missed": verdict.missed, "searches": verdict.searches, "chance": verdict.chance,
    }  # fmt: skip
