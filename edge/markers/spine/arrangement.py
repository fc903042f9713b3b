"""Which patches are the stickers of one back, from the top down.

A green watch, a plant or a print on the trousers is a patch too. One set of stickers is told from
them by three things: they are spaced as the vertebrae are, they are of one size, and the line
through them bends as a spine bends. One sticker may be hidden; fewer, or two choices that are alike
good, are refused.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.markers.spine.blobs import Blob
from edge.markers.stickers import ALONG_BACK

Float64 = NDArray[np.float64]

# How far one back may be from the average: standard deviations of log gaps and log sizes, of the
# inclination of a segment, and of the turn between neighbours.
_GAP_SD, _SIZE_SD = 0.22, 0.30
_INCLINED_SD_DEG, _TURN_SD_DEG = 20.0, 17.0
_FARTHEST_SD = 3.2  # no single one may be farther off
_WORST = 4.0  # mean squared deviation that still passes for a back
_CLEARER, _APART = 1.3, 0.2  # a choice that puts a vertebra elsewhere must be so much worse
_HIDDEN = 0.7  # what a choice that leaves one vertebra out has against it
_MOST_PATCHES = 10


@dataclass(frozen=True)
class Arrangement:
    """The patch of each vertebra that was found, or why there is none (`markers_found:4_of_6`)."""

    blobs: dict[str, Blob]
    why: tuple[str, ...] = ()


def arrange(blobs: list[Blob], vertebrae: tuple[str, ...]) -> Arrangement:
    """Choose a patch for each vertebra, top to bottom; at most one may be hidden."""
    wanted = len(vertebrae)
    if len(blobs) < wanted - 1:
        return Arrangement({}, (f"markers_found:{len(blobs)}_of_{wanted}",))
    if len(blobs) > _MOST_PATCHES:
        return Arrangement({}, (f"marker_colour_common:{len(blobs)}_patches",))
    downwards = sorted(blobs, key=lambda blob: float(blob.centre_px[1]))
    whole = [vertebrae, *itertools.combinations(vertebrae, wanted - 1)]
    choices = []
    for names in whole:
        for chosen in itertools.combinations(downwards, len(names)):
            deviation = _deviation(chosen, names) + _HIDDEN * (wanted - len(names))
            choices.append((deviation, dict(zip(names, chosen, strict=True))))
    choices.sort(key=lambda choice: choice[0])
    best, back = choices[0]
    if best > _WORST:
        return Arrangement({}, ("markers_not_on_a_spine",))
    limit = min(_CLEARER * best + _APART, _WORST)
    for deviation, other in choices[1:]:
        if deviation > limit:
            break
        if any(other.get(name, blob) is not blob for name, blob in back.items()):
            return Arrangement({}, ("markers_ambiguous",))
    return Arrangement(back)


def _deviation(chosen: tuple[Blob, ...], names: tuple[str, ...]) -> float:
    """Mean squared deviation from an average back, in standard deviations."""
    expected = np.diff([ALONG_BACK[name] for name in names])
    steps = np.diff([blob.centre_px for blob in chosen], axis=0)
    gaps = np.hypot(steps[:, 0], steps[:, 1])
    if gaps.min() <= 0.0:
        return math.inf
    ratio = np.log(gaps / expected)
    size = np.log([blob.radius_px for blob in chosen])
    inclined = np.degrees(np.arctan2(steps[:, 0], steps[:, 1]))
    terms = np.concatenate(
        [
            (ratio - np.median(ratio)) / _GAP_SD,
            (size - np.median(size)) / _SIZE_SD,
            inclined / _INCLINED_SD_DEG,
            np.diff(inclined) / _TURN_SD_DEG,
        ]
    )
    squares = terms**2
    return float(np.mean(squares)) if squares.max() < _FARTHEST_SD**2 else math.inf
