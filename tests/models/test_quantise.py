"""8-bit copies on pictures of coloured dots, whose keypoints are known."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import msgspec
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from posture_tools.models.__main__ import main
from posture_tools.models.cost import cost
from posture_tools.models.quantise import quantise
from posture_tools.models.subjects import labelled, photographs
from simulators.networks import (
    DOTS,
    colour_card,
    constant_network,
    described_file,
    detector_card,
    dots_picture,
)

from edge.errors import LabelsInvalid, ModelRefused, SourceInvalid
from edge.inference.golden import golden_faults, golden_picture
from edge.inference.network import Network
from edge.skeletons import COCO_17

HEIGHT_PX, WIDTH_PX = 128, 96


def layers() -> bytes:
    """Red, green and blue at stride 4, through two layers that hand them on."""
    cells, same = np.zeros((3, 3, 4, 4), np.float32), np.zeros((3, 3, 1, 1), np.float32)
    for channel in range(3):
        cells[channel, channel] = 1 / 16
        same[channel, channel] = 1
    nodes = [
        helper.make_node("Conv", ["image", "cells"], ["a"], "first", strides=[4, 4]),
        helper.make_node("Relu", ["a"], ["b"], "relu"),
        helper.make_node("Conv", ["b", "same"], ["c"], "second"),
        helper.make_node("Conv", ["c", "again"], ["maps"], "last"),
    ]
    shapes = {"image": [1, 3, HEIGHT_PX, WIDTH_PX], "maps": [1, 3, 32, 24]}
    image, maps = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    )
    arrays = {"cells": cells, "same": same, "again": same}
    weights = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    graph = helper.make_graph(nodes, "layers", [image], [maps], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return described_file(tmp_path / "colour.onnx", layers(), colour_card())


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Six photographs of one person each, and `labels.json` beside their folder."""
    folder = tmp_path / "photos"
    folder.mkdir()
    images, annotations = [], []
    rng = np.random.default_rng(3)
    for i in range(6):
        places = rng.uniform((24, 30), (72, 100), (3, 2)).round(1)
        points = {name: (x, y) for name, (x, y) in zip(DOTS, places, strict=True)}
        picture = dots_picture(HEIGHT_PX, WIDTH_PX, points, 5.0)
        cv2.imwrite(str(folder / f"{i}.png"), picture)
        keypoints = np.zeros((17, 3))
        for name, place in points.items():
            keypoints[COCO_17.index[name]] = (*place, 2)
        images.append({"id": i, "file_name": f"{i}.png", "width": WIDTH_PX, "height": HEIGHT_PX})
        annotations.append(
            {
                "image_id": i,
                "keypoints": keypoints.ravel().tolist(),
                "area": 4000.0,
                "bbox": [0, 0, WIDTH_PX, HEIGHT_PX],
            }
        )
    labels = {"images": images, "annotations": annotations}
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    return folder


def test_an_8_bit_copy_serves_and_says_what_it_cost(model, photos, tmp_path, capsys) -> None:
    out = tmp_path / "small.onnx"
    options = ["--photos", str(photos), "--labels", str(tmp_path / "labels.json"), "-o", str(out)]
    assert main(["quantise", str(model), *options]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "mean OKS" in printed
    assert "calibrated on 3 pictures, measured on 3 people in 3 other photographs" in printed
    described = Network.load(out, threads=1).description
    assert (described.weights, described.version) == ("int8-qdq", "1-int8")
    assert described.measured["people"] == 3
    assert described.measured["mean_oks_float"] > 0.95
    assert described.measured["mean_oks"] > 0.9
    assert described.measured["oks_with_float_as_truth"] > 0.9
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "colour.onnx", "labels.json", "photos", "small.onnx",
    ]  # fmt: skip


def test_the_golden_vectors_of_a_copy_hold_under_other_kernels(model, photos, tmp_path) -> None:
    """Without its integer kernels, onnxruntime computes the same graph in float."""
    out = tmp_path / "small.onnx"
    quantise(model, photos, out, tmp_path / "labels.json")
    network = Network.load(out, threads=1)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(out.read_bytes(), options)
    other = Network(session, network.description, network.identity)
    golden = network.description.golden
    assert golden is not None
    answer = other.run(golden_picture(golden.seed, golden.height_px, golden.width_px))
    assert golden_faults(golden, answer) == []
    assert golden_faults(golden, {"heatmaps": answer["heatmaps"][:, ::-1]}) != []


def test_all_layers_but_the_last_compute_in_8_bits(model, photos, tmp_path) -> None:
    out = tmp_path / "small.onnx"
    quantise(model, photos, out, tmp_path / "labels.json")
    graph = onnx.load(out).graph
    made_by = {name: node for node in graph.node for name in node.output}
    convolutions = {node.name: node for node in graph.node if node.op_type == "Conv"}
    fed_by = {
        name: {made_by[i].op_type for i in node.input[:2] if i in made_by}
        for name, node in convolutions.items()
    }
    assert fed_by["second"] == {"DequantizeLinear"}
    assert "again" in convolutions["last"].input, "the last layer's weights stay float"


def test_a_copy_that_is_wrong_costs(model, photos, tmp_path) -> None:
    """Shoulders taken for each other: the cost must show, in both figures."""
    swapped = colour_card(keypoints=(DOTS[1], DOTS[0], DOTS[2]))
    wrong = described_file(tmp_path / "wrong.onnx", layers(), swapped)
    subjects = list(labelled(photographs(photos), tmp_path / "labels.json"))
    same = cost(model, model, subjects, labelled=True)
    other = cost(model, wrong, subjects, labelled=True)
    assert same.agreement_oks == pytest.approx(1)
    assert same.float_oks == same.int8_oks
    assert other.agreement_oks < 0.7
    assert other.int8_oks is not None
    assert other.int8_oks < 0.7 < same.float_oks


def test_folders_without_enough_photographs_are_refused(model, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    with pytest.raises(SourceInvalid, match="there is no folder"):
        quantise(model, empty, tmp_path / "x.onnx")
    empty.mkdir()
    (empty / "notes.txt").touch()
    with pytest.raises(SourceInvalid, match="holds no photographs"):
        quantise(model, empty, tmp_path / "x.onnx")
    cv2.imwrite(str(empty / "1.png"), np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(SourceInvalid, match=r"holds 1 photograph\. Give at least two"):
        quantise(model, empty, tmp_path / "x.onnx")
    assert not (tmp_path / "x.onnx").exists()


def test_a_folder_that_is_not_there_is_said_before_the_work(model, photos, tmp_path, capsys):
    out = tmp_path / "absent" / "small.onnx"
    assert main(["quantise", str(model), "--photos", str(photos), "-o", str(out)]) == 2
    assert f"there is no folder {out.parent}" in capsys.readouterr().err


def test_photographs_of_nobody_calibrate_nothing(model, photos: Path, tmp_path: Path) -> None:
    """Coloured dots are no people to the shipped finder; and labels may be of others."""
    with pytest.raises(LabelsInvalid, match=r"the first half of .* shows nobody"):
        quantise(model, photos, tmp_path / "x.onnx")
    (tmp_path / "labels.json").write_text('{"images": [], "annotations": []}')
    with pytest.raises(LabelsInvalid, match=r"the first half of .* shows nobody"):
        quantise(model, photos, tmp_path / "x.onnx", tmp_path / "labels.json")


def test_models_that_are_not_for_this_are_refused(model, photos, tmp_path: Path) -> None:
    out = tmp_path / "small.onnx"
    quantise(model, photos, out, tmp_path / "labels.json")
    with pytest.raises(ModelRefused, match="has 8-bit weights already"):
        quantise(out, photos, tmp_path / "x.onnx", tmp_path / "labels.json")
    answers = {"boxes": np.zeros((1, 4, 4), np.float32), "scores": np.zeros((1, 1, 4), np.float32)}
    boxes = described_file(
        tmp_path / "boxes.onnx", constant_network([1, 3, 100, 100], answers), detector_card()
    )
    with pytest.raises(ModelRefused, match="finds people in boxes"):
        quantise(boxes, photos, tmp_path / "x.onnx")


def test_the_description_keeps_what_did_not_change(model, photos, tmp_path: Path) -> None:
    out = tmp_path / "small.onnx"
    quantise(model, photos, out, tmp_path / "labels.json")
    before, after = (Network.load(path, threads=1).description for path in (model, out))
    changed = {"version", "provenance", "measured", "weights", "golden", "content_sha256"}
    for field in msgspec.structs.fields(before):
        if field.name not in changed:
            assert getattr(before, field.name) == getattr(after, field.name), field.name
    assert Network.load(model, threads=1).identity.sha256 in after.provenance.notes
