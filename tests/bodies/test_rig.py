"""The rig's kernels against anny's own forward pass, and against slow twins."""

from __future__ import annotations

# ruff: noqa: E402 - what needs torch comes after the question whether it is there
from typing import TYPE_CHECKING

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("anny")
from hypothesis import given
from hypothesis import strategies as st
from posture_tools.bodies import rig

if TYPE_CHECKING:
    from posture_tools.bodies.mesh import Shape
    from posture_tools.bodies.model import BodyModel


@given(st.tuples(*[st.floats(-3, 3)] * 3))
def test_a_rotation_vector_turns_about_itself(turn: tuple[float, float, float]) -> None:
    r = np.empty((3, 3))
    rig.rotation(np.array(turn), r)
    assert r @ r.T == pytest.approx(np.eye(3), abs=1e-9)
    assert np.linalg.det(r) == pytest.approx(1.0)
    assert r @ np.array(turn) == pytest.approx(np.array(turn), abs=1e-9)
    angle = float(np.linalg.norm(turn))
    assert np.trace(r) == pytest.approx(1 + 2 * np.cos(angle), abs=1e-9)


def slow_chain(
    parents: np.ndarray, heads: np.ndarray, turns: np.ndarray, lift: np.ndarray
) -> list[np.ndarray]:
    """4 x 4 transforms, a bone at a time."""
    out: list[np.ndarray] = []
    for b, parent in enumerate(parents):
        own = np.eye(4)
        rig.rotation(turns[b], own3 := np.empty((3, 3)))
        own[:3, :3] = own3
        own[:3, 3] = heads[b] - own3 @ heads[b]
        if parent < 0:
            own[:3, 3] += lift
            out.append(own)
        else:
            out.append(out[parent] @ own)
    return out


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_chains_of_bones_agree_with_the_slow_twin(seed: int, bones: int) -> None:
    rng = np.random.default_rng(seed)
    parents = np.array([-1, *(int(rng.integers(b)) for b in range(1, bones))], np.int64)
    heads, turns, lift = (
        rng.normal(size=(bones, 3)),
        rng.normal(size=(bones, 3)),
        rng.normal(size=3),
    )
    turn, shift = np.empty((bones, 3, 3)), np.empty((bones, 3))
    rig.chain(parents, heads, turns, lift, turn, shift)
    for b, expected in enumerate(slow_chain(parents, heads, turns, lift)):
        assert turn[b] == pytest.approx(expected[:3, :3], abs=1e-9)
        assert shift[b] == pytest.approx(expected[:3, 3], abs=1e-9)


def test_a_pose_agrees_with_the_body_model_itself(
    model: BodyModel, shapes: dict[str, Shape]
) -> None:
    import roma

    rng = np.random.default_rng(0)
    turns = rng.normal(0, 0.2, (len(model.mesh.parents), 3))
    rest = model.rest(shapes["woman"])
    turn, shift = np.empty((len(turns), 3, 3)), np.empty((len(turns), 3))
    rig.chain(model.mesh.parents, rest.heads_m, turns, np.zeros(3), turn, shift)
    mine = np.empty_like(rest.vertices_m)
    weights, _ = model.shipped_weights()
    rig.skin(rest.vertices_m, weights, model.mesh.weight_bones, turn, shift, mine)
    pose = torch.eye(4)[None, None].repeat(1, len(turns), 1, 1)
    pose[0, :, :3, :3] = roma.rotvec_to_rotmat(torch.tensor(turns, dtype=torch.float32))
    theirs = model.posed_by_anny(pose, shapes["woman"])
    # anny puts the root's head at the origin, and turns the body about it.
    apart = (mine - theirs)[model.mesh.skin]
    assert np.abs(apart - apart.mean(axis=0)).max() < 1e-4


def test_points_of_a_pose_are_sums_of_its_vertices(
    model: BodyModel, shapes: dict[str, Shape]
) -> None:
    from posture_tools.bodies.anatomy import vertices_of
    from posture_tools.bodies.points import COCO, FEET, LANDMARKS

    rng = np.random.default_rng(1)
    rest = model.rest(shapes["child"])
    turns = rng.normal(0, 0.2, (2, len(model.mesh.parents), 3))
    lifts = rng.normal(size=(2, 3))
    out = np.empty((2, len(rest.held), 3))
    rig.pose_points(model.mesh.parents, rest.heads_m, turns, lifts, rest.held, out)
    turn, shift = np.empty((turns.shape[1], 3, 3)), np.empty((turns.shape[1], 3))
    first = len(COCO + FEET)
    for n in range(2):
        rig.chain(model.mesh.parents, rest.heads_m, turns[n], lifts[n], turn, shift)
        posed = np.empty_like(rest.vertices_m)
        rig.skin(rest.vertices_m, model.mesh.weights, model.mesh.weight_bones, turn, shift, posed)
        single = posed[vertices_of(LANDMARKS)]
        assert out[n, first : first + len(LANDMARKS)] == pytest.approx(single, abs=1e-9)
