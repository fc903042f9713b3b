"""Packs of labelled photographs: `images.bin` (JPEG and PNG streams) and `index.npz` (rows)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from posture_tools.training.picture import UNKNOWN_YAW, Picture, decode_rgb
from posture_tools.training.points import BODY_POINTS, FACE_IN_FRONT

Split = Literal["train", "val"]

BACKGROUNDS = "backgrounds"

_HAND, _MACHINE, _DERIVED = 1, 2, 3
# Hip labels of these hand-labelled sets lie 1.9 to 3 % of the box diagonal above the joint.
_HIGH_HIPS, _HIP_TRUST = ("fashion_freepik", "freepik_hr", "lspe"), 0.3
_HIPS = np.array([11, 12])
# Machine labels: certain ones, less certain ones, and where a second network was asked as well.
_SURE, _UNSURE = 0.5, 0.2
_MOST, _DISAGREEING, _APART = 0.7, 0.2, 0.05  # trust at no distance, and at 5 % of the diagonal

_LARGE_PX = 180.0  # height of a body that is fit for close crops; less is enlarged beyond use
_LARGE_SHARE = 0.85  # of the close crops
# How often crops show somebody who does not stand upright: the product sees few.
_ACROBATS = 0.35

# On the back of a head the teacher finds a nose with 0.3 to 0.7 in most photographs. Below the
# first confidence it is taken to be hidden, below the second its label is not believed.
_FACE_HIDDEN, _FACE_UNSURE = 0.2, 0.7
_BACK_VIEW_WIDTH = 0.25  # of the shoulders over the trunk: less is a side view

_FRONT, _SIDE, _BACK = 1, 2, 3  # the packs' `view`, a heuristic from the width of the shoulders
_FRONT_YAW = np.array([[-0.5, 0.85], [0.5, 1.0]], np.float32)
_BACK_YAW = np.array([[-0.5, -1.0], [0.5, -0.85]], np.float32)
_SIDE_YAW = np.array([[-9.0, -0.45], [9.0, 0.45]], np.float32)
_SIDE_SINE = 0.85
_LOOKS_ASIDE = 0.04  # nose off the ears, over the box's height, from which the side is believed


class PhotographPack:
    """The people in one pack folder's split, and its pictures without people."""

    def __init__(self, folder: Path, split: Split) -> None:
        with np.load(folder / "index.npz") as index:
            self._index = {name: index[name] for name in index.files}
        self._streams = np.memmap(folder / "images.bin", np.uint8, "r")
        names = self._index["set_names"].astype(str)
        self.set_name = names[self._index["set_id"]]
        mine = self._index["split"] == ("train", "val").index(split)
        self._rows = np.flatnonzero(mine & (self.set_name != BACKGROUNDS))
        self._empty = np.flatnonzero(mine & (self.set_name == BACKGROUNDS))
        self.trust = _trust(self._index, self.set_name)

    def __len__(self) -> int:
        return len(self._rows)

    def chance(self, acrobats: float) -> NDArray[np.float64]:
        """Return how often everybody is drawn: 1, and `acrobats` for who does not stand upright."""
        upright = self._index["upright"][self._rows] == 1
        return np.where(upright, 1.0, acrobats)

    def body_px(self) -> NDArray[np.float32]:
        """Return the height of everybody's box."""
        heights: NDArray[np.float32] = self._index["box"][self._rows, 3]
        return heights

    def picture(self, position: int) -> Picture:
        """Return one photographed person."""
        index, row = self._index, int(self._rows[position])
        points = np.full((len(BODY_POINTS), 2), np.nan, np.float32)
        trust = np.zeros(len(BODY_POINTS), np.float32)
        points[:17] = index["keypoints"][row, :17, :2]
        trust[:17] = self.trust[row, :17]
        visibility = index["keypoints"][row, :17, 2]
        points[trust == 0] = np.nan
        sharp = trust > 0
        if is_back_view(points, trust):
            sure = index["teacher"][row, FACE_IN_FRONT, 2]
            trust[FACE_IN_FRONT[sure < _FACE_UNSURE]] = 0.0
            hidden = FACE_IN_FRONT[(sure < _FACE_HIDDEN) & (visibility[FACE_IN_FRONT] == 0)]
            points[hidden], trust[hidden] = np.nan, _MOST
        x, y, w, h = index["box"][row]
        return Picture(
            stream=self._stream(row),
            points=points,
            trust=trust,
            sharp=sharp,
            box=np.array([x, y, x + w, y + h], np.float32),
            photograph=True,
            yaw=_yaw(int(index["view"][row]), points, float(h)),
            others=index["other_boxes"][row, : index["n_others"][row]].astype(np.float32),
            mask_stream=self._mask_stream(row),
        )

    def backgrounds(self) -> list[NDArray[np.uint8]]:
        """Return the pictures without people, RGB."""
        return [decode_rgb(self._stream(int(row))) for row in self._empty]

    def by_hand(self, position: int) -> NDArray[np.bool_]:
        """Tell which of COCO's joints (17,) are labelled by hand."""
        row = self._rows[position]
        source, visibility = self._index["kp_source"], self._index["keypoints"][:, :, 2]
        return np.asarray((source[row, :17] == _HAND) & (visibility[row, :17] == 2))

    def set_of(self, position: int) -> str:
        """Return the name of the set a person belongs to."""
        return str(self.set_name[self._rows[position]])

    def masked(self) -> NDArray[np.bool_]:
        """Tell of whom the pixels are known."""
        known: NDArray[np.bool_] = self._index["mask_length"][self._rows] > 0
        return known

    def turned(self) -> NDArray[np.bool_]:
        """Tell who is labelled as seen from the side or from behind."""
        return np.isin(self._index["view"][self._rows], (_SIDE, _BACK))

    def _mask_stream(self, row: int) -> NDArray[np.uint8] | None:
        length = self._index["mask_length"][row]
        if not length:
            return None
        start = self._index["mask_offset"][row]
        return self._streams[start : start + length]

    def _stream(self, row: int) -> NDArray[np.uint8]:
        start = self._index["offset"][row]
        return self._streams[start : start + self._index["length"][row]]


def _trust(
    index: dict[str, NDArray[np.generic]], set_name: NDArray[np.str_]
) -> NDArray[np.float32]:
    """How far each label (N, 19) is believed: by hand 1, by machine 0.2 to 0.7."""
    visibility, source = index["keypoints"][:, :, 2], index["kp_source"]
    machine = np.where(visibility == 2, _SURE, _UNSURE)
    if "agree" in index:  # how far two networks lie apart, over the box diagonal
        apart = np.nan_to_num(index["agree"].astype(np.float64), nan=_APART)
        agreed = _MOST - (_MOST - _DISAGREEING) * np.clip(apart / _APART, 0, 1)
        machine[:, :17] = np.where(visibility[:, :17] == 2, agreed, _UNSURE)
    hand = np.where(visibility == 2, 1.0, 0.7)
    trust = np.select([source == _HAND, source == _MACHINE], [hand, machine], 0.0)
    high = np.isin(set_name, _HIGH_HIPS)[:, None] & (source[:, _HIPS] == _HAND)
    trust[:, _HIPS] = np.where(high, np.minimum(trust[:, _HIPS], _HIP_TRUST), trust[:, _HIPS])
    trust[visibility == 0] = 0.0
    return trust.astype(np.float32)


def is_back_view(points: NDArray[np.float32], trust: NDArray[np.float32]) -> bool:
    """Tell whether shoulders and hips, in the body's own upright, have left and right swapped."""
    corners = np.array([5, 6, 11, 12])
    if np.any(trust[corners] == 0):
        return False
    left_shoulder, right_shoulder, left_hip, right_hip = points[corners]
    trunk = (left_shoulder + right_shoulder - left_hip - right_hip) / 2
    length = max(float(np.hypot(*trunk)), 1.0)
    rightwards = np.array([-trunk[1], trunk[0]]) / length**2
    shoulders = (left_shoulder - right_shoulder) @ rightwards
    hips = (left_hip - right_hip) @ rightwards
    return bool(shoulders < -_BACK_VIEW_WIDTH and hips < 0)


def _yaw(view: int, points: NDArray[np.float32], height: float) -> NDArray[np.float32]:
    """Return what a label of the view says about the yaw; a side by where the nose points."""
    if view in (_FRONT, _BACK):
        return _FRONT_YAW if view == _FRONT else _BACK_YAW
    if view != _SIDE:
        return UNKNOWN_YAW
    bounds = _SIDE_YAW.copy()
    ears = points[3:5, 0][np.isfinite(points[3:5, 0])]
    if len(ears) and abs(aside := float(ears.mean() - points[0, 0]) / height) > _LOOKS_ASIDE:
        # The nose left of the ears: the left side is turned to the camera.
        bounds[:, 0] = (_SIDE_SINE, 1.0) if aside > 0 else (-1.0, -_SIDE_SINE)
    return bounds


class Photographs:
    """Every photographed person of some packs for one split."""

    def __init__(self, folders: Sequence[Path], split: Split) -> None:
        self.packs = [PhotographPack(folder, split) for folder in folders]
        self._ends = np.cumsum([len(pack) for pack in self.packs], dtype=np.int64)
        large = np.concatenate([pack.body_px() for pack in self.packs]) >= _LARGE_PX
        chance = np.concatenate([pack.chance(_ACROBATS) for pack in self.packs])
        self._of_all, self._of_large = np.cumsum(chance), np.cumsum(chance * large)

    def __len__(self) -> int:
        return int(self._ends[-1])

    def picture(self, row: int) -> Picture:
        """Return one of all photographed people."""
        pack, row = self.find(row)
        return pack.picture(row)

    def by_hand(self, row: int) -> NDArray[np.bool_]:
        """Tell which of somebody's joints (17,) are labelled by hand."""
        pack, row = self.find(row)
        return pack.by_hand(row)

    def draw(self, rng: np.random.Generator, *, close: bool) -> Picture:
        """Draw somebody: upright people more often, and mostly large ones for close crops."""
        large = close and rng.random() < _LARGE_SHARE and self._of_large[-1] > 0
        sums = self._of_large if large else self._of_all
        return self.picture(int(np.searchsorted(sums, rng.random() * sums[-1], side="right")))

    def rescan(self) -> None:
        """Do nothing: photographs do not appear while a run goes on."""

    def census(self) -> dict[str, int]:
        """Return how many people of each set there are."""
        sets = Counter(pack.set_of(row) for pack in self.packs for row in range(len(pack)))
        return dict(sorted(sets.items()))

    def find(self, row: int) -> tuple[PhotographPack, int]:
        """Return the pack that holds a row, and its place there."""
        position = int(np.searchsorted(self._ends, row, side="right"))
        return self.packs[position], row - (int(self._ends[position - 1]) if position else 0)

    def backgrounds(self) -> list[NDArray[np.uint8]]:
        """Return all pictures without people."""
        return [picture for pack in self.packs for picture in pack.backgrounds()]
