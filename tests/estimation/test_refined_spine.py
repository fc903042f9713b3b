"""A spine network beside the refiner: asked from the side alone, on the same crop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from simulators.networks import colour_card, constant_network, described_file

from edge.errors import ModelRefused
from edge.estimation.refined import Refined
from edge.inference.network import Network
from edge.posture.assess import assess
from edge.records import Frame, ModelIdentity, Pose
from edge.skeletons import COCO_17, COCO_18, SPINE_5, joined

SPINE_CELLS = {"C4": (10, 6), "T6": (8, 10), "T8": (8, 12), "L4": (10, 16), "S5": (9, 18)}
TRUNK = {"left_hip": (14, 18), "right_hip": (10, 18), "nose": (12, 4)}
FRONT = TRUNK | {"left_shoulder": (16, 8), "right_shoulder": (8, 8), "left_eye": (13, 3)}
SIDE = TRUNK | {"left_shoulder": (12, 8), "right_shoulder": (11, 8), "left_hip": (11, 18)}
SIDE |= {"nose": (15, 4), "right_ear": (12, 4)}


class Finder:
    """One person in the middle of the picture."""

    models = (ModelIdentity("finder", "1", "00"),)

    def __init__(self) -> None:
        self.timings = {"inference": 1.0}

    def estimate(self, frame: Frame) -> list[Pose]:
        keypoints = np.full((18, 3), (np.nan, np.nan, 0), np.float32)
        keypoints[0], keypoints[10] = (200, 60, 0.9), (200, 340, 0.9)
        return [Pose(COCO_18, keypoints, np.full((18, 2, 2), np.nan, np.float32), 0.9)]


def network(path: Path, names: tuple[str, ...], cells: dict, **card: object) -> Network:
    """A network that sees its keypoints in the same cells of every picture."""
    y, x = np.mgrid[:32, :24]
    maps = np.zeros((1, len(names), 32, 24), np.float32)
    for name, (column, row) in cells.items():
        away = (x - column) ** 2 + (y - row) ** 2
        maps[0, names.index(name)] = 0.9 * np.exp(-away / (2 * 1.5**2))
    graph = constant_network([1, 3, 128, 96], {"maps": maps})
    return Network.load(described_file(path, graph, colour_card(keypoints=names, **card)))


def estimator(folder: Path, cells: dict) -> Refined:
    refiner = network(folder / "refiner.onnx", COCO_17.keypoints, cells)
    spine = network(
        folder / "spine.onnx", SPINE_5.keypoints, SPINE_CELLS,
        name="spine", task="spine", skeleton="SPINE-5",
    )  # fmt: skip
    return Refined(Finder(), refiner, spine=spine)


def frame() -> Frame:
    return Frame(np.zeros((400, 400, 3), np.uint8), 0, 0)


def test_a_side_view_has_a_spine_and_its_measures(tmp_path: Path) -> None:
    estimating = estimator(tmp_path, SIDE)
    (pose,) = estimating.estimate(frame())
    assert pose.skeleton is joined(COCO_18, SPINE_5)
    spine = pose.keypoints[[pose.skeleton.index[name] for name in SPINE_5.keypoints]]
    assert (spine[:, 2] > 0.8).all()
    assert (np.diff(spine[:, 1]) > 0).all()
    measures = {m.code: m for m in assess(pose, "right")}
    # C4 stands two cells ahead of T6 and four above.
    assert measures["spine_c4_t6"].value == pytest.approx(np.degrees(np.arctan2(2, 4)), abs=0.5)
    assert "head_forward_angle" in measures
    assert [model.name for model in estimating.models] == ["finder", "colour", "spine"]


def test_a_front_view_has_none_and_keeps_the_skeleton(tmp_path: Path) -> None:
    (pose,) = estimator(tmp_path, FRONT).estimate(frame())
    assert pose.skeleton is joined(COCO_18, SPINE_5)
    assert not pose.keypoints[18:, 2].any()
    assert not any(m.code.startswith("spine") for m in assess(pose))


def test_a_network_of_another_kind_is_refused_as_spine(tmp_path: Path) -> None:
    person = network(tmp_path / "person.onnx", COCO_17.keypoints, FRONT)
    with pytest.raises(ModelRefused, match="not one of spines"):
        Refined(Finder(), person, spine=person)
