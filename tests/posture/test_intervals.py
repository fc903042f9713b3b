"""The named causes of an interval, each against a number worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from simulators.asymmetric_person import person
from simulators.read_well import accuracy, read_well
from simulators.standing_person import pose_of

from edge.conversion import convert
from edge.posture.assess import assess, effects_of
from edge.posture.calibration import Calibration
from edge.posture.clothing import Dress
from edge.posture.landmarks import Landmarks
from edge.posture.uncertainty import (
    Effect,
    Spread,
    extent_px,
    foretold,
    largest_causes,
    together,
    u95_change,
)
from edge.records import Placed, Quality, Scatter
from edge.skeletons import COCO_17, LANDMARKS_38, joined

LENS = Calibration(roll_sd_deg=0.3, focal_px=1000.0, centre_px=(200.0, 454.5))
FAR = Calibration(roll_sd_deg=0.0, focal_px=1e9, centre_px=(200.0, 454.5))


def causes(pose, code, view="front", calibration=LENS):
    return {effect.cause: effect for effect in effects_of(pose, view, calibration)[code]}


def measure_of(pose, code="shoulder_tilt", view="front", calibration=FAR, **told):
    return {m.code: m for m in assess(pose, view, calibration, **told)}[code]


def standing():
    """The same person with level ankles: seen from far away, others are turned."""
    return person("front", left_ankle=(260, 842))


@pytest.mark.parametrize("view", ["front", "back"])
def test_roll_is_all_of_a_tilt_and_nothing_of_a_change(view):
    roll = causes(person(view), "shoulder_tilt", view)["roll"]
    assert (roll.normal, roll.again) == (pytest.approx(0.3, rel=1e-3), 0.0)
    assert causes(person(view), "shoulder_pelvis_angle", view)["roll"].normal < 1e-6


def test_five_degrees_of_yaw_turn_shoulders_266_px_over_the_axis_by_1_3_deg():
    """92 px aside and 266.5 up: 92 x 266.5 / 1000 px a radian; with the other end 46.9 over 180."""
    yaw = causes(person("front"), "shoulder_tilt")["yaw"]
    assert yaw.limit == pytest.approx(1.297, rel=0.03)
    assert yaw.again == pytest.approx(yaw.limit / 1.7320508)


def test_five_degrees_of_a_turned_head_tilt_the_ears_by_1_7_deg():
    """20 and 30 px aside, 353 over the axis: 17.7 px a radian over 50."""
    turn = causes(person("front"), "head_tilt_ear")["head_turn"]
    assert turn.normal == pytest.approx(1.738, rel=0.06)
    assert turn.again == turn.normal
    assert "head_turn" not in causes(person("front"), "shoulder_tilt")


def test_an_unknown_lens_hides_depth_and_a_known_one_leaves_one_percent_of_stature():
    unknown = causes(person("front"), "head_lean", calibration=Calibration())
    assert unknown["lens"].limit > 0.0
    assert unknown["lens"].again == 0.0
    known = causes(person("front"), "head_lean")
    assert "lens" not in known
    assert known["depth"].normal > 0.0
    assert known["depth"].again == 0.0


def test_depth_of_a_pair_tilts_no_level_line():
    """Both ears a hundredth of stature nearer: the line moves away from the axis as a whole."""
    level = person("front", left_ear=(232, 100), right_ear=(182, 100))
    assert causes(level, "head_tilt_ear").get("depth", Effect("depth")).normal < 1e-6


def test_stickers_and_frames_count_in_a_change_too():
    pose = person("front")
    placing = np.zeros((17, 2, 2), np.float32)
    rows = [COCO_17.index[f"{side}_shoulder"] for side in ("left", "right")]
    placing[rows] = 9.0 * np.eye(2)
    frames = np.zeros((17, 2, 2), np.float32)
    frames[rows] = 4.0 * np.eye(2)
    found = causes(replace(pose, placed=Placed(placing), frames_px2=frames), "shoulder_tilt")
    px = 180.4 * math.pi / 180.0  # of the line, a degree
    assert found["placing"].normal == pytest.approx(math.sqrt(2 * (9 + 1)) / px, rel=0.02)
    assert found["frames"].normal == pytest.approx(math.sqrt(2 * 4) / px, rel=0.02)
    assert all(found[name].again == found[name].normal for name in ("placing", "frames"))
    assert "network" not in found  # hands placed both ends


def test_of_several_uniform_causes_all_but_the_largest_count_as_normal():
    both = together([Effect("a", limit=1.0), Effect("b", 2.0, -3.0)])
    assert both == Spread(pytest.approx(math.hypot(2.0, 0.57735)), 3.0)
    assert together([]) == Spread(0.0, 0.0)


def test_a_change_has_what_two_visits_do_not_share():
    effects = [Effect("a", 5.0, again=0.3), Effect("b", 5.0), Effect("c", limit=9.0, again=0.4)]
    assert u95_change(effects) == pytest.approx(1.96 * 1.41421356 * 0.5)


def test_the_largest_causes_come_first_with_what_is_left_without_them():
    effects = [Effect("small", 0.1), Effect("mid", 0.6), Effect("big", 0.8), Effect("tiny", 0.01)]
    told = largest_causes(effects, 2.0)
    assert [cause.name for cause in told] == ["big", "mid", "small"]
    assert told[0].u95 == pytest.approx(2.0 * 1.96 * 0.8)
    assert told[0].without == pytest.approx(2.0 * 1.96 * math.hypot(0.6, 0.1, 0.01))


def test_a_keypoint_without_a_covariance_scatters_by_half_a_percent_of_who_it_is_of():
    """Two points 600 and 800 px apart: without a stature the diagonal of 1000 px counts."""
    points = {"left_eye": np.array([0.0, 0.0]), "right_eye": np.array([600.0, 800.0])}
    body = Landmarks.of(pose_of(points))
    assert extent_px(body) == pytest.approx(1000.0)
    one = np.array([[1.0, 0.0]])
    assert foretold(one, body, ("left_eye",), "maps") == pytest.approx(5.0)
    small = Landmarks.of(pose_of({name: p / 100 for name, p in points.items()}))
    assert foretold(one, small, ("left_eye",), "maps") == pytest.approx(1.0)
    assert extent_px(Landmarks.of(pose_of({}))) == 0.0


def test_what_the_description_says_is_the_interval():
    measure = measure_of(read_well(standing(), sd=0.9, sd_change=0.5))
    assert measure.u95 == pytest.approx(1.96 * 0.9, rel=0.01)
    assert measure.u95_change == pytest.approx(1.96 * 1.41421356 * 0.5, rel=0.01)
    assert (measure.quality, measure.why) == (Quality.OK, ())
    assert measure.causes[0].name == "network"


@pytest.mark.parametrize(
    ("sd", "sd_change", "quality", "why"),
    [
        (1.00, 0.9, Quality.OK, ()),
        (1.04, 0.7, Quality.LOW, ("change_only",)),
        (1.04, 0.8, Quality.LOW, ("wide_interval",)),
    ],
)
def test_two_degrees_are_needed_of_a_shoulder_tilt(sd, sd_change, quality, why):
    """1.96 x 1.00 is within 2, 1.96 x 1.04 is not; 2.77 x 0.7 is within 2, 2.77 x 0.8 is not."""
    measure = measure_of(read_well(standing(), sd=sd, sd_change=sd_change))
    assert (measure.quality, measure.why) == (quality, why)


@pytest.mark.parametrize(
    ("slopes", "refused"),
    [
        ({"slope": 0.89}, True), ({"slope": 0.9}, False),
        ({"slope_photos": 0.79}, True), ({"slope_photos": 0.8}, False), ({"slope": None}, False),
    ],
)  # fmt: skip
def test_what_a_network_does_not_follow_is_refused(slopes, refused):
    measure = measure_of(read_well(standing(), **slopes))
    assert (measure.why == ("slope_low",)) is refused
    assert (measure.value is None) is refused


@pytest.mark.parametrize(
    ("slope_of_acromia", "definition"), [(0.5, "1"), (0.94, "1"), (0.95, "1-acromion")]
)
def test_landmarks_that_are_followed_less_leave_a_tilt_to_the_joints(slope_of_acromia, definition):
    joints = standing()
    pose = convert(joints, joined(COCO_17, LANDMARKS_38))
    keypoints, covariance = pose.keypoints.copy(), pose.covariance_px2.copy()
    for side in ("left", "right"):
        of, at = pose.skeleton.index[f"{side}_shoulder"], pose.skeleton.index[f"{side}_acromion"]
        keypoints[at], covariance[at] = keypoints[of] - np.array([0, 12, 0]), covariance[of]
    known = accuracy(slope=0.945)
    rows = tuple(
        msgspec.structs.replace(row, slope=slope_of_acromia)
        if row.definition == "1-acromion" else row
        for row in known.measures
    )  # fmt: skip
    pose = replace(
        pose, keypoints=keypoints, covariance_px2=covariance,
        accuracy=msgspec.structs.replace(known, measures=rows),
    )  # fmt: skip
    measure = measure_of(pose, dress=Dress("tight", "tight"))
    assert (measure.definition, measure.why) == (definition, ())


def test_stickers_follow_the_body_whatever_the_network_does():
    placing = np.zeros((17, 2, 2), np.float32)
    placing[[COCO_17.index["left_shoulder"], COCO_17.index["right_shoulder"]]] = np.eye(2)
    pose = replace(read_well(standing(), slope=0.1), placed=Placed(placing))
    assert measure_of(pose).quality is Quality.OK
    assert measure_of(pose, "trunk_lean").why == ("slope_low",)


def test_a_network_that_says_nothing_gives_at_best_low():
    measure = measure_of(standing())
    assert measure.quality is Quality.LOW
    assert "network_unmeasured" in measure.why
    one_row = accuracy(sd=0.5).measures[0]
    other = replace(standing(), accuracy=with_rows([one_row]))
    assert "network_unmeasured" in measure_of(other).why


def test_clothing_decides_which_row_counts_and_untold_is_loose():
    rows = [
        msgspec.structs.replace(row, sd={"bare": 0.1, "tight": 0.5, "loose": 0.8}[row.clothing])
        for row in accuracy().measures
    ]
    pose = replace(standing(), accuracy=with_rows(rows))
    u95 = {
        dress: measure_of(pose, dress=dress).u95 / 1.96
        for dress in (Dress("bare", "loose"), Dress("tight", "loose"), Dress())
    }
    assert list(u95.values()) == pytest.approx([0.1, 0.5, 0.8], rel=0.02)
    # A trunk's line runs under both halves; a head is bare whatever is worn.
    assert measure_of(pose, "trunk_lean", dress=Dress("bare", "tight")).u95 > 0.9
    assert measure_of(pose, "head_tilt_ear").causes[0].u95 == pytest.approx(0.196, rel=0.02)


def with_rows(rows):
    return msgspec.structs.replace(accuracy(), measures=tuple(rows))


def test_the_next_looser_clothing_answers_where_none_is_known():
    known = with_rows([row for row in accuracy(sd=0.7).measures if row.clothing == "loose"])
    assert known.of("shoulder_tilt", "1", "front", "bare").sd == 0.7
    tight = with_rows([row for row in accuracy().measures if row.clothing == "tight"])
    assert tight.of("shoulder_tilt", "1", "front", "loose") is None


def test_people_smaller_than_those_it_was_found_on_are_read_worse():
    """Shoulder to ankle and trunk give this person about 820 px."""
    stature_px = Landmarks.of(standing()).stature_px
    same, smaller = (
        measure_of(read_well(standing(), sd=1.0, stature_px=times * stature_px)).u95
        for times in (0.9, 2.0)
    )
    assert smaller == pytest.approx(2.0 * same, rel=0.01)


def test_a_reading_is_set_right_by_its_line_and_what_moves_the_picture_moves_it_more():
    known = accuracy(sd=0.5)
    rows = [msgspec.structs.replace(row, gain=1.25, shift=-0.4) for row in known.measures]
    pose = standing()
    right = replace(pose, accuracy=with_rows(rows))
    plain = replace(pose, accuracy=known)
    assert measure_of(right).value == pytest.approx(1.25 * measure_of(plain).value - 0.4)
    before, after = causes(plain, "shoulder_tilt"), causes(right, "shoulder_tilt")
    assert after["roll"].normal == pytest.approx(1.25 * before["roll"].normal)
    assert after["network"] == before["network"], "found of readings that were set right"


def test_a_point_that_hands_placed_is_not_set_right():
    rows = [msgspec.structs.replace(row, gain=1.25, shift=-0.4) for row in accuracy().measures]
    placing = np.zeros((17, 2, 2), np.float32)
    placing[COCO_17.index["left_shoulder"]] = 9.0 * np.eye(2)
    pose = replace(standing(), placed=Placed(placing), accuracy=with_rows(rows))
    assert measure_of(pose).value == measure_of(standing()).value


def test_a_length_is_known_in_percent_of_stature():
    pose = read_well(standing(), sd=1.0)
    scaled = replace(FAR, mm_per_px=2.0, scale_sd=0.0)
    stature_px = Landmarks.of(pose).stature_px
    measure = measure_of(pose, "stance_width", calibration=scaled)
    assert measure.u95 == pytest.approx(1.96 * 0.01 * stature_px * 2.0, rel=0.01)


@pytest.mark.parametrize(("predictor", "px"), [("maps", 1.0), ("looks", 2.0)])
def test_where_a_picture_tells_its_own_error_that_counts(predictor, px):
    looks = np.broadcast_to(4.0 * np.eye(2, dtype=np.float32), (17, 2, 2)).copy()
    pose = read_well(standing(), sd=2.0, predictor=predictor)
    pose = replace(pose, scatter=Scatter(looks, np.full(17, 8), 1.0))
    degrees = math.sqrt(2.0) * px / 180.4 * 180.0 / math.pi
    assert measure_of(pose).causes[0].u95 == pytest.approx(1.96 * 2.0 * degrees, rel=0.02)
