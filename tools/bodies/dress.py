"""What somebody wears: always decent; children fully dressed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies import rig, shells
from posture_tools.bodies.body import Body
from posture_tools.bodies.complexion import hair_colour, skin_paint
from posture_tools.bodies.fabric import Paint, Palette, cloth, folds, plain
from posture_tools.bodies.garments import HELD_OUT, hung, wardrobe
from posture_tools.bodies.mesh import Mesh
from posture_tools.bodies.raster import vertex_normals
from posture_tools.bodies.shells import Fit, Regions, Shell

Float64 = NDArray[np.float64]
Float32 = NDArray[np.float32]
Int64 = NDArray[np.int64]
Cover = Literal["bare", "tight", "loose"]
Bump = Callable[[Float32], Float32]

# Suits that lie on the body so closely that its shape is seen.
_TIGHT_SUITS = ("female_sportsuit01", "female_casualsuit01")
# Not for children: these end at the hip, or leave the belly bare.
_SHORT_SUITS = ("female_casualsuit02", "female_sportsuit01")
_DARK = np.array([76, 61, 56], np.float32)


@dataclass(frozen=True, eq=False)
class Part:
    """A surface of the dressed body: posed and rest vertices (V, 3) m, and how it looks.

    weights, bones (V, K): which bones its vertices follow (`rig.skin`).
    """

    posed_m: Float64
    rest_m: Float64
    weights: Float64
    bones: Int64
    triangles: Int64
    two_sided: bool
    paint: Paint
    bump: Bump | None = None
    gloss: float = 0.03


@dataclass(frozen=True, eq=False)
class Dressed:
    """Somebody dressed. upper, lower: what covers trunk and pelvis; worn: the pieces' names."""

    parts: tuple[Part, ...]
    upper: Cover
    lower: Cover
    worn: tuple[str, ...]


class Dresser:
    """Dresses bodies of one mesh in colours of one set of pictures."""

    def __init__(self, mesh: Mesh, regions: Regions) -> None:
        self._mesh, self._regions = mesh, regions

    def dress(self, body: Body, palette: Palette) -> Dressed:
        """Put on clothes, shoes and hair."""
        outfit = _Outfit(self._mesh, self._regions, body, palette)
        if palette.rng.random() < 0.42:
            outfit.suit()
        else:
            outfit.bottom()
            outfit.top()
        outfit.shoes()
        outfit.hair()
        return outfit.finished()

    def dress_for_spine(self, body: Body, palette: Palette) -> Dressed:
        """Put on what one wears to be measured on the back: all tight, plain and dark.

        A man's back is bare; no hair hangs over the nape.
        """
        outfit = _Outfit(self._mesh, self._regions, body, palette)
        outfit.close_fitting()
        outfit.shoes()
        outfit.hair(above_the_nape=True)
        return outfit.finished()


class _Outfit:
    def __init__(self, mesh: Mesh, regions: Regions, body: Body, palette: Palette) -> None:
        self._mesh, self._regions, self._body = mesh, regions, body
        self._palette, self._rng = palette, palette.rng
        self._shape = body.rest.shape
        self._hidden = np.zeros(len(body.vertices_m), bool)
        self._out_m = np.zeros(len(body.vertices_m))  # how far cloth lies from the skin so far
        self._parts: list[Part] = []
        self._names: list[str] = []
        self._upper: Cover = "bare"
        self._lower: Cover = "bare"
        self._bald = False
        self._waist = 0.585
        self._sock_height: float | None = None
        faces = mesh.triangles[regions.is_skin[mesh.triangles].all(axis=1)]
        self._faces = faces
        self._normals = vertex_normals(body.rest.vertices_m, faces)

    def suit(self) -> None:
        """One of MakeHuman's outfits."""
        rng = self._rng
        womens = self._shape.female and rng.random() > 0.15
        names = [
            name for name in _allowed("clothes/", self._palette.split)
            if "suit" in name
            and ("female" in name) == womens
            and not (self._shape.child and any(short in name for short in _SHORT_SUITS))
        ]  # fmt: skip
        name = str(rng.choice(names))
        self._hang(name, cloth(self._palette), folds(rng, rng.uniform(0.05, 0.35)), 0.03)
        tight = any(tight in name for tight in _TIGHT_SUITS)
        self._upper = self._lower = "tight" if tight else "loose"

    def bottom(self) -> None:
        """Shorts, leggings, trousers or a skirt."""
        rng, child = self._rng, self._shape.child
        kinds = ["shorts", "long shorts", "leggings", "trousers", "skirt"]
        skirts = 0.12 if self._shape.female else 0.0
        kind = rng.choice(kinds, p=_parts(0.0 if child else 0.3, 0.25, 0.22, 0.2, skirts))
        waist = float(rng.uniform(0.585, 0.635))
        self._waist = waist
        fit: Fit = "tight"
        if kind == "skirt":
            self._skirt()
            self._lower = "loose"
            return
        if kind == "shorts":
            hem, fit = rng.uniform(0.40, 0.47), "tight" if rng.random() < 0.65 else "loose"
            self._lower = "bare" if fit == "tight" else "loose"
        elif kind == "long shorts":
            hem, fit = rng.uniform(0.25, 0.38), "tight" if rng.random() < 0.4 else "loose"
            self._lower = fit
        elif kind == "leggings":
            hem = rng.uniform(0.05, 0.2)
            self._lower = "tight"
        else:
            hem, fit = rng.uniform(0.035, 0.07), "loose"
            self._lower = "loose"
        self._grow(f"{fit} {kind}", self._regions.trousers(float(hem), waist), fit)

    def top(self) -> None:
        """A shirt, a sports top, or nothing on a man's chest."""
        rng, shape = self._rng, self._shape
        bare = 0.0 if shape.child or shape.female else 0.35
        sports = 0.3 if shape.female and not shape.child else 0.0
        kind = rng.choice(
            ["none", "sports top", "tank top", "t-shirt", "long sleeves"],
            p=_parts(bare, sports, 0.2, 0.35, 0.15),
        )
        if kind == "none":
            self._upper = "bare"
            return
        fit: Fit = "tight" if rng.random() < 0.5 else "loose"
        neck = float(rng.uniform(0.825, 0.865))
        hem = float(rng.uniform(0.50, 0.62))
        if shape.child:  # whose belly is covered
            hem = min(hem, self._waist - 0.02)
        if kind == "sports top":
            region, fit = self._regions.top(), "tight"
        elif kind == "tank top":
            region = self._regions.shirt(0.0, hem, neck)
        elif kind == "t-shirt":
            region = self._regions.shirt(float(rng.uniform(0.1, 0.42)), hem, neck)
        else:
            region = self._regions.shirt(float(rng.uniform(0.8, 1.0)), hem, neck)
        self._upper = fit
        self._grow(f"{fit} {kind}", region, fit)

    def close_fitting(self) -> None:
        """Tight shorts, or leggings for a child; and, but for a man, a tight shirt."""
        shape, hem = self._shape, 0.12 if self._shape.child else 0.42
        self._lower = "tight" if shape.child else "bare"
        dark = plain(self._palette, _DARK, 0.05, 0.1)
        self._grow("tight shorts", self._regions.trousers(hem, 0.6), "tight", paint=dark)
        if shape.female or shape.child:
            self._upper = "tight"
            sleeve = 0.2 if shape.child else 0.0
            shirt = self._regions.shirt(sleeve, 0.55, 0.85)
            self._grow("tight t-shirt", shirt, "tight", paint=dark)

    def shoes(self) -> None:
        """Shoes, socks or bare feet."""
        rng = self._rng
        if rng.random() < 0.6:
            names = [n for n in _allowed("clothes/", self._palette.split) if "shoes" in n]
            colour = self._palette.colour()
            self._hang(str(rng.choice(names)), plain(self._palette, colour, 0.05, 0.02), None, 0.12)
        if rng.random() < 0.4:
            self._sock_height = float(rng.uniform(0.05, 0.22))

    def hair(self, *, above_the_nape: bool = False) -> None:
        """Hair, or a shaved head."""
        rng = self._rng
        names = _allowed("hair/", self._palette.split)
        if above_the_nape:
            names = [n for n in names if "short" in n]
        elif not self._shape.female and rng.random() < 0.93:
            names = [n for n in names if "short" in n or "afro" in n]
        if not self._shape.female and rng.random() < 0.15:
            self._bald = True
            return
        colour = hair_colour(self._palette, self._shape.age_years)
        paint = plain(self._palette, colour, 0.25, 0.012)
        self._hang(str(rng.choice(names)), paint, folds(rng, 0.25), 0.15)

    def finished(self) -> Dressed:
        """The dressed body: skin that no cloth hides, and each piece of clothing."""
        body, faces = self._body, self._faces
        skin = Part(
            body.vertices_m, body.rest.vertices_m, self._mesh.weights, self._mesh.weight_bones,
            faces[~self._hidden[faces].any(axis=1)], False,
            skin_paint(self._palette, body, bald=self._bald, sock_height=self._sock_height),
            None, 0.06,
        )  # fmt: skip
        return Dressed((skin, *self._parts), self._upper, self._lower, tuple(self._names))

    def _hang(self, name: str, paint: Paint, bump: Bump | None, gloss: float) -> None:
        garment = wardrobe()[name]
        rest = garment.at_rest(self._body.rest.vertices_m)
        self._hidden[garment.hides] = True
        weights, bones = hung(self._mesh, garment)
        posed = self._moved(rest, weights, bones)
        self._parts.append(
            Part(posed, rest, weights, bones, garment.triangles, True, paint, bump, gloss)
        )
        self._names.append(name)

    def _grow(self, name: str, inside: Float64, fit: Fit, *, paint: Paint | None = None) -> None:
        """A piece over the skin and over what was grown before."""
        rng, body = self._rng, self._body
        shell = shells.grow(
            self._regions, body.rest.vertices_m, self._normals, inside, fit=fit, rng=rng,
            over_m=self._out_m,
        )  # fmt: skip
        self._out_m = np.maximum(self._out_m, shell.out_m)
        depth = rng.uniform(0.0, 0.08) if fit == "tight" else rng.uniform(0.1, 0.45)
        self._wear(shell, paint or cloth(self._palette), folds(rng, depth))
        self._names.append(name)

    def _skirt(self) -> None:
        rest = self._body.rest.vertices_m
        low = float(rest[self._mesh.skin, 2].min())
        stature = float(rest[self._mesh.skin, 2].max()) - low
        hem = low + float(self._rng.uniform(0.2, 0.4)) * stature
        shell = shells.skirt(self._mesh, rest, hem)
        paint, crease = cloth(self._palette), folds(self._rng, self._rng.uniform(0.1, 0.4))
        self._wear(shell, paint, crease)
        self._names.append("skirt")
        # Under it, always, of the same cloth where it looks out; a top lies over both.
        self._grow("shorts", self._regions.trousers(0.44, 0.6), "tight", paint=paint)
        self._out_m[self._out_m > 0] += 0.01

    def _wear(self, shell: Shell, paint: Paint, bump: Bump) -> None:
        weights, bones = shell.follows(self._mesh)
        rest = shell.rest_m
        posed = self._moved(rest, weights, bones)
        self._parts.append(Part(posed, rest, weights, bones, shell.triangles, True, paint, bump))

    def _moved(self, rest: Float64, weights: Float64, bones: Int64) -> Float64:
        """Vertices as the body's pose moves them."""
        posed = np.empty_like(rest)
        rig.skin(rest, weights, bones, self._body.turn, self._body.shift, posed)
        return posed


def _allowed(kind: str, split: str) -> list[str]:
    names = [name for name in wardrobe() if name.startswith(kind)]
    return names if split == "test" else [name for name in names if name not in HELD_OUT]


def _parts(*shares: float) -> list[float]:
    return [share / sum(shares) for share in shares]
