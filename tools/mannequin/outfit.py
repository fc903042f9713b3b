"""What a mannequin wears: decent always, drawn from a seed, painted once for all poses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies.body import Body
from posture_tools.bodies.dress import Dresser
from posture_tools.bodies.fabric import Palette
from posture_tools.bodies.shells import Regions
from posture_tools.mannequin.half_balls import Stuck, stick
from posture_tools.mannequin.painted import Painted, painted
from posture_tools.mannequin.standing import bodies, standing

Float32 = NDArray[np.float32]

# A dressed and painted body takes some 15 MB.
_KEPT = 6


# What clothes are made in, BGR: black, white, greys, blues, reds, greens, browns, sand.
_CLOTHS = np.array(
    [[32, 30, 30], [225, 228, 228], [120, 118, 116], [170, 172, 170], [84, 52, 34], [140, 96, 58],
     [190, 160, 120], [52, 40, 120], [92, 84, 176], [70, 96, 62], [90, 120, 88], [58, 84, 118],
     [150, 182, 208], [120, 70, 96], [60, 60, 66], [130, 126, 40]], np.float32,
)  # fmt: skip


@dataclass(frozen=True)
class _Sober(Palette):
    """Colours that people wear to work; clothes that no training picture has are among them."""

    def colour(self, near: NDArray[np.floating] | None = None, spread: float = 12.0) -> Float32:
        """A common colour of cloth, or one near another."""
        base = _CLOTHS[self.rng.integers(len(_CLOTHS))] if near is None else near
        drawn = base + self.rng.normal(0, min(spread, 6.0), 3)
        return np.asarray(np.clip(drawn, 4, 251), np.float32)


@dataclass(frozen=True, slots=True)
class Outfit:
    """Clothes, shoes, hair and skin.

    seed : of all of it. stickers : landmarks of the midline with a half ball on each, over tight
        clothes and, on a man, a bare back. sticker_bgr : their colour, 0..255. sticker_mm : how
        wide and how high they are.
    """

    seed: int = 0
    stickers: tuple[str, ...] = ()
    sticker_bgr: tuple[float, float, float] = (51.0, 191.0, 64.0)
    sticker_mm: tuple[float, float] = (18.0, 9.0)


@dataclass(frozen=True, eq=False)
class Dressed:
    """Somebody who stands as asked, dressed and painted; stuck : where stickers sit."""

    body: Body
    painted: Painted
    stuck: Stuck | None


@cache
def _dresser() -> Dresser:
    mesh = bodies().mesh
    return Dresser(mesh, Regions(mesh))


def dressed(who: str, asked: Mapping[str, float], outfit: Outfit) -> Dressed:
    """One of the baked people in these clothes; the same clothes in every pose."""
    return _dressed(who, tuple(sorted(asked.items())), outfit)


@lru_cache(maxsize=_KEPT)
def _dressed(who: str, asked: tuple[tuple[str, float], ...], outfit: Outfit) -> Dressed:
    body = standing(who, dict(asked))
    palette = _Sober("test", np.random.default_rng(outfit.seed))
    if not outfit.stickers:
        return Dressed(body, painted(_dresser().dress(body, palette).parts), None)
    worn = _dresser().dress_for_spine(body, palette)
    stuck = stick(
        worn.parts, bodies().mesh, body, outfit.stickers,
        bgr=outfit.sticker_bgr, size_mm=outfit.sticker_mm,
    )  # fmt: skip
    return Dressed(body, painted((*worn.parts, *stuck.parts)), stuck)
