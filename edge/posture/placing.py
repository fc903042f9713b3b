"""The cause `placing`: a sticker, or a point set by hand, off the bone that it is named after.

Where it was found in the picture is known to a fraction of a pixel; whether the finger that put it
there had found the bone is another matter, and the larger one. Palpation is repeated with every
visit, so this is part of the interval of a change as well.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Annotated

import msgspec
import numpy as np

from edge.posture.angles import Float64
from edge.skeletons import part_of

_VERTEBRA = re.compile(r"[CTLS]\d+")


class _Scatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sd_mm: Annotated[float, msgspec.Meta(gt=0, lt=50)]
    source: Annotated[str, msgspec.Meta(min_length=6)]
    across_mm: float | None = None


def placing_px2(
    landmark: str,
    px_per_mm: float,
    *,
    along: Float64 | None = None,
    on_outline: bool = False,
    more_mm: float = 0.0,
) -> Float64:
    """(2, 2) px^2, how far a landmark that hands placed may lie from its bone in the picture.

    landmark : a keypoint's name, with or without its side. along : (2,) unit vector down the spine
    where the landmark is a vertebra. on_outline : the spine is the outline of the back, so that a
    mark beside it moves towards the camera and is not seen to. more_mm : what a mark that stands
    off the skin adds, one deviation along each axis.
    """
    scatter = _scatter(landmark)
    if along is None or scatter.across_mm is None:
        variance = (scatter.sd_mm**2 + more_mm**2) * px_per_mm**2
        return np.asarray(variance * np.eye(2))
    across = np.array([-along[1], along[0]])
    across_mm = 0.0 if on_outline else scatter.across_mm
    shape = (
        scatter.sd_mm**2 * np.outer(along, along)
        + across_mm**2 * np.outer(across, across)
        + more_mm**2 * np.eye(2)
    )
    return np.asarray(shape * px_per_mm**2)


def by_eye_px2(landmark: str, px_per_mm: float) -> Float64:
    """(2, 2) px^2, how far a landmark set by eye in a photograph may lie from its bone.

    Nobody felt for the bone: a point set by eye is never surer than one that hands placed.
    """
    sd_mm = max(_scatter(landmark).sd_mm, scatters()["by_eye"].sd_mm)
    return np.asarray((sd_mm * px_per_mm) ** 2 * np.eye(2))


def _scatter(landmark: str) -> _Scatter:
    name = part_of(landmark)
    if _VERTEBRA.fullmatch(name):
        name = "vertebra"
    table = scatters()
    return table.get(name, table["default"])


@cache
def scatters() -> dict[str, _Scatter]:
    """The table `placing.toml`: landmark, or `vertebra`, `default`, `by_eye` -> scatter, source."""
    text = resources.files("edge.posture").joinpath("placing.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, _Scatter])
