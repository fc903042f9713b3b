"""Test bodies measure what their pictures' true points say, by definitions told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("anny")
from posture_tools.bodies.__main__ import main
from posture_tools.bodies.exam import VIEWS, Examined, draw_test_body, draw_visits
from posture_tools.bodies.points import INDEX

if TYPE_CHECKING:
    from pathlib import Path

    from posture_tools.bodies.render import Renderer


@pytest.fixture(scope="module")
def examined(renderer: Renderer) -> dict[str, list[Examined]]:
    rng = np.random.default_rng(0)
    return {view: [draw_test_body(renderer, view, rng) for _ in range(3)] for view in VIEWS}


@pytest.mark.parametrize("view", ["front", "back"])
def test_tilts_follow_the_body(examined: dict[str, list[Examined]], view: str) -> None:
    for one in examined[view]:
        roll = one.rendered.camera.roll_deg
        for code, body in (("shoulder_tilt", "shoulder_tilt"), ("pelvis_tilt", "hip_tilt")):
            # Yaw, the height of the lens and a turned trunk add degrees to what the roll adds.
            apart = abs(one.truth[code] - one.rendered.measures[body])
            assert apart < abs(roll) + 7.0, code


def test_what_is_seen_from_the_side_follows_the_body(examined: dict[str, list[Examined]]) -> None:
    for view in ("left", "right"):
        for one in examined[view]:
            apart = one.truth["trunk_inclination"] - one.rendered.measures["trunk_inclination"]
            # Of the near shoulder and hip alone, which may lie ahead of the other ones.
            assert abs(apart) < abs(one.rendered.camera.roll_deg) + 7.0


def test_each_view_shows_its_side(examined: dict[str, list[Examined]]) -> None:
    for view, sign in (("front", 1.0), ("back", -1.0)):
        for one in examined[view]:
            left, right = (
                one.rendered.points_px[INDEX[f"{side}_shoulder"], 0] for side in ("left", "right")
            )
            assert np.sign(left - right) == sign


def test_people_are_as_large_as_asked(examined: dict[str, list[Examined]]) -> None:
    for bodies in examined.values():
        for one in bodies:
            height = one.rendered.box[3] - one.rendered.box[1]
            assert 540 < height < 960


def test_who_comes_again_sways_and_changes_only_where_it_is_asked_for(renderer: Renderer) -> None:
    for changed in (False, True):
        rng = np.random.default_rng(4)
        visits = list(draw_visits(renderer, "front", rng, 2, 7, changed=changed))
        assert [visit.person for visit in visits] == [7, 7]
        asked = ("pelvic_obliquity", "trunk_lean", "scoliotic_curve", "knee_frontal_left")
        apart = [
            abs(visits[1].rendered.measures[name] - visits[0].rendered.measures[name])
            for name in asked
        ]
        assert (max(apart) > 3.0) == changed


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--frames", "6", "--visits", "2"), "ask for one"),
        (("--frames", "6", "--changed"), "ask for one"),
        (("--changed",), "--visits 2"),
    ],
)
def test_options_that_exclude_each_other_are_refused_before_anything_is_drawn(
    options: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["exam", str(tmp_path / "again"), *options])
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
