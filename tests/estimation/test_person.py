"""A keypoint whose place is known comes back from a single-person network at that place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from simulators.networks import (
    colour_card,
    colour_network,
    constant_network,
    described_file,
    detector_card,
    dots_picture,
)

from edge.errors import ModelRefused
from edge.estimation.estimator import StageClock
from edge.estimation.person import PersonNetwork
from edge.estimation.single import Single
from edge.inference.description import InputSpec
from edge.inference.network import Network
from edge.records import Frame

DOTS = {"left_shoulder": (130.0, 80.4), "right_shoulder": (71.3, 84.0), "nose": (101.6, 41.2)}
BOX = (40.0, 5.0, 130.0, 190.0)


def _network(folder: Path, convention: str) -> Network:
    card = colour_card(map_convention=convention)
    return Network.load(described_file(folder / "c.onnx", colour_network(convention), card))


@pytest.mark.parametrize("convention", ["half-pixel", "corner"])
@pytest.mark.parametrize("flip", [False, True])
def test_keypoints_of_a_crop_are_where_they_are_in_the_picture(
    tmp_path: Path, convention: str, flip: bool
) -> None:
    person = PersonNetwork(_network(tmp_path, convention), flip=flip)
    picture = dots_picture(240, 200, DOTS, sigma_px=9)
    if flip:
        # A mirrored network answers with the other side's channel: so must the colours.
        person = _MirrorAware(person)
    pose = person.locate(picture, BOX, StageClock())
    for name, at in DOTS.items():
        found = pose.keypoints[pose.skeleton.index[name]]
        assert found[:2] == pytest.approx(at, abs=0.15), name
        assert found[2] > 0.9
    missing = pose.keypoints[pose.skeleton.index["left_knee"]]
    assert np.isnan(missing[:2]).all()
    assert missing[2] == 0


def _MirrorAware(person: PersonNetwork) -> PersonNetwork:
    """The colour network knows sides by colour and not by place: swap red and green with it."""
    plain = person._mirrored
    person._mirrored = lambda picture: plain(picture)[:, :, [0, 2, 1]]
    return person


def test_an_empty_picture_holds_nobody(tmp_path: Path) -> None:
    single = Single(_network(tmp_path, "half-pixel"))
    assert single.estimate(Frame(np.zeros((240, 200, 3), np.uint8), 0, 0)) == []


def test_single_takes_the_whole_picture_as_the_persons_box(tmp_path: Path) -> None:
    single = Single(_network(tmp_path, "half-pixel"))
    (pose,) = single.estimate(Frame(dots_picture(240, 200, DOTS, 9), 0, 0))
    for name, at in DOTS.items():
        assert pose.keypoints[pose.skeleton.index[name], :2] == pytest.approx(at, abs=0.2)
    assert set(single.timings) == {"crop", "inference", "decode"}
    assert [model.name for model in single.models] == ["colour"]


def test_covariance_grows_with_the_picture(tmp_path: Path) -> None:
    """The same dots twice as large in a picture: twice the standard deviation in its pixels."""
    person = PersonNetwork(_network(tmp_path, "half-pixel"))
    small = person.locate(dots_picture(240, 200, DOTS, 9), BOX, StageClock())
    twice = {name: (2 * x + 0.5, 2 * y + 0.5) for name, (x, y) in DOTS.items()}
    large = person.locate(
        dots_picture(480, 400, twice, 18), tuple(2 * v for v in BOX), StageClock()
    )
    nose = small.skeleton.index["nose"]
    spread = [
        np.diag(pose.covariance_px2[nose]) / (1 - pose.keypoints[nose, 2])
        for pose in (small, large)
    ]
    assert spread[1] / spread[0] == pytest.approx([4, 4], rel=0.05)


def test_a_direct_network_is_mapped_back_and_reordered(tmp_path: Path) -> None:
    # y, x, score as parts of a 192 x 192 input; the whole picture of 96 x 96 is enlarged twice.
    answer = np.array([[[[0.5, 0.25, 0.8], [0.75, 0.5, 0.05]]]], np.float32)
    card = colour_card(
        task="keypoints",
        outputs={"keypoints": "keypoints"},
        keypoints=("right_hip", "nose"),
        input=InputSpec("image", 192, 192, letterbox="crop"),
    )
    model = constant_network([1, 3, 192, 192], {"keypoints": answer})
    single = Single(Network.load(described_file(tmp_path / "direct.onnx", model, card)))
    (pose,) = single.estimate(Frame(np.zeros((96, 96, 3), np.uint8), 0, 0))
    found = pose.keypoints[pose.skeleton.index["right_hip"]]
    assert found == pytest.approx([23.5, 47.5, 0.8])
    assert np.isnan(pose.covariance_px2).all()
    assert pose.keypoints[0, 2] == 0  # the nose's score lies below the threshold


def test_a_detector_is_no_single_person_network(tmp_path: Path) -> None:
    outputs = {
        "boxes": np.zeros((1, 2, 4), np.float32),
        "scores": np.zeros((1, 1, 2), np.float32),
    }
    model = constant_network([1, 3, 100, 100], outputs)
    network = Network.load(described_file(tmp_path / "d.onnx", model, detector_card()))
    with pytest.raises(ModelRefused, match="detector model, not one for a single person"):
        PersonNetwork(network)
