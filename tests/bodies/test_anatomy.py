"""Landmarks lie where anatomy says, on people of every build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("anny")
from posture_tools.bodies.points import INDEX, LANDMARKS, MIRROR, NAMES, other_side

if TYPE_CHECKING:
    from posture_tools.bodies.mesh import Shape
    from posture_tools.bodies.model import BodyModel


def heights(model: BodyModel, shape: Shape) -> dict[str, float]:
    """Point -> part of stature above the floor, at rest."""
    rest = model.rest(shape)
    skin = rest.vertices_m[model.mesh.skin, 2]
    points = rest.held[..., :3].sum(axis=1)
    return {
        name: float((points[row, 2] - skin.min()) / (skin.max() - skin.min()))
        for name, row in INDEX.items()
    }


@pytest.mark.parametrize("who", ["woman", "man", "child"])
def test_levels_of_the_spine(model: BodyModel, shapes: dict[str, Shape], who: str) -> None:
    h = heights(model, shapes[who])
    spine = [h[name] for name in ("C4", "C7", "T3", "T6", "T8", "T12", "L4", "S2", "S5")]
    assert spine == sorted(spine, reverse=True)
    assert h["left_psis"] == pytest.approx(h["S2"], abs=0.006)
    assert h["left_scap_inf"] == pytest.approx(h["T8"], abs=0.015)  # T7 to T8
    # Twelve thoracic levels are about twice as long as four lumbar ones.
    assert (h["C7"] - h["T12"]) / (h["T12"] - h["L4"]) == pytest.approx(2.0, abs=0.35)
    assert h["L4"] > h["left_asis"]  # the crest is above its front end
    assert h["left_psis"] > h["left_asis"]
    assert h["left_trochanter"] == pytest.approx(h["left_hip"], abs=0.02)
    assert h["left_patella"] > h["left_tib_tub"] > h["left_lat_mal"]


def test_adults_lie_near_the_tables_of_anthropometry(
    model: BodyModel, shapes: dict[str, Shape]
) -> None:
    h = heights(model, shapes["man"])
    # ANSUR II, standing heights over stature.
    for name, part in (
        ("C7", 0.865), ("left_acromion", 0.82), ("L4", 0.60), ("left_asis", 0.56),
        ("left_trochanter", 0.52), ("left_tib_tub", 0.255),
    ):  # fmt: skip
        assert h[name] == pytest.approx(part, abs=0.025), name


def test_a_pair_is_each_other_s_mirror_image(model: BodyModel, shapes: dict[str, Shape]) -> None:
    points = model.rest(shapes["woman"]).held[..., :3].sum(axis=1)
    for name in NAMES:
        mirrored = points[INDEX[other_side(name)]] * (-1, 1, 1)
        assert points[INDEX[name]] == pytest.approx(mirrored, abs=2e-3), name


def test_names() -> None:
    assert len(LANDMARKS) == 38
    assert len(NAMES) == 61
    assert [MIRROR[row] for row in MIRROR] == list(range(61))
    assert np.array_equal(MIRROR, [INDEX[other_side(name)] for name in NAMES])
