"""Cards, and the model files that are made of them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec
import onnx
from google.protobuf.message import DecodeError
from posture_tools.models.cards import read_card
from posture_tools.models.inspect import inspect
from simulators.networks import colour_card, colour_network, described_file

from edge.inference.network import Network
from fuzz.kind import JSON, Files, Kind, is_json, one
from fuzz.mutate import damaged


def _models() -> Files:
    with tempfile.TemporaryDirectory() as folder:
        path = described_file(Path(folder) / "c.onnx", colour_network(), colour_card())
        return [(".onnx", path.read_bytes())]


def _serve(path: Path) -> None:
    inspect(path)
    Network.load(path, threads=1)


def _is_onnx(data: bytes) -> bool:
    try:
        onnx.load_model_from_string(data)
    except DecodeError:
        return False
    return True


def _card(path: Path) -> None:
    read_card(path)


NETWORKS = {
    "cards": Kind(1500, one(".json", msgspec.json.encode(colour_card())), JSON, _card, is_json),
    "models": Kind(1000, _models, (damaged,), _serve, _is_onnx),
}
