"""Decoders on real photographs: one forward pass, the same maps for all of them."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from posture_tools.evaluate.average_precision import average_precision
from posture_tools.evaluate.labelled import Detection, Person, detection
from posture_tools.evaluate.photos import read_sets
from posture_tools.models.cards import read_card
from posture_tools.models.describe import describe

from edge.field_maps import Letterbox
from edge.inference.letterbox import to_image
from edge.inference.network import Network
from edge.records import Float32, Pose
from edge.skeletons import COCO_18

Decoder = Callable[[Float32, Float32], Sequence[Any]]
MODEL = "intel_hpe0001_paf"
SET = "coco_kp"


@dataclass(frozen=True, slots=True)
class Real:
    """One decoder on the maps of labelled photographs; OKS-AP as COCO defines it."""

    decoder: str
    photos: int
    ap: float
    ap50: float
    ap75: float
    ar: float
    median_us: float
    p95_us: float
    forward_ms: float


def real_maps(shared: Path, decoders: Mapping[str, Decoder], limit: int | None) -> list[Real]:
    """Every decoder on the maps of the first `limit` labelled photographs.

    A decoder takes heatmaps (19, H, W) and fields (38, H, W), gives (18, 3) in map pixels, and
    may not keep what it was given.

    Raises
    ------
    LabelsInvalid, ModelRefused : photographs or model are not what they should be.
    """
    network = _network(shared / "models" / MODEL)
    found: dict[str, list[tuple[Sequence[Person], list[Detection]]]] = {n: [] for n in decoders}
    taken_us: dict[str, list[float]] = {name: [] for name in decoders}
    forward_ms = []
    for photo in read_sets(shared / "photos", [SET], limit):
        picture, letterbox = network.lay(photo.read().image)
        began = time.perf_counter()
        outputs = network.run(picture)
        forward_ms.append((time.perf_counter() - began) * 1e3)
        for name, decode in decoders.items():
            heatmaps, pafs = (outputs[key][0].astype(np.float32) for key in ("heatmaps", "pafs"))
            began = time.perf_counter()
            people = decode(heatmaps, pafs)
            taken_us[name].append((time.perf_counter() - began) * 1e6)
            poses = [_pose(points, network.description.stride, letterbox) for points in people]
            found[name].append((photo.people, [detection(pose) for pose in poses]))
    rows = []
    for name in decoders:
        figures = average_precision(found[name])
        median, p95 = np.percentile(taken_us[name], [50, 95])
        rows.append(
            Real(
                name, len(forward_ms), figures.ap, figures.ap50, figures.ap75, figures.ar,
                float(median), float(p95), float(np.median(forward_ms)),
            )
        )  # fmt: skip
    return rows


def _network(folder: Path) -> Network:
    card = read_card(folder / "card.json")
    with tempfile.TemporaryDirectory() as work:
        path = Path(work) / f"{folder.name}.onnx"
        path.write_bytes(describe((folder / path.name).read_bytes(), card))
        return Network.load(path, threads=1)


def _pose(points: object, stride: float, letterbox: Letterbox) -> Pose:
    """Map pixels to the picture. Ranked by the sum of keypoint scores, the same for all."""
    keypoints = np.array(points, float).reshape(-1, 3)
    missing = ~(keypoints[:, 2] > 0)
    keypoints[:, :2] = to_image(letterbox, (keypoints[:, :2] + 0.5) * stride - 0.5)
    keypoints[missing] = np.nan, np.nan, 0
    return Pose(
        COCO_18,
        keypoints.astype(np.float32),
        np.full((len(keypoints), 2, 2), np.nan, np.float32),
        float(keypoints[:, 2].mean()),
    )
