"""Where a network's numbers are set: on the pack's val split, never on photographs that judge it.

    python -m posture_tools.training.operating_point MODEL.onnx --pack PACK [--pack ...]

A bottom-up network: how many of the people are kept, and how many ghosts stand in empty pictures,
at each least score of a person. A single-person network: how far the shoulder and hip lines of
upright people lie off hand labels, in units of the standard deviation that the keypoints'
covariances give them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from posture_tools.training.pack import People, PersonCrop
from rich.console import Console
from rich.progress import track
from rich.table import Table

from edge.decode.paf import PafDecoder, PafOptions
from edge.errors import PostureError
from edge.estimation.estimator import StageClock
from edge.estimation.person import PersonNetwork
from edge.inference.network import Network
from edge.records import Pose, Uint8

LEAST_SCORES = (0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
LINES = {"shoulder": ("left_shoulder", "right_shoulder"), "hip": ("left_hip", "right_hip")}
_NORMAL_MAD = 1.4826  # of a normal distribution: standard deviation over median |deviation|
_HAND_LABELLED = 1.0


def person_scores(
    network: Network, pictures: Sequence[NDArray[np.uint8]], what: str
) -> list[NDArray[np.float64]]:
    """Each RGB picture's people, however unlikely, as their scores."""
    description = network.description
    options = PafOptions(peak_threshold=description.thresholds.keypoint, min_score=0.0)
    decoder = PafDecoder(description.topology, description.limb_pairs, options)
    found = []
    for picture in track(pictures, what, console=Console(stderr=True)):
        laid, letterbox = network.lay(_bgr(picture))
        poses = decoder.decode(network.field_maps(network.run(laid), letterbox)).poses
        found.append(np.array([pose.score for pose in poses]))
    return found


def line_errors(network: Network, crops: Sequence[PersonCrop]) -> dict[str, NDArray[np.float64]]:
    """Line -> (N, 2) deg: its tilt's error against hand labels, its stated standard deviation."""
    person = PersonNetwork(network)
    rows: dict[str, list[tuple[float, float]]] = {name: [] for name in LINES}
    for crop in track(crops, "crops", console=Console(stderr=True)):
        if not _is_upright(crop):
            continue
        x, y, width, height = (float(v) for v in crop.box)
        pose = person.locate(_bgr(crop.image), (x, y, width, height), StageClock())
        for name, ends in LINES.items():
            row = _line_error(pose, crop, [pose.skeleton.index[end] for end in ends])
            if row is not None:
                rows[name].append(row)
    return {name: np.array(found).reshape(-1, 2) for name, found in rows.items()}


def _is_upright(crop: PersonCrop) -> bool:
    """Whether the trunk stands within 35 degrees of vertical, as in every screening."""
    shoulders, hips = crop.keypoints[[5, 6]].mean(axis=0), crop.keypoints[[11, 12]].mean(axis=0)
    trunk = shoulders - hips
    return bool(abs(np.degrees(np.arctan2(trunk[0], -trunk[1]))) < 35)


def _line_error(pose: Pose, crop: PersonCrop, ends: list[int]) -> tuple[float, float] | None:
    """None where an end is not hand-labelled or not found, or the line is seen end on."""
    if (crop.trust[ends] < _HAND_LABELLED).any() or not (pose.keypoints[ends, 2] > 0).all():
        return None
    along = np.diff(crop.keypoints[ends], axis=0)[0]
    length = float(np.hypot(*along))
    if length < 0.12 * crop.box[3]:
        return None
    across = np.array([-along[1], along[0]]) / length
    moved = np.diff(pose.keypoints[ends, :2] - crop.keypoints[ends], axis=0)[0]
    variance = across @ pose.covariance_px2[ends].sum(axis=0) @ across
    if not np.isfinite(variance):
        return None
    return tuple(np.degrees([moved @ across / length, np.sqrt(variance) / length]))


def _bgr(rgb: NDArray[np.uint8]) -> Uint8:
    return np.ascontiguousarray(rgb[:, :, ::-1])


def people_table(people: list[NDArray[np.float64]], empty: list[NDArray[np.float64]]) -> Table:
    table = Table("least score", "people kept", "others in a crop", "ghosts an empty picture")
    for least in LEAST_SCORES:
        kept = np.array([np.sum(scores >= least) for scores in people])
        ghosts = np.array([np.sum(scores >= least) for scores in empty])
        table.add_row(
            f"{least:.2f}",
            f"{np.mean(kept > 0):.3f}",
            f"{np.maximum(kept - 1, 0).mean():.2f}",
            f"{ghosts.mean():.2f}",
        )
    return table


def lines_table(errors: dict[str, NDArray[np.float64]]) -> Table:
    table = Table(
        "line", "crops", "error, robust SD deg", "stated SD deg", "error / stated", "in 95 %"
    )
    for name, rows in errors.items():
        error, stated = rows.T
        units = error / stated
        table.add_row(
            name,
            str(len(rows)),
            f"{_robust_sd(error):.2f}",
            f"{np.median(stated):.2f}",
            f"{_robust_sd(units):.2f}",
            f"{np.mean(np.abs(units) <= 1.96):.3f}",
        )
    return table


def _robust_sd(values: NDArray[np.float64]) -> float:
    return float(_NORMAL_MAD * np.median(np.abs(values - np.median(values))))


def main(arguments: list[str] | None = None) -> int:
    """Print the table that fits the network."""
    parser = argparse.ArgumentParser(prog="python -m posture_tools.training.operating_point")
    parser.add_argument("model", type=Path)
    parser.add_argument("--pack", type=Path, action="append", required=True, help="pack folder")
    parser.add_argument("--every", type=int, default=1, help="take every n-th crop")
    options = parser.parse_args(arguments)
    people = People.read(options.pack, "val")
    crops = people.crops[:: options.every]
    try:
        network = Network.load(options.model, threads=1)
    except PostureError as error:
        print(error, file=sys.stderr)
        return 1
    if network.description.task == "paf":
        found = person_scores(network, [crop.image for crop in crops], "people")
        ghosts = person_scores(network, people.backgrounds, "empty pictures")
        Console().print(people_table(found, ghosts))
    else:
        Console().print(lines_table(line_errors(network, crops)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
