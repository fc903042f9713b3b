"""From a picture of a person with printed targets to the places of their landmarks.

Places where a target may be -> each fitted -> the plainest say how large targets of this person are
and how much the lens blurs -> all judged by that -> told apart by where the body is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from edge.markers.expected import expected, stands_off_px
from edge.markers.fitting import FittedTarget, Guess, fit_target
from edge.markers.looks import ALONE, AMONG_OTHERS, are_printed, is_target
from edge.markers.protocol import Placement
from edge.markers.surroundings import Surroundings, apart, linear
from edge.markers.target import LEAST_RADIUS_PX, RING_MM
from edge.markers.telling import tell_apart
from edge.posture.landmarks import Landmarks
from edge.records import Pose, Uint8, View

Float64 = NDArray[np.float64]

_ADULT_MM = 1700.0
# Targets of one person are of one size and behind one lens: deviations of logarithms.
_ALIKE_RADIUS_SD, _ALIKE_BLUR_SD = 0.05, 0.25
_UNALIKE = 0.22
_PLAIN = 3  # so many plain ones must agree, and bear a name, before any is believed
_STILL_THERE = 0.8  # of the targets that are followed
_SCALE_SD, _SCALE_FLOOR = 0.06, 0.01


@dataclass(frozen=True, eq=False)
class FoundTargets:
    """fits : landmark -> its target. points_px : landmark -> (2,), on the skin.

    mm_per_px : from the printed size; scale_sd : its deviation, as a part of it; None and 0 where
    no target was found. why : `stickers_found:9_of_13`, `sticker_ambiguous:L4` and the like.
    """

    fits: dict[str, FittedTarget] = field(default_factory=dict)
    points_px: dict[str, Float64] = field(default_factory=dict)
    mm_per_px: float | None = None
    scale_sd: float = 0.0
    why: tuple[str, ...] = ()


def find_targets(
    image: Uint8,
    pose: Pose,
    view: View,
    targets: Mapping[str, Placement],
    measured: Pose | None = None,
) -> FoundTargets:
    """Find the targets of one person.

    image : uint8 (H, W, 3) BGR, the whole picture that the pose is of. targets : as
    `Protocol.targets` names them for the side that is seen. measured : the same person with the
    landmarks that a network has placed, where that has been asked.
    """
    stature = Landmarks.of(pose).stature_px
    if stature is None:
        return FoundTargets(why=("stature_unknown",))
    radius = RING_MM * stature / _ADULT_MM
    if radius < LEAST_RADIUS_PX:
        return FoundTargets(why=("too_far",))
    should = expected(pose, view, targets, measured)
    place = Surroundings.of(image, should, radius, stature)
    fits = [] if place is None else place.fits(Guess(radius))
    alike = _alike([fit for fit in fits if is_target(fit, radius, ALONE)])
    if place is None or len(alike) < _PLAIN:
        return FoundTargets(why=(_count(len(alike), targets),))
    guess = _guess(alike)
    again = [place.fit_again(fit.centre_px, guess) for fit in fits]
    believed = apart([fit for fit in again if fit is not None and _believed(fit, guess, radius)])
    if len(believed) < _PLAIN:
        return FoundTargets(why=(_count(len(believed), targets),))
    told = tell_apart(np.array([fit.centre_px for fit in believed]), should, stature)
    named = {name: believed[k] for name, k in told.candidates.items()}
    if not are_printed(list(named.values()), len(believed)):
        return FoundTargets(why=(_count(0, targets),))
    return _named(named, told.ambiguous, view, targets)


def follow_targets(
    image: Uint8, before: FoundTargets, view: View, targets: Mapping[str, Placement]
) -> FoundTargets | None:
    """The targets of the same person a moment later; None where most are not where they were.

    image : uint8 (H, W, 3), BGR. before : what was found in the frame before. targets : landmark ->
    placement, of those stuck on.
    """
    if len(before.fits) < _PLAIN:
        return None
    guess = _guess(list(before.fits.values()))
    corners = np.array([fit.centre_px for fit in before.fits.values()])
    margin = 4.0 * guess.radius_px
    first = np.maximum(np.floor(corners.min(axis=0) - margin), 0.0)
    last = corners.max(axis=0) + margin
    (left, top), (right, bottom) = first.astype(int).tolist(), last.astype(int).tolist()
    light = linear(image[top : bottom + 1, left : right + 1])
    fits = {}
    for name, fit in before.fits.items():
        again = fit_target(light, fit.centre_px - first, guess)
        if again is not None and _believed(again, guess, guess.radius_px):
            fits[name] = replace(again, centre_px=again.centre_px + first)
    if len(fits) < max(_PLAIN, _STILL_THERE * len(before.fits)):
        return None
    return _named(fits, (), view, targets)


def _count(found: int, targets: Mapping[str, Placement]) -> str:
    return f"stickers_found:{found}_of_{len(targets)}"


def _believed(fit: FittedTarget, guess: Guess, adult_px: float) -> bool:
    """Whether a fit looks like a target and has the size of the others."""
    differs = abs(math.log(fit.radius_px / guess.radius_px))
    return differs < _UNALIKE and is_target(fit, adult_px, AMONG_OTHERS)


def _named(
    fits: dict[str, FittedTarget], ambiguous: tuple[str, ...], view: View,
    targets: Mapping[str, Placement],
) -> FoundTargets:  # fmt: skip
    why = [f"sticker_ambiguous:{name}" for name in ambiguous]
    if len(fits) < len(targets):
        why.insert(0, _count(len(fits), targets))
    if len(fits) < _PLAIN:
        return FoundTargets(why=tuple(why))
    px_per_mm = float(np.median([fit.radius_px for fit in fits.values()])) / RING_MM
    return FoundTargets(
        fits,
        {
            name: fit.centre_px - stands_off_px(name, targets[name], view, px_per_mm)
            for name, fit in fits.items()
        },
        1.0 / px_per_mm,
        math.hypot(_SCALE_SD / math.sqrt(len(fits)), _SCALE_FLOOR),
        tuple(why),
    )


def _alike(plain: Sequence[FittedTarget]) -> list[FittedTarget]:
    """The fits of about the commonest size."""
    if not plain:
        return []
    logs = np.log([fit.radius_px for fit in plain])
    most = int(np.argmax((np.abs(logs[:, None] - logs[None]) < _UNALIKE).sum(axis=1)))
    return [fit for fit, log in zip(plain, logs, strict=True) if abs(log - logs[most]) < _UNALIKE]


def _guess(alike: Sequence[FittedTarget]) -> Guess:
    radius = float(np.median([fit.radius_px for fit in alike]))
    blur = float(np.median([fit.blur_px for fit in alike]))
    return Guess(radius, _ALIKE_RADIUS_SD, blur, _ALIKE_BLUR_SD)
