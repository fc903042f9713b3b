"""A rendered person with exact keypoints and angles.

The station's camera where there is no camera: for demonstrations, the self-test, golden tests and
training. A `Posture` asks for angles, `articulate` makes joints of them, `figure` hangs a surface
on the joints, `render` draws it through a `CameraPose` and returns the picture with the truth.
"""

from edge.camera.mannequin.body import Body
from edge.camera.mannequin.faults import Faults, Occluder, degrade
from edge.camera.mannequin.lens import CameraPose
from edge.camera.mannequin.look import Fabric, Look, random_look
from edge.camera.mannequin.posture import Arm, Leg, Posture
from edge.camera.mannequin.render import KEYPOINTS, Keypoint, Person, Rendered, Truth, render
from edge.camera.mannequin.room import Room
from edge.camera.mannequin.scene import Scene, random_body, random_posture, random_scene
from edge.camera.mannequin.source import MannequinCamera

__all__ = [
    "KEYPOINTS", "Arm", "Body", "CameraPose", "Fabric", "Faults", "Keypoint", "Leg", "Look",
    "MannequinCamera", "Occluder", "Person", "Posture", "Rendered", "Room", "Scene", "Truth",
    "degrade", "random_body", "random_look", "random_posture", "random_scene", "render",
]  # fmt: skip
