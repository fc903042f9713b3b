"""Stickers as a user has them: stuck on, photographed, assessed, screened, reported."""

from __future__ import annotations

import json
import sys

import cv2
import numpy as np
import pytest
from posture_tools.evaluate.drawn_stickers import Shot, with_targets
from posture_tools.evaluate.mannequin import true_pose
from posture_tools.mannequin import CameraPose, Outfit, Person, render

from edge.__main__ import main
from edge.markers.expected import expected
from edge.markers.protocol import PROTOCOLS
from edge.posture.landmarks import Landmarks
from edge.results.outbox import Outbox
from edge.skeletons import COCO_17
from edge.wire.codec import decode
from edge.wire.result import Result

TILTED = {"shoulder_tilt": 4.0, "pelvic_obliquity": -3.0}


@pytest.fixture(scope="module")
def stuck_on(tmp_path_factory):
    """A photograph of the mannequin in tight shorts, tilted; landmark -> where its target is."""
    drawn = render(
        Person("man", TILTED, Outfit(2, ("C7",))),
        camera=CameraPose(focal_px=1500.0, width_px=720, height_px=1080),
    )
    body = true_pose(drawn.people[0], COCO_17)
    should = expected(body, "front", PROTOCOLS["front"].targets("right"))
    assert len(should.names) == 13
    px_per_mm = Landmarks.of(body).stature_px / 1700.0
    image = with_targets(
        drawn.image, should.points_px, px_per_mm, Shot("neutral", 0.6), np.random.default_rng(1)
    )
    path = tmp_path_factory.mktemp("photographs") / "front.png"
    assert cv2.imwrite(str(path), image)
    return path, dict(zip(should.names, should.points_px, strict=True))


@pytest.fixture(scope="module")
def photograph(stuck_on):
    return stuck_on[0]


def tilt_deg(points, part):
    """Of the line through a pair that was drawn, + right side higher."""
    right, left = points[f"right_{part}"], points[f"left_{part}"]
    return np.degrees(np.arctan2(left[1] - right[1], left[0] - right[0]))


@pytest.fixture
def station(monkeypatch):
    def run(*words):
        monkeypatch.setattr(sys, "argv", ["posture-station", *map(str, words)])
        return main()

    return run


def test_assess_measures_by_the_stickers_that_it_is_told_of(stuck_on, station, capsys):
    photograph, points = stuck_on
    assert station("assess", photograph, "--markers", "front", "--json") == 0
    ((person,),) = (entry["people"] for entry in json.loads(capsys.readouterr().out))
    measures = {m["code"]: m for m in person["measures"]}
    for code, part in (("shoulder_tilt", "acromion"), ("pelvis_tilt", "asis")):
        assert measures[code]["value"] == pytest.approx(tilt_deg(points, part), abs=0.2), code
    assert {m["unit"] for m in person["measures"] if m["code"] == "stance_width"} == {"mm"}
    assert measures["q_angle_right"]["value"] is not None
    assert station("assess", photograph, "--json") == 0
    ((plain,),) = (entry["people"] for entry in json.loads(capsys.readouterr().out))
    without = {m["code"]: m for m in plain["measures"]}
    assert without["pelvis_tilt"]["u95"] > 1.4 * measures["pelvis_tilt"]["u95"]


def test_a_page_names_what_the_stickers_measured(photograph, station, tmp_path):
    assert station("assess", photograph, "--markers", "front", "--report", tmp_path) == 0
    page = (tmp_path / "front.html").read_text(encoding="utf-8")
    assert "Pelvis tilt (ASIS)" in page
    assert "Right Q angle" in page


def test_an_overlay_is_drawn_over_the_stickers(photograph, station, tmp_path):
    assert station("assess", photograph, "--markers", "front", "--overlay", tmp_path / "o") == 0
    assert cv2.imread(str(next((tmp_path / "o").iterdir()))) is not None


def test_why_stickers_were_not_used_is_said(photograph, station, capsys):
    assert station("assess", photograph, "--markers", "back", "--json") == 0
    assert "stickers: view:front" in capsys.readouterr().err
    assert station("assess", photograph, "--markers", "green") == 2
    assert "front, side, back" in capsys.readouterr().err


def test_a_station_whose_settings_name_targets_sends_measures_made_of_them(
    stuck_on, station, tmp_path
):
    photograph, points = stuck_on
    settings = tmp_path / "station.toml"
    settings.write_text(
        f'state_dir = "{tmp_path}"\n[screening]\nsticker_targets = ["front", "back"]\n'
    )
    words = ("--settings", settings, "run", "--only", "engine", "--source", photograph)
    assert station(*words) == 0
    box = Outbox.open(
        tmp_path / "outbox.db", site="desk", station="station-1", limit_bytes=1 << 24,
        at_limit="refuse",
    )  # fmt: skip
    results = [decode(p.body, Result) for p in box.pending(9) if p.channel == "result/posture"]
    box.close()
    (result,) = results
    measures = {m.code: m for m in result.measures}
    tilt = tilt_deg(points, "acromion")
    assert measures["shoulder_tilt"].value == pytest.approx(tilt, abs=0.2)
    assert measures["q_angle_left"].value is not None


def test_a_view_that_has_no_protocol_is_no_setting(station, tmp_path, capsys):
    settings = tmp_path / "station.toml"
    settings.write_text('[screening]\nsticker_targets = ["top"]\n')
    assert station("--settings", settings, "doctor") == 2
    assert "sticker_targets" in capsys.readouterr().err
