"""Limbs: line integrals of the field, and one-to-one matching."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reference import paf_decoding as slow

from edge.decode.keys import key_score, pair_key, sort_keys
from edge.decode.limbs import (
    MEAN,
    SEED,
    connect,
    limb_integral,
    match_greedy,
    pair_number,
    pair_peaks,
    worth_scoring,
)
from edge.decode.peaks import PEAK_FIELDS, SCORE

THRESHOLD = 0.05


def integral(field, a, b, threshold=THRESHOLD, samples=10):
    """The kernel on a field (2, H, W)."""
    ends = [np.float32(v) for v in (*a, *b)]
    return limb_integral(*flat(field), *ends, np.float32(threshold), samples, np.float32(0))


def flat(field):
    """A field (2, H, W) as the kernels take it: cells, where it begins, cells of one map, W, H."""
    height, width = field.shape[1:]
    cells = np.ascontiguousarray(field, np.float32).ravel()
    return cells, *map(np.uint32, (0, height * width, width, height))


def connections(field, a, b, criterion=SEED, good=0.6, capacity=16, room=256, scores_of_peaks=1.0):
    """All connections of one limb between peaks a and b, each (n, 2): [(i, j, score), ...]."""
    peaks = np.zeros((2, capacity, PEAK_FIELDS), np.float32)
    peaks[0, : len(a), :2], peaks[1, : len(b), :2] = a, b
    peaks[:, :, SCORE] = scores_of_peaks
    found = np.zeros((capacity, 3), np.int32)
    scores = np.zeros(capacity, np.float32)
    count, truncated = connect(
        np.ascontiguousarray(field, np.float32), np.array([[0, 1]], np.int32), peaks,
        np.array([len(a), len(b)], np.int32), criterion, np.float32(THRESHOLD), np.float32(good),
        10, np.zeros(room, np.int64), np.zeros((2, capacity), np.bool_), found, scores,
    )  # fmt: skip
    return [(*found[k, 1:].tolist(), float(scores[k])) for k in range(count)], truncated


@pytest.fixture
def band():
    """A limb along +x in rows 19 to 21, everywhere."""
    field = np.zeros((2, 40, 40), np.float32)
    field[0, 19:22] = 1
    return field


def test_b5_on_the_limb_the_integral_is_one_and_reversed_minus_one(band):
    assert integral(band, (10, 20), (20, 20)) == pytest.approx((1, 1))
    assert integral(band, (20, 20), (10, 20)) == pytest.approx((-1, 0))


def test_b5_an_end_five_cells_off_scores_little():
    field = np.zeros((2, 40, 40), np.float32)
    field[0, 20] = 1
    # The seed reads the nearest cell and finds one of ten samples on the band: cos / 10 = 0.0894.
    # Interpolation sees 4/9 of the second one as well.
    mean, share = integral(field, (10, 20), (20, 25))
    assert mean == pytest.approx(0.0894427 * (1 + 4 / 9), abs=1e-5)
    assert share == pytest.approx(0.2)


def test_b5_a_limb_without_length_is_skipped(band):
    assert integral(band, (10, 20), (10, 20)) == (0, 0)
    assert connections(band, [(10, 20)], [(10, 20)]) == ([], False)


def test_b5_the_share_of_good_samples_is_a_parameter(band):
    band[:, :, 24:] = 0  # the field ends at 60 % of the limb
    pair = [(10, 20)], [(30, 20)]
    assert len(connections(band, *pair, good=0.6)[0]) == 1
    assert len(connections(band, *pair, good=0.8)[0]) == 0


def test_a_faint_peak_on_the_limb_does_not_take_the_place_of_its_sure_end(band):
    band[0, :, :13] *= 0.5  # the nearer peak sees the stronger part of the field
    ends = [(10, 20), (16, 20)], [(30, 20)]
    assert [c[:2] for c in connections(band, *ends)[0]] == [(1, 0)]
    faint = np.array([[0.8, 0.2] + [0] * 14, [0.8] + [0] * 15])
    kept = connections(band, *ends, scores_of_peaks=faint)[0]
    assert [c[:2] for c in kept] == [(0, 0)]
    assert kept[0][2] == pytest.approx(connections(band, ends[0][:1], ends[1])[0][0][2])


def test_the_mean_criterion_asks_for_the_mean(band):
    band *= 0.3
    pair = [(10, 20)], [(30, 20)]
    assert len(connections(band, *pair, criterion=MEAN, good=0.25)[0]) == 1
    assert len(connections(band, *pair, criterion=MEAN, good=0.35)[0]) == 0


def test_samples_follow_the_length_of_the_limb(band):
    band[:, :, 12:] = 0
    # 5 samples on 3 px: x = 10, 10.75, 11.5, 12.25, 13; the field ends at 11 and is
    # interpolated to 0 at 12
    mean, share = integral(band, (10, 20), (13, 20))
    assert mean == pytest.approx((1 + 1 + 0.5 + 0 + 0) / 5)
    assert share == pytest.approx(0.6)


def test_b6_one_to_one_best_first():
    scores = np.array([[0.9, 0.8], [0.85, 0.1]])
    assert _greedy(scores) == [(0, 0), (1, 1)]  # 1.00; the seed takes (0, 0) and (1, 0)
    assert slow.match_optimal(scores) == [(0, 1), (1, 0)]  # 1.65


def _greedy(scores):
    keys = [
        pair_key(np.float32(score), pair_number(a, b))
        for (a, b), score in np.ndenumerate(scores)
        if score > 0
    ]
    keys = np.array(keys, np.int64)
    taken = np.zeros((2, max(scores.shape)), np.bool_)
    kept = match_greedy(keys, len(keys), taken)
    return [pair_peaks(int(k)) for k in keys[:kept]]


_matrices = st.integers(1, 6).flatmap(
    lambda n: st.lists(
        st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5, 0.8, 1.0]), min_size=n, max_size=n),
        min_size=1, max_size=6,
    )
)  # fmt: skip


@given(_matrices)
@settings(max_examples=60, deadline=None)
def test_greedy_matching_is_that_of_the_slow_twin_and_half_as_good_as_optimal_at_least(rows):
    scores = np.array(rows)
    pairs = _greedy(scores)
    assert pairs == slow.match_greedy(scores)
    total = sum(scores[p] for p in pairs)
    assert total >= 0.5 * sum(scores[p] for p in slow.match_optimal(scores)) - 1e-6


@given(st.floats(0, 1e5, width=32), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_a_key_holds_score_and_number(score, number):
    key = pair_key(np.float32(score), number)
    assert key_score(key) == np.float32(score)
    assert key & 0xFFFFFFFF == number


@given(st.integers(0, 10**6), st.integers(5, 20))
@settings(max_examples=60, deadline=None)
def test_same_integral_as_the_slow_twin(seed, samples):
    generator = np.random.default_rng(seed)
    field = generator.normal(0, 0.5, (2, 12, 15)).astype(np.float32)
    a, b = generator.uniform((0, 0), (14, 11), (2, 2)).astype(np.float32).astype(float)
    mean, share = integral(field, a, b, 0.05, samples)
    expected_mean, expected_share = slow.limb_integral(field, tuple(a), tuple(b), 0.05, samples)
    assert mean == pytest.approx(expected_mean, abs=1e-4)
    # a sample within rounding of the threshold may fall on either side
    assert share == pytest.approx(expected_share, abs=1.01 / 5 if share != expected_share else 0)


@given(st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_the_quick_look_is_two_of_three_nearest_cells(seed):
    generator = np.random.default_rng(seed)
    field = generator.normal(0, 0.5, (2, 12, 15)).astype(np.float32)
    a, b = generator.uniform((0, 0), (14, 11), (2, 2)).astype(np.float32)
    points = [a + np.float32(u) * (b - a) for u in (0.3, 0.5, 0.7)]
    assume(all(abs(abs(v % 1) - 0.5) > 1e-4 for point in points for v in point))
    good = [
        field[:, int(np.rint(y)), int(np.rint(x))] @ (b - a) > THRESHOLD * np.hypot(*(b - a))
        for x, y in points
    ]
    cells, at, size, width, _ = flat(field)
    worth = worth_scoring(cells, at, size, width, *a, *b, np.float32(THRESHOLD))
    assert worth == (sum(good) >= 2)


@pytest.mark.parametrize("few", [0, 1, 6, 7, 128, 129, 500])
def test_so_many_keys_are_sorted(few):
    numbers = np.random.default_rng(few).permutation(few) - few // 2
    keys = np.array([*numbers, 7], np.int64)
    sort_keys(keys, few)
    assert keys.tolist() == [*sorted(numbers), 7]


@given(st.lists(st.integers(-(2**62), 2**62), max_size=60, unique=True))
@settings(max_examples=40, deadline=None)
def test_keys_are_sorted_few_or_many(numbers):
    keys = np.array([*numbers, 7], np.int64)
    sort_keys(keys, len(numbers))
    assert keys.tolist() == [*sorted(numbers), 7]


@given(st.integers(0, 10**6), st.floats(0.125, 1, width=32))
@settings(max_examples=60, deadline=None)
def test_an_integral_is_given_up_only_when_the_share_is_out_of_reach(seed, share):
    generator = np.random.default_rng(seed)
    field = np.ascontiguousarray(generator.normal(0.2, 0.5, (2, 12, 15)), np.float32)
    a, b = generator.uniform((0, 0), (14, 11), (2, 2)).astype(np.float32)
    arguments = (*flat(field), *a, *b)
    whole = limb_integral(*arguments, np.float32(THRESHOLD), 10, np.float32(0))
    asked = limb_integral(*arguments, np.float32(THRESHOLD), 10, np.float32(share))
    assert asked == whole or (asked == (0, 0) and whole[1] < share)


def test_more_pairs_than_there_is_room_for_are_counted_as_truncated():
    field = np.ones((2, 40, 40), np.float32)
    a = [(5 + i, 5) for i in range(6)]
    b = [(20 + i, 25) for i in range(6)]
    kept, truncated = connections(field, a, b, room=10)
    assert truncated
    assert 0 < len(kept) <= 6


@pytest.mark.parametrize("damage", [np.nan, np.inf, 1e30])
def test_a_damaged_field_makes_no_limb(damage):
    field = np.full((2, 40, 40), damage, np.float32)
    assert connections(field, [(5, 5)], [(20, 20)]) == ([], False)


@pytest.mark.parametrize("side", ["last column", "last row"])
def test_a_limb_along_the_border_reads_nothing_beyond_the_map(side):
    """What lies behind a row is the next row, and behind the last one other fields, or nothing."""
    field = np.zeros((2, 12, 15), np.float32)
    if side == "last column":
        field[1, :, 14] = 1
        field[:, :, 0] = np.nan
        ends = (14, 2), (14, 11)
    else:
        field[0, 11] = 1
        field[:, 0] = np.nan
        ends = (2, 11), (14, 11)
    cells, *where = flat(field)
    behind = np.concatenate([cells, np.full(2 * 15, np.nan, np.float32)])
    ends = [np.float32(v) for end in ends for v in end]
    found = limb_integral(behind, *where, *ends, np.float32(THRESHOLD), 10, np.float32(0))
    assert found == pytest.approx((1, 1))


def test_a_faint_end_does_not_change_what_the_limb_scores(band):
    """Trust orders the candidates; the score of the one that is kept is the field's."""
    band *= 0.8
    pair = [(10, 20)], [(30, 20)]
    [(_, _, sure)], _ = connections(band, *pair)
    [(_, _, faint)], _ = connections(band, *pair, scores_of_peaks=0.1)
    assert sure == pytest.approx(0.8)
    assert faint == pytest.approx(sure)


def test_a_field_that_mostly_points_the_other_way_makes_no_limb(band):
    """Seven samples of ten speak for it, and the whole against it."""
    band[0] = 0.1
    band[0, :, 24:] = -5.0
    pair = [(10, 20)], [(30, 20)]
    mean, share = integral(band, pair[0][0], pair[1][0])
    assert share >= 0.6
    assert mean < 0
    assert connections(band, *pair, good=0.6) == ([], False)


@pytest.mark.parametrize("criterion", [SEED, MEAN])
@pytest.mark.parametrize("damage", [np.nan, np.inf, -np.inf])
def test_one_damaged_cell_on_the_way_unmakes_the_limb(band, damage, criterion):
    pair = [(10, 20)], [(30, 20)]
    assert len(connections(band, *pair, criterion=criterion)[0]) == 1
    band[0, 20, 28] = damage
    assert connections(band, *pair, criterion=criterion) == ([], False)


def test_a_damaged_sample_does_not_speak_for_a_limb(band):
    band[0, :, 17:] = np.nan  # 10 samples from 10 to 19; from 16 on a damaged cell takes part
    _, share = integral(band, (10, 20), (19, 20))
    assert share == pytest.approx(0.6)


def test_a_peak_that_is_nowhere_ends_no_limb(band):
    assert integral(band, (10, 20), (np.nan, 20)) == (0, 0)
