"""A rendered person with exact keypoints and angles.

The station's camera where there is no camera: for demonstrations, golden tests and evaluation. One
of three baked bodies (`posture_tools.bodies`) is asked for measures and solved once (`standing`),
dressed and painted once (`outfit`, `painted`), and posed for each picture (`render`), which comes
with its truth from the body's own points.
"""

from posture_tools.mannequin.everyday import everyday
from posture_tools.mannequin.faults import Faults, degrade
from posture_tools.mannequin.lens import CameraPose
from posture_tools.mannequin.outfit import Outfit
from posture_tools.mannequin.person import PEOPLE, YAW_DEG, Person, view_of
from posture_tools.mannequin.render import Keypoint, Rendered, Truth, render
from posture_tools.mannequin.room import Room, random_light
from posture_tools.mannequin.source import MannequinCamera
from posture_tools.mannequin.standing import standing, stature_m

__all__ = [
    "PEOPLE", "YAW_DEG", "CameraPose", "Faults", "Keypoint", "MannequinCamera", "Outfit", "Person",
    "Rendered", "Room", "Truth", "degrade", "everyday", "random_light", "render", "standing",
    "stature_m", "view_of",
]  # fmt: skip
