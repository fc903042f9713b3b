"""Packs of rendered bodies: `NAME.bin` (JPEG streams) and `NAME.npz` (exact truth)."""

from __future__ import annotations

import logging
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from posture_tools.training.picture import Picture, exact_yaw
from posture_tools.training.points import BODY_POINTS, COCO_POINTS

LOG = logging.getLogger(__name__)

VAL = "val"  # in the name of a pack that no training sees

_SEEN, _HIDDEN = 2, 1
_HIDDEN_TRUST = 0.5
_RESCAN_S = 30.0
_CLOSE_DRAWS = 3


class RenderPack:
    """One pack; channels are found by name, those that the pack lacks are unknown."""

    def __init__(self, table: Path) -> None:
        with table.open("rb") as file, np.load(file) as stored:
            names = [str(name) for name in stored["names"]]
            self._offsets = stored["off"].astype(np.int64)
            # Packs of before the masks have none.
            self._masks = stored["mask_off"].astype(np.int64) if "mask_off" in stored else None
            truth = stored["kp"].astype(np.float32)
            self.box = stored["box"].astype(np.float32)
            self.yaw_deg = stored["yaw_deg"].astype(np.float64)
            self.kind = stored["kind"].astype(str)
        absent = [name for name in BODY_POINTS if name not in names]
        if any(name in COCO_POINTS for name in absent):
            raise ValueError(f"{table}: no channel is named {absent[0]}: write the pack again")
        if absent:
            LOG.warning("%s lacks %s", table.name, ", ".join(absent))
        self.points = np.full((len(truth), len(BODY_POINTS), 3), np.nan, np.float32)
        self.points[:, :, 2] = 0
        for channel, name in enumerate(BODY_POINTS):
            if name in names:
                self.points[:, channel] = truth[:, names.index(name)]
        self._streams = np.memmap(table.with_suffix(".bin"), np.uint8, "r")
        if len(self._streams) < self._offsets[-1]:
            raise ValueError(f"{table.with_suffix('.bin')} is cut short: write the pack again")
        self._check_turn(table)

    def __len__(self) -> int:
        return len(self.points)

    def picture(self, row: int) -> Picture:
        """Return one rendered person."""
        seen = self.points[row, :, 2]
        trust = np.where(seen == _SEEN, 1.0, np.where(seen == _HIDDEN, _HIDDEN_TRUST, 0.0))
        return Picture(
            stream=self._streams[self._offsets[row] : self._offsets[row + 1]],
            points=self.points[row, :, :2],
            trust=trust.astype(np.float32),
            # Exact under clothes as well, and it is there that a tilt has to be read.
            sharp=trust > 0,
            box=self.box[row],
            photograph=False,
            yaw=exact_yaw(self.yaw_deg[row]),
            mask_stream=None
            if self._masks is None
            else self._streams[self._masks[row] : self._masks[row + 1]],
        )

    @property
    def masked(self) -> bool:
        """Whether the pack has the pixels of its people."""
        return self._masks is not None

    def _check_turn(self, table: Path) -> None:
        """Refuse a pack whose yaw has the other sign: the left side turned here is positive.

        Then the face looks to the left of the picture, and the nose lies left of the ears.
        """
        sine = np.sin(np.radians(self.yaw_deg))
        nose, ears = self.points[:, 0, 0], self.points[:, 3:5, 0].mean(axis=1)
        sides = (np.abs(sine) > 0.7) & (self.kind == "stand") & np.isfinite(nose - ears)
        if sides.sum() >= 10 and np.mean((ears - nose)[sides] * sine[sides] > 0) < 0.5:
            raise ValueError(f"{table}: yaw_deg is positive where the right side is turned here")


class Renders:
    """All packs of a folder for one use; packs that appear later are taken in as they come."""

    def __init__(
        self, folder: Path, *, val: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder, self._val, self._clock = folder, val, clock
        self._packs: dict[Path, RenderPack] = {}
        self._ends: NDArray[np.int64] = np.zeros(0, np.int64)
        self._scanned_s = -np.inf
        self.rescan()

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def draw(self, rng: np.random.Generator, *, close: bool) -> Picture:
        """Draw somebody; for a close crop the largest of three, as sharp as a station sees."""
        if not len(self):
            raise ValueError(f"{self._folder} holds no rendered pack: render one first")
        rows = rng.integers(len(self), size=_CLOSE_DRAWS if close else 1)
        return self.picture(int(max(rows, key=self._height_px)))

    def census(self) -> dict[str, int]:
        """Return how many rendered people there are."""
        self.rescan()
        return {"rendered bodies": len(self)}

    def picture(self, row: int) -> Picture:
        """Return one of all rendered people."""
        pack, row = self.find(row)
        return pack.picture(row)

    def masked_rows(self) -> NDArray[np.int64]:
        """Return the rows whose people can be cut out."""
        packs = [np.full(len(pack), pack.masked) for pack in self._packs.values()]
        return np.flatnonzero(np.concatenate(packs)) if packs else np.zeros(0, np.int64)

    def _height_px(self, row: int) -> float:
        pack, own = self.find(row)
        top, bottom = pack.box[own, [1, 3]]
        return float(bottom - top)

    def find(self, row: int) -> tuple[RenderPack, int]:
        """Return the pack that holds a row, and its place there."""
        position = int(np.searchsorted(self._ends, row, side="right"))
        before = int(self._ends[position - 1]) if position else 0
        return list(self._packs.values())[position], row - before

    def rescan(self) -> None:
        """Look for new packs, twice a minute at most; one that is being written comes later."""
        if self._clock() - self._scanned_s < _RESCAN_S:
            return
        self._scanned_s = self._clock()
        for table in sorted(self._folder.glob("*.npz")):
            if table in self._packs or (VAL in table.stem) != self._val:
                continue
            try:
                self._packs[table] = RenderPack(table)
            except (OSError, EOFError, zipfile.BadZipFile) as unfinished:
                LOG.info("%s is not complete yet: %s", table.name, unfinished)
        self._ends = np.cumsum([len(pack) for pack in self._packs.values()], dtype=np.int64)
