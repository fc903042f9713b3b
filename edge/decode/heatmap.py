"""One person's heatmaps to keypoints: the highest cell, placed below the cell.

argmax        the cell itself
quarter       a quarter cell towards the higher neighbour (Newell et al., ECCV 2016)
log-parabola  a Gaussian's logarithm is a parabola: its vertex, of three smoothed values an axis
dark          the same in two dimensions after smoothing (Zhang et al., CVPR 2020)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from edge.decode.log_parabola import place_highest
from edge.records import Float32

Method = Literal["argmax", "quarter", "log-parabola", "dark"]
Array = NDArray[np.float64]

_REACH = 2  # cells looked at around a peak
# cv2.getGaussianKernel(3, 0): sigma 0.8
_BLUR = np.array([0.23899427, 0.52201146, 0.23899427])
# The floor under logarithms, as a part of the peak: a Gaussian's neighbours stand well above it.
_LOG_FLOOR = 1e-3

# A network that claims certainty is believed to a tenth of its peak's width.
_LEAST_DOUBT = 0.01
# Part of a keypoint's variance that its neighbours do not share.
_OWN_PART = 0.36


@dataclass(frozen=True, slots=True, eq=False)
class HeatmapPeaks:
    """What heatmaps (J, H, W) hold, in cells, cell centres at whole numbers.

    points : (J, 3): x, y, height; NaN, NaN, 0 where a map has nothing above zero.
    spread_cells2 : (J, 2, 2), the covariance of the Gaussian that fits the peak; NaN where the
        peak is on the border, flat or not fitted.
    """

    points: Array
    spread_cells2: Array

    @property
    def covariance_cells2(self) -> Array:
        """(J, 2, 2), of the keypoints' positions relative to each other.

        The map that minimises the squared error is the target Gaussian (height 1, covariance T)
        blurred by the distribution of the position (covariance P): it has the spread S = T + P
        and, P being a multiple of T, the height T / S. So P = S (1 - height), which needs no
        knowledge of the target.

        Part of P moves neighbours together and cancels in every angle. 0.36 of it, 0.6 of the
        standard deviation, is kept: on upright people of the training pack's val split the lines
        of shoulders and hips err, apart from the labels' own error, by 0.2 to 1.0 of what is
        stated then (`python -m posture_tools.training.operating_point`, three networks).
        """
        doubt = np.maximum(1 - self.points[:, 2], _LEAST_DOUBT)
        return self.spread_cells2 * (_OWN_PART * doubt)[:, None, None]


def decode_heatmaps(heatmaps: Float32, method: Method = "log-parabola") -> HeatmapPeaks:
    """Highest point of each of the heatmaps (J, H, W)."""
    if method not in get_args(Method):
        raise ValueError(f"no such method: {method}")
    count, height, width = heatmaps.shape
    if method == "log-parabola":
        points, spread = np.empty((count, 3)), np.empty((count, 2, 2))
        place_highest(np.ascontiguousarray(heatmaps, np.float32), points, spread)
        return HeatmapPeaks(points, spread)
    row, column = np.divmod(heatmaps.reshape(count, -1).argmax(axis=1), width)
    around = np.arange(-_REACH, _REACH + 1)
    rows = (row[:, None] + around).clip(0, height - 1)
    columns = (column[:, None] + around).clip(0, width - 1)
    each = np.arange(count)[:, None, None]
    patch = heatmaps[each, rows[:, :, None], columns[:, None, :]].astype(np.float64)
    score = patch[:, _REACH, _REACH]
    found = np.isfinite(patch).all(axis=(1, 2)) & (score > 0)

    offset, spread = np.zeros((count, 2)), np.full((count, 2, 2), np.nan)
    if method == "quarter":
        offset[found] = _quarter(patch[found])
    elif method == "dark":
        offset[found], spread[found] = _dark(patch[found])
    inside = np.column_stack([(column > 0) & (column < width - 1), (row > 0) & (row < height - 1)])
    offset[~inside] = 0
    spread[~inside.all(axis=1)] = np.nan

    points = np.column_stack([column + offset[:, 0], row + offset[:, 1], score])
    points[~found] = (np.nan, np.nan, 0)
    return HeatmapPeaks(points, spread)


def mirror_heatmaps(heatmaps: Float32, flip: tuple[int, ...], shift: bool = False) -> Float32:
    """Heatmaps (J, H, W) of a mirrored picture, as maps of the picture itself.

    flip : which map is a map's counterpart on the other side of the body.
    shift : move them one cell to the right, as SimpleBaseline does for maps whose cell 0 lies on
        pixel 0: in those a mirrored point falls one cell short (Xiao et al., ECCV 2018).
    """
    mirrored: Float32 = np.ascontiguousarray(heatmaps[list(flip), :, ::-1])
    if shift:
        mirrored[:, :, 1:] = mirrored[:, :, :-1].copy()
    return mirrored


def flip_test(
    heatmaps: Float32, of_mirrored: Float32, flip: tuple[int, ...], shift: bool = False
) -> Float32:
    """The mean of a picture's heatmaps and those of the mirrored picture, mirrored back.

    heatmaps, of_mirrored : float32 (J, H, W). flip : for each joint the one on the other side.
    shift : as `mirror_heatmaps`.
    """
    return (heatmaps + mirror_heatmaps(of_mirrored, flip, shift)) * np.float32(0.5)


def _quarter(patch: Array) -> Array:
    centre = patch[:, 1:4, 1:4]
    return 0.25 * np.sign(
        np.column_stack([centre[:, 1, 2] - centre[:, 1, 0], centre[:, 2, 1] - centre[:, 0, 1]])
    )


def _dark(patch: Array) -> tuple[Array, Array]:
    """Newton's step to the maximum of the smoothed logarithm, and its inverse curvature."""
    windows = np.lib.stride_tricks.sliding_window_view(patch, (3, 3), axis=(1, 2))
    smooth = np.einsum("nyxij,i,j->nyx", windows, _BLUR, _BLUR)
    floor = _LOG_FLOOR * smooth[:, 1, 1]
    p = np.log(np.maximum(smooth, floor[:, None, None]))
    gradient = 0.5 * np.column_stack([p[:, 1, 2] - p[:, 1, 0], p[:, 2, 1] - p[:, 0, 1]])
    hessian = np.empty((len(p), 2, 2))
    hessian[:, 0, 0] = p[:, 1, 2] + p[:, 1, 0] - 2 * p[:, 1, 1]
    hessian[:, 1, 1] = p[:, 2, 1] + p[:, 0, 1] - 2 * p[:, 1, 1]
    cross = 0.25 * (p[:, 2, 2] + p[:, 0, 0] - p[:, 0, 2] - p[:, 2, 0])
    hessian[:, 0, 1] = hessian[:, 1, 0] = cross
    peaked = (np.linalg.det(hessian) > 1e-9) & (hessian[:, 0, 0] < 0)
    offset, spread = np.zeros((len(p), 2)), np.full((len(p), 2, 2), np.nan)
    spread[peaked] = -np.linalg.inv(hessian[peaked])
    offset[peaked] = np.einsum("nij,nj->ni", spread[peaked], gradient[peaked])
    return offset.clip(-1, 1), spread
