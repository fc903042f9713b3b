"""Which vertices of the mesh are which landmark (`landmarks.toml`)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from posture_tools.bodies.points import LANDMARKS

SOLES = tuple(
    f"{side}_{part}"
    for side in ("left", "right")
    for part in ("sole_heel", "sole_ball_inner", "sole_ball_outer")
)


@cache
def table() -> dict[str, int]:
    """Landmark, with its side for a pair, -> vertex of the base mesh."""
    rows = tomllib.loads((Path(__file__).parent / "landmarks.toml").read_text())
    vertices: dict[str, int] = {}
    for name, row in rows.items():
        if "vertex" in row:
            vertices[name] = row["vertex"]
        else:
            vertices |= {f"{side}_{name}": row[side] for side in ("left", "right")}
    return vertices


def vertices_of(names: tuple[str, ...] = LANDMARKS) -> list[int]:
    """The vertices of these landmarks, in this order."""
    return [table()[name] for name in names]
