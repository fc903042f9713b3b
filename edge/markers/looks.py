"""Whether a fitted target is one: a magenta disc in a green ring, of a size that people have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.markers.fitting import FittedTarget

# Adults and children: the ring against what an adult's would be.
_SMALLEST, _LARGEST = 0.7, 1.6
_BRIGHTEST = 2.0  # an ink, paper being about 1
_GREEN = np.array([-0.5, 1.0, -0.5])  # against magenta, of BGR
_BLACK = 0.004  # no ink is blacker
# Half of one person's targets have a contrast of 1.0 to 1.9, in any of three lights. Folds and
# buttons of green clothes that pass for targets one by one have 0.4 to 1.2, most at no landmark.
# Holes in foliage have more, but they are dark: magenta is redder than its ring by 1.4 (logarithm)
# and more, they by 0.1 to 0.9.
_INKS, _REDDER, _LEAST_NAMED = 0.85, 1.1, 0.5


@dataclass(frozen=True)
class Looks:
    """What a target must look like: see `is_target`."""

    contrast: float
    more_red: float
    less_green: float
    explained: float
    flatness: float


# Before and after it is known how large and how blurred this person's targets are. By the first,
# 36 of 1 900 searches of people without stickers took a patch, and none took three.
ALONE = Looks(contrast=0.5, more_red=0.25, less_green=0.35, explained=0.55, flatness=0.45)
AMONG_OTHERS = Looks(contrast=0.35, more_red=0.1, less_green=0.3, explained=0.5, flatness=0.4)


def is_target(fit: FittedTarget, adult_px: float, looks: Looks) -> bool:
    """A disc more magenta, in any light, than the ring around it, of a size that people have.

    What a lamp does to one ink it does to the other: the ratio of the two is the inks' own.
    """
    if not _SMALLEST < fit.radius_px / adult_px < _LARGEST:
        return False
    if fit.explained < looks.explained or fit.flatness < looks.flatness:
        return False
    if max(np.abs(fit.disc).max(), np.abs(fit.ring).max()) > _BRIGHTEST:
        return False
    if _contrast(fit) < looks.contrast:
        return False
    _, green, red = _of_inks(fit)
    return bool(red > looks.more_red and green < -looks.less_green)


def are_printed(named: Sequence[FittedTarget], believed: int) -> bool:
    """Whether what bears a name is printed, of so many that passed for targets."""
    if not named or len(named) < _LEAST_NAMED * believed:
        return False
    contrast = float(np.median([_contrast(fit) for fit in named]))
    redder = float(np.median([_of_inks(fit)[2] for fit in named]))
    return contrast >= _INKS and redder >= _REDDER


def _contrast(fit: FittedTarget) -> float:
    """How much greener the ring is than the disc, over the brightness of both."""
    brightness = float(np.abs(fit.disc).mean() + np.abs(fit.ring).mean()) + 0.01
    return float((fit.ring - fit.disc) @ _GREEN) / brightness


def _of_inks(fit: FittedTarget) -> tuple[float, float, float]:
    """Logarithms of disc over ring, in blue, green and red."""
    disc, ring = np.maximum(fit.disc, 0.0) + _BLACK, np.maximum(fit.ring, 0.0) + _BLACK
    blue, green, red = np.log(disc / ring).tolist()
    return blue, green, red
