"""A printed target fitted to the pixels around a point: its centre to a tenth of a pixel.

Levenberg and Marquardt's way, with what is known beforehand as weak observations (a Gaussian
prior): how large targets of this person are, how much the lens blurs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.markers.target import CORE_SHARE, CUT_SHARE
from edge.markers.target_kernel import (
    LOG_BLUR,
    LOG_RADIUS,
    PARAMETERS,
    PARTS,
    SHADE_X,
    SHEAR,
    STRETCH,
    X,
    Y,
    residual,
)
from edge.records import Float32

Float64 = NDArray[np.float64]

_NOISE = 0.012  # of a pixel in linear light, white being 1: sensor, compression, print
_STEP, _ENOUGH = 1e-3, 2e-3
ROUGHLY, FULLY = 4, 10  # steps
_DAMPINGS = (0.2, 2.0, 20.0, 200.0)
_STRETCH_SD, _SHADE_SD, _PLACE_SD = 0.35, 0.12, 0.4  # the last in radii
_FLATTEST = 0.85  # of the stretch: a disc turned by 74 deg
_BLURS_PX = (0.35, 3.0)
_FAR = 0.7  # of log radius: the most that a fit may leave its guess
# A pixel off by a twentieth of the contrast, within bounds, may well be none of the target's.
_STRANGE, _STRANGE_LIGHT = 0.05, (0.005, 0.03)
# Unevenly cut rims and what shines in from behind move a centre by these shares of the radius and
# of the blur.
_MODEL_SD, _SHINE_SD = 0.008, 0.03


@dataclass(frozen=True)
class Guess:
    """What is known of a target before it is fitted.

    radius_px : of the printed ring. radius_sd, blur_sd : deviations of the logarithms.
    """

    radius_px: float
    radius_sd: float = 0.2
    blur_px: float = 0.8
    blur_sd: float = 0.6


@dataclass(frozen=True, eq=False)
class FittedTarget:
    """A target in a picture.

    centre_px (2,), covariance_px2 (2, 2). radius_px : of the ring, along its longer axis.
    flatness : shorter over longer axis. blur_px : of the lens. disc, ring : (3,) BGR, linear
    light. explained : part of what green against magenta varies by in the window, 1 all of it.
    """

    centre_px: Float64
    covariance_px2: Float64
    radius_px: float
    flatness: float
    blur_px: float
    disc: Float64
    ring: Float64
    explained: float


def fit_target(
    image: Float32, at_px: Float64, guess: Guess, steps: int = FULLY
) -> FittedTarget | None:
    """The target nearest to a point.

    image : float32 (H, W, 3), linear light. at_px (2,). None where the point lies too near to the
    border.
    """
    x, y = np.rint(at_px).astype(int).tolist()
    reach = math.ceil(1.5 * guess.radius_px + 2.0)
    left, top = max(0, x - reach), max(0, y - reach)
    window = np.ascontiguousarray(image[top : y + reach + 1, left : x + reach + 1])
    if min(window.shape[:2]) < 1.5 * reach:
        return None
    start = np.zeros(PARAMETERS)
    start[[X, Y]] = at_px - np.array([left, top])
    start[[LOG_RADIUS, LOG_BLUR]] = math.log(guess.radius_px), math.log(guess.blur_px)
    fit = _Fit(window, start, guess)
    fit.settle(steps)
    return fit.result(np.array([left, top], np.float64))


class _Fit:
    """One fit: the best target so far, its residual and its cost."""

    def __init__(self, window: Float32, start: Float64, guess: Guess) -> None:
        self._window, self._start = window, start
        place = _PLACE_SD * guess.radius_px
        self._prior_sd = np.array(
            [place, place, guess.radius_sd, _STRETCH_SD, _STRETCH_SD, guess.blur_sd,
             _SHADE_SD, _SHADE_SD]
        )  # fmt: skip
        rows, columns = np.mgrid[: window.shape[0], : window.shape[1]]
        away = np.hypot(columns - start[X], rows - start[Y])
        # Beyond the rim anything may lie: it counts the less, the farther out.
        inside = 1.0 / (1.0 + np.exp((away - 1.15 * guess.radius_px - 0.7) / 0.5))
        self._near = np.sqrt(inside + 1e-3) / _NOISE
        self._weight = self._near
        self.colours = np.zeros((PARTS, 3))
        self._best = start
        self._left, self._cost = self._evaluate(start)
        self._curvature = np.eye(PARAMETERS)

    def settle(self, steps: int) -> None:
        """Improve until nothing is gained."""
        damping = 1e-2
        for _ in range(steps):
            self._doubt_strangers()
            slope = np.empty((self._left.size, PARAMETERS))
            for k in range(PARAMETERS):
                moved = self._best.copy()
                moved[k] += _STEP
                slope[:, k] = (self._evaluate(moved)[0] - self._left) / _STEP
            pull = (self._best - self._start) / self._prior_sd**2
            downhill = slope.T @ self._left + pull
            self._curvature = slope.T @ slope + np.diag(self._prior_sd**-2.0)
            gained = 0.0
            for times in _DAMPINGS:
                step = np.linalg.solve(self._damped(damping * times), downhill)
                tried = self._bounded(self._best - step)
                left, cost = self._evaluate(tried)
                if cost < self._cost:
                    gained, damping = self._cost - cost, damping * times
                    self._best, self._left, self._cost = tried, left, cost
                    break
            if gained < _ENOUGH * self._cost:
                break

    def _doubt_strangers(self) -> None:
        """Pixels that the target leaves unexplained count less, as in Cauchy's distribution."""
        left = (self._left.reshape(*self._weight.shape, 3) / self._weight[..., None]) ** 2
        contrast = float(np.abs(self.colours[0] - self.colours[1]).max())
        usual = np.clip(_STRANGE * contrast, *_STRANGE_LIGHT)
        self._weight = self._near / np.sqrt(1.0 + left.sum(axis=2) / usual**2)
        self._left, self._cost = self._evaluate(self._best)

    def result(self, corner_px: Float64) -> FittedTarget:
        """What was found, in pixels of the whole picture."""
        self._evaluate(self._best)
        weight2 = (self._weight**2).ravel()
        left = self._left.reshape(-1, 3)
        scale = float((left**2).sum()) / (weight2.sum() * _NOISE**2 * 3.0)
        radius = math.exp(self._best[LOG_RADIUS])
        stretch = math.hypot(self._best[STRETCH], self._best[SHEAR])
        model = math.hypot(_MODEL_SD * radius, _SHINE_SD * math.exp(self._best[LOG_BLUR]))
        noise = np.linalg.inv(self._curvature)[:2, :2] * max(scale, 0.05)
        return FittedTarget(
            self._best[[X, Y]] + corner_px,
            noise + model**2 * np.eye(2),
            radius * math.sqrt(1.0 + stretch),
            math.sqrt((1.0 - stretch) / (1.0 + stretch)),
            math.exp(self._best[LOG_BLUR]),
            self.colours[0].copy(),
            self.colours[1].copy(),
            self._explained(left, weight2),
        )

    def _explained(self, left: Float64, weight2: Float64) -> float:
        axis = np.array([-0.5, 1.0, -0.5])
        seen = self._window.reshape(-1, 3).astype(np.float64) @ axis
        mean = float((weight2 * seen).sum() / weight2.sum())
        varies = float((weight2 * (seen - mean) ** 2).sum())
        return 1.0 - float(((left @ axis) ** 2).sum()) / max(varies, 1e-9)

    def _evaluate(self, target: Float64) -> tuple[Float64, float]:
        out = np.empty((self._window.shape[0] * self._window.shape[1], 3))
        total = residual(
            self._window, self._weight, target, CORE_SHARE, CUT_SHARE, self.colours, out,
        )  # fmt: skip
        strain = (target - self._start) / self._prior_sd
        return out.ravel(), total + float(strain @ strain)

    def _damped(self, damping: float) -> Float64:
        return np.asarray(self._curvature + damping * np.diag(np.diag(self._curvature)))

    def _bounded(self, target: Float64) -> Float64:
        stretch = math.hypot(target[STRETCH], target[SHEAR])
        if stretch > _FLATTEST:
            target[[STRETCH, SHEAR]] *= _FLATTEST / stretch
        target[LOG_BLUR] = np.clip(target[LOG_BLUR], *np.log(_BLURS_PX))
        middle = self._start[LOG_RADIUS]
        target[LOG_RADIUS] = np.clip(target[LOG_RADIUS], middle - _FAR, middle + _FAR)
        target[SHADE_X:] = np.clip(target[SHADE_X:], -0.6, 0.6)
        return target
