"""Losses of maps, of places below a cell, of the yaw and of mirror images; all tensors torch."""

from __future__ import annotations

import torch
from torch import Tensor

from edge.decode.log_parabola import ACROSS, ALONG

FOREGROUND = 4.0  # a cell whose target is t counts 1 + 4 t times: most of a map is empty
SIGMA = 2.0  # of the target, in cells
_FLOOR = 0.3  # under the logarithm of a smoothed profile; a peak's is about 20
_FLATTEST = -0.06  # curvature of a logarithm: a peak nearly twice as wide as the smoothed target's
_FURTHEST = 4.0  # cells: beyond them the map alone pulls
LINE_CELLS = 12.0  # a hip line in a close crop
_SHORTEST = 3.0  # seen from the side, left lies on right: there is no line to turn


def gaussian_maps(points: Tensor, map_hw: tuple[int, int], sigma: float = SIGMA) -> Tensor:
    """Draw exp(-d^2 / (2 sigma^2)) about each of `(N, K, 2)` points in cells; NaN draws nothing."""
    height, width = map_hw
    factor = -0.5 / sigma**2
    columns = torch.arange(width, device=points.device, dtype=points.dtype)
    rows = torch.arange(height, device=points.device, dtype=points.dtype)
    along_x = torch.exp(factor * (columns - points[..., 0:1]).square()).nan_to_num_(nan=0.0)
    along_y = torch.exp(factor * (rows - points[..., 1:2]).square()).nan_to_num_(nan=0.0)
    return along_y[..., :, None] * along_x[..., None, :]


def map_loss(predicted: Tensor, target: Tensor, trust: Tensor, cells: Tensor) -> Tensor:
    """Squared error summed over the cells, averaged over maps `(N, K, H, W)` by trust `(N, K)`.

    cells: `(N, H, W)`, False where the answer is not asked for.
    """
    error = (predicted.float() - target).square() * (1.0 + FOREGROUND * target)
    summed = (error * cells[:, None]).sum(dim=(2, 3))
    return (summed * trust).sum() / (trust.sum() + 1e-6)


def masked_l2(predicted: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """Weighted squared error, summed over the cells of maps `(N, C, H, W)`, per map.

    Cao et al. 2017, eq. 1 and 2: sum over cells of W(p) |S(p) - S*(p)|^2, with W = 0 where a label
    is missing.
    """
    error = (predicted - target).square() * (1.0 + FOREGROUND * target.abs()) * weights
    return error.sum(dim=(2, 3)).mean()


def displacements(
    predicted: Tensor, points: Tensor, trust: Tensor, sigma: float = SIGMA
) -> tuple[Tensor, Tensor]:
    """How far, in cells, the peak near the truth lies from where a perfect map's does.

    Placed as the device places it, by a parabola through the logarithm of the smoothed map: a peak
    that is flat or low lies no nearer for that, as its centre of mass would. About the cell nearest
    to the truth `(N, K, 2)`, of predicted and perfect map alike. Returns `(N, K, 2)`, and the trust
    `(N, K)` with 0 where no truth is known.
    """
    wanted = (trust > 0) & torch.isfinite(points[..., 0])
    height, width = predicted.shape[-2:]
    place = points[wanted]
    nearest = place.round()
    reach = len(ACROSS) // 2
    offsets = torch.arange(-reach, reach + 1, device=points.device)
    x = nearest[:, 0:1].long() + offsets
    y = nearest[:, 1:2].long() + offsets
    inside = ((y >= 0) & (y < height))[:, :, None] & ((x >= 0) & (x < width))[:, None, :]
    sample, channel = wanted.nonzero(as_tuple=True)
    window = predicted[
        sample[:, None, None],
        channel[:, None, None],
        y.clamp(0, height - 1)[:, :, None],
        x.clamp(0, width - 1)[:, None, :],
    ].float()
    window = window.clamp_min(0.0) * inside
    rest = place - nearest
    ideal_x = torch.exp(-0.5 * ((offsets - rest[:, 0:1]) / sigma).square())
    ideal_y = torch.exp(-0.5 * ((offsets - rest[:, 1:2]) / sigma).square())
    ideal = ideal_y[:, :, None] * ideal_x[:, None, :] * inside
    apart = predicted.new_zeros((*points.shape[:2], 2), dtype=torch.float32)
    apart = apart.index_put((sample, channel), _vertex(window) - _vertex(ideal))
    return apart, trust * wanted


def place_loss(apart: Tensor, trust: Tensor) -> Tensor:
    """L1 of displacements `(N, K, 2)`, averaged by trust `(N, K)`."""
    return (apart.abs().sum(dim=2) * trust).sum() / (trust.sum() + 1e-6)


def line_loss(apart: Tensor, points: Tensor, trust: Tensor, pairs: Tensor) -> Tensor:
    """How far lines are turned, averaged by trust: in cells that the ends of one of
    `LINE_CELLS` would lie apart.

    apart, points: `(N, K, 2)` in cells. pairs: `(P, 2)` channels of the ends. Both too far
    off by the same is no tilt, and a pixel turns short lines (eyes) more than long ones.
    """
    left, right = pairs.unbind(dim=1)
    both = torch.minimum(trust[:, left], trust[:, right])
    along = torch.where(both[..., None] > 0, points[:, left] - points[:, right], 1.0)
    length = along.norm(dim=2).clamp_min(_SHORTEST)
    off = apart[:, left] - apart[:, right]
    across = (off[..., 0] * along[..., 1] - off[..., 1] * along[..., 0]).abs() / length
    return (LINE_CELLS * across / length * both).sum() / (both.sum() + 1e-6)


def _vertex(window: Tensor) -> Tensor:
    """`(M, 2)`, where the Gaussian that fits windows `(M, H, W)` has its top, from their middle.

    The curvature is taken as it is: made steeper where it lies wrong, a peak would seem nearer.
    """
    along = torch.as_tensor(ALONG, dtype=window.dtype, device=window.device)
    across = torch.as_tensor(ACROSS, dtype=window.dtype, device=window.device)
    columns = (across @ window) @ along.T
    rows = (window @ across) @ along.T
    low, middle, high = (torch.stack([columns, rows], dim=1) + _FLOOR).log().unbind(dim=2)
    curvature = (low + high - 2 * middle).detach().clamp_max(_FLATTEST)
    vertex = 0.5 * (high - low) / -curvature
    return _FURTHEST * torch.tanh(vertex / _FURTHEST)


def yaw_loss(predicted: Tensor, bounds: Tensor, trust: Tensor) -> Tensor:
    """Squared distance of (sine, cosine) `(N, 2)` from between the bounds `(N, 2, 2)`."""
    predicted = predicted.float()
    short, over = (bounds[:, 0] - predicted).relu(), (predicted - bounds[:, 1]).relu()
    return ((short.square() + over.square()).sum(dim=1) * trust).mean()


def mirror_loss(maps: Tensor, mirrored: Tensor, mirror: Tensor) -> Tensor:
    """How far maps and those of the mirror image differ once these are mirrored back.

    mirror: for each channel the one that has its place in the mirror image.
    """
    back = mirrored.float()[:, mirror].flip(3)
    target = 0.5 * (maps.float() + back)
    error = (maps.float() - back).square() * (1.0 + FOREGROUND * target.detach().clamp(0, 1))
    return error.sum(dim=(2, 3)).mean()
