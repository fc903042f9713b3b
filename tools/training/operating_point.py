"""Where a network's numbers are set: on the pack's val split, never on photographs that judge it.

    python -m posture_tools.training.operating_point MODEL.onnx [OTHER.onnx ...] --pack PACK

A bottom-up network: how many of the people are kept, and how many ghosts stand in empty pictures,
at each least score of a person. Single-person networks: how far the shoulder and hip lines of
upright people lie off hand labels, and the standard deviation that the keypoints' covariances
give them. Labels err as well: with three networks, whose errors are taken to be independent, each
one's own error is told from that of the labels (the three-cornered hat: Gray and Allan, 1974).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from posture_tools.cli import tracked
from posture_tools.training.photographs import Photographs
from posture_tools.training.picture import Picture
from rich.console import Console
from rich.table import Table

from edge.decode.paf import PafDecoder, PafOptions
from edge.errors import PostureError
from edge.estimation.estimator import StageClock
from edge.estimation.person import PersonNetwork
from edge.inference.network import Network
from edge.records import Pose, Uint8

LEAST_SCORES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 1.0)
LINES = {"shoulder": ("left_shoulder", "right_shoulder"), "hip": ("left_hip", "right_hip")}
_NORMAL_MAD = 1.4826  # of a normal distribution: standard deviation over median |deviation|


def people_found(
    network: Network, pictures: Sequence[NDArray[np.uint8]], what: str
) -> NDArray[np.int64]:
    """How many people (P, S) are found in each RGB picture at each of LEAST_SCORES."""
    description = network.description
    peak = description.thresholds.keypoint
    decoders = [
        PafDecoder(
            description.topology,
            description.limb_pairs,
            PafOptions(peak_threshold=peak, min_score=least),
        )
        for least in LEAST_SCORES
    ]
    found = []
    for picture in tracked(pictures, what):
        laid, letterbox = network.lay(_bgr(picture))
        maps = network.field_maps(network.run(laid), letterbox)
        found.append([len(decoder.decode(maps).poses) for decoder in decoders])
    return np.array(found)


def line_errors(
    network: Network, people: Sequence[tuple[Picture, NDArray[np.bool_]]]
) -> dict[str, NDArray[np.float64]]:
    """Line -> (N, 2) deg: its tilt's error against hand labels, its stated standard deviation.

    people: everybody, and which joints (17,) are labelled by hand. A row of NaN where an end is
    not hand-labelled or not found, or the line is seen end on.
    """
    person = PersonNetwork(network)
    rows: dict[str, list[tuple[float, float]]] = {name: [] for name in LINES}
    for picture, by_hand in tracked(people, network.description.name):
        x0, y0, x1, y1 = (float(v) for v in picture.box)
        box = (x0, y0, x1 - x0, y1 - y0)
        pose = person.locate(_bgr(picture.decode()), box, StageClock())
        for name, ends in LINES.items():
            joints = [pose.skeleton.index[end] for end in ends]
            known = bool(by_hand[joints].all())
            rows[name].append(_line_error(pose, picture, joints) if known else (np.nan, np.nan))
    return {name: np.array(found) for name, found in rows.items()}


def _is_upright(picture: Picture) -> bool:
    """Whether the trunk stands within 35 degrees of vertical, as in every screening."""
    shoulders, hips = picture.points[[5, 6]].mean(axis=0), picture.points[[11, 12]].mean(axis=0)
    trunk = shoulders - hips
    return bool(abs(np.degrees(np.arctan2(trunk[0], -trunk[1]))) < 35)


def _line_error(pose: Pose, picture: Picture, ends: list[int]) -> tuple[float, float]:
    if not (pose.keypoints[ends, 2] > 0).all():
        return np.nan, np.nan
    along = np.diff(picture.points[ends], axis=0)[0]
    length = float(np.hypot(*along))
    if length < 0.12 * (picture.box[3] - picture.box[1]):
        return np.nan, np.nan
    across = np.array([-along[1], along[0]]) / length
    moved = np.diff(pose.keypoints[ends, :2] - picture.points[ends], axis=0)[0]
    variance = across @ pose.covariance_px2[ends].sum(axis=0) @ across
    error, stated = np.degrees([moved @ across / length, np.sqrt(variance) / length])
    return float(error), float(stated)


def _bgr(rgb: NDArray[np.uint8]) -> Uint8:
    return np.ascontiguousarray(rgb[:, :, ::-1])


def people_table(crops: NDArray[np.int64], empty: NDArray[np.int64]) -> Table:
    """crops, empty : (P, S) as of `people_found`."""
    table = Table("least score", "people kept", "others in a crop", "ghosts an empty picture")
    for least, kept, ghosts in zip(LEAST_SCORES, crops.T, empty.T, strict=True):
        table.add_row(
            f"{least:.2f}",
            f"{np.mean(kept > 0):.3f}",
            f"{np.maximum(kept - 1, 0).mean():.2f}",
            f"{ghosts.mean():.2f}",
        )
    return table


def lines_table(errors: dict[str, dict[str, NDArray[np.float64]]]) -> Table:
    """errors : network -> line -> (N, 2), the same crops for all of them."""
    table = Table(
        "line", "network", "crops", "error SD deg", "own SD deg", "stated SD deg", "in 95 %"
    )
    for line in LINES:
        rows = {name: of_network[line] for name, of_network in errors.items()}
        by_all = np.isfinite([row[:, 0] for row in rows.values()]).all(axis=0)
        for name, row in rows.items():
            others = [r[by_all, 0] for other, r in rows.items() if other != name]
            error, stated = row[by_all].T
            known = np.isfinite(stated)  # a network without heatmaps states none
            inside = np.abs(error[known]) <= 1.96 * stated[known]
            table.add_row(
                line,
                name,
                str(by_all.sum()),
                f"{_robust_sd(error):.2f}",
                f"{_own_sd(error, others):.2f}" if len(others) > 1 else "-",
                f"{np.median(stated[known]):.2f}" if known.any() else "-",
                f"{inside.mean():.3f}" if known.any() else "-",
            )
    return table


def _own_sd(error: NDArray[np.float64], others: Sequence[NDArray[np.float64]]) -> float:
    """A network's own part of its error against labels, the mean over the other networks."""
    variances = [
        (_robust_sd(error) ** 2 + _robust_sd(error - other) ** 2 - _robust_sd(other) ** 2) / 2
        for other in others
    ]
    return float(np.sqrt(max(0.0, float(np.mean(variances)))))


def _robust_sd(values: NDArray[np.float64]) -> float:
    return float(_NORMAL_MAD * np.median(np.abs(values - np.median(values))))


def main(arguments: list[str] | None = None) -> int:
    """Print the table that fits the network."""
    parser = argparse.ArgumentParser(prog="python -m posture_tools.training.operating_point")
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL")
    parser.add_argument("--pack", type=Path, action="append", required=True, help="pack folder")
    options = parser.parse_args(arguments)
    people = Photographs(options.pack, "val")
    try:
        networks = [Network.load(path, threads=1) for path in options.models]
    except PostureError as error:
        print(error, file=sys.stderr)
        return 1
    everybody = ((people.picture(row), people.by_hand(row)) for row in range(len(people)))
    upright = [each for each in everybody if _is_upright(each[0])]
    for network in networks:
        if network.description.task == "paf":
            pictures = [picture.decode() for picture, _ in upright]
            found = people_found(network, pictures, "people")
            ghosts = people_found(network, people.backgrounds(), "empty pictures")
            Console().print(people_table(found, ghosts))
    errors = {
        network.description.name: line_errors(network, upright)
        for network in networks
        if network.description.task != "paf"
    }
    if errors:
        Console().print(lines_table(errors))
    return 0


if __name__ == "__main__":
    sys.exit(main())
