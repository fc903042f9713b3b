"""Patches of the sticker's colour, and their centres to a fraction of a pixel.

Seen from the side a sticker is a sliver one or two pixels wide between skin and wall: no pixel of
it is pure. How much of each pixel is sticker is therefore unmixed with the constrained energy
minimisation of spectral imaging (Harsanyi 1993): the filter w = R^-1 f / (f' R^-1 f) passes the
sticker's colour f and is least moved by the colours around it, whose second moments are R.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.records import Uint8

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

# Share of the sticker's own chromaticity: of every pixel of a patch, and of its purest one.
_PATCH, _CORE = 0.25, 0.45
_HUE_SLACK = 0.45  # how far chromaticity may point aside, against how far it points ahead
_DARKEST = 48.0  # sum of the three channels: below, colour is noise
_MARGIN_PX = 4
_LEAST_PX2, _WIDEST_PX = 2.0, 60
_NOISE = 2.0  # grey levels


@dataclass(frozen=True)
class Blob:
    """A patch of colour.

    centre_px : (2,) weighted by the share of sticker. covariance_px2 : (2, 2), from pixel noise.
    radius_px : half the longest extent of an ellipse of the same second moments.
    area_px2 : sum of the shares.
    """

    centre_px: Float64
    covariance_px2: Float64
    radius_px: float
    area_px2: float


def find(image: Uint8, bgr: Float64) -> list[Blob]:
    """All patches of a colour. image : uint8 (H, W, 3) BGR; bgr : (3,), 0..255."""
    share = _chromatic_share(image, bgr)
    _, patches, stats, _ = cv2.connectedComponentsWithStats(
        (share > _PATCH).astype(np.uint8), connectivity=8
    )
    blobs = []
    for label, (left, top, width, height, _) in enumerate(stats[1:].tolist(), start=1):
        if max(width, height) > _WIDEST_PX:
            continue
        rows = slice(max(0, top - _MARGIN_PX), top + height + _MARGIN_PX)
        columns = slice(max(0, left - _MARGIN_PX), left + width + _MARGIN_PX)
        own = patches[rows, columns] == label
        if share[rows, columns][own].max() < _CORE:
            continue
        others = (patches[rows, columns] > 0) & ~own
        blob = _measured(image[rows, columns], own, others, bgr)
        if blob is not None:
            corner = np.array([columns.start, rows.start], np.float64)
            blobs.append(
                Blob(blob.centre_px + corner, blob.covariance_px2, blob.radius_px, blob.area_px2)
            )
    return blobs


def _chromatic_share(image: Uint8, bgr: Float64) -> Float32:
    """Each pixel's chromaticity against the sticker's: 1 the same, 0 grey or another hue.

    Chromaticity does not change with brightness, so a sticker in shade is the same sticker.
    """
    light = image.astype(np.float32)
    total = light.sum(axis=2, keepdims=True)
    chroma = light / np.maximum(total, 1.0) - np.float32(1 / 3)
    wanted = (bgr / bgr.sum() - 1 / 3).astype(np.float32)
    length = float(np.linalg.norm(wanted))
    ahead = chroma @ (wanted / length)
    aside2 = np.maximum((chroma * chroma).sum(axis=2) - ahead * ahead, 0.0)
    good = (total[..., 0] > _DARKEST) & (aside2 < (_HUE_SLACK * ahead) ** 2)
    return np.asarray(np.where(good, ahead / length, 0.0), np.float32)


def _measured(
    window: Uint8, own: NDArray[np.bool_], others: NDArray[np.bool_], bgr: Float64
) -> Blob | None:
    """Centre, size and noise of one patch; None where it has no extent."""
    near = cv2.dilate(own.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=2) > 0
    around = window[~near & ~others].astype(np.float64)
    if len(around) < 8:
        return None
    energy = around.T @ around / len(around) + _NOISE**2 * np.eye(3)
    matched = np.linalg.solve(energy, bgr)
    weights = matched / float(bgr @ matched)
    share = window.astype(np.float64) @ weights
    noise = float(np.std(around @ weights))
    share[~near | others | (share < 2.0 * noise)] = 0.0
    if not share.any():
        return None
    area = float(share.sum())
    rows, columns = np.nonzero(share)
    at = np.stack([columns, rows], axis=1).astype(np.float64)
    mass = share[rows, columns] / area
    centre = mass @ at
    away = at - centre
    spread = (mass[:, None] * away).T @ away
    area_px2 = area / float(np.percentile(share[rows, columns], 95.0))
    if area_px2 < _LEAST_PX2:
        return None
    covariance = (noise / area) ** 2 * away.T @ away
    # An ellipse has a quarter of its squared half axis as second moment; a pixel adds 1 / 12.
    longest = float(np.linalg.eigvalsh(spread)[-1]) - 1.0 / 12.0
    return Blob(centre, covariance, 2.0 * math.sqrt(max(longest, 0.04)), area_px2)
