"""What runs a network, as onnxruntimes with and without accelerators would offer it.

The accelerators themselves are not tried: only which of them is asked, and what happens without.
"""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import pytest
from simulators.networks import colour_card, colour_network, described_file

from edge.errors import PartMissing
from edge.inference import network as network_module
from edge.inference import providers
from edge.inference.network import Network
from edge.inference.providers import CPU, CUDA, TENSORRT, choices, is_built, mark_built

SHA = "ab" * 32


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "cache"))


def _jetson(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [TENSORRT, CUDA, CPU])


def _names(tried: list[list[providers.Provider]]) -> list[list[str]]:
    return [[p if isinstance(p, str) else p[0] for p in run_by] for run_by in tried]


def test_a_runtime_with_nothing_but_the_processor() -> None:
    assert choices("auto", SHA) == [[CPU]]
    with pytest.raises(PartMissing, match="onnxruntime-gpu"):
        choices("tensorrt", SHA)


def test_cuda_serves_until_the_tensorrt_engine_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    _jetson(monkeypatch)
    assert _names(choices("auto", SHA)) == [[CUDA, CPU], [CPU]]
    assert _names(choices("tensorrt", SHA)) == [[TENSORRT, CUDA, CPU]]  # builds it
    mark_built(SHA)
    assert _names(choices("auto", SHA)) == [[TENSORRT, CUDA, CPU], [CUDA, CPU], [CPU]]
    assert _names(choices("auto", "cd" * 32)) == [[CUDA, CPU], [CPU]], "an engine fits one model"


def test_an_engine_of_another_tensorrt_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    _jetson(monkeypatch)
    choices("tensorrt", SHA)
    mark_built(SHA)
    monkeypatch.setattr(providers, "_tensorrt_version", lambda: 100_300)
    assert not is_built(SHA)


def test_an_accelerator_that_cannot_open_the_file_gives_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _jetson(monkeypatch)
    really_open = network_module.open_session
    tried = []

    def open_session(data: bytes, threads: int, weights: str, run_by: list[providers.Provider]):
        tried.append(run_by)
        if len(run_by) > 1:
            raise RuntimeError("CUDA failure 35: driver too old")
        return really_open(data, threads, weights, run_by)

    monkeypatch.setattr(network_module, "open_session", open_session)
    path = described_file(tmp_path / "colour.onnx", colour_network(), colour_card())
    network = Network.load(path, threads=1, accelerator="auto")
    assert network.provider == CPU
    assert _names(tried) == [[CUDA, CPU], [CPU]]
