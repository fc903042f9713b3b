"""Photographs, what their cameras wrote into them, and videos."""

from __future__ import annotations

import io
import random
import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from simulators.clips import write_clip

from edge.camera.clip import Clip
from edge.camera.photos import read_photo
from edge.errors import PostureError
from edge.sightings.photo_date import taken_at
from fuzz.kind import Files, Kind
from fuzz.mutate import damaged

_MOST_FRAMES = 12
_TIFF = (b"II*\x00", b"MM\x00*")


def _picture() -> Image.Image:
    rows, columns = np.mgrid[:40, :56]
    noise = np.random.default_rng(1).integers(0, 40, (40, 56, 3))
    return Image.fromarray(
        (np.stack([rows * 4, columns * 3, rows + columns], -1) + noise).astype(np.uint8)
    )


def _photos() -> Files:
    image, found, exif = _picture(), [], Image.Exif()
    alpha = image.copy()
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


def _heic() -> Files:
    """The one case that there is; without it HEIC is left out."""
    case = Path(__file__).resolve().parents[3] / "shared" / "cases" / "photo.heic"
    return [(".heic", case.read_bytes())] if case.exists() else []


def _taken() -> Files:
    """Photographs whose cameras wrote down all that telephones do."""
    exif, found = Image.Exif(), []
    exif[0x010F], exif[0x0110], exif[0x0112], exif[0x011A] = "Maker", "Model 1", 8, 72.0
    exif[0x0132] = "2026:11:27 09:10:00"
    exif.get_ifd(0x8769).update(
        {
            0x9003: "2026:11:27 09:10:00", 0x9011: "+09:00", 0x9004: "2026:11:27 09:10:01",
            0x9012: "+09:00", 0x829A: (1, 60), 0x927C: b"Maker\0II*\0" + bytes(range(60)),
            0x9286: b"ASCII\0\0\0hall 1",
        }
    )  # fmt: skip
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.5), 3: "E", 4: (13.0, 24.0, 36.0)})
    for kind in ("JPEG", "WEBP", "TIFF", "AVIF"):
        out = io.BytesIO()
        _picture().save(out, kind, exif=exif)
        found.append((".jpg", out.getvalue()))
    return found


def _in_exif(data: bytes, chance: random.Random) -> bytes:
    """Damage among what the camera wrote, and the picture as it was."""
    at = max(data.find(mark) for mark in _TIFF)
    out, block = bytearray(data), min(600, len(data) - at)
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        place = at + 4 + chance.randrange(block - 8)
        number = chance.choice((0, 1, 8, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 26, place - at))
        width = chance.choice((1, 2, 4))
        order = "little" if data[at : at + 2] == b"II" else "big"
        out[place : place + width] = (number & (1 << 8 * width) - 1).to_bytes(width, order)
    return bytes(out)


def _videos() -> Files:
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


def _decodes(data: bytes) -> bool:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        try:
            read_photo(Path(file.name))
        except PostureError:
            return False
    return True


def _photograph(path: Path) -> None:
    read_photo(path)


def _dated(path: Path) -> None:
    taken_at(path)
    read_photo(path)


PICTURES = {
    "photographs": Kind(4000, lambda: _photos() + _heic(), (damaged,), _photograph, _decodes),
    "exif": Kind(1500, _taken, (_in_exif, _in_exif, damaged), _dated, _decodes),
    "videos": Kind(2000, _videos, (damaged,), _watch, _opens),
}
