"""Crops cut beforehand, in one small file: what a machine with an accelerator trains from.

Cut a little wider than they will be shown, so that they are turned, sheared and moved anew each
time. A file of 34 MiB holds about 3 300 of them; each piece of the training brings another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from posture_tools.training.framing import (
    Distortion,
    Image,
    Region,
    crop_affine,
    jittered_close,
    move_box,
    move_points,
    warp,
    whole_region,
)
from posture_tools.training.picture import People, Picture, decode_rgb
from posture_tools.training.samples import Mix

_MARGIN = 1.3  # of what is stored over what is shown
_QUALITY = 80
_BACKGROUNDS, _BACKGROUND_PX = 100, 160
_OTHERS = 4


def write_crops(
    path: Path,
    photographs: People,
    renders: People,
    backgrounds: Sequence[Image],
    mix: Mix,
    *,
    most_bytes: int,
    rng: np.random.Generator,
) -> int:
    """Write as many crops as the mix draws them within so many bytes; return their number."""
    chosen = rng.permutation(len(backgrounds))[:_BACKGROUNDS]
    places = [_encoded(_small(backgrounds[i])) for i in chosen]
    rows: list[Picture] = []
    closes: list[bool] = []
    left = most_bytes - sum(len(place) for place in places) - 16_384
    while True:
        close = bool(rng.random() < mix.close)
        photograph = bool(rng.random() < mix.photographs)
        picture = (photographs if photograph else renders).draw(rng, close=close)
        region = None
        if close:
            region = jittered_close(picture.box, picture.points, picture.located, rng)
        cut = _cut(picture, region or whole_region(picture.box, mix.size_hw), mix.size_hw)
        left -= len(cut.stream) + _row_bytes(cut)
        if left < 0:
            break
        rows.append(cut)
        closes.append(region is not None)
    _write(path, rows, closes, places)
    return len(rows)


class PackedCrops:
    """The photographed or the rendered people of files of crops."""

    def __init__(self, paths: Sequence[Path], *, photograph: bool) -> None:
        self._tables: list[dict[str, NDArray[Any]]] = []
        rows: list[tuple[int, int, bool]] = []
        for number, path in enumerate(paths):
            with np.load(path) as stored:
                self._tables.append({name: stored[name] for name in stored.files})
            kind, close = self._tables[-1]["photograph"], self._tables[-1]["close"]
            rows += [
                (number, int(row), bool(close[row])) for row in np.flatnonzero(kind == photograph)
            ]
        self._name = "photographed crops" if photograph else "rendered crops"
        self._rows = {
            close: [(number, row) for number, row, is_close in rows if is_close == close]
            for close in (False, True)
        }
        if not rows:
            raise ValueError(f"there are no {self._name} in {', '.join(map(str, paths))}")

    def draw(self, rng: np.random.Generator, *, close: bool) -> Picture:
        """Draw a crop of the kind, or of the other kind where there is none."""
        rows = self._rows[close] or self._rows[not close]
        number, row = rows[int(rng.integers(len(rows)))]
        table = self._tables[number]
        start, end = table["ends"][row], table["ends"][row + 1]
        return Picture(
            stream=table["streams"][start:end],
            points=table["points"][row].astype(np.float32),
            trust=table["trust"][row].astype(np.float32),
            sharp=table["sharp"][row],
            box=table["box"][row],
            photograph=bool(table["photograph"][row]),
            yaw=table["yaw"][row],
            others=table["others"][row][: table["n_others"][row]],
            region=table["region"][row],
        )

    def rescan(self) -> None:
        """Do nothing: the files were read."""

    def census(self) -> dict[str, int]:
        """Return how many crops there are."""
        return {self._name: sum(len(rows) for rows in self._rows.values())}

    def backgrounds(self) -> list[Image]:
        """Return the places that came with the crops."""
        return [
            decode_rgb(table["place_streams"][start:end])
            for table in self._tables
            for start, end in zip(table["place_ends"][:-1], table["place_ends"][1:], strict=True)
        ]


def _cut(picture: Picture, region: Region, size_hw: tuple[int, int]) -> Picture:
    """Return the picture cut down to a region and what lies about it, at the size it is shown."""
    height, width = (round(length * _MARGIN) for length in size_hw)
    wide = Region(region.centre, region.height * height / size_hw[0])
    affine = crop_affine(wide, (height, width), Distortion())
    image = warp(picture.decode(), affine, np.zeros((height, width, 3), np.uint8))
    centre = move_points(region.centre, affine)
    others = [move_box(box, affine) for box in picture.others[:_OTHERS]]
    return Picture(
        stream=_encoded(image),
        points=move_points(picture.points, affine),
        trust=picture.trust,
        sharp=picture.sharp,
        box=move_box(picture.box, affine),
        photograph=picture.photograph,
        yaw=picture.yaw,
        others=np.array(others, np.float32).reshape(-1, 4),
        region=np.array([*centre, size_hw[0]], np.float32),
    )


def _write(
    path: Path,
    rows: Sequence[Picture],
    closes: Sequence[bool],
    places: Sequence[NDArray[np.uint8]],
) -> None:
    others = np.zeros((len(rows), _OTHERS, 4), np.float32)
    for index, row in enumerate(rows):
        others[index, : len(row.others)] = row.others
    table = {
        "streams": np.concatenate([row.stream for row in rows]),
        "ends": np.cumsum([0, *(len(row.stream) for row in rows)]),
        "points": np.stack([row.points for row in rows]),
        "trust": np.stack([row.trust for row in rows]).astype(np.float16),
        "sharp": np.stack([row.sharp for row in rows]),
        "box": np.stack([row.box for row in rows]),
        "photograph": np.array([row.photograph for row in rows]),
        "yaw": np.stack([row.yaw for row in rows]),
        "others": others,
        "n_others": np.array([len(row.others) for row in rows], np.uint8),
        "region": np.stack([row.region for row in rows if row.region is not None]),
        "close": np.array(closes),
        "place_streams": np.concatenate([*places, np.zeros(0, np.uint8)]),
        "place_ends": np.cumsum([0, *(len(place) for place in places)]),
    }
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, allow_pickle=False, **table)
    partial.replace(path)


def _row_bytes(row: Picture) -> int:
    """Return what a row of the table takes beside its picture."""
    flags = 2 + len(row.trust) * 3 + 8
    return row.points.nbytes + row.box.nbytes + row.yaw.nbytes + 12 + _OTHERS * 16 + flags


def _encoded(image: Image) -> NDArray[np.uint8]:
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return np.asarray(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1], np.uint8)


def _small(image: Image) -> Image:
    scale = min(1.0, _BACKGROUND_PX / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)
