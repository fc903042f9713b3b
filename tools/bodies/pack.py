"""Packs of rendered pictures: NAME.bin (JPEG streams) and NAME.npz (truth, one row a picture).

The streams of the masks, 1-bit PNG, stand behind those of the pictures in the same file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies.exam import Examined
from posture_tools.bodies.points import NAMES
from posture_tools.bodies.render import Rendered

Picture = NDArray[np.uint8]


class PackWriter:
    """Collects pictures and writes them; a half-written pack is never seen under its name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._streams: list[bytes] = []
        self._masks: list[bytes] = []
        self._rows: list[Rendered] = []
        self._views: list[str] = []
        self._truths: list[dict[str, float]] = []
        self._people: list[int] = []

    def add(self, rendered: Rendered, quality: int) -> None:
        """Add a picture as JPEG of this quality."""
        stream = cv2.imencode(".jpg", rendered.picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        self._streams.append(stream.tobytes())
        mask = rendered.mask.astype(np.uint8) * 255
        bilevel = [cv2.IMWRITE_PNG_BILEVEL, 1]
        self._masks.append(cv2.imencode(".png", mask, bilevel)[1].tobytes())
        self._rows.append(rendered)

    def add_examined(self, examined: Examined, quality: int) -> None:
        """Add a test body with its view and its true measures."""
        self.add(examined.rendered, quality)
        self._views.append(examined.view)
        self._truths.append(examined.truth)
        self._people.append(examined.person)

    def write(self) -> None:
        """Write both files, the pictures first."""
        rows = self._rows
        self._path.with_suffix(".bin").write_bytes(b"".join(self._streams + self._masks))
        ends = np.cumsum([0, *(len(s) for s in self._streams + self._masks)])
        table = {
            "off": ends[: len(rows) + 1],
            "mask_off": ends[len(rows) :],
            "names": np.array(NAMES),
            "kp": np.array([r.points_px for r in rows], np.float32),
            "xyz": np.array([r.points_m for r in rows], np.float32),
            "box": np.array([r.box for r in rows], np.float32),
            "yaw_deg": np.array([r.camera.yaw_deg for r in rows], np.float32),
            "roll_deg": np.array([r.camera.roll_deg for r in rows], np.float32),
            "kind": np.array(["active" if r.active else "stand" for r in rows]),
            "age_years": np.array([r.shape.age_years for r in rows], np.float32),
            "female": np.array([r.shape.female for r in rows]),
            "clothing_upper": np.array([r.upper for r in rows]),
            "clothing_lower": np.array([r.lower for r in rows]),
            "worn": np.array([" ".join(r.worn) for r in rows]),
        }
        table |= {
            f"body/{name}": np.array([r.measures[name] for r in rows], np.float32)
            for name in rows[0].measures
        }
        if self._views:
            cameras = [r.camera for r in rows]
            table["view"] = np.array(self._views)
            table["person"] = np.array(self._people)
            table["pitch_deg"] = np.array([c.pitch_deg for c in cameras], np.float32)
            table["focal_px"] = np.array([c.focal_px for c in cameras], np.float32)
            table["k1"] = np.array([c.k1 for c in cameras], np.float32)
            table |= {
                f"measure/{code}": np.array([t.get(code, np.nan) for t in self._truths], np.float32)
                for code in sorted({code for truth in self._truths for code in truth})
            }
        partial = self._path.with_suffix(".partial.npz")
        np.savez(partial, allow_pickle=False, **table)
        partial.replace(self._path.with_suffix(".npz"))


def contact_sheet(pictures: Sequence[Picture], columns: int = 6, height_px: int = 384) -> Picture:
    """Pictures beside each other, all as high."""
    tiles = []
    for picture in pictures:
        h, w = picture.shape[:2]
        size = (round(w * height_px / h), height_px)
        tiles.append(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
    rows = []
    for start in range(0, len(tiles), columns):
        row = tiles[start : start + columns]
        row += [np.zeros_like(tiles[0])] * (columns - len(row))
        rows.append(np.hstack(row))
    return np.vstack(rows).astype(np.uint8)
