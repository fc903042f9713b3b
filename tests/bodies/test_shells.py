"""Clothes: hems along their line, and every piece moved as the skin that it hangs on."""

from __future__ import annotations

import numpy as np
import pytest
from posture_tools.bodies import rig, shells
from posture_tools.bodies.baked import Baked
from posture_tools.bodies.garments import hung, wardrobe
from posture_tools.bodies.mesh import Mesh
from posture_tools.bodies.raster import vertex_normals
from posture_tools.bodies.shells import Regions, grow

HEM_M = -0.3  # of a skirt, on the average adult, whose origin is the pelvis


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    return Baked().mesh


@pytest.fixture(scope="module")
def regions(mesh: Mesh) -> Regions:
    return Regions(mesh)


def test_a_hem_is_a_line_and_not_the_edge_of_triangles(mesh: Mesh, regions: Regions) -> None:
    normals = vertex_normals(mesh.average_m, regions.triangles)
    shell = grow(
        regions, mesh.average_m, normals, regions.trousers(0.4, 0.6), fit="tight",
        rng=np.random.default_rng(0),
    )  # fmt: skip
    a, b = shell.ends.T
    height = regions.height[a] + shell.share * (regions.height[b] - regions.height[a])
    beside_the_hands = np.minimum(regions.arm[a], regions.arm[b]) < 0
    at_hem = np.minimum(abs(height - 0.4), abs(height - 0.6))[beside_the_hands]
    assert len(at_hem) > 50
    assert at_hem.max() < 1e-9
    used = np.unique(shell.triangles)
    old = used[used < len(mesh.average_m)]
    assert regions.height[old].min() > 0.4
    assert regions.height[old].max() < 0.6


def test_a_piece_over_another_lies_outside_it(mesh: Mesh, regions: Regions) -> None:
    rng, rest = np.random.default_rng(1), mesh.average_m
    normals = vertex_normals(rest, regions.triangles)
    below = grow(regions, rest, normals, regions.trousers(0.1), fit="loose", rng=rng)
    above = grow(
        regions, rest, normals, regions.shirt(0.3, 0.5), fit="tight", rng=rng, over_m=below.out_m
    )
    both = (below.out_m > 0) & (above.out_m > 0)
    assert both.sum() > 100
    assert (above.out_m[both] >= below.out_m[both] + 0.002).all()


def test_long_sleeves_end_before_the_hand(regions: Regions) -> None:
    assert regions.hand.sum() > 500
    assert (regions.shirt(1.0, 0.5)[regions.hand] <= 0).all()


def bones(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    turn, shift = np.empty((len(mesh.parents), 3, 3)), rng.normal(size=(len(mesh.parents), 3))
    for b in range(len(turn)):
        rig.rotation(rng.normal(0, 0.3, 3), turn[b])
    return turn, shift


def skinned(mesh: Mesh, vertex: int, place: np.ndarray, turn, shift) -> np.ndarray:
    """A place carried as one vertex of the skin is: the slow twin."""
    pairs = zip(mesh.weights[vertex], mesh.weight_bones[vertex], strict=True)
    return sum(w * (turn[b] @ place + shift[b]) for w, b in pairs)


def test_a_garment_moves_as_the_vertices_it_hangs_on(mesh: Mesh) -> None:
    turn, shift = bones(mesh)
    garment = wardrobe()["clothes/shoes04"]
    rest, (weights, followed) = garment.at_rest(mesh.average_m), hung(mesh, garment)
    posed = np.empty_like(rest)
    rig.skin(rest, weights, followed, turn, shift, posed)
    share = np.clip(garment.weights, 0, None)
    share /= share.sum(axis=1, keepdims=True)
    for n in range(0, len(rest), 97):
        expected = sum(
            s * skinned(mesh, v, rest[n], turn, shift)
            for s, v in zip(share[n], garment.vertices[n], strict=True)
        )
        assert posed[n] == pytest.approx(expected, abs=1e-6)


def test_a_cut_edge_moves_between_its_ends(mesh: Mesh, regions: Regions) -> None:
    turn, shift = bones(mesh)
    shell = shells.skirt(mesh, mesh.average_m, HEM_M)
    weights, followed = shell.follows(mesh)
    assert weights.sum(axis=1) == pytest.approx(np.ones(len(weights)), abs=1e-5)
    posed = np.empty_like(shell.rest_m)
    rig.skin(shell.rest_m, weights, followed, turn, shift, posed)
    first = len(mesh.average_m)
    assert len(shell.triangles) > 300
    assert len(shell.ends) > 20
    assert shell.rest_m[first:, 2] == pytest.approx(np.full(len(shell.ends), HEM_M))
    for n in range(0, len(shell.ends), 11):
        (a, b), part, place = shell.ends[n], shell.share[n], shell.rest_m[first + n]
        ends = skinned(mesh, a, place, turn, shift), skinned(mesh, b, place, turn, shift)
        assert posed[first + n] == pytest.approx((1 - part) * ends[0] + part * ends[1], abs=1e-6)
