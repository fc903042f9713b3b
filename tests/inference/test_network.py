"""A file serves only after it has proved itself."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import msgspec
import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from posture_tools.models.describe import describe
from simulators.networks import (
    colour_card,
    colour_network,
    constant_network,
    described_file,
    dots_picture,
)

from edge.errors import ModelRefused
from edge.inference.description import METADATA_KEY, InputSpec, LimbChannels
from edge.inference.network import Network


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return described_file(
        tmp_path_factory.mktemp("model") / "colour.onnx", colour_network(), colour_card()
    )


def _rewritten(path: Path, target: Path, old: bytes, new: bytes) -> Path:
    """The file with its description changed and sealed again, as a careless author would."""
    model = onnx.load(path)
    entry = next(e for e in model.metadata_props if e.key == METADATA_KEY)
    assert old.decode() in entry.value
    entry.value = entry.value.replace(old.decode(), new.decode())
    seal = msgspec.json.decode(entry.value)["content_sha256"]
    blank = model.SerializeToString().replace(seal.encode(), b"0" * 64)
    target.write_bytes(blank.replace(b"0" * 64, hashlib.sha256(blank).hexdigest().encode()))
    return target


def test_a_described_file_serves_under_its_identity(described: Path) -> None:
    digest = hashlib.sha256(described.read_bytes()).hexdigest()
    network = Network.load(described, sha256=digest.upper(), threads=1)
    assert (network.identity.name, network.identity.version) == ("colour", "1")
    assert network.identity.sha256 == digest


def test_loading_a_network_changes_nothing_in_the_process(described: Path) -> None:
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(4)
        Network.load(described)
        assert cv2.getNumThreads() == 4
    finally:
        cv2.setNumThreads(before)


def test_another_sha256_is_refused(described: Path) -> None:
    with pytest.raises(ModelRefused, match=r"sha256 is .* expected 00"):
        Network.load(described, sha256="00" * 32)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_flipped_bit_anywhere_is_refused(described: Path, tmp_path: Path, data) -> None:
    damaged = bytearray(described.read_bytes())
    bit = data.draw(st.integers(0, 8 * len(damaged) - 1))
    damaged[bit // 8] ^= 1 << bit % 8
    path = tmp_path / "damaged.onnx"
    path.write_bytes(damaged)
    with pytest.raises(ModelRefused, match=r"damaged\.onnx"):
        Network.load(path)


@pytest.mark.parametrize("page", [0, 1])
def test_a_zeroed_page_is_refused(tmp_path: Path, page: int) -> None:
    weights = {"maps": np.random.default_rng(1).random((1, 3, 32, 24), np.float32)}
    path = described_file(
        tmp_path / "model.onnx", constant_network([1, 3, 128, 96], weights), colour_card()
    )
    damaged = bytearray(path.read_bytes())
    assert len(damaged) > 4096 * (page + 1)
    damaged[4096 * page : 4096 * (page + 1)] = bytes(4096)
    path.write_bytes(damaged)
    with pytest.raises(ModelRefused, match=r"damaged|no description"):
        Network.load(path)


@pytest.mark.parametrize("length", [0, 1, 100, -1])
def test_a_file_cut_off_is_refused(described: Path, tmp_path: Path, length: int) -> None:
    path = tmp_path / "short.onnx"
    path.write_bytes(described.read_bytes()[:length])
    with pytest.raises(ModelRefused, match=r"damaged|no description"):
        Network.load(path)


def test_a_file_without_description_is_refused_with_the_command(tmp_path: Path) -> None:
    path = tmp_path / "bare.onnx"
    path.write_bytes(colour_network())
    with pytest.raises(ModelRefused, match=r"no description.*posture-models describe"):
        Network.load(path)


def test_no_file_is_a_clear_refusal(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match=r"cannot read .*none\.onnx"):
        Network.load(tmp_path / "none.onnx")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'"left_shoulder","right_shoulder","nose"', b'"left_shoulder","nose"', "1x3x32x24"),
        (b'"height_px":128', b'"height_px":256', "1x3x256x96"),
        (b'"heatmaps":"maps"', b'"heatmaps":"charts"', "no output 'charts'"),
        (b'"skeleton":"COCO-17"', b'"skeleton":"COCO-71"', "unknown skeleton"),
        (b'"nose"', b'"snout"', "no keypoint snout"),
        (b'"dtype":"float32"', b'"dtype":"float64"', "float64"),
        (b'"stride":4.0', b'"stride":8.0', "1x3x16x12"),
        (b'"task":"heatmap"', b'"task":"paf"', "heatmaps.pafs"),
        (b'"licence"', b'"license"', "license"),
        (b'"name":"image"', b'"name":"photo"', "photo"),
    ],
)
def test_a_description_that_contradicts_its_graph_is_refused(
    described: Path, tmp_path: Path, old: bytes, new: bytes, reason: str
) -> None:
    changed = _rewritten(described, tmp_path / "changed.onnx", old, new)
    with pytest.raises(ModelRefused, match=reason):
        Network.load(changed)


def test_the_file_of_another_network_fails_its_golden_vectors(tmp_path: Path) -> None:
    """A sealed file with weights exchanged: same shapes, other numbers."""
    path = described_file(tmp_path / "colour.onnx", colour_network("corner"), colour_card())
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        tensor.raw_data = (np.eye(3, dtype=np.float32)[::-1]).tobytes()
    entry = model.metadata_props[0]
    seal = msgspec.json.decode(entry.value)["content_sha256"]
    blank = model.SerializeToString().replace(seal.encode(), b"0" * 64)
    path.write_bytes(blank.replace(b"0" * 64, hashlib.sha256(blank).hexdigest().encode()))
    with pytest.raises(ModelRefused, match="strays from its golden vector"):
        Network.load(path)


def test_golden_vectors_catch_the_wrong_colour_order(described: Path, tmp_path: Path) -> None:
    changed = _rewritten(described, tmp_path / "c.onnx", b'"colour":"RGB"', b'"colour":"BGR"')
    with pytest.raises(ModelRefused, match="strays from its golden vector"):
        Network.load(changed)


def test_b1_wrong_paf_channel_counts_are_refused() -> None:
    outputs = {
        "heatmaps": np.zeros((1, 4, 12, 12), np.float32),
        "pafs": np.zeros((1, 6, 12, 12), np.float32),
    }
    card = colour_card(
        task="paf",
        input=InputSpec("image", 96, 96),
        outputs={"heatmaps": "heatmaps", "pafs": "pafs"},
        keypoints=("nose", "left_shoulder", "right_shoulder", "background"),
        limbs=(
            LimbChannels("nose", "left_shoulder", 0, 1),
            LimbChannels("nose", "right_shoulder", 2, 3),
        ),
        stride=8.0,
    )
    with pytest.raises(ModelRefused, match=r"pafs .* is 1x6x12x12, the description needs 1x4"):
        describe(constant_network([1, 3, 96, 96], outputs), card)


def test_b1_channels_in_any_order_reach_the_skeletons_order(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    outputs = {
        "heatmaps": rng.random((1, 4, 12, 12), np.float32),
        "pafs": rng.random((1, 4, 12, 12), np.float32),
    }
    card = colour_card(
        task="paf",
        input=InputSpec("image", 96, 96),
        outputs={"heatmaps": "heatmaps", "pafs": "pafs"},
        keypoints=("background", "right_shoulder", "nose", "left_shoulder"),
        limbs=(
            LimbChannels("nose", "left_shoulder", 3, 0),
            LimbChannels("nose", "right_shoulder", 1, 2),
        ),
        stride=8.0,
    )
    model = constant_network([1, 3, 96, 96], outputs)
    network = Network.load(described_file(tmp_path / "paf.onnx", model, card))
    picture, letterbox = network.lay(np.zeros((50, 80, 3), np.uint8))
    maps = network.field_maps(network.run(picture), letterbox)
    assert maps.heatmaps.shape == (17, 12, 12)
    assert np.array_equal(maps.heatmaps[5], outputs["heatmaps"][0, 3])
    assert np.array_equal(maps.heatmaps[0], outputs["heatmaps"][0, 2])
    assert not maps.heatmaps[1].any()
    assert maps.pafs is not None
    assert np.array_equal(maps.pafs, outputs["pafs"][0][[3, 0, 1, 2]])
    assert network.description.limb_pairs == ((0, 5), (0, 6))


def test_intermediate_stages_are_read_when_asked_for(tmp_path: Path) -> None:
    card = colour_card(outputs={"heatmaps": "maps", "heatmaps_stage1": "early"})
    network = Network.load(described_file(tmp_path / "c.onnx", colour_network(stage=True), card))
    picture = dots_picture(128, 96, {"nose": (40, 50)}, 6)
    assert set(network.run(picture)) == {"heatmaps"}
    both = network.run(picture, stages=True)
    assert np.array_equal(both["heatmaps"], -both["heatmaps_stage1"])


def test_peaks_of_every_network_are_heights_of_one_scale(tmp_path: Path) -> None:
    card = colour_card(peak=0.5)
    network = Network.load(described_file(tmp_path / "c.onnx", colour_network(), card))
    picture, letterbox = network.lay(dots_picture(128, 96, {"nose": (40, 50)}, 6))
    outputs = network.run(picture)
    maps = network.field_maps(outputs, letterbox)
    assert maps.heatmaps[0].max() == pytest.approx(2 * outputs["heatmaps"].max())


def test_any_multiple_keeps_aspect_and_area() -> None:
    spec = InputSpec("image", 368, 432, multiple=8)
    for h, w in ((480, 640), (1920, 1080), (100, 100), (1000, 300)):
        height, width = spec.size_for(h, w)
        assert height % 8 == width % 8 == 0
        assert 0.85 * 368 * 432 <= height * width <= 1.02 * 368 * 432
        assert abs(np.log(height / width * w / h)) < 0.08
