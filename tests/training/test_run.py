"""The network and the loop: gradients, masks, learning, resuming, exporting."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from training.synthetic import people

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from posture_tools.training import loop  # noqa: E402
from posture_tools.training.batches import MixSettings, collate  # noqa: E402
from posture_tools.training.crop_scene import CropSettings, plain_crop  # noqa: E402
from posture_tools.training.depthwise import StridedDepthwiseConv2d  # noqa: E402
from posture_tools.training.examples import TargetSettings, make_example  # noqa: E402
from posture_tools.training.export import export_onnx  # noqa: E402
from posture_tools.training.losses import LossSettings, masked_l2, total_loss  # noqa: E402
from posture_tools.training.network import (  # noqa: E402
    BOTTOM_UP_HEADS,
    JOINT_HEADS,
    PoseNetwork,
    count_macs,
    freeze_stem,
)
from posture_tools.training.recipe import STAGES  # noqa: E402
from posture_tools.training.score import decode_maps  # noqa: E402
from posture_tools.training.targets import confidence_maps, map_coordinates  # noqa: E402
from posture_tools.training.trunk import restore_trunk, store_trunk  # noqa: E402

SIZE = (64, 64)
pytestmark = pytest.mark.usefixtures("one_torch_thread")


def test_the_fast_gradient_is_the_gradient():
    torch.manual_seed(0)
    layer = StridedDepthwiseConv2d(4, 3, 2)
    x = torch.randn(2, 4, 9, 10, requires_grad=True)
    grad = torch.randn_like(layer(x))
    found = torch.autograd.grad(layer(x), (x, layer.weight), grad)
    wanted = torch.autograd.grad(layer.eval()(x), (x, layer.weight), grad)
    for a, b in zip(found, wanted, strict=True):
        torch.testing.assert_close(a, b)


def test_a_masked_cell_has_no_gradient():
    predicted = torch.ones(1, 1, 4, 4, requires_grad=True)
    weights = torch.ones(1, 1, 4, 4)
    weights[..., 2:] = 0
    masked_l2(predicted, torch.zeros(1, 1, 4, 4), weights, 4.0).backward()
    assert predicted.grad[..., :2].all()
    assert not predicted.grad[..., 2:].any()


def test_decoding_inverts_the_target():
    points = np.array([[[30.3, 21.9], [45.1, 50.6]]])
    maps = confidence_maps(map_coordinates(points, 4), (16, 16), 2.0)
    np.testing.assert_allclose(decode_maps(maps[None])[0], points[0], atol=0.02)
    assert (maps.max(axis=(1, 2)) > 0.9).all()


def test_one_batch_can_be_learnt_by_heart():
    torch.manual_seed(0)
    network = PoseNetwork({"single": 17}, width=16)
    example = make_example(plain_crop(people().crops[0], SIZE)[0], TargetSettings())
    batch = collate([example] * 2)
    optimiser = torch.optim.AdamW(network.parameters(), lr=5e-3)
    losses = []
    for _ in range(25):
        network.train()
        loss = total_loss(network(batch["image"]), batch, LossSettings())["total"]
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < 0.35 * losses[0]


def test_an_interrupted_run_ends_as_an_uninterrupted_one(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(loop, "load_folded_onnx", lambda *_: None)
    everybody = people()
    mix = MixSettings(size_hw=SIZE, frames=0.3, crop=CropSettings())
    stage = dataclasses.replace(STAGES["joint"], images=16, batch=4, mix=mix)

    def training(runs: Path) -> loop.Training:
        return loop.Training(stage, everybody, runs, Path("none"), seed=3, save_every=8)

    training(tmp_path / "whole").run()
    # The schedule depends on the full length, so the first half is a run that is stopped.
    stopped = training(tmp_path / "halves")

    class Stop(Exception):
        pass

    note = stopped._note

    def note_and_stop(row: dict[str, float]) -> None:
        note(row)
        raise Stop

    monkeypatch.setattr(stopped, "_note", note_and_stop)
    with pytest.raises(Stop):
        stopped.run()
    resumed = training(tmp_path / "halves")
    assert resumed.state.images == 8
    resumed.run()
    ends = [
        torch.load(tmp_path / name / "joint" / "checkpoint.pt", weights_only=True)
        for name in ("whole", "halves")
    ]
    for part in ("network", "average"):
        for key, value in ends[0][part].items():
            assert torch.equal(value, ends[1][part][key]), key


def test_the_stem_stays_as_it_was():
    network = PoseNetwork({"single": 17}, width=16).train()
    freeze_stem(network)
    assert not network.backbone.stem.training
    assert not any(p.requires_grad for p in network.backbone.stem.parameters())
    assert any(p.requires_grad for p in network.backbone.blocks[1].parameters())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_file_answers_as_the_network_does(tmp_path: Path):
    onnx = pytest.importorskip("onnx")
    torch.manual_seed(0)
    path = tmp_path / "net.onnx"
    export_onnx(PoseNetwork(BOTTOM_UP_HEADS), BOTTOM_UP_HEADS, (64, 64), path)
    graph = onnx.load(path).graph
    shapes = {
        output.name: [d.dim_value for d in output.type.tensor_type.shape.dim]
        for output in graph.output
    }
    assert shapes == {"heatmaps": [1, 18, 16, 16], "pafs": [1, 38, 16, 16]}
    kinds = {node.op_type for node in graph.node}
    assert not kinds & {"Shape", "BatchNormalization"}, "fixed shapes, folded normalisation"


def test_the_networks_stay_within_their_budget():
    assert count_macs(PoseNetwork(JOINT_HEADS), (256, 256)) < 1e9


def test_a_trunk_handed_on_goes_on_without_its_momentum(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(loop, "load_folded_onnx", lambda *_: None)
    mix = MixSettings(size_hw=SIZE, frames=0.3)
    short, stage = (
        dataclasses.replace(STAGES["joint"], images=images, batch=4, mix=mix) for images in (8, 12)
    )
    loop.Training(short, people(), tmp_path / "here", Path("none"), seed=3, save_every=8).run()
    store_trunk(tmp_path / "here", "joint", tmp_path / "joint.pt")
    restore_trunk(tmp_path / "joint.pt", tmp_path / "there")
    training = loop.Training(stage, people(), tmp_path / "there", Path("none"), seed=3)
    assert training.state.images == 8
    assert training.run().images == 12
    with pytest.raises(FileExistsError):
        restore_trunk(tmp_path / "joint.pt", tmp_path / "there")
