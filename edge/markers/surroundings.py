"""The part of a picture where a person's targets may be, and the targets fitted in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.markers.candidates import WORKING_RADIUS_PX, peaks, scores
from edge.markers.expected import ASTRAY_SD, Expected
from edge.markers.fitting import ROUGHLY, FittedTarget, Guess, fit_target
from edge.records import Float32, Uint8

Float64 = NDArray[np.float64]

_GATE_SD = 4.0  # how far from where a landmark should be its target is looked for
_MOST_CANDIDATES = 100  # dotted clothes have as many; on plain ones there are a dozen
_ASTRAY_SHARE = 0.5  # of how far a joint may be astray its targets are looked for


def _linear_table() -> Float32:
    """sRGB's 256 levels in linear light."""
    level = np.arange(256) / 255.0
    low, high = level / 12.92, ((level + 0.055) / 1.055) ** 2.4
    return np.where(level <= 0.04045, low, high).astype(np.float32)


_LINEAR = _linear_table()


def linear(image: Uint8) -> Float32:
    """A picture in linear light, 0 to 1: what lies in one pixel adds up there.

    image : uint8, of any shape, sRGB; gives float32 of the same.
    """
    return np.asarray(_LINEAR[image])


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The part of a picture that targets are looked for in, in linear light.

    corner_px (2,) : its first pixel in the picture. mask : (h, w) of `small`, near a landmark.
    small : `light` at `shrink` of its size, targets then being of the working radius.
    """

    light: Float32
    corner_px: Float64
    small: Float32
    shrink: float
    mask: NDArray[np.bool_]

    @classmethod
    def of(
        cls, image: Uint8, should: Expected, radius_px: float, stature_px: float
    ) -> Surroundings | None:
        """The part of a picture around these places; None where all of it lies outside the picture.

        image : uint8 (H, W, 3), BGR. should : where targets are looked for. radius_px : of a ring.
        stature_px : of the person, by which the search reaches.
        """
        if not should.names:
            return None
        astray = [_ASTRAY_SHARE * ASTRAY_SD * max(j.values(), default=0.0) for j in should.joints]
        reach = _GATE_SD * np.hypot(should.deviations_px, np.array(astray)[:, None] * stature_px)
        corners = np.concatenate([should.points_px - reach, should.points_px + reach])
        margin = 3.0 * radius_px
        size = np.array([image.shape[1], image.shape[0]])
        first = np.clip(np.floor(corners.min(axis=0) - margin), 0, size)
        last = np.clip(np.ceil(corners.max(axis=0) + margin), 0, size)
        (left, top), (right, bottom) = first.astype(int).tolist(), last.astype(int).tolist()
        if min(right - left, bottom - top) < 4.0 * radius_px:
            return None
        light = linear(image[top:bottom, left:right])
        shrink = min(1.0, WORKING_RADIUS_PX / radius_px)
        small = light
        if shrink < 1.0:
            small = np.asarray(
                cv2.resize(light, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
            )
        mask = np.zeros(small.shape[:2], np.uint8)
        for point, axes in zip((should.points_px - first) * shrink, reach * shrink, strict=True):
            middle, half = (np.rint(v).astype(int).tolist() for v in (point, axes))
            cv2.ellipse(mask, middle, half, 0.0, 0.0, 360.0, 1, -1)
        return cls(light, first, small, shrink, mask.astype(np.bool_))

    def fits(self, guess: Guess) -> list[FittedTarget]:
        """A target fitted at each likely place, on the small picture."""
        found = peaks(
            scores(self.small, guess.radius_px * self.shrink), self.mask, _MOST_CANDIDATES
        )
        small = replace(guess, radius_px=guess.radius_px * self.shrink)
        fits = [fit_target(self.small, np.array(one[:2]), small, ROUGHLY) for one in found]
        return apart([self._enlarged(fit) for fit in fits if fit is not None])

    def fit_again(self, at_px: Float64, guess: Guess) -> FittedTarget | None:
        """The target near a point of the picture, on the picture itself."""
        fit = fit_target(self.light, at_px - self.corner_px, guess)
        return fit and replace(fit, centre_px=fit.centre_px + self.corner_px)

    def _enlarged(self, fit: FittedTarget) -> FittedTarget:
        """A fit in pixels of `small`, in pixels of the picture."""
        return replace(
            fit,
            centre_px=(fit.centre_px + 0.5) / self.shrink - 0.5 + self.corner_px,
            covariance_px2=fit.covariance_px2 / self.shrink**2,
            radius_px=fit.radius_px / self.shrink,
            blur_px=fit.blur_px / self.shrink,
        )


def apart(fits: Sequence[FittedTarget]) -> list[FittedTarget]:
    """The fits without those that came to rest on another one, which explains more."""
    kept: list[FittedTarget] = []
    for fit in sorted(fits, key=lambda fit: -fit.explained):
        if all(np.hypot(*(fit.centre_px - k.centre_px)) > 0.8 * fit.radius_px for k in kept):
            kept.append(fit)
    return kept
