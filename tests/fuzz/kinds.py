"""The kinds of files, a few whole ones of each, and the code that reads them.

A reader returns normally for what it could use, and raises one of our errors for what it could not;
how far it came is told by `deep`: whether the first decoder (of pixels, of a container, of JSON,
TOML or ONNX) took the file.
"""

from __future__ import annotations

import io
import json
import random
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import msgspec
import numpy as np
import onnx
from google.protobuf.message import DecodeError
from PIL import Image
from posture_tools.models.cards import read_card
from posture_tools.models.inspect import inspect
from simulators.clips import write_clip
from simulators.networks import colour_card, colour_network, described_file

from edge.appliance.first_boot import parse_first_boot
from edge.camera.clip import Clip
from edge.camera.photos import read_photo
from edge.errors import NOT_TOML, PostureError
from edge.fms.recording import read_sequence, read_sheet
from edge.fms.rules import shipped_rules
from edge.fms.sheet import add_up
from edge.inference.network import Network
from edge.screening.stored import load_calibration
from edge.settings import load_settings, parse_settings
from fuzz.mutate import changed_json, changed_toml, damaged, nested

_MOST_FRAMES = 12
Mutate = Callable[[bytes, random.Random], bytes]


@dataclass(frozen=True)
class Kind:
    """count : how many of it at least. whole : files that can be read, as (suffix, bytes).

    read : raises PostureError, or nothing. deep : whether its first decoder takes the bytes.
    """

    count: int
    whole: Callable[[], list[tuple[str, bytes]]]
    mutate: tuple[Mutate, ...]
    read: Callable[[Path], None]
    deep: Callable[[bytes], bool]


def _photos() -> list[tuple[str, bytes]]:
    rows, columns = np.mgrid[:40, :56]
    noise = np.random.default_rng(1).integers(0, 40, (40, 56, 3))
    image = Image.fromarray(
        (np.stack([rows * 4, columns * 3, rows + columns], -1) + noise).astype(np.uint8)
    )
    alpha, found, exif = image.copy(), [], Image.Exif()
    alpha.putalpha(130)
    exif[0x112] = 6
    for kind, options in (
        ("JPEG", {"exif": exif}), ("JPEG", {"progressive": True}), ("PNG", {"exif": exif}),
        ("WEBP", {}), ("TIFF", {"compression": "tiff_lzw"}), ("BMP", {}), ("PPM", {}),
        ("JPEG2000", {}), ("AVIF", {"exif": exif}), ("GIF", {}),
    ):  # fmt: skip
        out = io.BytesIO()
        image.save(out, kind, **options)
        found.append((".jpg", out.getvalue()))
    for kind in ("PNG", "WEBP"):
        out = io.BytesIO()
        alpha.save(out, kind)
        found.append((".png", out.getvalue()))
    return found


def _heic() -> list[tuple[str, bytes]]:
    """The one case that there is; without it HEIC is left out."""
    case = Path(__file__).resolve().parents[3] / "shared" / "cases" / "photo.heic"
    return [(".heic", case.read_bytes())] if case.exists() else []


def _videos() -> list[tuple[str, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        return [
            (path.suffix, path.read_bytes())
            for path in (
                write_clip(Path(folder) / "a.mp4", frames=8),
                write_clip(Path(folder) / "b.mp4", frames=8, hidden_s=0),
                write_clip(Path(folder) / "a.mkv", frames=8),
                write_clip(Path(folder) / "a.webm", "libvpx", frames=8),
                write_clip(Path(folder) / "a.avi", "mpeg4", frames=8),
                write_clip(Path(folder) / "a.flv", "flv1", frames=8),
                write_clip(Path(folder) / "a.ts", frames=20, container="mpegts"),
                write_clip(Path(folder) / "a.wmv", "wmv2", frames=8, container="asf"),
            )
        ]


def _watch(path: Path) -> None:
    clip = Clip(path)
    try:
        for _ in range(_MOST_FRAMES):
            if clip.grab() is None:
                return
            clip.picture()
    finally:
        clip.close()


def _opens(data: bytes) -> bool:
    with tempfile.NamedTemporaryFile(suffix=".video") as file:
        file.write(data)
        file.flush()
        return cv2.VideoCapture(file.name, cv2.CAP_FFMPEG).isOpened()


def _cards() -> list[tuple[str, bytes]]:
    return [(".json", msgspec.json.encode(colour_card()))]


def _models() -> list[tuple[str, bytes]]:
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
[marks.marks_px]
10 = [100.0, 200.0]
11 = [900.0, 200.0]
"""


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


def _is_toml(data: bytes) -> bool:
    try:
        tomllib.loads(data.decode())
    except NOT_TOML:
        return False
    return True


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


def _sheets() -> list[tuple[str, bytes]]:
    trial = {"movement": "deep_squat", "side": "", "variation": "flat", "pain": False, "score": 2}
    sided = {"movement": "hurdle_step", "side": "left", "variation": "standard", "score": 3}
    sheet = {
        "session": "abc", "rules": shipped_rules().version, "tries": [trial, sided],
        "clearings": [{"test": "shoulder", "pain": True}],
    }  # fmt: skip
    point = [[100.5 + i, 50.0 + i, 0.9] for i in range(17)]
    sequence = {
        "skeleton": "COCO-17", "view": "right",
        "times_s": [0.04 * i for i in range(6)], "keypoints": [point] * 6,
    }  # fmt: skip
    return [(".json", json.dumps(one).encode()) for one in (sheet, sequence)]


def _score(path: Path) -> None:
    try:
        sheet = read_sheet(path)
    except PostureError:
        read_sequence(path)
        return
    add_up(sheet, shipped_rules())


def _reads(path: Path) -> bool:
    try:
        read_photo(path)
    except PostureError:
        return False
    return True


def _decodes(data: bytes) -> bool:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return _reads(Path(file.name))


def _settings(path: Path) -> None:
    load_settings(path)
    parse_settings(path.read_bytes().decode())


def _photograph(path: Path) -> None:
    read_photo(path)


def _card(path: Path) -> None:
    read_card(path)


def _one_toml(content: bytes) -> Callable[[], list[tuple[str, bytes]]]:
    return lambda: [(".toml", content)]


_JSON = (*[changed_json] * 6, *[damaged] * 3, nested)
_TOML = (*[changed_toml] * 6, *[damaged] * 3, nested)
KINDS: dict[str, Kind] = {
    "photographs": Kind(7000, lambda: _photos() + _heic(), (damaged,), _photograph, _decodes),
    "videos": Kind(2000, _videos, (damaged,), _watch, _opens),
    "cards": Kind(2000, _cards, _JSON, _card, _is_json),
    "models": Kind(1000, _models, (damaged,), _serve, _is_onnx),
    "settings": Kind(2000, _one_toml(_SETTINGS), _TOML, _settings, _is_toml),
    "first-boot": Kind(2000, _one_toml(_FIRST_BOOT), _TOML, _first_boot, _is_toml),
    "sheets": Kind(2000, _sheets, _JSON, _score, _is_json),
    "calibration": Kind(2000, _one_toml(_CALIBRATION), _TOML, _calibrate, _is_toml),
}
