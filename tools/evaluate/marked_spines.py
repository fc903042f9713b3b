"""`python -m posture_tools.evaluate.marked_spines`: sticker spines against the mannequin's truth.

Rendered backs from either side with half balls of 18 mm on six spinous processes; arms held ahead,
as for any side view of a back. Bodies, backs, skins, light, yaw, roll and noise by chance.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from posture_tools.cli import show
from posture_tools.mannequin import (
    Arm,
    CameraPose,
    Fabric,
    Person,
    Posture,
    random_body,
    random_look,
    random_posture,
    render,
)
from rich.console import Console
from rich.table import Table

from edge.markers.marked_spine import find_spine
from edge.markers.stickers import Stickers
from edge.posture.assess import assess
from edge.posture.calibration import Calibration
from edge.records import Pose, Uint8, View
from edge.skeletons import Skeleton

Float64 = NDArray[np.float64]

STICKERS = Stickers("#40bf33")
DISTANCE_M = 3.0
_ARMS = Arm(abduction_deg=8.0, flexion_deg=40.0, elbow_flexion_deg=60.0)
_YAW_SD_DEG, _ROLL_SD_DEG, _NOISE_SD = 2.0, 1.0, 2.0
_CLOTH = Fabric((0.30, 0.24, 0.22))  # of a colour that no sticker has
# Truth and measurement share the camera's roll, so its uncertainty is no part of their difference.
_SAME_ROLL = Calibration(roll_sd_deg=0.0)
_MEASURES = ("spine_c4_t6", "spine_t6_t8", "spine_t8_l4", "spine_l4_s5", "kyphosis_proxy",
             "lordosis_proxy")  # fmt: skip


@dataclass(frozen=True, eq=False)
class MarkedBack:
    """A rendered back, and the exact pose of its stickers."""

    image: Uint8
    view: View
    truth: Pose


def backs(count: int, body_px: float, seed: int = 0) -> Iterator[MarkedBack]:
    """`count` people with stickers, `body_px` tall in the picture, right and left side in turn."""
    rng = np.random.default_rng(seed)
    blue, green, red = (STICKERS.bgr / 255.0).tolist()
    for number in range(count):
        view: View = "right" if number % 2 == 0 else "left"
        body = random_body(rng)
        posture: Posture = replace(
            random_posture(rng, standing=True), left_arm=_ARMS, right_arm=_ARMS
        )
        look = replace(
            random_look(rng, bare_back=True), top="bare", bottom="briefs", hair="short",
            markers=(blue, green, red), marker_height_m=0.009, bottom_fabric=_CLOTH,
        )  # fmt: skip
        camera = CameraPose(
            distance_m=DISTANCE_M,
            roll_deg=float(rng.normal(0.0, _ROLL_SD_DEG)),
            focal_px=body_px * DISTANCE_M / body.stature_m,
            width_px=round(0.7 * body_px),
            height_px=round(1.15 * body_px),
        )
        yaw = (90.0 if view == "right" else 270.0) + float(rng.normal(0.0, _YAW_SD_DEG))
        drawn = render(Person(posture, body, look, yaw), camera=camera)
        noisy = drawn.image + rng.normal(0.0, _NOISE_SD, drawn.image.shape)
        (truth,) = drawn.people
        points = truth.array(STICKERS.vertebrae)
        points[:, 2] = 1.0
        exact = np.zeros((len(points), 2, 2), np.float32)
        image = np.clip(noisy, 0, 255).astype(np.uint8)
        yield MarkedBack(image, view, Pose(STICKERS.skeleton, points, exact, 1.0))


@dataclass(frozen=True, eq=False)
class Errors:
    """Of all backs: measure -> signed errors and covered by u95; vertebra -> distances, px."""

    measures: dict[str, tuple[Float64, Float64]]
    centres_px: dict[str, Float64]
    refused: Counter[str]


def errors(seen: Iterator[MarkedBack]) -> Errors:
    """Find, measure and compare; what was not found is counted, not compared."""
    deg: dict[str, list[tuple[float, float]]] = {code: [] for code in _MEASURES}
    px: dict[str, list[float]] = {name: [] for name in STICKERS.vertebrae}
    refused: Counter[str] = Counter()
    for back in seen:
        spine = find_spine(back.image, STICKERS, back.view)
        if spine.pose is None:
            refused[spine.why[0]] += 1
            continue
        for name, (x, y, _), (tx, ty, _) in _pairs(STICKERS.skeleton, spine.pose, back.truth):
            if np.isnan(x):
                refused[f"hidden:{name}"] += 1
            else:
                px[name].append(float(np.hypot(x - tx, y - ty)))
        true = {m.code: m.value for m in assess(back.truth, back.view, _SAME_ROLL)}
        for measure in assess(spine.pose, back.view, _SAME_ROLL):
            exact = true.get(measure.code)
            if measure.code in deg and measure.value is not None and exact is not None:
                deg[measure.code].append((measure.value - exact, measure.u95 or 0.0))
    return Errors(
        {
            code: (np.array([e for e, _ in rows]), np.array([abs(e) <= u for e, u in rows]))
            for code, rows in deg.items()
        },
        {name: np.array(values) for name, values in px.items()},
        refused,
    )


def _pairs(skeleton: Skeleton, found: Pose, truth: Pose) -> Iterator[tuple[str, Float64, Float64]]:
    for row, name in enumerate(skeleton.keypoints):
        yield name, found.keypoints[row].astype(np.float64), truth.keypoints[row].astype(np.float64)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--body-px", type=float, default=700.0)
    options = parser.parse_args()
    found = errors(backs(options.count, options.body_px))
    table = Table("measure", "n", "bias deg", "SD deg", "p95 |error| deg", "u95 covers %")
    for code, (error, covered) in found.measures.items():
        table.add_row(
            code, str(len(error)), f"{error.mean():+.2f}", f"{error.std():.2f}",
            f"{np.percentile(abs(error), 95):.2f}", f"{100 * covered.mean():.0f}",
        )  # fmt: skip
    centres = Table("sticker", "n", "p50 px", "p95 px")
    for name, distance in found.centres_px.items():
        p50, p95 = np.percentile(distance, (50, 95))
        centres.add_row(name, str(len(distance)), f"{p50:.2f}", f"{p95:.2f}")
    console = Console()
    for each in (table, centres):
        show(each, console)
    console.print(f"{options.count} backs; not found: {dict(found.refused) or 'none'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
