"""One pose to its measures: value and interval, or refused with the reason. Nothing is left out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from edge.accuracy import CONFIDENT, Accuracy
from edge.posture.angles import Float64, distance_px
from edge.posture.applying import alternatives, catalogue, reported_unit
from edge.posture.calibration import LEVEL, Calibration
from edge.posture.catalogue.definition import Definition
from edge.posture.catalogue.feet import Floor
from edge.posture.clothing import UNTOLD, Dress, under_cloth
from edge.posture.fitness import judged, not_followed
from edge.posture.landmarks import USABLE, Landmarks, near_side
from edge.posture.perspective import in_ankle_plane
from edge.posture.scale import scale_of, scaled
from edge.posture.uncertainty import (
    Effect,
    Known,
    Spread,
    frames_effect,
    geometric_effects,
    gradient_px,
    largest_causes,
    network_effect,
    placing_effects,
    scale_effect,
    together,
    u95_change,
)
from edge.posture.views import against, is_off_square, is_turned, view_of
from edge.records import Measure, Pose, Quality, View
from edge.skeletons import Skeleton

_COINCIDE_PX = 1.0


@dataclass(frozen=True, eq=False)
class _Sight:
    """A person as seen from one side, with what holds for all measures alike.

    body : in the plane of the ankles. as_seen : where the picture shows them, rectified.
    """

    body: Landmarks
    as_seen: Landmarks
    view: View
    calibration: Calibration
    n_eff: float
    dress: Dress
    accuracy: Accuracy | None
    refused: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def facing(self) -> float:
        return 1.0 if self.view in ("front", "right") else -1.0

    @cached_property
    def floor(self) -> Floor | None:
        return Floor.under(self.as_seen, self.calibration)


def assess(
    pose: Pose,
    view: View | None = None,
    calibration: Calibration = LEVEL,
    n_eff: float = 1.0,
    dress: Dress = UNTOLD,
) -> tuple[Measure, ...]:
    """All measures of a view, in the order of the catalogue.

    view : as known from outside; None lets the facing test decide. A view that the facing test
        contradicts is refused: a mirrored picture must not pass for the other side.
    n_eff : effective number of frames the pose was taken from, for the record. The covariance of
        the pose is that of the pose as given; it is not divided again.
    dress : what the person wears, which decides how well the network reads.

    Where the view is unknown every measure the skeleton could give is refused, with the reason.

    Examples
    --------
    Somebody who faces the camera, whose right shoulder is 10 px higher than the left one:

    >>> from edge.skeletons import COCO_17
    >>> halves = {"eye": (8, 92), "ear": (18, 98), "shoulder": (50, 175), "elbow": (65, 270),
    ...     "wrist": (70, 360), "hip": (30, 360), "knee": (28, 520), "ankle": (26, 670)}
    >>> places = {"nose": (200.0, 100.0)}
    >>> for part, (aside, y) in halves.items():
    ...     raised = 5 if part == "shoulder" else 0
    ...     places |= {f"left_{part}": (200 + aside, y + raised)}
    ...     places |= {f"right_{part}": (200 - aside, y - raised)}
    >>> keypoints = np.array([(*places[k], 0.9) for k in COCO_17.keypoints], np.float32)
    >>> pose = Pose(COCO_17, keypoints, np.tile(np.eye(2, dtype=np.float32), (17, 1, 1)), 0.9)
    >>> measured = {measure.code: measure for measure in assess(pose)}
    >>> measured["shoulder_tilt"].view, round(measured["shoulder_tilt"].value, 1)
    ('front', 5.7)
    >>> measured["q_angle_right"].quality, measured["q_angle_right"].why[0]
    (<Quality.REFUSED: 'refused'>, 'keypoint_not_in_skeleton:right_asis')
    """
    sight = _sight(pose, view, calibration, n_eff, dress)
    return tuple(
        _measure(_best_seen(of_code, sight), sight)
        for of_code in alternatives(pose.skeleton, sight.view)
    )


def effects_of(
    pose: Pose, view: View, calibration: Calibration = LEVEL, dress: Dress = UNTOLD
) -> dict[str, tuple[Effect, ...]]:
    """Code -> everything that may put a measure off, in its unit; of those that are not refused.

    Parameters as `assess`; the view must be known.
    """
    sight = _sight(pose, view, calibration, 1.0, dress)
    found = {}
    for of_code in alternatives(pose.skeleton, sight.view):
        definition = _best_seen(of_code, sight)
        if _refusals(definition, sight):
            continue
        per_px = _per_px(definition, sight.calibration)
        effects = _value(definition, sight, _known(definition, sight))[1]
        found[definition.code] = tuple(effect.times(per_px) for effect in effects)
    return found


def _sight(
    pose: Pose, view: View | None, calibration: Calibration, n_eff: float, dress: Dress
) -> _Sight:
    found = view_of(pose)
    refused: tuple[str, ...] = ()
    if view is None:
        view, refused = found
    else:
        refused = against(found, view)
    calibration = scaled(calibration, scale_of(pose, calibration))
    as_seen = Landmarks.of(pose, calibration, near_side(pose, view))
    body = in_ankle_plane(as_seen, view, calibration)
    doubts = ("turned",) if _turned(pose, body, view, calibration) else ()
    return _Sight(body, as_seen, view, calibration, n_eff, dress, pose.accuracy, refused, doubts)


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


def _best_seen(of_code: tuple[Definition, ...], sight: _Sight) -> Definition:
    """The definition that is followed best, among those whose landmarks are all seen and read.

    The first of equals, and where those of none are. A sticker that was lost, a landmark under
    loose cloth, or one that the network follows less, leaves the measure to the joints that it
    finds, under that definition's version; a point set by hand takes it to those that it is one of.
    """
    if len(of_code) == 1:
        return of_code[0]
    seen = [d for d in of_code if sight.body.seen(*d.landmarks) and _read(d, sight)]
    return max(seen, key=lambda d: _followed(d, sight), default=of_code[0])


def _followed(definition: Definition, sight: _Sight) -> float:
    """Part of a body's change that is read, 0 where unknown; what hands placed goes before it."""
    rows = [sight.body.index[name] for name in _keypoints(definition, sight.body)]
    known = _known(definition, sight)
    return 10.0 * float(sight.body.placed(rows).mean()) + (known.row.followed if known else 0.0)


def _read(definition: Definition, sight: _Sight) -> bool:
    if _placed(definition, sight.body):
        return True
    known = _known(definition, sight)
    return not (_hidden(definition, sight) or not_followed(known and known.row))


def _hidden(definition: Definition, sight: _Sight) -> tuple[str, ...]:
    """Landmarks under loose cloth of which nobody knows how well the network tells them.

    Where that was found on bodies dressed alike, the interval says it; what hands placed is seen.
    """
    body = sight.body
    hidden = tuple(
        name
        for name in under_cloth(_keypoints(definition, body), sight.dress)
        if name in body.index and not body.placed([body.index[name]])[0]
    )
    return hidden if hidden and _known(definition, sight) is None else ()


def _turned(pose: Pose, body: Landmarks, view: View, calibration: Calibration) -> bool:
    """Ankles or the network say, beyond their own error, that the person does not stand square."""
    by_ankles = view in ("front", "back") and is_turned(body, view, calibration)
    return by_ankles or is_off_square(pose.yaw, view)


def _measure(definition: Definition, sight: _Sight) -> Measure:
    unit, per_px = reported_unit(definition), _per_px(definition, sight.calibration)
    side = sight.body.near if definition.side == "near" else definition.side
    known = _known(definition, sight)
    why = _refusals(definition, sight)
    value, effects = (np.nan, ()) if why else _value(definition, sight, known)
    if not why and not np.isfinite((value, *(effect.sd for effect in effects))).all():
        why = ("undefined",)
    if not why and not _placed(definition, sight.body):
        why = not_followed(known and known.row)
    if why:
        return Measure(
            definition.code, None, unit, None, sight.n_eff, Quality.REFUSED, why,
            sight.view, side, definition.version,
        )  # fmt: skip
    spread = together(effects)
    u95, change = spread.u95 * per_px, u95_change(effects) * per_px
    doubts = _doubts(definition, sight, spread, known)
    quality, why = judged(definition.code, unit, u95, change, doubts)
    return Measure(
        definition.code, value * per_px, unit, u95, sight.n_eff, quality, why,
        sight.view, side, definition.version, change, largest_causes(effects, per_px),
    )  # fmt: skip


def _known(definition: Definition, sight: _Sight) -> Known | None:
    """What the network's description says of a measure; None where it says nothing."""
    accuracy = sight.accuracy
    if accuracy is None:
        return None
    worn = sight.dress.over(definition.landmarks)
    row = accuracy.of(definition.code, definition.version, sight.view, worn)
    # A length's is in % of stature.
    unit_px = (sight.body.stature_px or np.nan) / 100.0 if definition.unit == "length" else 1.0
    return None if row is None else Known(row, unit_px, accuracy.stature_px)


def _placed(definition: Definition, body: Landmarks) -> bool:
    """Hands placed every keypoint: no network has a part in it."""
    return bool(body.placed([body.index[n] for n in _keypoints(definition, body)]).all())


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
    if definition.plane == "floor" and sight.floor is None:
        known = sight.calibration.focal_px is not None
        return ("stature_unknown",) if known else ("lens_not_calibrated",)
    if hidden := _hidden(definition, sight):
        return tuple(f"under_loose_cloth:{name}" for name in hidden)
    return definition.gate(body)


def _doubts(
    definition: Definition, sight: _Sight, error: Spread, known: Known | None
) -> tuple[str, ...]:
    body = sight.body
    names = _keypoints(definition, body)
    weak = CONFIDENT if sight.accuracy is None else sight.accuracy.confident
    doubts = [f"keypoint_weak:{n}" for n in names if body.scores[body.index[n]] < weak]
    if known is None and not _placed(definition, body):
        doubts.append("network_unmeasured")
    if definition.resolves_deg is not None and error.standard_error > definition.resolves_deg:
        doubts.append("low_reliability")
    return (*doubts, *sight.doubts)


def _value(
    definition: Definition, sight: _Sight, known: Known | None
) -> tuple[float, tuple[Effect, ...]]:
    """Value and what may put it off, in the unit of the formula."""
    formula = definition.formula
    if formula is None:
        raise ValueError(f"{definition.code} has no formula")
    floor = sight.floor if definition.plane == "floor" else None
    body = sight.body if floor is None else sight.as_seen
    names = _keypoints(definition, body)
    # landmarks = mean @ keypoints: a midpoint takes half of each of its keypoints
    mean = np.zeros((len(definition.landmarks), len(names)))
    for row, landmark in enumerate(definition.landmarks):
        parts = body.keypoints_of(landmark)
        for part in parts:
            mean[row, names.index(part)] += 1.0 / len(parts)

    def evaluate(points: Float64) -> float:
        if floor is not None:
            points = floor.places(points, definition.landmarks)
        return formula(points, sight.facing)

    points = mean @ body.points_px[[body.index[name] for name in names]]
    with np.errstate(divide="ignore", invalid="ignore"):  # a ratio without a value is refused
        gradient = mean.T @ gradient_px(evaluate, points)
        value, network = evaluate(points), network_effect(gradient, body, names, known)
        # Where hands placed a part of it the network's habit is another one.
        if known is not None and not body.placed([body.index[name] for name in names]).any():
            value, gradient = known.gain * value + known.shift, known.gain * gradient
        effects = (
            network,
            *frames_effect(gradient, body, names),
            *placing_effects(gradient, body, names),
            *geometric_effects(gradient, body, names, sight.view, sight.calibration),
            *([scale_effect(value, sight.calibration)] if definition.unit == "length" else []),
            Effect("definition", definition.open_sd),
        )
        return value, tuple(effect for effect in effects if effect.sd > 0.0 or np.isnan(effect.sd))


def _keypoints(definition: Definition, body: Landmarks) -> tuple[str, ...]:
    """The keypoints behind a definition's landmarks, each once, in order."""
    return tuple(dict.fromkeys(n for mark in definition.landmarks for n in body.keypoints_of(mark)))
