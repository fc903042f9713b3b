"""A publisher, a server and a station, new for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulators.file_server import FileServer, file_server
from simulators.model_world import Publisher
from simulators.software_world import SoftwareStation


@pytest.fixture(autouse=True)
def unflushed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power is cut in this process: flushing would only cost time."""
    monkeypatch.setattr(os, "fsync", lambda _handle: None)
    monkeypatch.setattr(os, "sync", lambda: None)


@pytest.fixture(scope="session")
def beginner(tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    return Publisher(tmp_path_factory.mktemp("publisher") / "repository")


@pytest.fixture
def publisher(beginner: Publisher, tmp_path: Path) -> Publisher:
    return beginner.copied(tmp_path / "repository")


@pytest.fixture
def server(publisher: Publisher) -> Iterator[FileServer]:
    with file_server(publisher.public) as running:
        yield running


@pytest.fixture
def station(tmp_path: Path, publisher: Publisher, server: FileServer) -> SoftwareStation:
    """One that was just installed and runs."""
    made = SoftwareStation(tmp_path / "station", publisher.root, server.url)
    made.power_on()
    return made
