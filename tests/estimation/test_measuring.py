"""The measuring pass with networks that know the truth and err where a test says so."""

from __future__ import annotations

import numpy as np
import pytest
from simulators.knowing_networks import (
    Glance,
    KnowingNetwork,
    Points,
    standing,
    swapped,
    telling_frame,
)

from edge.errors import ModelRefused
from edge.estimation.crops import PARTS
from edge.estimation.estimator import Measurer, Seen
from edge.estimation.measuring import Measuring
from edge.estimation.single import Single
from edge.records import Pose
from edge.skeletons import BODY_55, COCO_17, LANDMARKS_38, joined

SKELETON = joined(COCO_17, LANDMARKS_38)
TRUTH = standing()
BOX = (300.0, 180.0, 300.0, 1210.0)
KNEES = tuple(
    f"{side}_{part}" for part in ("knee", "patella", "tib_tub") for side in ("left", "right")
)


def fast_pose(truth: Points = TRUTH, off_px: float = 4.0) -> Pose:
    """What the fast pass found: the joints, a few pixels off, and no landmarks."""
    keypoints = np.full((len(SKELETON.keypoints), 3), (np.nan, np.nan, 0), np.float32)
    for i, name in enumerate(COCO_17.keypoints):
        x, y = truth[name]
        keypoints[i] = (x + off_px * (-1) ** i, y + off_px * (-1) ** (i // 2), 0.9)
    covariance = np.full((len(keypoints), 2, 2), np.nan, np.float32)
    return Pose(SKELETON, keypoints, covariance, 0.8, BOX)


def measuring(whole: KnowingNetwork | None = None, close: KnowingNetwork | None = None, **options):
    whole = whole or KnowingNetwork(COCO_17, TRUTH)
    return Measuring(Single(whole), whole, close or KnowingNetwork(BODY_55, TRUTH), **options)


def measured(pass_: Measuring, pose: Pose | None = None, **options) -> Pose:
    pose = pose or fast_pose()
    return pass_.measure([Seen(telling_frame(), pose)], pose, **options)


def errors_px(pose: Pose, truth: Points = TRUTH, names=BODY_55.keypoints) -> dict[str, float]:
    return {
        name: float(np.hypot(*(pose.keypoints[pose.skeleton.index[name], :2] - truth[name])))
        for name in names
    }


def is_about(glance: Glance, part: str) -> bool:
    return abs(glance.centre_px[1] - TRUTH[f"left_{part}"][1]) < 60


def test_every_point_is_measured_where_it_is():
    pose = measured(measuring())
    assert max(errors_px(pose).values()) < 0.4
    assert (pose.keypoints[:, 2] > 0.8).all()
    assert pose.box_px == BOX
    assert pose.scatter is not None
    assert pose.scatter.sides_agree == 1.0
    assert (pose.scatter.looks >= 6).all()


def test_the_fast_pass_has_the_landmarks_missing():
    (pose,) = measuring().estimate(telling_frame())
    assert pose.skeleton.keypoints == SKELETON.keypoints
    landmarks = [pose.skeleton.index[name] for name in LANDMARKS_38.keypoints]
    assert (pose.keypoints[landmarks, 2] == 0).all()
    assert max(errors_px(pose, names=COCO_17.keypoints).values()) < 2.0
    assert isinstance(measuring(), Measurer)


def test_crops_are_as_the_networks_were_trained_and_each_has_its_mirror_image():
    whole, close = KnowingNetwork(COCO_17, TRUTH), KnowingNetwork(BODY_55, TRUTH)
    measured(measuring(whole, close))
    for glances, least, most in ((whole.glances, 1.05, 1.44), (close.glances, 0.35, 0.75)):
        heights = [glance.rows_px / BOX[3] for glance in glances]
        assert least - 0.01 <= min(heights) < max(heights) <= most + 0.01
        assert sum(glance.mirrored for glance in glances) * 2 == len(glances)
    for part in ("shoulder", "hip", "ear", "knee", "ankle"):
        assert sum(is_about(glance, part) for glance in close.glances) >= 8


@pytest.mark.parametrize(
    "fault", [swapped, lambda points: {n: (x + 300, y) for n, (x, y) in points.items()}]
)
def test_close_looks_that_are_swapped_or_elsewhere_do_not_count(fault):
    """A third of the looks at the knees: one in two images of a crop, now and then both."""

    def at_knees(glance: Glance, points: Points) -> Points:
        wrong = is_about(glance, "knee") and glance.number % 3 == 0
        return fault(points) if wrong else points

    close = KnowingNetwork(BODY_55, TRUTH, fault=at_knees)
    pose = measured(measuring(close=close))
    assert any(is_about(g, "knee") and g.number % 3 == 0 for g in close.glances)
    assert max(errors_px(pose, names=KNEES).values()) < 0.5


def test_all_close_looks_swapped_are_all_turned_back():
    close = KnowingNetwork(BODY_55, TRUTH, fault=lambda _glance, points: swapped(points))
    assert max(errors_px(measured(measuring(close=close))).values()) < 0.5


def test_an_outlying_look_does_not_move_the_answer():
    """Of 8 crops of the shoulders one is 50 px off in both images: less than what is dropped."""

    def off(glance: Glance, points: Points) -> Points:
        here = is_about(glance, "shoulder") and abs(glance.rows_px - 0.51 * BOX[3]) < 3
        return {n: (x, y + 50 * here) for n, (x, y) in points.items()}

    close = KnowingNetwork(BODY_55, TRUTH, fault=off)
    pose = measured(measuring(close=close))
    assert any(
        is_about(g, "shoulder") and abs(g.rows_px - 0.51 * BOX[3]) < 3 for g in close.glances
    )
    assert max(errors_px(pose, names=("left_shoulder", "right_acromion", "C7")).values()) < 0.5
    looks = pose.scatter.looks
    assert looks[SKELETON.index["right_acromion"]] == looks[SKELETON.index["left_asis"]] - 1


def test_a_habit_of_one_side_cancels_with_the_mirror_image():
    """The network sees everything 3 px too far right of where it looks, mirrored or not."""

    def to_the_right(glance: Glance, points: Points) -> Points:
        step = -3.0 if glance.mirrored else 3.0
        return {name: (x + step, y) for name, (x, y) in points.items()}

    close = KnowingNetwork(BODY_55, TRUTH, fault=to_the_right)
    pose = measured(measuring(KnowingNetwork(COCO_17, TRUTH, fault=to_the_right), close))
    assert max(errors_px(pose).values()) < 0.5


def test_looks_that_differ_leave_their_scatter():
    """Half of the crops, the wider ones, see the ASIS 6 px lower: 3 px about their middle."""

    def lower(glance: Glance, points: Points) -> Points:
        step = 6.0 * (glance.rows_px > 0.45 * BOX[3])
        return {name: (x, y + step * ("asis" in name)) for name, (x, y) in points.items()}

    pose = measured(measuring(close=KnowingNetwork(BODY_55, TRUTH, fault=lower)))
    row = SKELETON.index["left_asis"]
    sd_px = np.sqrt(pose.scatter.covariance_px2[row, 1, 1])
    assert 2.0 < sd_px < 4.0
    assert np.sqrt(pose.scatter.covariance_px2[row, 0, 0]) < 0.5
    assert np.sqrt(pose.scatter.covariance_px2[SKELETON.index["left_knee"], 1, 1]) < 0.5


def test_the_looks_at_the_whole_decide_the_sides_by_majority():
    """One in three looks at the whole has left for right; the guide has it too."""

    def wavers(glance: Glance, points: Points) -> Points:
        return swapped(points) if glance.number % 3 == 0 else points

    whole = KnowingNetwork(COCO_17, TRUTH, fault=wavers)
    guide = fast_pose(swapped(TRUTH))
    pose = measured(measuring(whole), guide)
    assert max(errors_px(pose).values()) < 0.5
    assert 0.5 < pose.scatter.sides_agree < 0.7


def test_what_is_seen_in_few_looks_is_missing():
    def hides(glance: Glance, points: Points) -> Points:
        seen = glance.rows_px > 0.50 * BOX[3]  # in 2 crops of 8
        return points if seen else {name: at for name, at in points.items() if name != "L4"}

    pose = measured(measuring(close=KnowingNetwork(BODY_55, TRUTH, fault=hides)))
    assert pose.keypoints[SKELETON.index["L4"], 2] == 0
    assert np.isnan(pose.keypoints[SKELETON.index["L4"], :2]).all()


def test_who_has_no_hips_is_not_looked_at_there():
    guide = fast_pose()
    keypoints = guide.keypoints.copy()
    keypoints[[11, 12]] = (np.nan, np.nan, 0)
    close = KnowingNetwork(BODY_55, TRUTH)
    pose = measured(
        measuring(close=close), Pose(SKELETON, keypoints, guide.covariance_px2, 1.0, BOX)
    )
    assert not any(is_about(glance, "hip") for glance in close.glances)
    assert pose.keypoints[SKELETON.index["left_asis"], 2] == 0
    assert pose.keypoints[SKELETON.index["left_hip"], 2] > 0.8  # the looks at the whole see it


def test_a_landmark_that_a_sticker_marks_stays():
    guide = fast_pose()
    keypoints = guide.keypoints.copy()
    keypoints[SKELETON.index["T6"]] = (430.0, 480.0, 0.7)
    pose = measured(measuring(), Pose(SKELETON, keypoints, guide.covariance_px2, 1.0, BOX))
    assert pose.keypoints[SKELETON.index["T6"]].tolist() == pytest.approx([430.0, 480.0, 0.7])
    assert errors_px(pose, names=("T8",))["T8"] < 0.5


def test_frames_of_a_hold_are_brought_to_where_the_person_mostly_stood():
    """The second frame is taken when the body had swayed 18 px: no line turns by that."""
    swayed = {name: (x + 18.0, y - 4.0) for name, (x, y) in TRUTH.items()}
    whole, close = KnowingNetwork(COCO_17, TRUTH, swayed), KnowingNetwork(BODY_55, TRUTH, swayed)
    seen = [
        Seen(telling_frame(0), fast_pose(TRUTH, off_px=1.0)),
        Seen(telling_frame(1), fast_pose(swayed, off_px=1.0)),
    ]
    pose = measuring(whole, close).measure(seen, fast_pose(TRUTH, off_px=1.0))
    assert {glance.frame for glance in close.glances} == {0, 1}
    assert max(errors_px(pose).values()) < 0.5


class Clock:
    """Each run of a network takes its time."""

    def __init__(self, run_s: float) -> None:
        self.now_s = 0.0
        self._run_s = run_s

    def __call__(self) -> float:
        return self.now_s

    def run(self) -> None:
        self.now_s += self._run_s


@pytest.mark.parametrize("run_s", [0.001, 0.03, 0.06, 1.0])
def test_the_time_that_looks_take_decides_how_many_there_are(run_s: float):
    clock = Clock(run_s)
    whole = KnowingNetwork(COCO_17, TRUTH, on_run=clock.run)
    close = KnowingNetwork(BODY_55, TRUTH, on_run=clock.run)
    told: list[tuple[int, int]] = []
    pass_ = measuring(whole, close, clock_s=clock)
    pose = measured(pass_, budget_s=2.0, progress=lambda *done: told.append(done))
    runs, first_round = len(whole.glances) + len(close.glances), 2 * (1 + len(PARTS))
    assert told == [(i + 1, told[0][1]) for i in range(runs // 2)]
    assert runs >= first_round
    if runs > first_round:
        assert clock.now_s <= 2.0
    if runs // 2 < told[0][1]:
        assert clock.now_s + 2 * run_s > 2.0 - 1e-9  # not one look fewer than there was time for
    assert max(errors_px(pose).values()) < 1.0


def test_a_photograph_is_looked_at_in_full_whatever_it_takes():
    clock = Clock(10.0)
    close = KnowingNetwork(BODY_55, TRUTH, on_run=clock.run)
    told: list[tuple[int, int]] = []
    measured(measuring(close=close, clock_s=clock), progress=lambda *done: told.append(done))
    assert told[-1][0] == told[-1][1]


@pytest.mark.parametrize("yaw_deg", [0.0, 33.0, 90.0, -170.0])
def test_the_yaw_of_all_looks_is_handed_on(yaw_deg: float):
    pass_ = measuring(KnowingNetwork(COCO_17, TRUTH, yaw_deg=yaw_deg))
    (fast,) = pass_.estimate(telling_frame())
    for pose in (fast, measured(pass_)):
        assert pose.yaw is not None
        assert pose.yaw.deg == pytest.approx(yaw_deg, abs=0.1)
        assert pose.yaw.sd_deg < 1.0


def test_networks_in_the_wrong_place_are_refused():
    whole, close = KnowingNetwork(COCO_17, TRUTH), KnowingNetwork(BODY_55, TRUTH)
    with pytest.raises(ModelRefused, match=r"cannot serve as close.*BODY-55"):
        Measuring(Single(whole), whole, whole)
    with pytest.raises(ModelRefused, match=r"cannot serve as whole.*COCO-17"):
        Measuring(Single(whole), close, close)
