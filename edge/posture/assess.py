"""One pose to its measures: value and interval, or refused with the reason. Nothing is left out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from edge.posture.angles import Float64, distance_px
from edge.posture.calibration import LEVEL, Calibration
from edge.posture.definition import Definition
from edge.posture.frontal import FRONTAL
from edge.posture.landmarks import CONFIDENT, USABLE, Landmarks, Side, keypoints_of, near_side
from edge.posture.perspective import in_ankle_plane
from edge.posture.sagittal import SAGITTAL
from edge.posture.scale import scale_of, scaled
from edge.posture.spine_measures import SPINE
from edge.posture.uncertainty import COVERAGE, Spread, gradient_px, spread
from edge.posture.views import is_turned, view_of
from edge.records import Measure, Pose, Quality, View
from edge.skeletons import Skeleton

_COINCIDE_PX = 1.0
_USELESS_DEG = 10.0  # an angle with a wider interval than this tells nothing about a posture


@dataclass(frozen=True, eq=False)
class _Sight:
    """A person as seen from one side, with what holds for all measures alike."""

    body: Landmarks
    view: View
    calibration: Calibration
    n_eff: float
    refused: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def facing(self) -> float:
        return 1.0 if self.view in ("front", "right") else -1.0


def assess(
    pose: Pose,
    view: View | None = None,
    calibration: Calibration = LEVEL,
    n_eff: float = 1.0,
) -> tuple[Measure, ...]:
    """All measures of a view, in the order of the catalogue.

    view : as known from outside; None lets the facing test decide. A view that the facing test
        contradicts is refused: a mirrored picture must not pass for the other side.
    n_eff : effective number of frames the pose was taken from, for the record. The covariance of
        the pose is that of the pose as given; it is not divided again.

    Where the view is unknown every measure the skeleton could give is refused, with the reason.
    """
    found = view_of(pose)
    refused: tuple[str, ...] = ()
    if view is None:
        view, refused = found
    elif found.view not in ("unknown", view):
        refused = (f"seen_from:{found.view}",)
    calibration = scaled(calibration, scale_of(pose, calibration))
    as_seen = Landmarks.of(pose, calibration, near_side(pose, view))
    body = in_ankle_plane(as_seen, view, calibration)
    doubts = _turned(body, view, calibration) if view in ("front", "back") else ()
    sight = _Sight(body, view, calibration, n_eff, refused, doubts)
    return tuple(
        _measure(_best_seen(of_code, body), sight) for of_code in alternatives(pose.skeleton, view)
    )


def refuse(skeleton: Skeleton, view: View, why: tuple[str, ...]) -> tuple[Measure, ...]:
    """The measures of a view, all refused for one reason that lies outside the pose."""
    return tuple(
        Measure(
            code=definition.code,
            value=None,
            unit=reported_unit(definition),
            u95=None,
            n=0.0,
            quality=Quality.REFUSED,
            why=why,
            view=view,
            side="" if definition.side == "near" else definition.side,
            definition=definition.version,
        )
        for definition in catalogue(skeleton, view)
    )


def catalogue(skeleton: Skeleton, view: View) -> tuple[Definition, ...]:
    """The definitions that apply to a skeleton in a view; all views' where it is unknown.

    Of definitions that share a code, the one preferred.
    """
    return tuple(of_code[0] for of_code in alternatives(skeleton, view))


@cache
def alternatives(skeleton: Skeleton, view: View) -> tuple[tuple[Definition, ...], ...]:
    """For each code those definitions whose landmarks the skeleton has, the preferred first.

    Where it has those of none, the last. Skeletons with shoulders get the body's measures, with
    vertebrae the spine's.
    """
    lists = FRONTAL + SAGITTAL if "left_shoulder" in skeleton.index else ()
    lists += SPINE if "T6" in skeleton.index else ()
    by_code: dict[str, list[Definition]] = {}
    for definition in lists:
        if view == "unknown" or view in definition.views:
            by_code.setdefault(definition.code, []).append(definition)
    return tuple(
        tuple(d for d in of_code if d.formula is not None and _has(skeleton, d)) or (of_code[-1],)
        for of_code in by_code.values()
    )


def _best_seen(of_code: tuple[Definition, ...], body: Landmarks) -> Definition:
    """The first whose landmarks are all seen; the preferred one where those of none are.

    A sticker that was lost leaves the measure to the network, under that definition's version.
    """
    if len(of_code) == 1:
        return of_code[0]
    return next((d for d in of_code if body.seen(*d.landmarks)), of_code[0])


def _has(skeleton: Skeleton, definition: Definition) -> bool:
    near: Side = "left" if definition.side == "near" else ""
    names = (name for mark in definition.landmarks for name in keypoints_of(mark, near))
    return all(name in skeleton.index for name in names)


def _turned(body: Landmarks, view: View, calibration: Calibration) -> tuple[str, ...]:
    """A doubt on everything when the ankles say, beyond their own error, that the person turned."""
    return ("turned",) if is_turned(body, view, calibration) else ()


def _measure(definition: Definition, sight: _Sight) -> Measure:
    unit, per_px = reported_unit(definition), _per_px(definition, sight.calibration)
    side = sight.body.near if definition.side == "near" else definition.side
    why = _refusals(definition, sight)
    value, error = (np.nan, Spread(np.nan, np.nan)) if why else _value(definition, sight)
    if not why and not np.isfinite((value, *error)).all():
        why = ("undefined",)
    if why:
        return Measure(
            definition.code, None, unit, None, sight.n_eff, Quality.REFUSED, why,
            sight.view, side, definition.version,
        )  # fmt: skip
    u95 = error.u95 * per_px
    doubts = _doubts(definition, sight, error)
    if definition.unit == "length":
        u95 = float(np.hypot(u95, COVERAGE * sight.calibration.scale_sd * value * per_px))
    return Measure(
        definition.code, value * per_px, unit, u95, sight.n_eff,
        Quality.LOW if doubts else Quality.OK, doubts, sight.view, side, definition.version,
    )  # fmt: skip


def reported_unit(definition: Definition) -> str:
    """As written beside a value: lengths are in mm."""
    return "mm" if definition.unit == "length" else definition.unit


def _per_px(definition: Definition, calibration: Calibration) -> float:
    """What one unit of the formula is in the unit reported; NaN for a length without a scale."""
    if definition.unit != "length":
        return 1.0
    return np.nan if calibration.mm_per_px is None else calibration.mm_per_px


def _refusals(definition: Definition, sight: _Sight) -> tuple[str, ...]:
    if definition.formula is None:
        return tuple(f"not_measurable:{lacking}" for lacking in definition.landmarks)
    if sight.refused:
        return sight.refused
    body = sight.body
    names = _keypoints(definition, body)
    if lacking := tuple(f"keypoint_not_in_skeleton:{n}" for n in names if n not in body.index):
        return lacking
    scores = {name: body.scores[body.index[name]] for name in names}
    if unseen := tuple(
        f"keypoint_{'weak' if score > 0.0 else 'missing'}:{name}"
        for name, score in scores.items()
        if not score >= USABLE
    ):
        return unseen
    points = {name: body.point(name) for name in definition.landmarks}
    if any(
        distance_px(points[a], points[b]) < _COINCIDE_PX for a in points for b in points if a < b
    ):
        return ("keypoints_coincide",)
    if definition.unit == "length" and sight.calibration.mm_per_px is None:
        return ("scale_unknown",)
    return definition.gate(body)


def _doubts(definition: Definition, sight: _Sight, error: Spread) -> tuple[str, ...]:
    body = sight.body
    names = _keypoints(definition, body)
    doubts = [f"keypoint_weak:{n}" for n in names if body.scores[body.index[n]] < CONFIDENT]
    if not np.isfinite(body.covariance_px2[[body.index[n] for n in names]]).all():
        doubts.append("covariance_unknown")
    if definition.resolves_deg is not None and error.standard_error > definition.resolves_deg:
        doubts.append("low_reliability")
    if definition.unit == "deg" and error.u95 > _USELESS_DEG:
        doubts.append("wide_interval")
    return (*doubts, *sight.doubts)


def _value(definition: Definition, sight: _Sight) -> tuple[float, Spread]:
    """Value and how far it may be off, in the unit of the formula."""
    body, formula = sight.body, definition.formula
    if formula is None:
        raise ValueError(f"{definition.code} has no formula")
    names = _keypoints(definition, body)
    # landmarks = mean @ keypoints: a midpoint takes half of each of its keypoints
    mean = np.zeros((len(definition.landmarks), len(names)))
    for row, landmark in enumerate(definition.landmarks):
        parts = body.keypoints_of(landmark)
        for part in parts:
            mean[row, names.index(part)] += 1.0 / len(parts)

    def evaluate(points: Float64) -> float:
        return formula(points, sight.facing)

    points = mean @ body.points_px[[body.index[name] for name in names]]
    with np.errstate(divide="ignore", invalid="ignore"):  # a ratio without a value is refused
        gradient = mean.T @ gradient_px(evaluate, points)
        error = spread(gradient, body, names, sight.view, sight.calibration)
        return evaluate(points), error.widened(definition.open_sd)


def _keypoints(definition: Definition, body: Landmarks) -> tuple[str, ...]:
    """The keypoints behind a definition's landmarks, each once, in order."""
    return tuple(dict.fromkeys(n for mark in definition.landmarks for n in body.keypoints_of(mark)))
