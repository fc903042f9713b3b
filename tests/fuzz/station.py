"""What a station is told by files: settings, first boot, calibration, the operator's wishes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from edge.appliance.first_boot import parse_first_boot
from edge.errors import PostureError
from edge.screening.stored import load_calibration
from edge.settings import load_settings, parse_settings
from edge.update.desired import keep_desired, load_desired
from edge.wire.clock import Instant
from edge.wire.codec import encode
from edge.wire.commands import Desired
from fuzz.kind import JSON, TOML, Kind, is_json, is_toml, one

_SETTINGS = b"""site = "north"
station = "hall-1"
[camera]
source = "picamera2:"
stall_s = 5.0
width_px = 1080
fps = 15.0
interval = 1
[models]
mode = "refined"
threads = 2
[screening]
settle_s = 2.0
repeats = 3
sticker_colour = "#40bf33"
[outbox]
limit_mb = 256.0
[mqtt]
host = "broker.local"
port = 1883
tls = true
[update]
rate_kb_s = 512.0
"""
_FIRST_BOOT = (
    b'broker = "broker.local:8883"\ntoken = "t0ken"\nca = "none"\n'
    + _SETTINGS.partition(b"[mqtt]")[0]
)
_CALIBRATION = b"""[lens]
measured_on = "2026-01-02"
picture_px = [1080, 1920]
focal_px = 1500.0
centre_px = [540.0, 960.0]
distortion = [0.01, -0.02, 0.0, 0.0, 0.0]
rms_px = 0.2
[stance]
measured_on = "2026-01-02"
picture_px = [1080, 1920]
roll_deg = 0.4
pitch_deg = -1.0
roll_sd_deg = 0.05
mm_per_px = 1.9
[marks]
measured_on = "2026-01-02"
picture_px = [1080, 1920]
[marks.centres_px]
10 = [100.0, 200.0]
11 = [900.0, 200.0]
"""
_DESIRED = encode(
    Desired(
        version=1_780_000_000,
        pin={"whole": "ab" * 32, "close": "cd" * 32},
        force=("ef" * 32, "01" * 32),
    )
)
_NOW = Instant(1_790_000_000_000_000_000, "synced", "boot", 1)


def _settings(path: Path) -> None:
    load_settings(path)
    parse_settings(path.read_bytes().decode())


def _first_boot(path: Path) -> None:
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError:
        return
    parse_first_boot(text, path.name, path.parent)


def _calibrate(path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "calibration.toml").write_bytes(path.read_bytes())
        stored = load_calibration(Path(folder))
        _ = stored.calibration, stored.marks_px


def _wish(path: Path) -> None:
    """A damaged file on the disk wants nothing; the same as a message is refused."""
    if load_desired(path).version == 0:
        raise PostureError("wants nothing")
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "models.json"
        keep_desired(kept, path.read_bytes(), _NOW)
        keep_desired(kept, _DESIRED, _NOW)


STATION = {
    "settings": Kind(1500, one(".toml", _SETTINGS), TOML, _settings, is_toml),
    "first-boot": Kind(1500, one(".toml", _FIRST_BOOT), TOML, _first_boot, is_toml),
    "calibration": Kind(1500, one(".toml", _CALIBRATION), TOML, _calibrate, is_toml),
    "desired": Kind(1000, one(".json", _DESIRED), JSON, _wish, is_json),
}
