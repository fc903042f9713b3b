"""No secret leaves: every output of every command is searched for every secret it was given."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest
from simulators.networks import colour_card, colour_network, described_file, dots_picture

POINTS = {"left_shoulder": (60.0, 60.0), "right_shoulder": (30.0, 62.0), "nose": (45.0, 30.0)}
CAMERA_SECRETS = ("cam-pa55", "user-s3cret", "path-s3cret", "query-s3cret")
SOURCES = (
    "rtsp://user-s3cret:cam-pa55@127.0.0.1:9/path-s3cret?password=query-s3cret",
    "rtsp://user-s3cret:pa#cam-pa55@127.0.0.1:9/path-s3cret",
    "rtsp://[::1/cam-pa55",
    "http://user-s3cret:cam-pa55@127.0.0.1:9/path-s3cret",
)
BROKER_SECRET = "br0ker-pa55"  # noqa: S105 - what is looked for


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def settings(tmp_path: Path, state: Path) -> Path:
    """A station with every secret that settings can name; nobody answers at its addresses."""
    model = described_file(tmp_path / "c.onnx", colour_network(), colour_card())
    (tmp_path / "password").write_text(BROKER_SECRET)
    (tmp_path / "password").chmod(0o600)
    cv2.imwrite(str(tmp_path / "one.png"), dots_picture(128, 96, POINTS, 6.0))
    path = tmp_path / "station.toml"
    path.write_text(
        f'state_dir = "{state}"\n[camera]\nsource = "SOURCE"\nstall_s = 1.0\n'
        f'[models]\nsingle = "{model}"\n'
        f'[mqtt]\nhost = "127.0.0.1"\nport = 9\nusername = "hall"\n'
        f'password_file = "{tmp_path / "password"}"\n'
    )
    return path


def outputs(settings: Path, source: str, state: Path) -> Iterator[tuple[str, bytes]]:
    """What each command prints, then every file that they left."""
    settings.write_text(settings.read_text().replace("SOURCE", source))
    photo = settings.parent / "one.png"
    commands = (
        ("doctor",), ("doctor", "--json"), ("run", "--only", "engine"), ("run", "--only", "uplink"),
        ("run",), ("calibrate", "show"), ("calibrate", "picture", str(settings.parent / "p.png")),
        ("demo", "--source", source), ("assess", str(photo), "--json"), ("update",),
    )  # fmt: skip
    for command in commands:
        asked = [sys.executable, "-m", "edge", "--settings", str(settings), *command]
        with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            try:
                # Two of them go on for ever; the others take their time on a busy machine.
                for_ever = command[0] in ("run", "demo")
                said, _ = process.communicate(timeout=4 if for_ever else 100)
            except subprocess.TimeoutExpired:
                process.terminate()
                said, _ = process.communicate(timeout=30)
        yield " ".join(command), said
    for path in state.rglob("*"):
        if path.is_file():
            yield path.name, path.read_bytes()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("source", SOURCES, ids=range(len(SOURCES)))
def test_fault_7_no_output_of_any_command_holds_a_secret(
    settings: Path, state: Path, source: str
) -> None:
    secrets = [secret.encode() for secret in (*CAMERA_SECRETS, BROKER_SECRET)]
    said = dict(outputs(settings, source, state))
    if source == SOURCES[0]:  # it was tried, and spoken of
        assert b"rtsp://127.0.0.1:9" in said["doctor --json"]
        assert b"rtsp://127.0.0.1:9" in said["outbox.db"]
    found = [(name, secret) for name, text in said.items() for secret in secrets if secret in text]
    assert found == []
