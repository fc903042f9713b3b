"""Test bodies: people never seen, every measure spread evenly, and what each truly measures.

What a measure truly is follows from the true points of the picture by the product's own
definitions: of what a camera there can see, an exact reading.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from posture_tools.bodies.people import draw_shape, draw_standing
from posture_tools.bodies.points import NAMES
from posture_tools.bodies.render import Rendered, Renderer, Views

from edge.posture.assess import catalogue
from edge.posture.landmarks import Landmarks
from edge.records import Pose, View
from edge.skeletons import Skeleton

VIEWS: dict[View, float] = {"front": 0.0, "back": 180.0, "left": 90.0, "right": 270.0}
EVERY_POINT = Skeleton("bodies-61", NAMES, ())
_SIZE_HW = (1080, 810)
# Centres of what a person who stands straight has; each is asked evenly about it.
_ABOUT = {
    "anterior_tilt": 11.0, "kyphosis": 26.0, "lordosis": 24.0, "head_forward_angle": 11.0,
    "head_sagittal_tilt": 13.0, "knee_sagittal_left": 2.0, "knee_sagittal_right": 2.0,
}  # fmt: skip
_EVENLY = (
    "shoulder_tilt", "pelvic_obliquity", "trunk_lean", "trunk_inclination", "head_lean",
    "head_tilt_ear", "knee_frontal_left", "knee_frontal_right", "scoliotic_curve", *_ABOUT,
)  # fmt: skip
_REACH_DEG = 8.0


@dataclass(frozen=True, eq=False)
class Examined:
    """A picture of a test body, the view it was made for, and its true measures in degrees."""

    rendered: Rendered
    view: View
    truth: dict[str, float]


def draw_test_body(renderer: Renderer, view: View, rng: np.random.Generator) -> Examined:
    """Somebody of 6 to 80 years, 600 to 900 px tall, lens 0.8 to 1.6 m high, yaw +-8, roll +-2."""
    shape = draw_shape(renderer.model, rng)
    person = draw_standing(renderer.model, rng, shape)
    asked = {
        name: _ABOUT.get(name, 0.0) + float(rng.uniform(-_REACH_DEG, _REACH_DEG))
        for name in _EVENLY
    }
    person = replace(person, asked={**person.asked, **asked})
    views = Views(
        yaws_deg=(VIEWS[view] + float(rng.uniform(-8, 8)),), shares=(1.0,), yaw_sd_deg=0.0,
        any_yaw=0.0, roll_deg=float(rng.uniform(-2, 2)), roll_sd_deg=0.0, height_m=(0.8, 1.6),
        distance_m=(2.4, 4.5), fills=(600 / _SIZE_HW[0], 900 / _SIZE_HW[0]), size_hw=_SIZE_HW,
    )  # fmt: skip
    rendered = renderer.render(person, rng, views)
    return Examined(rendered, view, true_measures(rendered, view))


def true_measures(rendered: Rendered, view: View) -> dict[str, float]:
    """Every angle of the view from the true points, by the definitions of `edge.posture`."""
    keypoints = rendered.points_px.copy()
    keypoints[:, 2] = 1.0
    covariance = np.zeros((len(NAMES), 2, 2), np.float32)
    pose = Pose(EVERY_POINT, keypoints, covariance, 1.0)
    near = view if view in ("left", "right") else ""
    body = Landmarks.of(pose, near=near)
    facing = 1.0 if view in ("front", "right") else -1.0
    truth = {}
    for definition in catalogue(EVERY_POINT, view):
        if definition.unit != "deg" or definition.formula is None:
            continue
        if not body.seen(*definition.landmarks):
            continue
        points = np.stack([body.point(mark) for mark in definition.landmarks])
        truth[definition.code] = float(definition.formula(points, facing))
    return truth
