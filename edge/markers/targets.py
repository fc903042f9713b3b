"""From a picture of a person with printed targets to the places of their landmarks.

Places where a target may be -> each fitted -> the plainest say how large targets of this person are
and how much the lens blurs -> all judged by that -> told apart by where the body is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.markers.candidates import WORKING_RADIUS_PX, Candidate, peaks, scores
from edge.markers.expected import Expected, expected, stands_off_px
from edge.markers.fitting import ROUGHLY, FittedTarget, Guess, fit_target
from edge.markers.protocol import Placement
from edge.markers.target import LEAST_RADIUS_PX, RING_MM
from edge.markers.telling import tell_apart
from edge.posture.landmarks import Landmarks
from edge.records import Float32, Pose, Uint8, View

Float64 = NDArray[np.float64]

_ADULT_MM = 1700.0
_GATE_SD = 4.0  # how far from where a landmark should be its target is looked for
_MOST_CANDIDATES = 40
# Adults and children: the ring against what an adult's would be.
_SMALLEST, _LARGEST = 0.7, 1.6
# Targets of one person are of one size and behind one lens: deviations of logarithms.
_ALIKE_RADIUS_SD, _ALIKE_BLUR_SD = 0.05, 0.25
_UNALIKE = 0.22
_PLAIN = 3  # so many plain ones must agree before a doubtful one is believed
_SCALE_SD, _SCALE_FLOOR = 0.06, 0.01


@dataclass(frozen=True, eq=False)
class FoundTargets:
    """points_px : landmark on the skin -> (2,). covariance_px2 : landmark -> (2, 2), of finding it.

    mm_per_px : from the printed size; scale_sd : its deviation, as a part of it; None and 0 where
    no target was found. why : `stickers_found:9_of_13`, `sticker_ambiguous:L4` and the like.
    """

    points_px: dict[str, Float64] = field(default_factory=dict)
    covariance_px2: dict[str, Float64] = field(default_factory=dict)
    mm_per_px: float | None = None
    scale_sd: float = 0.0
    why: tuple[str, ...] = ()


def find_targets(
    image: Uint8, pose: Pose, view: View, targets: dict[str, Placement]
) -> FoundTargets:
    """Find the targets of one person.

    image : uint8 (H, W, 3) BGR, the whole picture that the pose is of. targets : as
    `Protocol.targets` names them for the side that is seen.
    """
    stature = Landmarks.of(pose).stature_px
    if stature is None:
        return FoundTargets(why=("stature_unknown",))
    radius = RING_MM * stature / _ADULT_MM
    if radius < LEAST_RADIUS_PX:
        return FoundTargets(why=("too_far",))
    should = expected(pose, view, targets)
    place = _Surroundings.of(image, should, radius)
    if place is None:
        return FoundTargets(why=(f"stickers_found:0_of_{len(targets)}",))
    fits = place.fits(Guess(radius))
    plain = [fit for fit in fits if _is_target(fit, radius, _STRICT)]
    if len(plain) < _PLAIN:
        return FoundTargets(why=(f"stickers_found:{len(plain)}_of_{len(targets)}",))
    alike = _alike(plain)
    if len(alike) < _PLAIN:
        return FoundTargets(why=("stickers_of_several_sizes",))
    guess = _guess(alike)
    again = [fit_target(place.light, *(f.centre_px - place.corner_px), guess) for f in fits]
    believed = _apart(
        [
            replace(fit, centre_px=fit.centre_px + place.corner_px)
            for fit in again
            if fit is not None
            and _is_target(fit, radius, _LENIENT)
            and abs(math.log(fit.radius_px / guess.radius_px)) < _UNALIKE
        ]
    )
    if len(believed) < _PLAIN:
        return FoundTargets(why=(f"stickers_found:{len(believed)}_of_{len(targets)}",))
    return _named(believed, should, stature, view, targets)


def _named(
    fits: Sequence[FittedTarget], should: Expected, stature_px: float, view: View,
    targets: dict[str, Placement],
) -> FoundTargets:  # fmt: skip
    told = tell_apart(np.array([fit.centre_px for fit in fits]), should, stature_px)
    radii = np.array([fit.radius_px for fit in fits])
    px_per_mm = float(np.median(radii)) / RING_MM
    why = [f"sticker_ambiguous:{name}" for name in told.ambiguous]
    if len(told.candidates) < len(targets):
        why.insert(0, f"stickers_found:{len(told.candidates)}_of_{len(targets)}")
    found = {name: fits[k] for name, k in told.candidates.items()}
    return FoundTargets(
        {
            name: fit.centre_px - stands_off_px(name, targets[name], view, px_per_mm)
            for name, fit in found.items()
        },
        {name: fit.covariance_px2 for name, fit in found.items()},
        1.0 / px_per_mm,
        math.hypot(_SCALE_SD / math.sqrt(len(fits)), _SCALE_FLOOR),
        tuple(why),
    )


@dataclass(frozen=True, eq=False)
class _Surroundings:
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
    def of(cls, image: Uint8, should: Expected, radius_px: float) -> _Surroundings | None:
        """None where all of it lies outside the picture."""
        if not should.names:
            return None
        reach = _GATE_SD * should.deviations_px
        corners = np.concatenate(
            [should.points_px - reach[:, None], should.points_px + reach[:, None]]
        )
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
        for point, radius in zip((should.points_px - first) * shrink, reach * shrink, strict=True):
            cv2.circle(mask, np.rint(point).astype(int).tolist(), round(float(radius)), 1, -1)
        return cls(light, first, small, shrink, mask.astype(np.bool_))

    def fits(self, guess: Guess) -> list[FittedTarget]:
        """A target fitted at each likely place, on the small picture."""
        found: list[Candidate] = peaks(
            scores(self.small, guess.radius_px * self.shrink), self.mask, _MOST_CANDIDATES
        )
        small = replace(guess, radius_px=guess.radius_px * self.shrink)
        fits = [fit_target(self.small, one.x_px, one.y_px, small, ROUGHLY) for one in found]
        return _apart([self._enlarged(fit) for fit in fits if fit is not None])

    def _enlarged(self, fit: FittedTarget) -> FittedTarget:
        """From pixels of `small` to those of the picture."""
        return replace(
            fit,
            centre_px=(fit.centre_px + 0.5) / self.shrink - 0.5 + self.corner_px,
            covariance_px2=fit.covariance_px2 / self.shrink**2,
            radius_px=fit.radius_px / self.shrink,
            blur_px=fit.blur_px / self.shrink,
        )


def _linear_table() -> Float32:
    """sRGB's 256 levels in linear light."""
    level = np.arange(256) / 255.0
    low, high = level / 12.92, ((level + 0.055) / 1.055) ** 2.4
    return np.where(level <= 0.04045, low, high).astype(np.float32)


_LINEAR = _linear_table()


def linear(image: Uint8) -> Float32:
    """A picture in linear light, 0 to 1: what lies in one pixel adds up there."""
    return np.asarray(_LINEAR[image])


@dataclass(frozen=True)
class _Looks:
    """What a target must look like: see `_is_target`."""

    contrast: float
    more_red: float
    less_green: float
    explained: float
    flatness: float


# Before and after it is known how large and how blurred this person's targets are. By the first,
# 36 of 1 900 searches of people without stickers took a patch, and none took three.
_STRICT = _Looks(contrast=0.5, more_red=0.25, less_green=0.35, explained=0.55, flatness=0.45)
_LENIENT = _Looks(contrast=0.35, more_red=0.1, less_green=0.3, explained=0.5, flatness=0.4)


def _is_target(fit: FittedTarget, adult_px: float, looks: _Looks) -> bool:
    """A disc more magenta, in any light, than the ring around it, of a size that people have.

    What a lamp does to one ink it does to the other: the ratio of the two is the inks' own.
    """
    if not _SMALLEST < fit.radius_px / adult_px < _LARGEST:
        return False
    if fit.explained < looks.explained or fit.flatness < looks.flatness:
        return False
    if max(np.abs(fit.disc).max(), np.abs(fit.ring).max()) > 2.0:
        return False
    axis = np.array([-0.5, 1.0, -0.5])
    brightness = float(np.abs(fit.disc).mean() + np.abs(fit.ring).mean()) + 0.01
    if float((fit.ring - fit.disc) @ axis) / brightness < looks.contrast:
        return False
    disc, ring = np.maximum(fit.disc, 0.0) + 0.004, np.maximum(fit.ring, 0.0) + 0.004
    _, green, red = np.log(disc / ring).tolist()
    return bool(red > looks.more_red and green < -looks.less_green)


def _alike(plain: Sequence[FittedTarget]) -> list[FittedTarget]:
    """Those of about the commonest size."""
    logs = np.log([fit.radius_px for fit in plain])
    most = int(np.argmax((np.abs(logs[:, None] - logs[None]) < _UNALIKE).sum(axis=1)))
    return [fit for fit, log in zip(plain, logs, strict=True) if abs(log - logs[most]) < _UNALIKE]


def _guess(alike: Sequence[FittedTarget]) -> Guess:
    radius = float(np.median([fit.radius_px for fit in alike]))
    blur = float(np.median([fit.blur_px for fit in alike]))
    return Guess(radius, _ALIKE_RADIUS_SD, blur, _ALIKE_BLUR_SD)


def _apart(fits: Sequence[FittedTarget]) -> list[FittedTarget]:
    """Without those that came to rest on another, which explains more."""
    kept: list[FittedTarget] = []
    for fit in sorted(fits, key=lambda fit: -fit.explained):
        if all(np.hypot(*(fit.centre_px - k.centre_px)) > 0.8 * fit.radius_px for k in kept):
            kept.append(fit)
    return kept
