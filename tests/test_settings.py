"""Settings: what a person can get wrong, and what the station answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import SettingsInvalid
from edge.settings import Settings, load_settings, parse_settings


def test_the_example_of_the_documentation() -> None:
    settings = parse_settings(
        """
        site = "north-clinic"
        station = "hall-1"
        [camera]
        source = "picamera2:"
        [mqtt]
        host = "broker.local"
        """
    )
    assert (settings.site, settings.camera.source) == ("north-clinic", "picamera2:")
    assert settings.outbox.at_limit == "refuse"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("sitee = 'x'", "sitee"),
        ("[camera]\nfsp = 3", "fsp"),
        ("[camera]\nfps = 0", r"camera\.fps"),
        ("[mqtt]\nport = 70000", r"mqtt\.port"),
        ("station = 'a/b'", "station"),
        ("station = '+'", "station"),
        ("[mqtt]\nport = '1883'", r"mqtt\.port"),
        ("site = ", "not TOML"),
    ],
)
def test_a_wrong_key_or_value_is_named(text: str, named: str) -> None:
    with pytest.raises(SettingsInvalid, match=named):
        parse_settings(text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"gone\.toml"):
        load_settings(tmp_path / "gone.toml")


def test_state_directory_of_the_service_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/posture")
    assert Settings().state_path == Path("/var/lib/posture")
    assert Settings(state_dir="/data").state_path == Path("/data")


@pytest.mark.parametrize(
    ("text", "whole", "close"),
    [
        ("refiner = 'a.onnx'\nspine = 'b.onnx'", "a.onnx", "b.onnx"),
        ("refiner = 'a.onnx'\nspine = 'shipped'", "a.onnx", ""),
        ("spine = ''", "", ""),
        ("refiner = 'old.onnx'\nwhole = 'new.onnx'", "new.onnx", ""),
        ("whole = 'new.onnx'\nrefiner = 'old.onnx'\nclose = 'none'", "new.onnx", "none"),
    ],
)
def test_older_names_of_models_are_read_as_todays(text: str, whole: str, close: str) -> None:
    models = parse_settings(f"[models]\n{text}").models
    assert (models.whole, models.close) == (whole, close)
