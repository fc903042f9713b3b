"""Every published model at hand goes through describe, inspect and check, and finds people."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from posture_tools.models.__main__ import main
from posture_tools.models.architectures.answers import of_people
from posture_tools.models.cards import read_card
from posture_tools.models.inspect import inspect

from edge.errors import ModelRefused
from edge.estimation.bottom_up import BottomUp
from edge.estimation.estimator import StageClock
from edge.estimation.person import PersonNetwork
from edge.estimation.refined import Refined
from edge.estimation.top_down import TopDown
from edge.inference.network import Network
from edge.records import Frame

pytestmark = pytest.mark.shared

PUBLISHED = {
    "blazepose_lite": ("regression", "BlazePose-33"),
    "efficientpose_rt": ("heatmap", "MPII-16"),
    "fastestdet": ("detector", ""),
    "hourglass_mv2_ai14": ("heatmap", "AI-14"),
    "intel_hpe0001_paf": ("paf", "COCO-18"),
    "movenet_lightning": ("keypoints", "COCO-17"),
    "picodet_s_192_pedestrian": ("detector", ""),
    "pp_tinypose_256x192": ("heatmap", "COCO-17"),
    "tfpose_mnv2_small_paf": ("paf", "COCO-18"),
}


@pytest.fixture(scope="session")
def published(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("described")
    found = {}
    for name in PUBLISHED:
        source = shared / "models" / name
        found[name] = folder / f"{name}.onnx"
        arguments = [str(source / f"{name}.onnx"), str(source / "card.json"), "-o"]
        assert main(["describe", *arguments, str(found[name])]) == 0
    return found


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_model_is_described_and_sound(name: str, published: dict[str, Path]) -> None:
    inspection = inspect(published[name])
    assert inspection.faults == []
    assert inspection.description is not None
    assert (inspection.description.task, inspection.description.skeleton) == PUBLISHED[name]


def test_every_published_model_passes_check(published: dict[str, Path], capsys) -> None:
    assert main(["check", "--json", *map(str, published.values())]) == 0
    checked = json.loads(capsys.readouterr().out)
    assert {one["name"] for one in checked} == set(PUBLISHED)
    assert all(one["p50_ms"] > 0 for one in checked)


def test_a_backbone_is_no_pose_model(shared: Path) -> None:
    with pytest.raises(ModelRefused, match="none that finds people or keypoints"):
        read_card(shared / "models" / "mobilenet_v2_imagenet" / "card.json")


@pytest.mark.parametrize("name", ["intel_hpe0001_paf", "tfpose_mnv2_small_paf"])
def test_exported_openpose_networks_have_the_channels_of_published_files(shared, name) -> None:
    """What export says of OpenPose's channels, against two files by other hands."""
    published = read_card(shared / "models" / name / "card.json")
    exported = of_people("", (368, 656), pad=0)
    assert exported.keypoints == published.keypoints
    assert set(exported.limbs) == set(published.limbs)
    assert exported.stride == published.stride


@pytest.fixture(scope="module")
def person(shared: Path) -> tuple[Frame, np.ndarray, tuple[float, float, float, float]]:
    """The largest fully labelled person of the studio photographs: frame, keypoints, box."""
    root = shared / "photos" / "fashion_freepik"
    labels = json.loads((root / "annotations.json").read_text(encoding="utf-8"))
    files = {image["id"]: image["file_name"] for image in labels["images"]}
    people = [a for a in labels["annotations"] if a.get("view") == "front"] or labels["annotations"]
    best = max(people, key=lambda a: a["bbox"][3])
    image = cv2.imread(str(root / "images" / files[best["image_id"]]))
    x, y, w, h = best["bbox"]
    points = np.array(best["keypoints"], float).reshape(-1, 3)[:, :2] - 0.5
    return Frame(image, 0, 0), points, (x - 0.5, y - 0.5, w, h)


TRUNK = {"left_shoulder": 5, "right_shoulder": 6, "left_hip": 11, "right_hip": 12, "left_knee": 13}


def _distances(pose, labels: np.ndarray) -> np.ndarray:
    """Pixels from the labels of trunk and knee; NaN for what was not found."""
    both = [
        (pose.keypoints[pose.skeleton.index[name], :2], labels[row])
        for name, row in TRUNK.items()
        if name in pose.skeleton.index
    ]
    return np.array([np.hypot(*(found - label)) for found, label in both])


def _error(pose, labels: np.ndarray, box) -> float:
    """Median distance from the labels, as a part of the box's height; NaN if any is missing."""
    return float(np.median(_distances(pose, labels))) / box[3]


@pytest.mark.parametrize(
    "name", [name for name, (task, _) in PUBLISHED.items() if task not in ("paf", "detector")]
)
def test_every_single_person_network_finds_the_person(name, published, person) -> None:
    frame, labels, box = person
    network = PersonNetwork(Network.load(published[name], threads=1))
    pose = network.locate(frame.image, box, StageClock())
    assert _error(pose, labels, box) < 0.06  # the weakest of them misses by 0.05


@pytest.mark.parametrize(
    ("name", "found"), [("intel_hpe0001_paf", 5), ("tfpose_mnv2_small_paf", 2)]
)
def test_every_paf_network_finds_the_person(name, found, published, person) -> None:
    """The weak one leaves keypoints out; what either finds is in its place."""
    frame, labels, box = person
    pose = BottomUp(Network.load(published[name], threads=1)).estimate(frame)[0]
    distances = _distances(pose, labels)
    assert np.isfinite(distances).sum() >= found
    assert np.nanmedian(distances) < 0.06 * box[3]


@pytest.mark.parametrize("name", ["picodet_s_192_pedestrian", "fastestdet"])
def test_c1_every_detector_serves_top_down(name, published, person) -> None:
    frame, labels, box = person
    detector = Network.load(published[name], threads=1)
    network = Network.load(published["pp_tinypose_256x192"], threads=1)
    pose = TopDown(detector, network).estimate(frame)[0]
    assert _error(pose, labels, box) < 0.03


def test_c1_refined_speaks_the_finders_skeleton_and_is_closer(published, person) -> None:
    frame, labels, box = person
    finder = BottomUp(Network.load(published["intel_hpe0001_paf"], threads=1))
    refined = Refined(finder, Network.load(published["pp_tinypose_256x192"], threads=1))
    pose = refined.estimate(frame)[0]
    rough = finder.estimate(frame)[0]
    assert pose.skeleton is rough.skeleton
    assert _error(pose, labels, box) < 0.03


def test_a_low_resolution_picture_gives_poses_of_the_full_one(published, person) -> None:
    frame, _, box = person
    half = (frame.width_px * 2 // 3, frame.height_px * 2 // 3)
    lores = cv2.resize(frame.image, half, interpolation=cv2.INTER_AREA)
    both = Frame(frame.image, 0, 0, lores=lores)
    finder = BottomUp(Network.load(published["intel_hpe0001_paf"], threads=1))
    pose, full = finder.estimate(both)[0], finder.estimate(frame)[0]
    distance = np.hypot(*(pose.keypoints[:, :2] - full.keypoints[:, :2]).T)
    assert np.nanmedian(distance) < 0.01 * box[3]


def test_c3_a_shifted_crop_hardly_moves_the_keypoints(published, person) -> None:
    """Boxes that are 5 % of the height off: keypoints move by at most 1 % of it (median)."""
    frame, _, (x, y, w, h) = person
    network = PersonNetwork(Network.load(published["pp_tinypose_256x192"], threads=1))
    straight = network.locate(frame.image, (x, y, w, h), StageClock()).keypoints[:, :2]
    for dx, dy in ((0.05, 0), (-0.05, 0), (0, 0.05), (0, -0.05)):
        box = (x + dx * h, y + dy * h, w, h)
        moved = network.locate(frame.image, box, StageClock()).keypoints[:, :2]
        assert np.nanmedian(np.hypot(*(moved - straight).T)) <= 0.01 * h


def test_the_flip_test_agrees_with_the_plain_answer(published, person) -> None:
    """A flip in the wrong map convention moves every keypoint sideways by up to half a cell."""
    frame, _, box = person
    network = Network.load(published["pp_tinypose_256x192"], threads=1)
    plain = PersonNetwork(network).locate(frame.image, box, StageClock()).keypoints[:, 0]
    flipped = PersonNetwork(network, flip=True).locate(frame.image, box, StageClock())
    cell_px = 4 / network.place(frame.image.shape[:2], box).letterbox.scale_x
    assert abs(np.nanmedian(flipped.keypoints[:, 0] - plain)) < 0.15 * cell_px
