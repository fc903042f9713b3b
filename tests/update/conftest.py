"""A publisher, a server and a station, new for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulators.file_server import FileServer, file_server
from simulators.model_world import Publisher, SimulatedStation, dots_model, station_of


@pytest.fixture(autouse=True)
def unflushed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power is cut in this process: flushing would only cost time."""
    monkeypatch.setattr(os, "fsync", lambda _handle: None)


@pytest.fixture(scope="session")
def models() -> dict[str, bytes]:
    """Models by version; 1 ships with the device."""
    return {version: dots_model(version, weights_kb=40) for version in "1234"}


@pytest.fixture(scope="session")
def beginner(tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    """Keys and an empty repository: the same for each test, for signing takes time."""
    return Publisher(tmp_path_factory.mktemp("publisher") / "repository")


@pytest.fixture
def publisher(beginner: Publisher, tmp_path: Path) -> Publisher:
    return beginner.copied(tmp_path / "repository")


@pytest.fixture
def server(publisher: Publisher) -> Iterator[FileServer]:
    with file_server(publisher.public) as running:
        yield running


@pytest.fixture
def shipped(tmp_path: Path, models: dict[str, bytes]) -> Path:
    path = tmp_path / "shipped.onnx"
    path.write_bytes(models["1"])
    return path


@pytest.fixture
def station(
    tmp_path: Path, publisher: Publisher, server: FileServer, shipped: Path
) -> SimulatedStation:
    return station_of(tmp_path / "station", publisher, server, shipped)
