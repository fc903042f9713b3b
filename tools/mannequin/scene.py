"""Scenes by chance: varied bodies, looks, postures, views and crops, as training needs them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from posture_tools.mannequin.body import Body
from posture_tools.mannequin.faults import Faults, Occluder, degrade
from posture_tools.mannequin.lens import CameraPose
from posture_tools.mannequin.look import random_colour, random_look
from posture_tools.mannequin.posture import Arm, Leg, Posture
from posture_tools.mannequin.render import Person, Rendered, Truth, render
from posture_tools.mannequin.room import Room

Uint8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Everything that makes one picture."""

    people: tuple[Person, ...]
    camera: CameraPose
    background: Room | Uint8
    occluders: tuple[Occluder, ...] = ()
    faults: Faults = field(default_factory=Faults)
    seed: int = 0

    def render(self) -> Rendered:
        """The picture and the truth; the same scene gives the same bytes."""
        drawn = render(*self.people, camera=self.camera, background=self.background)
        for occluder in self.occluders:
            occluder.draw(drawn.image)
        image = degrade(drawn.image, self.faults, np.random.default_rng(self.seed))
        people = tuple(self._hidden(truth) for truth in drawn.people)
        return Rendered(image, drawn.coverage, people)

    def _hidden(self, truth: Truth) -> Truth:
        keypoints = {
            name: replace(
                k, visible=k.visible and not any(o.hides(k.x_px, k.y_px) for o in self.occluders)
            )
            for name, k in truth.keypoints.items()
        }
        return replace(truth, keypoints=keypoints)


def random_body(rng: np.random.Generator) -> Body:
    """Adults of many builds."""
    female = rng.random() < 0.5
    return Body(
        stature_m=float(np.clip(rng.normal(1.64 if female else 1.77, 0.07), 1.45, 2.0)),
        girth=float(rng.uniform(0.85, 1.3)),
        shoulder_breadth=float(rng.normal(0.95 if female else 1.05, 0.04)),
        hip_breadth=float(rng.normal(1.06 if female else 0.97, 0.04)),
        waist=float(rng.uniform(0.88, 1.15)),
        bust=float(rng.uniform(0.3, 1.0)) if female else 0.0,
    )


def random_posture(rng: np.random.Generator, *, standing: bool) -> Posture:
    """A screening stance with everyday deviations or, not standing still, freely moving limbs."""

    def normal(sd: float, mean: float = 0.0) -> float:
        return float(np.clip(rng.normal(mean, sd), mean - 3 * sd, mean + 3 * sd))

    round_back = normal(6.0)
    lean = normal(2.5)
    free = 0.0 if standing else 1.0

    def arm() -> Arm:
        if standing and rng.random() < 0.85:
            return Arm(normal(4, 10), normal(7), normal(15), normal(7, 14))
        return Arm(
            float(rng.uniform(0, 150)) if rng.random() < 0.5 else normal(10, 15),
            float(rng.uniform(-30, 120)),
            float(rng.uniform(-60, 70)),
            float(rng.uniform(0, 135)),
        )

    def leg() -> Leg:
        bend = float(rng.uniform(0, 75)) * free * (rng.random() < 0.6)
        return Leg(
            normal(2.5, 3) + free * float(rng.uniform(-2, 18)),
            normal(4.5),
            bend * float(rng.uniform(0.3, 1.1)) + free * normal(10),
            bend,
            0.0,
            normal(7, 8),
        )

    bow = free * float(rng.uniform(-5, 35)) * (rng.random() < 0.3)
    return Posture(
        shoulder_tilt_deg=normal(3.5),
        pelvis_tilt_deg=normal(2.5),
        head_lean_deg=lean + normal(3.0),
        head_tilt_deg=-lean + normal(4.0),
        head_forward_deg=normal(7.0, 10.0) + 0.8 * round_back + bow,
        head_sagittal_tilt_deg=normal(7.0, 10.0) - 0.6 * bow,
        head_turn_deg=normal(5.0) if standing else float(rng.uniform(-55, 55)),
        trunk_lean_deg=normal(2.0) + free * normal(5.0),
        shoulder_protraction_mm=normal(12.0),
        spine_deg=(
            normal(5, 25) + round_back + bow, normal(5, 7) + bow,
            normal(4, -11) + bow, normal(5, 16) + 0.8 * bow,
        ),
        left_arm=arm(), right_arm=arm(), left_leg=leg(), right_leg=leg(),
    )  # fmt: skip


_YAW_DEG = {"front": 0.0, "right": 90.0, "back": 180.0, "left": 270.0}


def _yaw(rng: np.random.Generator, view: str | None) -> float:
    if view is None:
        if rng.random() < 0.25:
            return float(rng.uniform(0, 360))
        view = ("front", "front", "right", "back", "left")[rng.integers(5)]
    return _YAW_DEG[view] + float(rng.normal(0, 8))


def random_scene(
    rng: np.random.Generator,
    *,
    width_px: int = 192,
    height_px: int = 256,
    background: Uint8 | None = None,
    view: str | None = None,
    bare_back: bool = False,
) -> Scene:
    """One subject by chance, filling 60 to 95 % of the height, sometimes with a bystander.

    background : a photograph to stand before, uint8 (h, w, 3) BGR; a random room without.
    view : front, right, back or left keeps near that view; None takes any.
    bare_back : uncovered back, half of the time with stickers on the spine.
    """
    body = random_body(rng)
    standing = view is not None or rng.random() < 0.6
    posture = random_posture(rng, standing=standing)
    if bare_back:
        body = replace(body, bust=0.0) if rng.random() < 0.5 else body
    look = random_look(rng, bare_back=bare_back)
    person = Person(posture, body, look, _yaw(rng, view), float(rng.normal(0, 0.05)))
    distance = float(rng.uniform(2.0, 4.5))
    fill = float(rng.uniform(0.60, 0.95))
    camera = CameraPose(
        distance_m=distance,
        height_m=float(rng.uniform(0.8, 1.3)),
        roll_deg=float(rng.normal(0, 4)),
        focal_px=fill * height_px * distance / body.stature_m,
        distortion=(float(rng.normal(0, 0.03)), 0.0, 0.0, 0.0, 0.0),
        width_px=width_px,
        height_px=height_px,
    )
    # The body's middle comes near the picture's: a camera hung high looks down.
    aim = np.degrees(np.arctan2(camera.height_m - 0.5 * body.stature_m, distance))
    off = np.degrees(rng.normal(0, 0.03) * height_px / camera.focal_px)
    camera = replace(camera, pitch_deg=float(aim + off))
    people = [person]
    if rng.random() < 0.2:
        aside = float(rng.choice([-1, 1]) * rng.uniform(0.45, 0.9))
        people.append(
            Person(
                random_posture(rng, standing=True), random_body(rng), random_look(rng),
                float(rng.uniform(0, 360)), aside, float(rng.uniform(-0.9, 0.2)),
            )
        )  # fmt: skip
    occluders: list[Occluder] = []
    if rng.random() < 0.25:
        wide, tall = rng.uniform(0.08, 0.4) * width_px, rng.uniform(0.06, 0.3) * height_px
        x, y = rng.uniform(0.15, 0.85) * width_px, rng.uniform(0.2, 1.0) * height_px
        occluders.append(Occluder(x, y, wide, tall, random_colour(rng), bool(rng.random() < 0.5)))
    faults = Faults(
        noise=float(rng.exponential(3.0)),
        exposure_stops=float(rng.normal(0, 0.35)),
        blur_px=float(rng.uniform(0.3, 1.2)) if rng.random() < 0.4 else 0.0,
    )
    seed = int(rng.integers(2**31))
    room = Room(
        random_colour(rng, 0.25, 0.95),
        random_colour(rng, 0.15, 0.75),
        float(rng.uniform(0.3, 2.5)),
        int(rng.integers(0, 7)),
        seed,
    )
    behind = room if background is None else background
    return Scene(tuple(people), camera, behind, tuple(occluders), faults, seed)
