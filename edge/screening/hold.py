"""Many poses of a person who stands still: are they still, and what is their median?

Positions are the cameras' own, never filtered ones: a filter would make frames agree that do not.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.estimation.yaw import mean_yaw
from edge.posture.angles import Float64
from edge.posture.landmarks import USABLE, near_side
from edge.records import Placed, Pose, View

# Of stature, as the protocol asks.
_STILL_RANGE = 0.02
_STILL_SPEED_PER_S = 0.015
_MOSTLY = 0.6  # of the frames must show a keypoint, or it is missing in the median
_MAD_TO_SD = 1.4826  # of a normal distribution
# The median of n normal values scatters like the mean of n / (pi/2); a deviation estimated from
# the MAD of n values has the freedom of 0.37 n (its efficiency, Rousseeuw and Croux 1993).
_MEDIAN_VARIANCE = math.pi / 2.0
_MAD_EFFICIENCY = 0.37


class Median(NamedTuple):
    """The median pose, with the covariance of its keypoints, and the effective number of frames."""

    pose: Pose
    n_eff: float


def _stack(poses: list[Pose]) -> Float64:
    """(N, K, 2), NaN where a keypoint was not seen."""
    keypoints = np.stack([pose.keypoints for pose in poses]).astype(np.float64)
    points: Float64 = np.where(keypoints[..., 2:] >= USABLE, keypoints[..., :2], np.nan)
    return points


def _watched(pose: Pose, view: View) -> list[int]:
    """Rows of head and hips, of the near side alone in a side view: hidden ones are guesses."""
    near = near_side(pose, view)
    sides = (near,) if near else ("left", "right")
    names = ("head_top", *(f"{side}_{part}" for side in sides for part in ("ear", "hip")))
    return [pose.skeleton.index[name] for name in names if name in pose.skeleton.index]


def is_still(times_s: Float64, poses: list[Pose], view: View, stature_px: float) -> bool:
    """Head and hips stay within 2 % of stature and drift by less than 1.5 % of it per second.

    The range is that of the middle 90 % of the frames, the drift that between the medians of the
    first and the second half, so that the scatter of single frames does not pass for movement.

    times_s : (N,), of the N poses, rising. stature_px : of the person, by which both are judged.
    """
    half = len(poses) // 2
    if half < 1 or not (rows := _watched(poses[-1], view)):
        return False
    points = _stack(poses)
    visible = np.isfinite(points[:, rows, 0])
    mostly = visible.mean(axis=0) >= _MOSTLY
    watched = points[:, rows][:, mostly & visible[:half].any(axis=0) & visible[half:].any(axis=0)]
    if watched.shape[1] == 0:
        return False
    low, high = np.nanpercentile(watched, (5.0, 95.0), axis=0)
    if float((high - low).max()) > _STILL_RANGE * stature_px:
        return False
    drift = np.nanmedian(watched[half:], axis=0) - np.nanmedian(watched[:half], axis=0)
    apart_s = float(np.median(times_s[half:]) - np.median(times_s[:half]))
    fastest = float(np.abs(drift).max()) / apart_s
    return fastest <= _STILL_SPEED_PER_S * stature_px


def effective_frames(residuals: Float64) -> float:
    """N (1 - r) / (1 + r) with the lag-one autocorrelation r of the residuals (N, M), pooled.

    r is corrected for its small-sample bias -(1 + 3r) / N (Kendall 1954) and kept within [0, 1);
    NaN marks values that are not there. At least 1.
    """
    n = len(residuals)
    if n < 2:
        return 1.0
    scale = np.sqrt(np.nanmean(residuals**2, axis=0))
    unit = residuals[:, scale > 0.0] / scale[scale > 0.0]
    if unit.shape[1] == 0:
        return float(n)
    r = float(np.nanmean(unit[1:] * unit[:-1]))
    r = min(max(r + (1.0 + 3.0 * r) / n, 0.0), 1.0 - 1.0 / n)
    return max(1.0, n * (1.0 - r) / (1.0 + r))


def median_pose(poses: list[Pose]) -> Median:
    """Per-keypoint medians of poses of one skeleton.

    How far it is off has two parts. What the frames scatter (MAD, so that single wrong frames do
    not count, about the body's own movement) shrinks with the effective number of frames. What the
    estimator's own covariance claims beyond that scatter is an error that all frames share, and
    stays; it is NaN where the estimator states none.
    """
    points = _stack(poses)
    scores = np.stack([pose.keypoints[:, 2] for pose in poses])
    seen = np.isfinite(points).all(axis=2)
    enough = seen.mean(axis=0) >= _MOSTLY
    points[:, ~enough] = np.nan
    median = np.full(points.shape[1:], np.nan)
    median[enough] = np.nanmedian(points[:, enough], axis=0)

    residuals = points[:, enough] - median[enough]
    if residuals.shape[1]:
        # No measure changes when the whole body moves along: that part is taken out.
        residuals -= np.nanmean(residuals, axis=1, keepdims=True)
    n_eff = effective_frames(residuals.reshape(len(poses), -1))
    covariance = np.full((len(median), 2, 2), np.nan)
    claimed = np.median(np.stack([p.covariance_px2[enough] for p in poses]), axis=0)
    scatter = _scatter(residuals)
    covariance[enough] = np.clip(claimed - scatter, 0.0, None) * np.eye(2)
    frames = np.zeros((len(median), 2, 2))
    freedom = _MAD_EFFICIENCY * n_eff
    frames[enough] = scatter * _student(freedom) * _MEDIAN_VARIANCE / n_eff

    keypoints = np.concatenate([median, np.zeros((len(median), 1))], axis=1)
    keypoints[enough, 2] = np.median(scores[:, enough], axis=0)
    pose = Pose(
        poses[-1].skeleton,
        keypoints.astype(np.float32),
        covariance.astype(np.float32),
        float(np.median([pose.score for pose in poses])),
        poses[-1].box_px,
        mean_yaw([pose.yaw for pose in poses if pose.yaw is not None]),
        placed=_placed(poses, enough),
        frames_px2=frames.astype(np.float32),
        accuracy=poses[-1].accuracy,
    )
    return Median(pose, n_eff)


def _placed(poses: list[Pose], enough: NDArray[np.bool_]) -> Placed | None:
    """What hands placed stays where they placed it: no frame more makes it surer."""
    all_placed = [(pose, pose.placed) for pose in poses if pose.placed is not None]
    if not all_placed:
        return None
    placing = np.zeros((len(enough), 2, 2), np.float32)
    for row in np.flatnonzero(enough):
        of_row = [p.placing_px2[row] for pose, p in all_placed if pose.keypoints[row, 2] >= USABLE]
        if of_row:
            placing[row] = np.median(of_row, axis=0)
    scaled = [p for _, p in all_placed if p.mm_per_px is not None]
    if not scaled:
        return Placed(placing)
    return Placed(
        placing,
        float(np.median([p.mm_per_px for p in scaled if p.mm_per_px is not None])),
        float(np.median([p.scale_sd for p in scaled])),
    )


def _scatter(residuals: Float64) -> Float64:
    """(K, 2, 2), of single frames about the median, from residuals (N, K, 2)."""
    sd = _MAD_TO_SD * np.nanmedian(np.abs(residuals), axis=0)
    scatter: Float64 = sd[:, :, None] ** 2 * np.eye(2)
    return scatter


def _student(freedom: float) -> float:
    """Square of Student's t over the normal quantile at 97.5 %, by Cornish and Fisher's series.

    Intervals are made with the normal quantile; a deviation that was itself estimated from few
    values needs this much more room.
    """
    z, v = 1.96, max(freedom, 2.0)
    t = z + (z**3 + z) / (4.0 * v) + (5.0 * z**5 + 16.0 * z**3 + 3.0 * z) / (96.0 * v**2)
    return (t / z) ** 2
