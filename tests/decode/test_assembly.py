"""Assembly: connections to pieces of people, the strongest first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import paf_decoding as slow

from edge.decode.assembly import EVIDENCE_FIELDS, LIMB_SUM, LIMBS, PARTS, PEAK_SUM, assemble
from edge.decode.peaks import PEAK_FIELDS, SCORE
from edge.skeletons import COCO_18

CAPACITY = 16
INDEX = COCO_18.index


def pieces_of(limbs, connections, keypoints=18, room=64, peak_score=0.5):
    """Pieces as {keypoint: peak}, their evidence, and `truncated`."""
    peaks = np.zeros((keypoints, CAPACITY, PEAK_FIELDS), np.float32)
    peaks[:, :, SCORE] = peak_score
    rows = np.array([c[:3] for c in connections], np.int32).reshape(-1, 3)
    scores = np.array([c[3] for c in connections], np.float32)
    pieces = np.full((room, keypoints), -7, np.int32)
    evidence = np.zeros((room, EVIDENCE_FIELDS), np.float32)
    owner = np.zeros((keypoints, CAPACITY), np.int32)
    total, truncated = assemble(
        np.array(limbs, np.int32), peaks, rows, scores, len(rows),
        np.zeros(max(1, len(rows)), np.int64), owner, pieces, evidence,
    )  # fmt: skip
    kept = [p for p in range(total) if evidence[p, PARTS] > 0]
    for p in kept:
        for j, peak in enumerate(pieces[p]):
            assert peak < 0 or owner[j, peak] == p
    found = [{j: int(k) for j, k in enumerate(pieces[p]) if k >= 0} for p in kept]
    return found, evidence[kept], truncated


def limb(a: str, b: str) -> int:
    return COCO_18.limbs.index((INDEX[a], INDEX[b]))


# The seed lab's nine rows: two peak numbers and the row's score each.
NINE_ROWS = [
    (limb("neck", "right_shoulder"), 1, 2, 1.9540779),
    (limb("neck", "left_shoulder"), 1, 5, 1.76488239),
    (limb("right_shoulder", "right_elbow"), 2, 3, 1.69892728),
    (limb("neck", "nose"), 1, 0, 1.89980185),
    (limb("nose", "right_eye"), 0, 6, 1.78199434),
    (limb("right_eye", "right_ear"), 6, 8, 1.73637748),
    (limb("nose", "left_eye"), 0, 7, 1.82718945),
    (limb("left_eye", "left_ear"), 7, 9, 1.86717367),
    (limb("left_shoulder", "left_ear"), 5, 9, 1.6537441),
]


def test_b7_the_seeds_nine_rows_are_one_skeleton():
    pieces, evidence, _ = pieces_of(COCO_18.limbs, NINE_ROWS)
    expected = [0, 1, 2, 3, -1, 5, -1, -1, -1, -1, -1, -1, -1, -1, 6, 7, 8, 9]
    assert pieces == [{j: peak for j, peak in enumerate(expected) if peak >= 0}]
    assert evidence[0, PARTS] == 9
    assert evidence[0, LIMBS] == 9  # the last one closes a cycle
    assert evidence[0, LIMB_SUM] == pytest.approx(16.184168, abs=1e-5)
    assert evidence[0, PEAK_SUM] == pytest.approx(9 * 0.5)


def test_b7_the_order_of_the_rows_does_not_matter():
    generator = np.random.default_rng(0)
    expected = pieces_of(COCO_18.limbs, NINE_ROWS)
    for _ in range(20):
        shuffled = [NINE_ROWS[i] for i in generator.permutation(9)]
        pieces, evidence, _ = pieces_of(COCO_18.limbs, shuffled)
        assert pieces == expected[0]
        assert evidence == pytest.approx(expected[1])


def test_b7_two_people_who_share_an_ear_stay_two_and_the_weaker_limb_is_dropped():
    rows = [
        (limb("neck", "left_shoulder"), 0, 0, 0.9),
        (limb("neck", "left_shoulder"), 1, 1, 0.9),
        (limb("left_shoulder", "left_ear"), 0, 0, 0.8),
        (limb("neck", "nose"), 0, 0, 0.9),
        (limb("neck", "nose"), 1, 1, 0.9),
        (limb("nose", "left_eye"), 1, 1, 0.9),
        (limb("left_eye", "left_ear"), 1, 0, 0.3),  # the other person's ear, weakly
    ]
    pieces, _, _ = pieces_of(COCO_18.limbs, rows)
    assert len(pieces) == 2
    first = next(p for p in pieces if p[INDEX["neck"]] == 0)
    second = next(p for p in pieces if p[INDEX["neck"]] == 1)
    assert first[INDEX["left_ear"]] == 0
    assert INDEX["left_ear"] not in second


def test_b7_peak_zero_is_a_peak():
    pieces, _, _ = pieces_of(COCO_18.limbs, [(0, 0, 0, 0.5), (1, 0, 0, 0.4)])
    assert len(pieces) == 1
    assert len(pieces[0]) == 3


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 2)),
        unique=True, max_size=20,
    ),
    st.randoms(use_true_random=False),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_same_pieces_as_the_slow_twin(triples, random):
    limbs = [(0, 1), (1, 2), (2, 3), (3, 0), (1, 3)]
    scores = random.sample(range(1, 1000), len(triples))
    rows = [(*triple, score / 1000) for triple, score in zip(triples, scores, strict=True)]
    pieces, evidence, _ = pieces_of(limbs, rows, keypoints=4)
    expected = slow.assemble(limbs, rows)

    def key(piece):
        return sorted(piece.items())

    assert sorted(map(key, pieces)) == sorted(key(p) for p, _, _ in expected)
    sums = {tuple(key(p)): (s, n) for p, s, n in expected}
    for piece, row in zip(pieces, evidence, strict=True):
        score, count = sums[tuple(key(piece))]
        assert row[LIMB_SUM] == pytest.approx(score, abs=1e-4)
        assert row[LIMBS] == count
        assert row[PARTS] == len(piece)


def test_more_pieces_than_there_is_room_for_are_counted_as_truncated():
    rows = [(0, i, i, 0.5) for i in range(8)]
    pieces, _, truncated = pieces_of([(0, 1)], rows, keypoints=2, room=5)
    assert truncated
    assert len(pieces) == 5
