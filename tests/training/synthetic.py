"""Invented people: dark pictures with a bright spot at each keypoint, as packs on disk."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")  # and whoever imports this is skipped for want of it

from posture_tools.training.photographs import Photographs
from posture_tools.training.points import BODY_POINTS, COCO_POINTS
from posture_tools.training.renders import Renders
from posture_tools.training.samples import Mix, Sampler

SIZE_HW = (96, 72)
PLAIN = Mix(size_hw=(64, 64))


def person(yaw_deg: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A picture, BGR, and points (55, 2) of somebody who is turned by `yaw_deg`."""
    height, width = SIZE_HW
    names = list(BODY_POINTS)
    points = np.zeros((len(names), 2))
    half = 14 * np.cos(np.radians(yaw_deg))
    levels = {"eye": 14, "ear": 15, "shoulder": 26, "hip": 50, "knee": 66, "ankle": 84}
    for i, name in enumerate(names):
        side, _, part = name.partition("_")
        y = levels.get(part, 20 + 2.5 * (i % 24))
        x = width / 2 + {"left": half, "right": -half}.get(side, 0.0)
        points[i] = x, y
    points[0] = width / 2 - 6 * np.sin(np.radians(yaw_deg)), 17
    points += rng.uniform(-1, 1, points.shape)
    image = np.full((height, width, 3), 30, np.uint8)
    for x, y in points[:17]:
        cv2.circle(image, (round(float(x)), round(float(y))), 1, (250, 250, 250), -1)
    return image, points.astype(np.float32)


def write_renders(
    path: Path,
    yaws_deg: list[float],
    *,
    names: tuple[str, ...] = BODY_POINTS,
    sign: float = 1.0,
    seed: int = 0,
) -> None:
    """Write NAME.bin and NAME.npz. sign: -1 writes the yaw with the wrong sign."""
    rng = np.random.default_rng(seed)
    streams, rows = [], []
    mask = np.zeros(SIZE_HW, np.uint8)
    mask[6:93, 14:59] = 255
    masks = [cv2.imencode(".png", mask)[1].tobytes()] * len(yaws_deg)
    for yaw_deg in yaws_deg:
        image, points = person(yaw_deg, rng)
        streams.append(cv2.imencode(".jpg", image)[1].tobytes())
        rows.append(np.column_stack([points, np.full(len(points), 2.0)]))
    keep = [BODY_POINTS.index(name) for name in names]
    path.with_suffix(".bin").write_bytes(b"".join(streams + masks))
    ends = np.cumsum([0, *(len(stream) for stream in streams + masks)])
    np.savez(
        path.with_suffix(".npz"),
        off=ends[: len(streams) + 1],
        mask_off=ends[len(streams) :],
        names=np.array(names),
        kp=np.array(rows, np.float32)[:, keep],
        box=np.tile(np.array([14, 6, 58, 92], np.float32), (len(rows), 1)),
        yaw_deg=sign * np.array(yaws_deg, np.float32),
        kind=np.full(len(rows), "stand"),
    )


def write_photographs(folder: Path, yaws_deg: list[float], *, set_name: str = "lspe") -> None:
    """Write images.bin and index.npz: people labelled by hand, one place, all in both splits."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    place = cv2.imencode(".jpg", np.full((40, 50, 3), 90, np.uint8))[1].tobytes()
    streams, keypoints = [place, place], [np.zeros((19, 3)), np.zeros((19, 3))]
    for yaw_deg in [*yaws_deg, *yaws_deg]:
        image, points = person(yaw_deg, rng)
        streams.append(cv2.imencode(".jpg", image)[1].tobytes())
        joints = np.concatenate([points[:17], np.zeros((2, 2))])
        keypoints.append(np.column_stack([joints, np.r_[np.full(17, 2.0), 0.0, 0.0]]))
    count = len(streams)
    lengths = np.array([len(stream) for stream in streams])
    views = [
        {0: 1, 90: 2, 180: 3, 270: 2}.get(round(yaw / 90) * 90 % 360, 0)
        for yaw in [*yaws_deg, *yaws_deg]
    ]
    (folder / "images.bin").write_bytes(b"".join(streams))
    np.savez(
        folder / "index.npz",
        offset=np.r_[0, np.cumsum(lengths)[:-1]],
        length=lengths,
        mask_offset=np.zeros(count, np.int64),
        mask_length=np.zeros(count, np.int32),
        set_id=np.r_[1, 1, np.zeros(count - 2, np.uint8)].astype(np.uint8),
        set_names=np.array([set_name, "backgrounds"]),
        split=np.r_[0, 1, np.zeros(len(yaws_deg)), np.ones(len(yaws_deg))].astype(np.uint8),
        box=np.tile(np.array([14, 6, 44, 86], np.float32), (count, 1)),
        keypoints=np.array(keypoints, np.float32),
        kp_source=np.where(np.array(keypoints)[:, :, 2] > 0, 1, 0).astype(np.uint8),
        teacher=np.ones((count, 17, 3), np.float32),
        upright=np.ones(count, np.int8),
        view=np.array([0, 0, *views], np.uint8),
        other_boxes=np.tile(np.array([60, 6, 71, 92], np.float32), (count, 4, 1)),
        n_others=np.ones(count, np.uint8),
    )


def sampler(folder: Path, mix: Mix = PLAIN) -> Sampler:
    """Write a pack of either kind and draw from both."""
    yaws_deg = [0.0, 60.0, 180.0, 260.0]
    write_photographs(folder / "photographs", yaws_deg)
    (folder / "renders").mkdir(exist_ok=True)
    write_renders(folder / "renders" / "train_1", yaws_deg)
    photographs = Photographs([folder / "photographs"], "train")
    return Sampler(photographs, Renders(folder / "renders"), photographs.backgrounds(), mix)


JOINTS = len(COCO_POINTS)
