"""Small packs of test bodies: dotted people whose measures are those of their exact keypoints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from simulators.dotted_person import DottedPicture, pose_at, standing

from edge.posture.assess import assess
from edge.skeletons import COCO_17

# Keypoints that only bodies have; the product does not know them.
_MORE = ("C7", "left_asis", "right_asis")


def pack_arrays(tilts_px: Sequence[float], views: Sequence[str]) -> tuple[bytes, dict[str, Any]]:
    """The two files of a pack: JPEGs in a row, and arrays."""
    jpegs, keypoints, boxes, measures = [], [], [], []
    for tilt_px, view in zip(tilts_px, views, strict=True):
        person = standing(view, tilt_px=tilt_px)
        _, jpeg = cv2.imencode(".jpg", DottedPicture(person).read().image)
        jpegs.append(jpeg.tobytes())
        more = np.zeros((len(_MORE), 3))
        keypoints.append(np.concatenate([more, person.keypoints]))  # not in COCO's place
        x, y, width, height = person.box_px
        boxes.append((x, y, x + width, y + height))
        exact = np.where(person.keypoints[:, 2:] > 0, person.keypoints[:, :2], np.nan)
        measures.append({m.code: m.value for m in assess(pose_at(exact), view)})  # type: ignore[arg-type]
    n = len(jpegs)
    arrays: dict[str, Any] = {
        "off": np.cumsum([0, *map(len, jpegs)]),
        "names": np.array([*_MORE, *COCO_17.keypoints]),
        "kp": np.array(keypoints),
        "box": np.array(boxes),
        "view": np.array(views),
        "yaw_deg": np.zeros(n),
        "age_years": np.linspace(8, 70, n),
        "clothing_upper": np.array((["bare", "tight", "loose"] * n)[:n]),
        "clothing_lower": np.array(["tight"] * n),
    }
    for code in ("shoulder_tilt", "pelvis_tilt", "head_tilt_eye"):
        true = [measured.get(code) for measured in measures]
        arrays[f"measure/{code}"] = np.array([np.nan if t is None else t for t in true])
    return b"".join(jpegs), arrays


def write_pack(folder: Path, data: bytes, arrays: dict[str, Any], name: str = "bodies") -> Path:
    """NAME.bin and NAME.npz; returns the latter."""
    (folder / f"{name}.bin").write_bytes(data)
    np.savez(folder / f"{name}.npz", **arrays)
    return folder / f"{name}.npz"
