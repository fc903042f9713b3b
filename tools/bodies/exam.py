"""Test bodies: people never seen, every measure spread evenly, and what each truly measures.

What a measure truly is follows from the true points of the picture by the product's own
definitions: of what a camera there can see, an exact reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from posture_tools.bodies.people import Person, draw_shape, draw_standing
from posture_tools.bodies.points import NAMES
from posture_tools.bodies.render import Rendered, Renderer, Views

from edge.posture.applying import catalogue
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
# What differs when somebody comes again to the same camera: how they sway, where they step.
_SWAY_DEG = 0.3
_STEP_M = 0.1
_TURN_DEG = 3.0


@dataclass(frozen=True, eq=False)
class Examined:
    """A picture of a test body, the view it was made for, and its true measures in degrees.

    person : a number that all visits of one body share.
    """

    rendered: Rendered
    view: View
    truth: dict[str, float]
    person: int = 0


def draw_test_body(renderer: Renderer, view: View, rng: np.random.Generator) -> Examined:
    """Somebody of 6 to 80 years, 600 to 900 px tall, lens 0.8 to 1.6 m high, yaw +-8, roll +-2."""
    return _seen(renderer, view, rng, _draw_person(renderer, rng))


def draw_visits(
    renderer: Renderer,
    view: View,
    rng: np.random.Generator,
    count: int,
    number: int,
    *,
    changed: bool = False,
) -> Iterator[Examined]:
    """A test body, and the same again before the same camera: new clothes, hair, light and noise.

    The person sways, stands up to 10 cm elsewhere and is turned by up to 3 deg more or less.
    number : of the person, for all of these visits. changed : the last one has other measures.
    """
    person = _draw_person(renderer, rng)
    first = _seen(renderer, view, rng, person)
    yield replace(first, person=number)
    camera = first.rendered.camera
    for visit in range(1, count):
        stands = _ask(person, rng) if changed and visit == count - 1 else person
        asked = _swayed(stands, rng).asked
        again = draw_standing(renderer.model, rng, person.shape)  # arms hang as they will
        there = replace(
            camera,
            yaw_deg=camera.yaw_deg + float(rng.uniform(-_TURN_DEG, _TURN_DEG)),
            distance_m=camera.distance_m + float(rng.uniform(-_STEP_M, _STEP_M)),
            right_m=camera.right_m + float(rng.uniform(-_STEP_M, _STEP_M)),
        )
        rendered = renderer.render(replace(again, asked=asked), rng, _views(view, rng), there)
        yield Examined(rendered, view, true_measures(rendered, view), number)


def draw_hold(
    renderer: Renderer, view: View, rng: np.random.Generator, frames: int, number: int
) -> Iterator[Examined]:
    """A test body in shorts or tights that stands before one camera as still as people do.

    All pictures have the same clothes, hair, light, room and noise; the body sways.
    number : of the person, for all of these pictures.
    """
    while True:
        first = _seen(renderer, view, rng, person := _draw_person(renderer, rng))
        camera, seed = first.rendered.camera, int(rng.integers(2**63))
        still = renderer.render(person, np.random.default_rng(seed), _views(view, rng), camera)
        if "loose" not in (still.upper, still.lower):
            break
    yield Examined(still, view, true_measures(still, view), number)
    for _ in range(frames - 1):
        swayed = renderer.render(
            _swayed(person, rng), np.random.default_rng(seed), _views(view, rng), camera
        )
        yield Examined(swayed, view, true_measures(swayed, view), number)


def _swayed(person: Person, rng: np.random.Generator) -> Person:
    asked = {
        name: value + float(rng.normal(0.0, _SWAY_DEG)) if name in _EVENLY else value
        for name, value in person.asked.items()
    }
    return replace(person, asked=asked)


def _draw_person(renderer: Renderer, rng: np.random.Generator) -> Person:
    shape = draw_shape(renderer.model, rng)
    return _ask(draw_standing(renderer.model, rng, shape), rng)


def _ask(person: Person, rng: np.random.Generator) -> Person:
    """The person with every measure drawn evenly."""
    asked = {
        name: _ABOUT.get(name, 0.0) + float(rng.uniform(-_REACH_DEG, _REACH_DEG))
        for name in _EVENLY
    }
    return replace(person, asked={**person.asked, **asked})


def _views(view: View, rng: np.random.Generator) -> Views:
    return Views(
        yaws_deg=(VIEWS[view] + float(rng.uniform(-8, 8)),), shares=(1.0,), yaw_sd_deg=0.0,
        any_yaw=0.0, roll_deg=float(rng.uniform(-2, 2)), roll_sd_deg=0.0, height_m=(0.8, 1.6),
        distance_m=(2.4, 4.5), fills=(600 / _SIZE_HW[0], 900 / _SIZE_HW[0]), size_hw=_SIZE_HW,
    )  # fmt: skip


def _seen(renderer: Renderer, view: View, rng: np.random.Generator, person: Person) -> Examined:
    rendered = renderer.render(person, rng, _views(view, rng))
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
        if definition.unit != "deg" or definition.formula is None or definition.plane == "floor":
            continue
        if not body.seen(*definition.landmarks):
            continue
        points = np.stack([body.point(mark) for mark in definition.landmarks])
        truth[definition.code] = float(definition.formula(points, facing))
    return truth
