"""Networks that know where everything is, and err as a test wants them to.

In their pictures blue rises with x, and red counts the frames from 200 on. So a crop tells the
network which frame it shows, and whether in a mirror; where it lies, laying it told. The network
draws its maps about the truth, or about what a test makes of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from simulators.networks import colour_card

from edge.inference.description import InputSpec
from edge.inference.letterbox import to_image, to_input
from edge.inference.network import Network
from edge.records import Frame, ModelIdentity
from edge.skeletons import BODY_55, COCO_17, Skeleton

WIDTH, HEIGHT = 900, 1600
_FIRST_FRAME = 200
_SIGMA_CELLS = 2.0
_HALVES = slice(0, 96), slice(96, 192)

Points = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Glance:
    """number : of this network's runs, from 0. frame : which one. rows_px : height of the crop."""

    number: int
    frame: int
    mirrored: bool
    rows_px: float
    centre_px: tuple[float, float]


Fault = Callable[[Glance, Points], Points]


def telling_frame(number: int = 0) -> Frame:
    """The picture of a frame."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[:, :, 0] = np.linspace(0, 255, WIDTH)
    image[:, :, 2] = _FIRST_FRAME + number
    return Frame(image, number, number * 100_000_000)


def swapped(points: Points) -> Points:
    """Left taken for right and right for left."""
    return {_twin(name): at for name, at in points.items()}


def _twin(name: str) -> str:
    if name.startswith("left_"):
        return "right_" + name.removeprefix("left_")
    if name.startswith("right_"):
        return "left_" + name.removeprefix("right_")
    return name


class KnowingNetwork(Network):
    """truths : where each keypoint is, a frame. fault : what the network makes of it in a run.

    yaw_deg : of the person, or None for a network that does not tell it.
    on_run : called with every run, as time that passes.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        *truths: Points,
        fault: Fault = lambda _glance, points: points,
        yaw_deg: float | None = None,
        height: float = 0.9,
        on_run: Callable[[], None] = lambda: None,
    ) -> None:
        roles = ["heatmaps"] if yaw_deg is None else ["heatmaps", "yaw"]
        margin = 1.25 if skeleton is COCO_17 else 1.0
        card = colour_card(
            name=skeleton.name, skeleton=skeleton.name, keypoints=skeleton.keypoints,
            outputs={role: role for role in roles},
            input=InputSpec("image", 256, 192, letterbox="crop", box_margin=margin),
        )  # fmt: skip
        super().__init__(None, card, ModelIdentity(skeleton.name, "1", "0" * 64, "heatmap"))
        self._truths = truths
        self._fault = fault
        self._yaw_deg = yaw_deg
        self._height = height
        self._on_run = on_run
        self.glances: list[Glance] = []

    def lay(self, picture, box_px=None):
        laid, self._letterbox = super().lay(picture, box_px)
        return laid, self._letterbox

    def run(self, picture, *, stages=False):
        inside = picture[:, :, 2] >= _FIRST_FRAME
        assert inside.mean() > 0.2, "a crop of next to nothing"
        blue = [picture[:, columns, 0][inside[:, columns]].mean() for columns in _HALVES]
        frame = round(float(np.median(picture[:, :, 2][inside]))) - _FIRST_FRAME
        box = self._letterbox
        x, y = to_image(box, np.array([95.5, 127.5])).tolist()
        number, mirrored = len(self.glances), bool(blue[0] > blue[1])
        self.glances.append(Glance(number, frame, mirrored, 256 / box.scale_y, (x, y)))
        self._on_run()
        seen = self._fault(self.glances[-1], dict(self._truths[frame]))
        if mirrored:  # a person in a mirror has the heart on the right
            seen = swapped(seen)
        maps = np.zeros((1, len(self.description.keypoints), 64, 48), np.float32)
        for row, name in enumerate(self.description.keypoints):
            if name in seen:
                column, line = to_input(box, np.array(seen[name])).tolist()
                if mirrored:
                    column = 191 - column
                bump = _bump((column + 0.5) / 4 - 0.5, (line + 0.5) / 4 - 0.5)
                maps[0, row] = self._height * bump
        outputs = {"heatmaps": maps}
        if self._yaw_deg is not None:
            turn = np.radians(-self._yaw_deg if mirrored else self._yaw_deg)
            outputs["yaw"] = np.array([[np.sin(turn), np.cos(turn)]], np.float32)
        return outputs


def standing(turn: float = 1.0) -> Points:
    """COCO's joints and the landmarks of somebody from the front; turn -1: from behind."""
    half = {
        "eye": 14, "ear": 30, "shoulder": 95, "elbow": 120, "wrist": 130, "hip": 55, "knee": 50,
        "ankle": 48, "acromion": 90, "axilla": 80, "scap_inf": 50, "asis": 60, "psis": 25,
        "waist": 75, "trochanter": 85, "patella": 50, "tib_tub": 49, "lat_mal": 60, "med_mal": 35,
        "tragus": 28, "heel": 45, "toe": 55,
    }  # fmt: skip
    height = {
        "nose": 260, "eye": 245, "ear": 255, "shoulder": 400, "elbow": 570, "wrist": 720,
        "hip": 730, "knee": 1010, "ankle": 1300, "acromion": 380, "axilla": 440, "scap_inf": 520,
        "asis": 690, "psis": 700, "waist": 620, "trochanter": 740, "patella": 1005,
        "tib_tub": 1060, "lat_mal": 1300, "med_mal": 1295, "tragus": 258, "heel": 1340, "toe": 1350,
        "C7": 350, "C4": 320, "T3": 410, "T6": 470, "T8": 510, "T12": 590, "L4": 660, "S2": 710,
        "S5": 740, "sternal_notch": 390,
    }  # fmt: skip
    points: Points = {}
    for name in BODY_55.keypoints:
        side, _, part = name.partition("_")
        if side in ("left", "right"):
            # Nobody is quite even: 4 px of tilt.
            sign = turn if side == "left" else -turn
            points[name] = (450.0 + sign * half[part], height[part] + 2.0 * sign)
        else:
            points[name] = (450.0, float(height[name]))
    return points


def _bump(column: float, line: float):
    squares = [(np.arange(n) - at) ** 2 for n, at in ((64, line), (48, column))]
    along = [np.exp(-square / (2 * _SIGMA_CELLS**2)) for square in squares]
    return np.outer(*along)
