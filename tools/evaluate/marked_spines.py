"""`python -m posture_tools.evaluate.marked_spines`: sticker spines against the mannequin's truth.

Rendered backs from either side with half eggs or half balls on six spinous processes, on bare skin
or on the tight clothes over it; arms held ahead, as for any side view of a back. People, backs,
skins, light, yaw, roll and noise by chance.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from posture_tools.cli import show
from posture_tools.mannequin import (
    PEOPLE,
    YAW_DEG,
    CameraPose,
    Outfit,
    Person,
    everyday,
    random_light,
    render,
    stature_m,
)
from rich.console import Console
from rich.table import Table

from edge.markers.spine.marked_spine import find_spine
from edge.markers.stickers import Stickers
from edge.posture.assess import assess
from edge.posture.calibration import Calibration
from edge.posture.clothing import Dress
from edge.records import Pose, Uint8, View
from edge.skeletons import Skeleton

Float64 = NDArray[np.float64]

# Half balls of 18 mm hide beside the muscles of an anatomical back, and above all in the cleft at
# S5: half eggs as high as wide stand out.
STICKERS, HALF_EGG_MM = Stickers("#40bf33", height_to_radius=2.0), (28.0, 28.0)
HALF_BALLS, HALF_BALL_MM = Stickers("#40bf33"), (18.0, 9.0)
DISTANCE_M = 3.0
_ARMS = {
    f"{name}_{side}": value
    for side in ("left", "right")
    for name, value in (("arm_abduction", 8.0), ("arm_flexion", 40.0), ("elbow_flexion", 60.0))
}
_YAW_SD_DEG, _ROLL_SD_DEG, _NOISE_SD = 2.0, 1.0, 2.0
# Truth and measurement share the camera's roll, so its uncertainty is no part of their difference.
_SAME_ROLL = Calibration(roll_sd_deg=0.0)
_BARE = Dress("bare", "bare")
_MEASURES = ("spine_c4_t6", "spine_t6_t8", "spine_t8_l4", "spine_l4_s5", "kyphosis_proxy",
             "lordosis_proxy")  # fmt: skip


@dataclass(frozen=True, eq=False)
class MarkedBack:
    """A rendered back, and the exact pose of its stickers."""

    image: Uint8
    view: View
    truth: Pose


def backs(
    count: int, body_px: float, seed: int = 0, size_mm: tuple[float, float] = HALF_EGG_MM
) -> Iterator[MarkedBack]:
    """`count` people with stickers, `body_px` tall in the picture, right and left side in turn.

    size_mm : how wide and how high the stickers are.
    """
    rng = np.random.default_rng(seed)
    blue, green, red = STICKERS.bgr.tolist()
    for number in range(count):
        view: View = "right" if number % 2 == 0 else "left"
        who = PEOPLE[rng.integers(len(PEOPLE))]
        camera = CameraPose(
            distance_m=DISTANCE_M,
            height_m=0.53 * stature_m(who),
            roll_deg=float(rng.normal(0.0, _ROLL_SD_DEG)),
            focal_px=body_px * DISTANCE_M / stature_m(who),
            width_px=round(0.7 * body_px),
            height_px=round(1.15 * body_px),
        )
        outfit = Outfit(int(rng.integers(1 << 31)), STICKERS.vertebrae, (blue, green, red), size_mm)
        yaw = YAW_DEG[view] + float(rng.normal(0.0, _YAW_SD_DEG))
        person = Person(who, everyday(rng) | _ARMS, outfit, yaw)
        drawn = render(person, camera=camera, light=random_light(rng))
        noisy = drawn.image + rng.normal(0.0, _NOISE_SD, drawn.image.shape)
        (truth,) = drawn.people
        points = np.array([(*truth.stickers_px[n], 1.0) for n in STICKERS.vertebrae], np.float32)
        exact = np.zeros((len(points), 2, 2), np.float32)
        image = np.clip(noisy, 0, 255).astype(np.uint8)
        yield MarkedBack(image, view, Pose(STICKERS.skeleton, points, exact, 1.0))


@dataclass(frozen=True, eq=False)
class Errors:
    """Of all backs: measure -> signed errors and covered by u95; vertebra -> distances, px."""

    measures: dict[str, tuple[Float64, Float64]]
    centres_px: dict[str, Float64]
    refused: Counter[str]


def errors(seen: Iterator[MarkedBack], stickers: Stickers = STICKERS) -> Errors:
    """Find, measure and compare; what was not found is counted, not compared."""
    deg: dict[str, list[tuple[float, float]]] = {code: [] for code in _MEASURES}
    px: dict[str, list[float]] = {name: [] for name in STICKERS.vertebrae}
    refused: Counter[str] = Counter()
    for back in seen:
        spine = find_spine(back.image, stickers, back.view)
        if spine.pose is None:
            refused[spine.why[0]] += 1
            continue
        for name, (x, y, _), (tx, ty, _) in _pairs(STICKERS.skeleton, spine.pose, back.truth):
            if np.isnan(x):
                refused[f"hidden:{name}"] += 1
            else:
                px[name].append(float(np.hypot(x - tx, y - ty)))
        true = {m.code: m.value for m in assess(back.truth, back.view, _SAME_ROLL, dress=_BARE)}
        for measure in assess(spine.pose, back.view, _SAME_ROLL, dress=_BARE):
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
    parser.add_argument(
        "--half-balls", action="store_true", help="of 18 mm, not half eggs of 28 mm as high as wide"
    )
    options = parser.parse_args()
    stickers, size_mm = (
        (HALF_BALLS, HALF_BALL_MM) if options.half_balls else (STICKERS, HALF_EGG_MM)
    )
    found = errors(backs(options.count, options.body_px, size_mm=size_mm), stickers)
    table = Table("measure", "n", "bias deg", "SD deg", "p95 |error| deg", "u95 covers %")
    for code, (error, covered) in found.measures.items():
        if not len(error):
            continue
        table.add_row(
            code, str(len(error)), f"{error.mean():+.2f}", f"{error.std():.2f}",
            f"{np.percentile(abs(error), 95):.2f}", f"{100 * covered.mean():.0f}",
        )  # fmt: skip
    centres = Table("sticker", "n", "p50 px", "p95 px")
    for name, distance in found.centres_px.items():
        if not len(distance):
            continue
        p50, p95 = np.percentile(distance, (50, 95))
        centres.add_row(name, str(len(distance)), f"{p50:.2f}", f"{p95:.2f}")
    console = Console()
    for each in (table, centres):
        show(each, console)
    console.print(f"{options.count} backs; not found: {dict(found.refused) or 'none'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
