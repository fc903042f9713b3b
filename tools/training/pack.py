"""Reading of the training pack: `images.bin` (JPEG and PNG streams) and `index.npz` (its rows)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from posture_tools.training.skeleton import FACE_IN_FRONT

Split = Literal["train", "val"]

BACKGROUNDS = "backgrounds"

# On the back of a head the teacher finds a nose with 0.3 to 0.7 in most photographs. Below the
# first confidence it is taken to be hidden, below the second its label is not believed.
_FACE_HIDDEN, _FACE_UNSURE = 0.2, 0.7
_BACK_VIEW_WIDTH = 0.25  # of the shoulders over the trunk: less is a side view

# How far each kind of label is believed: none, hand, machine, derived from others.
_TRUST_BY_SOURCE = np.array([0.0, 1.0, 0.7, 0.9], np.float32)
_TRUST_BY_VISIBILITY = np.array([0.0, 0.7, 1.0], np.float32)


@dataclass(frozen=True, eq=False)
class PersonCrop:
    """One photograph cut around one person; all coordinates are pixels of the crop.

    image: uint8 (H, W, 3), RGB. mask: bool (H, W), the person's pixels, or None.
    keypoints: float32 (19, 2), COCO-17, neck, head top. trust: float32 (19,), 0 = unknown.
    A keypoint that is known not to be seen, the nose from behind, is NaN with trust > 0.
    box: x, y, w, h. others: float32 (n, 4), x0 y0 x1 y1 of people nobody labelled.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.bool_] | None
    keypoints: NDArray[np.float32]
    trust: NDArray[np.float32]
    box: NDArray[np.float32]
    others: NDArray[np.float32]
    set_name: str

    @property
    def located(self) -> NDArray[np.bool_]:
        """Which keypoints (19,) have a place."""
        return np.asarray((self.trust > 0) & np.isfinite(self.keypoints[:, 0]))


class PosePack:
    """The rows of one pack folder that belong to `split`; images are decoded on access."""

    def __init__(self, folder: Path, split: Split) -> None:
        with np.load(folder / "index.npz") as index:
            self._index = {name: index[name] for name in index.files}
        self._streams = np.memmap(folder / "images.bin", np.uint8, "r")
        self._set_names = [str(name) for name in self._index["set_names"]]
        self._rows = np.flatnonzero(self._index["split"] == ("train", "val").index(split))

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, position: int) -> PersonCrop:
        index, row = self._index, int(self._rows[position])
        bgr = self._decode(index["offset"][row], index["length"][row], cv2.IMREAD_COLOR)
        mask = None
        if index["mask_length"][row]:
            stored = self._decode(
                index["mask_offset"][row], index["mask_length"][row], cv2.IMREAD_GRAYSCALE
            )
            mask = stored > 0
        labels = index["keypoints"][row]
        visibility = labels[:, 2].astype(np.int64)
        keypoints = labels[:, :2].astype(np.float32)
        trust = _TRUST_BY_SOURCE[index["kp_source"][row]] * _TRUST_BY_VISIBILITY[visibility]
        if is_back_view(keypoints, trust):
            sure = index["teacher"][row, FACE_IN_FRONT, 2]
            trust[FACE_IN_FRONT[sure < _FACE_UNSURE]] = 0.0
            hidden = FACE_IN_FRONT[(sure < _FACE_HIDDEN) & (visibility[FACE_IN_FRONT] == 0)]
            keypoints[hidden], trust[hidden] = np.nan, _TRUST_BY_VISIBILITY[1]
        return PersonCrop(
            image=np.ascontiguousarray(bgr[:, :, ::-1]),
            mask=mask,
            keypoints=keypoints,
            trust=trust,
            box=index["box"][row].astype(np.float32),
            others=index["other_boxes"][row][: index["n_others"][row]].astype(np.float32),
            set_name=self._set_names[index["set_id"][row]],
        )

    def _decode(self, offset: int, length: int, flag: int) -> NDArray[np.uint8]:
        image = cv2.imdecode(np.array(self._streams[offset : offset + length]), flag)
        if image is None:
            raise ValueError(f"the stream at byte {offset} of the pack is no image")
        return np.asarray(image, np.uint8)


def is_back_view(keypoints: NDArray[np.float32], trust: NDArray[np.float32]) -> bool:
    """Tell whether shoulders and hips, in the body's own upright, have left and right swapped."""
    corners = np.array([5, 6, 11, 12])
    if np.any(trust[corners] == 0):
        return False
    left_shoulder, right_shoulder, left_hip, right_hip = keypoints[corners]
    trunk = (left_shoulder + right_shoulder - left_hip - right_hip) / 2
    length = max(float(np.hypot(*trunk)), 1.0)
    rightwards = np.array([-trunk[1], trunk[0]]) / length**2
    shoulders = (left_shoulder - right_shoulder) @ rightwards
    hips = (left_hip - right_hip) @ rightwards
    return bool(shoulders < -_BACK_VIEW_WIDTH and hips < 0)


@dataclass(frozen=True)
class People:
    """Every crop of some packs, decoded once and held in memory (about 150 kB each)."""

    crops: Sequence[PersonCrop]
    backgrounds: Sequence[NDArray[np.uint8]]

    @cached_property
    def cutouts(self) -> Sequence[PersonCrop]:
        """The crops whose person can be cut out."""
        return [crop for crop in self.crops if crop.mask is not None]

    @classmethod
    def read(cls, folders: Sequence[Path], split: Split) -> People:
        """Read the packs in `folders`; the crops without people become backgrounds."""
        rows = [pack[i] for pack in (PosePack(f, split) for f in folders) for i in range(len(pack))]
        return cls(
            crops=[row for row in rows if row.set_name != BACKGROUNDS],
            backgrounds=[row.image for row in rows if row.set_name == BACKGROUNDS],
        )
