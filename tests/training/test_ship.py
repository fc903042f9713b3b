"""What ships: files that answer as their networks do, cards that can be read, curves."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from posture_tools.models.cards import read_card  # noqa: E402
from posture_tools.models.describe import describe  # noqa: E402
from posture_tools.training import recipe as recipes  # noqa: E402
from posture_tools.training.checkpoint import save_weights  # noqa: E402
from posture_tools.training.export import CropAnswers, export_onnx  # noqa: E402
from posture_tools.training.network import (  # noqa: E402
    PoseNetwork,
    count_macs,
    count_parameters,
    load_matching,
)
from posture_tools.training.recipe import RECIPES  # noqa: E402
from posture_tools.training.ship import SHIPPED, ship  # noqa: E402

pytestmark = [
    pytest.mark.usefixtures("one_torch_thread"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def trained(runs: Path, name: str, monkeypatch) -> PoseNetwork:
    """A run of a narrow network on small pictures, as its folder is left."""
    recipe = RECIPES[name]
    mix = replace(recipe.mix, size_hw=(64, 64))
    monkeypatch.setitem(RECIPES, name, replace(recipe, mix=mix))
    monkeypatch.setattr(
        recipes, "PoseNetwork", lambda maps, **with_: PoseNetwork(maps, **with_, width=0.25)
    )
    torch.manual_seed(0)
    network = recipe.network().eval()
    (runs / name).mkdir(parents=True)
    save_weights(runs / name / "weights.pt", network, 320)
    (runs / name / "log.jsonl").write_text(
        '{"images": 160, "photo": 3.0}\n{"images": 320, "photo": 2.0, "pck_photo_lspe": 0.5,'
        ' "whole_hip_slope": 0.4, "close_hip_slope": 0.6, "close_hip_sd": 2.0}\n'
    )
    data = {"initialised": "from joint", "people": {"lspe": 7}}
    (runs / name / "data.json").write_text(json.dumps(data))
    return network


@pytest.mark.parametrize("name", list(SHIPPED))
def test_what_ships_is_described(name: str, tmp_path: Path, monkeypatch):
    trained(tmp_path, name, monkeypatch)
    ship(SHIPPED[name], tmp_path / name, tmp_path / "out", "body")
    card = read_card(tmp_path / "out" / f"{name}.json")
    described = describe((tmp_path / "out" / f"{name}.onnx").read_bytes(), card)
    assert len(described) > 10_000
    assert card.name == name
    assert card.keypoints == SHIPPED[name].skeleton.keypoints
    assert set(card.outputs) == {"heatmaps", "pafs" if name == "finder" else "yaw"}
    assert card.input.letterbox == ("contain" if name == "finder" else "crop")
    assert card.input.box_margin == (1.25 if name == "whole" else 1.0)


def test_the_file_keeps_fixed_shapes_and_folds_normalisation(tmp_path: Path, monkeypatch):
    trained(tmp_path, "close", monkeypatch)
    ship(SHIPPED["close"], tmp_path / "close", tmp_path / "out", "mean")
    graph = onnx.load(tmp_path / "out" / "close.onnx").graph
    shapes = {
        output.name: [d.dim_value for d in output.type.tensor_type.shape.dim]
        for output in graph.output
    }
    assert shapes == {"heatmaps": [1, 55, 16, 16], "yaw": [1, 2]}
    assert not {node.op_type for node in graph.node} & {"Shape", "BatchNormalization"}


@pytest.mark.parametrize(("joints", "of"), [("body", (0, 1)), ("photo", (1, 0)), ("mean", (1, 1))])
def test_the_joints_that_ship_are_those_that_were_asked_for(joints: str, of: tuple[int, int]):
    class Fixed(torch.nn.Module):
        def forward(self, image):
            photo, body = torch.ones(1, 17, 4, 4), torch.full((1, 55, 4, 4), 3.0)
            body[:, 17:] = 5.0
            return {"photo": photo, "body": body, "yaw": torch.zeros(1, 2)}

    heatmaps, _ = CropAnswers(Fixed(), joints, landmarks=True)(torch.zeros(1, 3, 16, 16))
    wanted = (1.0 * of[0] + 3.0 * of[1]) / sum(of)
    assert (heatmaps[:, :17] == wanted).all()
    assert (heatmaps[:, 17:] == 5).all()
    assert (
        CropAnswers(Fixed(), joints, landmarks=False)(torch.zeros(1, 3, 16, 16))[0].shape[1] == 17
    )
    with pytest.raises(ValueError, match="not both"):
        CropAnswers(Fixed(), "both", landmarks=True)


def test_a_file_that_does_not_agree_is_not_written(tmp_path: Path, monkeypatch):
    from posture_tools.training import export

    monkeypatch.setattr(export, "TOLERANCE", -1.0)
    torch.manual_seed(0)
    network = CropAnswers(
        PoseNetwork({"photo": 17, "body": 17}, yaw=True, width=0.25), "photo", landmarks=False
    )
    with pytest.raises(ValueError, match="differ"):
        export_onnx(network, ["heatmaps", "yaw"], (64, 64), tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_the_networks_stay_within_their_budget():
    for recipe in RECIPES.values():
        network = recipe.network()
        assert count_macs(network, recipe.mix.size_hw) < 1e9
        assert 2 * count_parameters(network) < 13e6, "bytes in half precision"


def test_a_trunk_takes_what_heads_it_knows_and_the_first_maps_of_longer_ones():
    trunk = PoseNetwork({"photo": 17, "body": 55}, yaw=True, width=0.25)
    network = PoseNetwork({"body": 17, "pafs": 38}, width=0.25)
    fields = network.heads["pafs"].weight.clone()
    load_matching(network, trunk.state_dict())
    assert torch.equal(network.heads["pafs"].weight, fields)
    assert torch.equal(network.heads["body"].weight, trunk.heads["body"].weight[:17])
    assert torch.equal(network.stem[0][0].weight, trunk.stem[0][0].weight)


def test_a_refining_block_begins_as_if_it_were_not_there():
    plain = PoseNetwork({"body": 17}, width=0.25).eval()
    refined = PoseNetwork({"body": 17}, refined=True, width=0.25).eval()
    load_matching(refined, plain.state_dict())
    image = torch.rand(1, 3, 64, 64) * 255
    torch.testing.assert_close(refined(image)["body"], plain(image)["body"])


def test_the_curves_of_the_runs_are_drawn(tmp_path: Path, monkeypatch):
    curves = pytest.importorskip("posture_tools.training.curves")
    with pytest.raises(FileNotFoundError, match="train one"):
        curves.draw_curves(tmp_path, tmp_path / "curves.png")
    trained(tmp_path, "joint", monkeypatch)
    curves.draw_curves(tmp_path, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes()[:4] == b"\x89PNG"
