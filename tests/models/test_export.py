"""Checkpoints of every published architecture, random ones, become files that serve."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from posture_tools.models.__main__ import main
from posture_tools.models.architectures import MODULES

from edge.errors import ModelRefused
from edge.inference.network import Network

torch = pytest.importorskip("torch")

from posture_tools.models import export as exporting  # noqa: E402
from posture_tools.models.architectures.architecture import architecture  # noqa: E402

SIZE = (64, 64)
pytestmark = pytest.mark.usefixtures("one_torch_thread")
_RESNET_50 = {f"layer{layer}.{n - 1}.": n for layer, n in enumerate((3, 4, 6, 3), 1)}
# Keys that tell how large the published network is, and its parameters in millions: a layer too
# many or too few shows there.
PUBLISHED = {
    "openpose": ((), 52.3),
    "lightweight-openpose": ((), 4.1),
    "hourglass": (("hg.1.",), 6.6),
    "simple-baseline": (tuple(_RESNET_50), 34.0),
    "deeppose": (tuple(f"backbone.{key}" for key in _RESNET_50), 23.6),
}


def random_network(name: str, *hints: str):
    """A network with weights that keep a signal alive through all layers, in inference mode."""
    torch.manual_seed(0)
    network = architecture(name).build(dict.fromkeys(hints or PUBLISHED[name][0], torch.zeros(1)))
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        elif isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 2.0)
    return network.eval()


def saved(path: Path, state: object) -> Path:
    torch.save(state, path)
    return path


@pytest.mark.timeout(600)  # OpenPose has 209 MB to write, digest and read again
@pytest.mark.parametrize("name", MODULES)
def test_an_exported_checkpoint_agrees_with_pytorch_and_passes_check(
    name: str, tmp_path: Path, capsys
) -> None:
    network = random_network(name)
    millions = sum(parameter.numel() for parameter in network.parameters()) / 1e6
    assert round(millions, 1) == PUBLISHED[name][1]
    checkpoint = saved(tmp_path / "random.pth", network.state_dict())
    output = tmp_path / "random.onnx"
    size = "x".join(map(str, SIZE))
    assert main(["export", name, str(checkpoint), "-o", str(output), "--size", size]) == 0
    assert main(["check", str(output)]) == 0
    capsys.readouterr()
    served = Network.load(output, threads=1)
    picture = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
    answers = served.run(picture, stages=True)
    expected = _pytorch(network, served, picture)
    assert len(expected) == len(answers)
    for found, wanted in zip(answers.values(), expected, strict=True):
        assert np.abs(wanted).max() > 0.01, "an answer of zeros agrees with anything"
        np.testing.assert_allclose(found, wanted, atol=1e-4 * max(1.0, np.abs(wanted).max()))


def _pytorch(network, served: Network, picture: np.ndarray) -> list[np.ndarray]:
    spec = served.description.input
    ordered = picture[:, :, ::-1] if spec.colour == "RGB" else picture
    fed = ((ordered - np.array(spec.mean)) / spec.std).transpose(2, 0, 1)[None]
    with torch.inference_mode():
        return [answer.numpy() for answer in network(torch.from_numpy(fed.astype(np.float32)))]


def test_the_stages_of_a_hourglass_can_be_read(tmp_path: Path) -> None:
    checkpoint = saved(tmp_path / "hg3.pth", random_network("hourglass", "hg.2.").state_dict())
    exporting.export("hourglass", checkpoint, tmp_path / "hg3.onnx", SIZE)
    network = Network.load(tmp_path / "hg3.onnx", threads=1)
    picture = np.zeros((*SIZE, 3), np.uint8)
    assert list(network.run(picture)) == ["heatmaps"]
    stages = network.run(picture, stages=True)
    assert list(stages) == ["heatmaps", "heatmaps_stage1", "heatmaps_stage2"]
    assert not np.allclose(stages["heatmaps_stage1"], stages["heatmaps_stage2"])


def test_an_openpose_file_takes_every_multiple_of_its_stride(tmp_path: Path) -> None:
    checkpoint = saved(tmp_path / "l.pth", random_network("lightweight-openpose").state_dict())
    exporting.export("lightweight-openpose", checkpoint, tmp_path / "l.onnx", SIZE)
    network = Network.load(tmp_path / "l.onnx", threads=1)
    picture, _ = network.lay(np.zeros((300, 100, 3), np.uint8))
    assert picture.shape[:2] == (112, 32)
    assert network.run(picture)["heatmaps"].shape == (1, 19, 14, 4)


def test_the_channels_of_deeppose_are_where_the_course_puts_them(tmp_path: Path) -> None:
    """A head that says the middle of the input, in mmpose's way, must say (0, 0) in the paper's."""
    network = random_network("deeppose")
    torch.nn.init.zeros_(network.head.fc.weight)
    half = torch.tensor([(63 / 2) / 64, (95 / 2) / 96])  # pixel (W - 1) / 2, (H - 1) / 2
    network.head.fc.bias.data = half.repeat(network.joints)
    old = {k.replace("head.", "keypoint_head."): v for k, v in network.state_dict().items()}
    checkpoint = saved(tmp_path / "d.pth", {"meta": {"epoch": 210}, "state_dict": old})
    exporting.export("deeppose", checkpoint, tmp_path / "d.onnx", (96, 64))
    answer = Network.load(tmp_path / "d.onnx", threads=1).run(np.zeros((96, 64, 3), np.uint8))
    np.testing.assert_allclose(answer["coordinates"], 0, atol=1e-6)


@pytest.fixture(scope="module")
def state():
    return random_network("hourglass", "hg.1.").state_dict()


def refusal(tmp_path: Path, stored: object, name: str = "hourglass", size=SIZE) -> str:
    checkpoint = saved(tmp_path / "bad.pth", stored)
    with pytest.raises(ModelRefused) as refused:
        exporting.export(name, checkpoint, tmp_path / "bad.onnx", size)
    assert not (tmp_path / "bad.onnx").exists()
    return str(refused.value)


def test_missing_and_surplus_keys_are_named(tmp_path: Path, state) -> None:
    bad = {k: v for k, v in state.items() if k not in ("conv1.bias", "hg.1.hg.0.3.0.conv2.weight")}
    bad["decoder.weight"] = torch.zeros(1)
    said = refusal(tmp_path, bad)
    assert "lacks conv1.bias, hg.1.hg.0.3.0.conv2.weight; it has beyond it decoder.weight" in said


def test_a_key_of_another_shape_is_named(tmp_path: Path, state) -> None:
    bad = dict(state) | {"conv1.weight": torch.zeros(64, 1, 7, 7)}
    assert "conv1.weight (64x1x7x7, not 64x3x7x7)" in refusal(tmp_path, bad)


def test_another_architectures_checkpoint_is_refused_with_the_first_of_its_keys(
    tmp_path: Path, state
) -> None:
    said = refusal(tmp_path, state, name="simple-baseline")
    assert "lacks deconv_layers.0.weight, " in said
    assert "more; it has beyond it bn1" not in said
    assert "more; it has beyond it conv1.bias, fc.0.0.bias" in said


def test_a_checkpoint_of_parallel_training_without_counters_is_read(tmp_path: Path, state) -> None:
    parallel = {f"module.{k}": v for k, v in state.items() if "num_batches" not in k}
    checkpoint = saved(tmp_path / "parallel.pth", {"state_dict": parallel, "epoch": 3})
    made = exporting.export("hourglass", checkpoint, tmp_path / "p.onnx", SIZE)
    assert made.difference < exporting.TOLERANCE


def test_keypoints_that_no_data_set_has_are_refused(tmp_path: Path, state) -> None:
    bad = dict(state)
    for stack in (0, 1):
        bad[f"score.{stack}.weight"] = torch.zeros(21, 256, 1, 1)
        bad[f"score.{stack}.bias"] = torch.zeros(21)
    bad["score_.0.weight"] = torch.zeros(256, 21, 1, 1)
    assert "21 keypoints" in refusal(tmp_path, bad)


def test_a_size_that_no_stride_divides_is_refused(tmp_path: Path, state) -> None:
    assert "multiples of 64" in refusal(tmp_path, state, size=(100, 64))


def test_weights_that_are_not_numbers_are_refused(tmp_path: Path, state) -> None:
    bad = dict(state) | {"conv1.bias": torch.full((64,), float("nan"))}
    assert "strays from PyTorch's by nan" in refusal(tmp_path, bad)


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path: Path) -> None:
    """A pickled object of any class could do anything at loading."""
    assert "no checkpoint of plain tensors" in refusal(tmp_path, {"state_dict": Path()})


@pytest.mark.parametrize("stored", [{}, [1, 2], {"state_dict": {"epoch": 3}}])
def test_a_file_without_tensors_is_refused(tmp_path: Path, stored: object) -> None:
    assert "holds no state_dict" in refusal(tmp_path, stored)


def test_torn_and_absent_files_are_refused(tmp_path: Path, capsys) -> None:
    (tmp_path / "torn.pth").write_bytes(b"PK\x03\x04 torn")
    for name in ("torn.pth", "absent.pth"):
        arguments = ["hourglass", str(tmp_path / name), "-o", str(tmp_path / "x.onnx")]
        assert main(["export", *arguments]) == 1
        assert name in capsys.readouterr().err
