"""Gathering: pieces of one body that no limb joins."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import paf_decoding as slow

from edge.decode.anatomy import heights, reach
from edge.decode.assembly import EVIDENCE_FIELDS, PARTS, add_peak
from edge.decode.gathering import gather, least_stature
from edge.decode.peaks import PEAK_FIELDS, SCORE
from edge.skeletons import AI_14, BODY_25, COCO_18, MPII_16, SKELETONS, Skeleton

CAPACITY, ROOM = 16, 64


def gathered(places, skeleton, tolerance=1.4, least=0.4, room=ROOM, looked_at=ROOM):
    """Pieces {keypoint: (x, y)} after gathering; one of one keypoint is a peak without limb."""
    keypoints = len(skeleton.keypoints)
    peaks = np.zeros((keypoints, CAPACITY, PEAK_FIELDS), np.float32)
    counts = np.zeros(keypoints, np.int32)
    pieces = np.full((room, keypoints), -1, np.int32)
    evidence = np.zeros((room, EVIDENCE_FIELDS), np.float32)
    owner = np.full((keypoints, CAPACITY), -1, np.int32)
    total = 0
    for piece in places:
        for j, (x, y) in piece.items():
            peaks[j, counts[j], :2] = x, y
            peaks[j, counts[j], SCORE] = 0.8
            if len(piece) > 1:
                add_peak(pieces, evidence, owner, peaks, total, j, counts[j])
            counts[j] += 1
        total += len(piece) > 1
    total, truncated = gather(
        peaks, counts, reach(skeleton), heights(skeleton), np.float32(tolerance),
        np.float32(least), total, owner, pieces, evidence, np.zeros(room, np.int64),
        np.zeros(room, np.float32), np.zeros((looked_at, looked_at), np.float32),
    )  # fmt: skip
    found = [
        {j: tuple(peaks[j, k, :2].tolist()) for j, k in enumerate(pieces[p]) if k >= 0}
        for p in range(total)
        if evidence[p, PARTS] > 0
    ]
    return found, truncated


def test_reach_is_a_metric_over_the_body():
    for skeleton in SKELETONS.values():
        ways = reach(skeleton)
        assert (ways == ways.T).all()
        assert (np.diag(ways)[np.isfinite(np.diag(ways))] == 0).all()
        for i, j, k in itertools.product(range(len(ways)), repeat=3):
            if np.isfinite([ways[i, k], ways[k, j]]).all():
                assert ways[i, j] <= ways[i, k] + ways[k, j] + 1e-6


@pytest.mark.parametrize("skeleton", [COCO_18, BODY_25, MPII_16, AI_14], ids=lambda s: s.name)
def test_a_wrist_reaches_from_the_hip_as_far_as_arm_and_trunk_do(skeleton):
    ways, index = reach(skeleton), skeleton.index
    arm = 0.332  # upper arm .186 and forearm .146 of stature (Drillis and Contini)
    trunk = np.hypot(0.818 - 0.530, 0.129 - 0.0955)
    got = ways[index["left_wrist"], index["left_hip"]]
    assert got == pytest.approx(arm + trunk, abs=1e-3)


def test_names_that_nobody_measured_reach_nowhere():
    ways = reach(Skeleton("odd", ("nose", "antenna"), ((0, 1),)))
    assert np.isinf(ways[0, 1])


LEG = (COCO_18.index["left_hip"], COCO_18.index["left_knee"], COCO_18.index["left_ankle"])


def test_a_leg_and_an_arm_without_neck_become_one_person():
    shoulder, elbow, wrist = (COCO_18.index[f"left_{n}"] for n in ("shoulder", "elbow", "wrist"))
    arm = {shoulder: (20.0, 10.0), elbow: (20.5, 16.0), wrist: (21.0, 21.0)}
    leg = dict(zip(LEG, [(19.0, 22.0), (19.0, 31.0), (19.0, 40.0)], strict=True))
    assert gathered([arm, leg], COCO_18)[0] == [arm | leg]


def test_a_peak_too_far_for_the_body_stays_alone():
    leg = dict(zip(LEG, [(19.0, 22.0), (19.0, 31.0), (19.0, 40.0)], strict=True))
    nose = {COCO_18.index["nose"]: (60.0, 10.0)}
    pieces, _ = gathered([leg, nose], COCO_18)
    assert len(pieces) == 2


def test_legs_go_to_the_head_above_them():
    """Between two heads, nearer to the lower one: they would stretch its body less."""
    names = ("neck", "nose", "left_shoulder", "left_elbow")
    neck, nose, shoulder, elbow = (COCO_18.index[name] for name in names)
    upper = {neck: (20.0, 10.0), nose: (20.0, 7.5), shoulder: (23.0, 10.0), elbow: (23.5, 14.5)}
    lower = {j: (x + 1, y + 22) for j, (x, y) in upper.items()}
    leg = dict(zip(LEG[1:], [(21.0, 22.0), (21.0, 27.0)], strict=True))
    pieces, _ = gathered([upper, lower, leg], COCO_18)
    assert pieces[0] == upper | leg


def test_eyes_a_cell_apart_are_one_persons():
    """Half a cell of error is much of the distance of two eyes, and little of a body."""
    right = {COCO_18.index["right_eye"]: (20.0, 8.0), COCO_18.index["right_ear"]: (19.4, 8.1)}
    left = {COCO_18.index["left_eye"]: (21.1, 8.0), COCO_18.index["left_ear"]: (21.6, 8.1)}
    for side, piece in (("right", right), ("left", left)):
        for k, name in enumerate(("hip", "knee", "ankle")):
            x = 20.0 if side == "right" else 21.0
            piece[COCO_18.index[f"{side}_{name}"]] = (x, 16.0 + 4.5 * k)
    assert len(gathered([right, left], COCO_18)[0]) == 1


def test_a_skeleton_of_unknown_names_has_no_ground():
    odd = Skeleton("odd", ("antenna", "nose"), ((0, 1),))
    assert np.isnan(heights(odd)[0])
    assert heights(odd)[1] == np.float32(0.92)


def test_two_lonely_peaks_make_no_person():
    pieces, _ = gathered([{0: (5.0, 5.0)}, {1: (5.0, 8.0)}], COCO_18)
    assert len(pieces) == 2


def test_more_pieces_than_there_is_room_for_are_counted_as_truncated():
    lonely = [{j: (float(i), float(j))} for i in range(10) for j in range(4)]
    assert gathered(lonely, COCO_18, room=20)[1]
    assert gathered(lonely, COCO_18, looked_at=20)[1]
    assert not gathered(lonely, COCO_18)[1]


_places = st.tuples(st.floats(0, 40), st.floats(0, 40)).map(
    lambda p: (float(np.float32(p[0])), float(np.float32(p[1])))
)


@given(
    st.lists(st.sets(st.integers(0, 17), min_size=1, max_size=6), max_size=8), st.integers(0, 99)
)
@settings(max_examples=80, deadline=None)
def test_same_pieces_as_the_slow_twin(keypoints, seed):
    generator = np.random.default_rng(seed)  # places without equal costs, which have no order

    def place():
        return tuple(generator.uniform(0, 40, 2).astype(np.float32).tolist())

    places = [{j: place() for j in chosen} for chosen in keypoints]
    pieces, _ = gathered(places, COCO_18)
    expected = slow.gather(places, reach(COCO_18), heights(COCO_18), 1.4, 18)
    assert sorted(sorted(p.items()) for p in pieces) == sorted(sorted(p.items()) for p in expected)


@given(st.dictionaries(st.integers(0, 17), _places, min_size=1, max_size=18))
@settings(max_examples=40, deadline=None)
def test_same_least_stature_as_the_slow_twin(places):
    peaks = np.zeros((18, 1, PEAK_FIELDS), np.float32)
    pieces = np.full((1, 18), -1, np.int32)
    for j, place in places.items():
        peaks[j, 0, :2] = place
        pieces[0, j] = 0
    ways = reach(COCO_18)
    expected = slow.least_stature(places, places, ways)
    assert least_stature(pieces, peaks, ways, 0, 0) == pytest.approx(expected, rel=1e-5)
