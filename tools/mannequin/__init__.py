"""A rendered person with exact keypoints and angles.

The station's camera where there is no camera: for demonstrations, the self-test, golden tests and
training. A `Posture` asks for angles, `articulate` makes joints of them, `figure` hangs a surface
on the joints, `render` draws it through a `CameraPose` and returns the picture with the truth.
"""

from posture_tools.mannequin.body import Body
from posture_tools.mannequin.faults import Faults, Occluder, degrade
from posture_tools.mannequin.lens import CameraPose
from posture_tools.mannequin.look import Fabric, Look, random_look
from posture_tools.mannequin.posture import Arm, Leg, Posture
from posture_tools.mannequin.render import KEYPOINTS, Keypoint, Person, Rendered, Truth, render
from posture_tools.mannequin.room import Room
from posture_tools.mannequin.scene import Scene, random_body, random_posture, random_scene
from posture_tools.mannequin.source import MannequinCamera

__all__ = [
    "KEYPOINTS", "Arm", "Body", "CameraPose", "Fabric", "Faults", "Keypoint", "Leg", "Look",
    "MannequinCamera", "Occluder", "Person", "Posture", "Rendered", "Room", "Scene", "Truth",
    "degrade", "random_body", "random_look", "random_posture", "random_scene", "render",
]  # fmt: skip
