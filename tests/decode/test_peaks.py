"""Peaks: found once, placed below the cell, with a covariance that holds what it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from reference import paf_decoding as slow

from edge.decode.kernel import ZERO
from edge.decode.noise import NOISE_FLOOR, noise_sd
from edge.decode.peaks import (
    COV_XY,
    PEAK_FIELDS,
    SCORE,
    VAR_X,
    VAR_Y,
    X,
    Y,
    find_peaks,
    place_peak,
)

CHI2_95 = 5.991  # of two degrees of freedom


def peaks_of(heatmap, threshold=0.1, noise=0.01, capacity=64):
    heatmaps = np.ascontiguousarray(heatmap, np.float32)[None]
    peaks = np.zeros((1, capacity, PEAK_FIELDS), np.float32)
    counts = np.zeros(1, np.int32)
    truncated = find_peaks(heatmaps, np.float32(threshold), np.float32(noise), ZERO, peaks, counts)
    return peaks[0, : counts[0]], truncated


def placed(heatmap, row, column, noise, doubt=0.0):
    """The fields of the peak at one cell."""
    peaks = np.zeros((1, 1, PEAK_FIELDS), np.float32)
    cells, width = np.asarray(heatmap, np.float32).ravel(), heatmap.shape[1]
    cell, levels = row * width + column, (np.float32(noise), np.float32(doubt))
    place_peak(cells, cells.size, width, cell, row, column, *levels, peaks, 0, 0)
    return peaks[0, 0]


def gaussian(x, y, sigma=1.24, size=(24, 24), height=1.0):
    rows, columns = np.mgrid[: size[0], : size[1]]
    return height * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / sigma**2)


def test_b4_plateau_gives_one_peak():
    heatmap = np.zeros((9, 9))
    heatmap[3:6, 3:6] = 0.8
    peaks, _ = peaks_of(heatmap)
    assert peaks[:, [X, Y]].tolist() == [[4, 4]]


def test_b4_two_equal_neighbours_give_one_peak_between_them():
    heatmap = np.zeros((9, 9))
    heatmap[4, 2:6] = [0.4, 0.8, 0.8, 0.4]
    peaks, _ = peaks_of(heatmap)
    assert peaks[:, X] == pytest.approx([3.5])


def test_b4_border_peak_is_kept():
    heatmap = gaussian(0, 0)
    peaks, _ = peaks_of(heatmap)
    assert peaks[:, [X, Y]].tolist() == [[0, 0]]
    assert peaks[0, VAR_X] == peaks[0, VAR_Y] == 0.25


def test_b4_two_peaks_two_cells_apart_are_both_kept():
    heatmap = np.zeros((9, 9))
    heatmap[4, 3] = heatmap[4, 5] = 0.7
    heatmap[4, 4] = 0.3
    peaks, _ = peaks_of(heatmap)
    assert len(peaks) == 2


def test_a4_clean_gaussian_is_placed_exactly():
    for x, y in np.random.default_rng(1).uniform(4, 19, (50, 2)):
        peaks, _ = peaks_of(gaussian(x, y), noise=NOISE_FLOOR)
        assert peaks[0, [X, Y]] == pytest.approx([x, y], abs=1e-3)


def test_a4_one_percent_noise_moves_a_peak_by_less_than_a_fiftieth_of_a_cell():
    generator = np.random.default_rng(2)
    errors = []
    for x, y in generator.uniform(4, 19, (200, 2)):
        noisy = gaussian(x, y) + generator.normal(0, 0.01, (24, 24))
        peaks, _ = peaks_of(noisy)
        errors.append(np.hypot(peaks[0, X] - x, peaks[0, Y] - y))
    assert np.median(errors) <= 0.02


@pytest.mark.parametrize("noise", [0.003, 0.01, 0.02, 0.04])
def test_95_percent_ellipses_hold_93_to_97_percent(noise):
    generator = np.random.default_rng(3)
    inside = []
    for _ in range(100):
        truth = generator.uniform(4, 35, (20, 2))
        heights = generator.uniform(0.6, 1.0, 20)
        clean = [
            gaussian(x, y, size=(40, 40), height=h)
            for (x, y), h in zip(truth, heights, strict=True)
        ]
        maps = (np.array(clean) + generator.normal(0, noise, (20, 40, 40))).astype(np.float32)
        sd = noise_sd(maps)  # what the decoder knows is what the maps tell
        peaks, counts = np.zeros((20, 64, PEAK_FIELDS), np.float32), np.zeros(20, np.int32)
        find_peaks(maps, np.float32(max(0.1, 5 * sd)), sd, ZERO, peaks, counts)
        for j, (x, y) in enumerate(truth):
            best = peaks[j, : counts[j]][peaks[j, : counts[j], SCORE].argmax()]
            off = np.array([best[X] - x, best[Y] - y])
            spread = np.array([[best[VAR_X], best[COV_XY]], [best[COV_XY], best[VAR_Y]]])
            inside.append(off @ np.linalg.solve(spread, off) < CHI2_95)
    assert 0.93 <= np.mean(inside) <= 0.97


@pytest.mark.parametrize("doubt", [0.25, 1.0])
def test_what_a_blurred_peak_does_not_know_is_in_its_covariance(doubt):
    target, unknown = 0.8, 0.3  # variances: of the target, of the place
    spread = target + unknown
    rows, columns = np.mgrid[:24, :24] - 12
    heatmap = target / spread * np.exp(-(columns**2 + rows**2) / spread / 2)
    variances = []
    for part in (0, doubt):
        peak = placed(heatmap, 12, 12, NOISE_FLOOR, part)
        variances.append(peak[[VAR_X, VAR_Y]])
    assert variances[1] - variances[0] == pytest.approx(doubt * unknown, rel=1e-3)


@pytest.mark.parametrize("noise", [0.005, 0.02, 0.05])
def test_noise_is_told_from_the_maps_themselves(noise):
    generator = np.random.default_rng(4)
    maps = np.array([gaussian(10 + j, 12, size=(46, 54)) for j in range(18)])
    maps = (maps + generator.normal(0, noise, maps.shape)).astype(np.float32)
    assert noise_sd(maps) == pytest.approx(noise, rel=0.12)
    assert noise_sd(maps) == pytest.approx(slow.noise_sd(maps), rel=0.12)


def test_noise_of_clean_maps_is_that_of_eight_bits():
    assert noise_sd(np.zeros((3, 20, 20), np.float32)) == pytest.approx(NOISE_FLOOR)
    assert noise_sd(np.zeros((3, 2, 2), np.float32)) == pytest.approx(NOISE_FLOOR)


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 3), st.integers(2, 9), st.integers(2, 150)),
        # a few levels only, so that equal neighbours are common
        elements=st.sampled_from([np.float32(v) for v in (0.0, 0.05, 0.2, 0.5, 0.5, 0.9)]),
    )
)
@settings(max_examples=60, deadline=None)
def test_same_cells_as_the_slow_twin(heatmaps):
    """Of several maps: what ends one is no neighbour of what begins the next."""
    peaks = np.zeros((len(heatmaps), 800, PEAK_FIELDS), np.float32)
    counts = np.zeros(len(heatmaps), np.int32)
    assert not find_peaks(heatmaps, np.float32(0.1), np.float32(0.01), ZERO, peaks, counts)
    for heatmap, found, count in zip(heatmaps, peaks, counts, strict=True):
        cells = slow.peak_cells(heatmap, 0.1)
        assert found[:count, SCORE].tolist() == [heatmap[cell] for cell in cells]


@given(
    st.floats(5, 18), st.floats(5, 18), st.floats(0.8, 2.5), st.floats(0.3, 1.0), st.integers(0, 99)
)
@settings(max_examples=60, deadline=None)
def test_same_place_and_covariance_as_the_slow_twin(x, y, sigma, height, seed):
    generator = np.random.default_rng(seed)
    heatmap = gaussian(x, y, sigma, height=height) + generator.uniform(0, 0.02, (24, 24))
    heatmap = heatmap.astype(np.float32)
    row, column = np.unravel_index(heatmap.argmax(), heatmap.shape)
    peak = placed(heatmap, row, column, 0.005)
    assert peak[[X, Y]] == pytest.approx(slow.placed(heatmap, row, column), abs=2e-4)
    expected = slow.covariance(heatmap, row, column, 0.005)
    got = np.array([[peak[VAR_X], peak[COV_XY]], [peak[COV_XY], peak[VAR_Y]]])
    assert got == pytest.approx(expected, rel=0.02, abs=1e-7)


def test_too_many_peaks_keep_the_highest_and_say_so():
    heatmap = np.zeros((21, 21))
    heatmap[1::2, 1::2] = np.linspace(0.2, 0.9, 100).reshape(10, 10)
    peaks, truncated = peaks_of(heatmap, capacity=7)
    assert truncated
    assert sorted(peaks[:, SCORE]) == pytest.approx(np.linspace(0.2, 0.9, 100)[-7:])


@pytest.mark.parametrize("damage", [np.nan, np.inf, -np.inf, 1e38])
def test_damaged_cells_are_no_peaks_and_spoil_none(damage):
    heatmap = gaussian(8, 8)
    heatmap[20, 20] = damage
    peaks, _ = peaks_of(heatmap)
    assert peaks[0, [X, Y]] == pytest.approx([8, 8], abs=1e-3)
    assert len(peaks) == 1
    heatmap[8, 9] = damage  # now beside the peak
    peaks, _ = peaks_of(heatmap)
    assert np.isfinite(peaks).all()
