"""How a mannequin looks: skin, hair, clothes and the light, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Colour = tuple[float, float, float]  # B, G, R, 0..1
Top = Literal["bare", "band", "tank", "tshirt", "long"]
Bottom = Literal["briefs", "shorts", "leggings", "trousers", "skirt"]
Hair = Literal["bald", "short", "bob", "long", "bun"]
Pattern = Literal["plain", "hoops", "stripes", "check", "dots", "blotches"]

SKIN_TONES: tuple[Colour, ...] = (
    (0.66, 0.75, 0.92), (0.58, 0.69, 0.88), (0.50, 0.62, 0.83), (0.40, 0.53, 0.75),
    (0.31, 0.43, 0.64), (0.22, 0.31, 0.49), (0.16, 0.22, 0.36),
)  # fmt: skip
HAIR_COLOURS: tuple[Colour, ...] = (
    (0.06, 0.06, 0.07), (0.09, 0.12, 0.17), (0.13, 0.20, 0.31), (0.30, 0.45, 0.62),
    (0.45, 0.62, 0.78), (0.62, 0.63, 0.64), (0.12, 0.22, 0.46),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fabric:
    """A cloth's pattern: `second` on `colour`, repeating every `repeat_m`."""

    colour: Colour
    second: Colour = (0.9, 0.9, 0.9)
    pattern: Pattern = "plain"
    repeat_m: float = 0.06


@dataclass(frozen=True, slots=True)
class Look:
    """Appearance of one person.

    loose_m : how far cloth stands off the skin. shoes : None is barefoot.
    beard : 0 none to 1 full. markers : colour of round stickers on C7, C4, T6, T8, L4, S5, or None;
    marker_height_m : how far they stand off the skin (0.009 makes half balls of them).
    light : direction towards the main light in world axes. seed : of skin and cloth texture.
    """

    skin: Colour = SKIN_TONES[1]
    lips: float = 0.5
    hair: Hair = "short"
    hair_colour: Colour = HAIR_COLOURS[1]
    beard: float = 0.0
    top: Top = "tshirt"
    top_fabric: Fabric = Fabric((0.62, 0.36, 0.22))
    bottom: Bottom = "trousers"
    bottom_fabric: Fabric = Fabric((0.30, 0.24, 0.22))
    loose_m: float = 0.006
    shoes: Colour | None = (0.16, 0.15, 0.15)
    markers: Colour | None = None
    marker_height_m: float = 0.004
    light: tuple[float, float, float] = (-0.45, 0.75, 0.65)
    ambient: float = 0.5
    seed: int = 0


def random_colour(rng: np.random.Generator, low: float = 0.05, high: float = 0.95) -> Colour:
    """A colour whose grey lies between low and high, more often dull than bright."""
    grey = rng.uniform(low, high)
    spread = rng.uniform(0.0, 0.2) ** 1.2 * rng.standard_normal(3)
    b, g, r = np.clip(grey + spread, 0.03, 0.97)
    return (float(b), float(g), float(r))


def _fabric(rng: np.random.Generator, dark: float) -> Fabric:
    patterns: tuple[Pattern, ...] = (
        "plain", "plain", "plain", "hoops", "stripes", "check", "dots", "blotches",
    )  # fmt: skip
    return Fabric(
        random_colour(rng, 0.05, dark),
        random_colour(rng),
        patterns[rng.integers(len(patterns))],
        float(rng.uniform(0.02, 0.12)),
    )


def random_look(rng: np.random.Generator, *, bare_back: bool = False) -> Look:
    """Any ordinary appearance; bare_back leaves the spine in sight."""
    tops: tuple[Top, ...] = ("bare", "band") if bare_back else ("tank", "tshirt", "tshirt", "long")
    bottoms: tuple[Bottom, ...] = ("shorts", "leggings", "trousers", "trousers", "skirt", "briefs")
    hairs: tuple[Hair, ...] = ("bald", "short", "short", "bob", "long", "bun")
    if bare_back:
        hairs = ("bald", "short", "short", "bun")
    hair = hairs[rng.integers(len(hairs))]
    # Any tone between two neighbours of the table.
    place = rng.uniform(0, len(SKIN_TONES) - 1)
    low = int(place)
    tone = np.array(SKIN_TONES[low]) * (1 - place + low)
    tone += np.array(SKIN_TONES[min(low + 1, len(SKIN_TONES) - 1)]) * (place - low)
    light = np.array([rng.uniform(-1, 1), rng.uniform(0.3, 1.2), rng.uniform(0.2, 1.0)])
    b, g, r = np.clip(tone * rng.uniform(0.94, 1.06, 3), 0.05, 0.97)
    return Look(
        skin=(float(b), float(g), float(r)),
        lips=float(rng.uniform(0.1, 1.0)),
        hair=hair,
        hair_colour=HAIR_COLOURS[rng.integers(len(HAIR_COLOURS))],
        beard=float(rng.uniform(0.2, 0.6)) if hair == "short" and rng.random() < 0.3 else 0.0,
        top=tops[rng.integers(len(tops))],
        top_fabric=_fabric(rng, 0.95),
        bottom=bottoms[rng.integers(len(bottoms))],
        bottom_fabric=_fabric(rng, 0.6),
        loose_m=float(rng.uniform(0.003, 0.016)),
        shoes=None if rng.random() < 0.25 else random_colour(rng, 0.05, 0.9),
        markers=random_colour(rng, 0.2, 0.95) if bare_back and rng.random() < 0.5 else None,
        light=(float(light[0]), float(light[1]), float(light[2])),
        ambient=float(rng.uniform(0.35, 0.65)),
        seed=int(rng.integers(2**31)),
    )
