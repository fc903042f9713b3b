"""The mannequin as a camera: a person who walks up, stands in each view, turns, and leaves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from urllib.parse import parse_qsl

import numpy as np
from numpy.typing import NDArray
from posture_tools.mannequin.faults import Faults, degrade
from posture_tools.mannequin.lens import CameraPose
from posture_tools.mannequin.outfit import Outfit
from posture_tools.mannequin.person import PEOPLE, YAW_DEG, Person
from posture_tools.mannequin.render import Rendered, render
from posture_tools.mannequin.room import Room, paint, random_light

from edge.errors import SourceInvalid
from edge.records import Frame, Origin
from edge.settings import CameraSettings

_TO_THE_RIGHT_DEG = -90.0  # of yaw: somebody who walks to the right of the picture
WALK_S, TURN_S, STEP_S, STRIDE_HZ = 2.0, 1.5, 1.5, 0.9
AWAY_M = 1.6
_Turns = Mapping[str, tuple[float, float, float]]


@dataclass(frozen=True, slots=True)
class Act:
    """What the URI asks for; every field is a key of its query, angles without `_deg`.

    view : stand in this view only; empty for front, right, back, left in turn.
    yaw : error of every stance against its view, deg, + turned to the person's own left.
    seconds : how long each stance is stood.
    repeats : stances in each view, with a few steps on the spot between.
    seed : who comes (0 a man, 1 a woman, 2 a child, 3 a man, ...), clothes, room and light.
    people : 2 adds a bystander. sway : 1 is ordinary standing, 0 a statue.
    noise, exposure, blur : faults of the picture (grey levels, stops, px).
    """

    view: str = ""
    yaw: float = 0.0
    seconds: float = 8.0
    repeats: int = 1
    fps: float = 10.0
    seed: int = 0
    width: int = 720
    height: int = 1280
    distance: float = 3.0
    camera_height: float = 0.95
    roll: float = 0.0
    pitch: float = 0.0
    shoulder_tilt: float = 0.0
    pelvis_tilt: float = 0.0
    head_lean: float = 0.0
    head_tilt: float = 0.0
    head_forward: float = 8.0
    trunk_lean: float = 0.0
    valgus_left: float = 0.0
    valgus_right: float = 0.0
    people: int = 1
    sway: float = 1.0
    noise: float = 2.0
    exposure: float = 0.0
    blur: float = 0.0

    def __post_init__(self) -> None:
        bounds = {
            "seconds": (0.1, 3600), "fps": (0.5, 120), "width": (64, 4096), "height": (64, 4096),
            "distance": (1.0, 20), "people": (1, 2), "seed": (0, 2**31), "camera_height": (0, 3),
            "noise": (0, 100), "blur": (0, 50), "exposure": (-10, 10), "sway": (0, 10),
            "repeats": (1, 5),
        }  # fmt: skip
        for name, (low, high) in bounds.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} must lie between {low} and {high}")
        for name in ("shoulder_tilt", "pelvis_tilt", "head_lean", "head_tilt", "head_forward",
                     "trunk_lean", "valgus_left", "valgus_right", "roll", "pitch"):  # fmt: skip
            if not abs(getattr(self, name)) <= 45:
                raise ValueError(f"{name} must lie within 45 degrees")
        if not math.isfinite(self.yaw):
            raise ValueError("yaw must be a number of degrees")
        if self.view and self.view not in YAW_DEG:
            raise ValueError(f"view must be one of {', '.join(YAW_DEG)}")


def act_of(uri: str) -> Act:
    """Read `mannequin:?key=value&...`.

    Raises
    ------
    SourceInvalid : a key or value that makes no sense; says which keys there are.
    """
    remedy = f"Keys are {', '.join(f.name for f in fields(Act))}."
    kinds = {name: type(value) for name, value in asdict(Act()).items()}
    query = uri.removeprefix("mannequin:").removeprefix("?")
    try:
        asked = {}
        for key, value in parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)):
            if key not in kinds:
                raise ValueError(f"there is no key {key}")
            asked[key] = kinds[key](value)
        return Act(**asked)
    except ValueError as error:
        raise SourceInvalid(f"the source {uri} cannot be: {error}.", remedy) from error


def mannequin_camera(settings: CameraSettings) -> MannequinCamera:
    """The source `mannequin:`, as `edge.camera.sources` finds it."""
    return MannequinCamera(settings.source)


class MannequinCamera:
    """Frames of a simulated visit; `captured_ns` is the visit's own clock, from 0.

    The same URI gives the same bytes. Frames are made when read, so none is ever dropped.
    """

    origin: Origin = "rendered"

    def __init__(self, uri: str = "mannequin:") -> None:
        self._act = act_of(uri)
        self._uri = uri
        self._next = 0
        self._room: NDArray[np.uint8] | None = None
        self._rng = np.random.default_rng(self._act.seed)

    @property
    def name(self) -> str:
        return self._uri

    @property
    def dropped(self) -> int:
        return 0

    def open(self) -> None:
        act = self._act
        rng = np.random.default_rng(act.seed)
        self._who, self._outfit = PEOPLE[act.seed % len(PEOPLE)], Outfit(act.seed)
        other = PEOPLE[rng.integers(len(PEOPLE))]
        self._other = Person(other, outfit=Outfit(act.seed + 1), x_m=0.75, z_m=-0.5)
        self._light = random_light(rng)
        self._phases = rng.uniform(0, 2 * math.pi, (5, 3))
        self._camera = CameraPose(
            distance_m=act.distance,
            height_m=act.camera_height,
            roll_deg=act.roll,
            pitch_deg=act.pitch,
            focal_px=1300.0 / 1280 * act.height * act.distance / 3.0,
            width_px=act.width,
            height_px=act.height,
        )
        self._room = paint(Room(clutter=3, seed=act.seed), self._camera)
        self._next = 0
        self._rng = rng

    def pace(self, _most_fps: float) -> None:
        """Changes nothing: each frame of the visit is made."""

    def close(self) -> None:
        self._room = None

    @property
    def duration_s(self) -> float:
        """Length of the whole visit."""
        stances = len(self._stances)
        return 2 * (WALK_S + TURN_S) + stances * self._view_s + (stances - 1) * TURN_S

    @property
    def _view_s(self) -> float:
        """Length of all stances in one view."""
        return self._act.repeats * (self._act.seconds + STEP_S) - STEP_S

    def read(self) -> Frame | None:
        if self._room is None:
            raise SourceInvalid(f"{self._uri} is not open.", "Call open() before read().")
        time_s = self._next / self._act.fps
        if time_s >= self.duration_s:
            return None
        act = self._act
        faults = Faults(act.noise, act.exposure, act.blur)
        image = degrade(self.rendered(time_s).image, faults, self._rng)
        frame = Frame(image, self._next, round(time_s * 1e9), name=self._uri)
        self._next += 1
        return frame

    def rendered(self, time_s: float) -> Rendered:
        """Picture and truth at a moment of the visit, before the camera's faults."""
        people = [self._person(time_s)]
        if self._act.people == 2:
            people.append(self._other)
        return render(*people, camera=self._camera, background=self._room, light=self._light)

    @property
    def _stances(self) -> list[float]:
        """Yaws of the stances in turn, always turning the same way round."""
        act = self._act
        yaws = [yaw for view, yaw in YAW_DEG.items() if act.view in ("", view)]
        return [-(-yaw % 360.0) - act.yaw for yaw in yaws]

    def _person(self, time_s: float) -> Person:
        """Walk in from the picture's left, turn to each stance, stand, walk out to the right."""
        stances = self._stances
        if time_s < WALK_S:
            return self._walking(time_s, -AWAY_M * (1 - time_s / WALK_S))
        time_s -= WALK_S
        yaw = _TO_THE_RIGHT_DEG
        for stance in stances:
            if time_s < TURN_S:
                return self._standing(time_s, yaw + (stance - yaw) * _ease(time_s / TURN_S))
            time_s -= TURN_S
            if time_s < self._view_s:
                into_s = time_s % (self._act.seconds + STEP_S)
                if into_s < self._act.seconds:
                    return self._standing(time_s, stance)
                return self._walking(time_s, 0.0, stance)
            time_s -= self._view_s
            yaw = stance
        if time_s < TURN_S:
            turned = yaw + (_TO_THE_RIGHT_DEG - yaw) * _ease(time_s / TURN_S)
            return self._standing(time_s, turned)
        return self._walking(time_s - TURN_S, AWAY_M * (time_s - TURN_S) / WALK_S)

    def _somebody(self, yaw_deg: float, x_m: float, z_m: float, bent: _Turns) -> Person:
        act = self._act
        asked = {
            "shoulder_tilt": act.shoulder_tilt,
            "pelvic_obliquity": act.pelvis_tilt,
            "head_lean": act.head_lean,
            "head_tilt_ear": act.head_tilt,
            "head_forward_angle": act.head_forward,
            "trunk_lean": act.trunk_lean,
            "knee_frontal_left": act.valgus_left,
            "knee_frontal_right": act.valgus_right,
        }
        return Person(self._who, asked, self._outfit, yaw_deg % 360.0, x_m, z_m, bent)

    def _standing(self, time_s: float, yaw_deg: float) -> Person:
        """Quiet standing: slow sway below 1 Hz about the asked posture, about 0.3 deg."""
        rates = np.array([0.11, 0.29, 0.63])
        slow = np.sin(2 * math.pi * rates * time_s + self._phases) @ np.array([0.6, 0.3, 0.1])
        sway = (self._act.sway * slow).tolist()
        lean, head, nod = (math.radians(each) for each in (0.2 * sway[0], 0.3 * sway[1], sway[2]))
        bent = {"spine03": (0.0, lean, 0.0), "neck01": (0.4 * nod, head, 0.0)} if any(sway) else {}
        return self._somebody(yaw_deg, 0.004 * sway[3], 0.004 * sway[4], bent)

    def _walking(self, time_s: float, x_m: float, yaw_deg: float = _TO_THE_RIGHT_DEG) -> Person:
        swing = math.sin(2 * math.pi * STRIDE_HZ * time_s)
        bent: dict[str, tuple[float, float, float]] = {}
        for side, forward in (("L", swing), ("R", -swing)):
            hip, knee = -24.0 * forward, 22.0 * max(0.0, -forward) + 4.0
            arm = 18.0 * forward
            for bone, turned in (("upperleg01", hip), ("lowerleg01", knee), ("upperarm01", arm)):
                bent[f"{bone}.{side}"] = (math.radians(turned), 0.0, 0.0)
        return self._somebody(yaw_deg, x_m, 0.0, bent)


def _ease(share: float) -> float:
    """0 to 1 with a soft start and end."""
    return share * share * (3 - 2 * share)
