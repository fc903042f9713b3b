"""The baked people are the body model's, and need neither torch nor anny."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from posture_tools.bodies.baked import Baked, bake
from posture_tools.bodies.body import Bodies
from posture_tools.bodies.measures import measured
from posture_tools.bodies.points import INDEX
from posture_tools.bodies.solve import Pose
from simulators.standing_person import pose_of

from edge.markers.stickers import ALONG_BACK
from edge.posture.landmarks import Landmarks
from edge.skeletons import SPINE_5

if TYPE_CHECKING:
    from posture_tools.bodies.mesh import Shape
    from posture_tools.bodies.model import BodyModel

ARMS = Pose({"upperarm01.L": (0.0, 0.4, 0.0), "upperarm01.R": (0.0, -0.4, 0.0)})


@pytest.fixture(scope="module")
def baked() -> Baked:
    return Baked()


@pytest.mark.parametrize("who", ["man", "woman", "child"])
def test_stickers_are_expected_where_the_vertebrae_of_a_body_lie(baked: Baked, who: str) -> None:
    """Along the back, in parts of stature; and the stature that a spine alone tells."""
    body = Bodies(baked).stand(baked.people[who], {"kyphosis": 26.0, "lordosis": 24.0}, ARMS)
    skin_m = body.vertices_m[baked.mesh.skin, 2]
    stature_m = float(skin_m.max() - skin_m.min())
    names = ("C4", "C7", "T3", "T6", "T8", "T12", "L4", "S5")
    points_m = body.points_m[[INDEX[name] for name in names]]
    along = np.linalg.norm(np.diff(points_m, axis=0), axis=1).cumsum() / stature_m
    assert along == pytest.approx([ALONG_BACK[name] for name in names[1:]], abs=0.02)
    seen = {
        name: 1000.0 * body.points_m[INDEX[name]][[1, 2]] * (1, -1) for name in SPINE_5.keypoints
    }
    spine = Landmarks.of(pose_of(seen, skeleton=SPINE_5))
    assert spine.stature_px == pytest.approx(1000.0 * stature_m, rel=0.06)


@pytest.mark.parametrize("who", ["man", "woman", "child"])
def test_a_baked_body_measures_what_is_asked(baked: Baked, who: str) -> None:
    asked = {"pelvic_obliquity": 4.0, "shoulder_tilt": -3.0, "trunk_lean": 2.0, "stance_mm": 150.0}
    found = measured(Bodies(baked).stand(baked.people[who], asked, ARMS).points_m)
    for name, value in asked.items():
        assert found[name] == pytest.approx(value, abs=0.5)


def test_baking_keeps_a_body_to_a_hundredth_of_a_millimetre(
    model: BodyModel, shapes: dict[str, Shape], tmp_path: Path
) -> None:
    bake(model, shapes, tmp_path / "some.npz")
    again = Baked(tmp_path / "some.npz")
    before = model.rest(shapes["woman"])
    after = again.rest(again.people["woman"])
    assert np.abs(before.vertices_m - after.vertices_m).max() < 1e-5
    assert np.abs(before.held - after.held).max() < 1e-5


def test_nobody_else_is_in_the_file(baked: Baked, shapes: dict[str, Shape]) -> None:
    with pytest.raises(KeyError):
        baked.rest(shapes["woman"])


def test_neither_torch_nor_anny_is_imported() -> None:
    code = (
        "import sys; from posture_tools.bodies.baked import Baked; "
        "from posture_tools.bodies.body import Bodies; Bodies(Baked()); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'anny')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
