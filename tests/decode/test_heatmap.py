"""Checklist rows A2, A3 and A4."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from reference.heatmap import slow_log_parabola
from reference.letterbox import fitted

from edge.decode.heatmap import Method, decode_heatmaps, flip_test, mirror_heatmaps
from edge.inference.letterbox import to_image
from edge.skeletons import MPII_16

# The 16 joints printed in the course material, x and y, in its order.
PRINTED = np.array([
    [91.7109375, 468.4980163574219], [100.2421875, 336.1659851074219],
    [228.2109375, 284.9407043457031], [287.9296875, 276.40313720703125],
    [390.3046875, 383.12249755859375], [496.9453125, 468.4980163574219],
    [258.0703125, 280.67193603515625], [253.8046875, 131.2648162841797],
    [253.8046875, 97.11461639404297], [258.0703125, 16.007904052734375],
    [194.0859375, 267.8656005859375], [147.1640625, 208.10275268554688],
    [202.6171875, 131.2648162841797], [309.2578125, 131.2648162841797],
    [364.7109375, 199.56520080566406], [326.3203125, 263.5968322753906],
])  # fmt: skip


def gaussian(x: float, y: float, sigma: float, height: int = 64, width: int = 64) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2)).astype(np.float32)


def noisy(x: float, y: float, sigma: float, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 0.05, (1, 20, 23))
    return (gaussian(x, y, sigma, 20, 23) + noise).astype(np.float32)


def _maps_of_printed_joints() -> np.ndarray:
    """Maps whose quarter-cell decoding lies at the printed joints, made from the checklist's rule.

    Printed: x = (4 c_x) * 546 / 256, y = (4 c_y - 1.5) * 540 / 253, c on .25 or .75 of a cell that
    spans c to c + 1.
    """
    c = np.column_stack([PRINTED[:, 0] * 256 / 546 / 4, (PRINTED[:, 1] * 253 / 540 + 1.5) / 4])
    assert np.abs(c * 4 - np.round(c * 4)).max() < 1e-4
    maps = np.zeros((16, 64, 64), np.float32)
    for joint, (x, y) in enumerate(c):
        column, row = int(x), int(y)
        maps[joint, row, column] = 1
        maps[joint, row, column + (1 if x - column > 0.5 else -1)] = 0.5
        maps[joint, row + (1 if y - row > 0.5 else -1), column] = 0.5
    return maps


def _joints(offset_mode: str) -> np.ndarray:
    """Decoded as the course does: corners of the picture at (0, 0), not half a pixel out."""
    points = decode_heatmaps(_maps_of_printed_joints(), "quarter").points[:, :2]
    letterbox = fitted((540, 546), (256, 256), offset_mode)
    return to_image(letterbox, (points + 0.5) * 4 - 0.5) + 0.5


def test_a2_the_sixteen_printed_joints() -> None:
    assert np.abs(_joints("float") - PRINTED).max() <= 1e-4


def test_a2_floored_offsets_lie_one_pixel_lower() -> None:
    difference = _joints("floor") - PRINTED
    assert np.abs(difference[:, 0]).max() <= 1e-4
    assert difference[:, 1] == pytest.approx(0.5 * 540 / 253, abs=1e-4)


MPII_FLIP = (5, 4, 3, 2, 1, 0, 6, 7, 8, 9, 15, 14, 13, 12, 11, 10)


def test_a3_the_swap_is_the_published_one_and_its_own_inverse() -> None:
    assert MPII_16.flip == MPII_FLIP
    assert [MPII_FLIP[i] for i in MPII_FLIP] == list(range(16))


@given(arrays(np.float32, (16, 9, 8), elements=st.floats(0, 1, width=32)))
def test_a3_mirrored_twice_is_the_same(maps: np.ndarray) -> None:
    assert np.array_equal(mirror_heatmaps(mirror_heatmaps(maps, MPII_FLIP), MPII_FLIP), maps)


def test_a3_a_symmetric_input_gives_symmetric_joints() -> None:
    rng = np.random.default_rng(3)
    at = rng.uniform(12, 50, (16, 2))
    at[[i for i, other in enumerate(MPII_FLIP) if i == other], 0] = 31.5  # on the axis
    maps = np.stack([gaussian(x, y, 2) for x, y in at])
    # The network sees a symmetric picture: it answers the same to its mirror image.
    points = decode_heatmaps(flip_test(maps, maps, MPII_FLIP)).points
    mirrored = points[list(MPII_FLIP)]
    assert np.abs(points[:, 0] + mirrored[:, 0] - 63).max() <= 1e-6
    assert np.abs(points[:, 1] - mirrored[:, 1]).max() <= 1e-6


def test_a3_the_shift_moves_the_mirrored_maps_by_one_cell() -> None:
    maps = np.stack([gaussian(20 + i, 30, 2) for i in range(16)])
    plain = decode_heatmaps(mirror_heatmaps(maps, MPII_FLIP, shift=False)).points
    shifted = decode_heatmaps(mirror_heatmaps(maps, MPII_FLIP, shift=True)).points
    assert np.abs(shifted[:, 0] - plain[:, 0] - 1).max() <= 1e-5
    assert np.abs(shifted[:, 1] - plain[:, 1]).max() <= 1e-5


def _errors(method: Method, noise: float) -> np.ndarray:
    rng = np.random.default_rng(11)
    at = rng.uniform(20, 40, (600, 2))
    maps = np.stack([gaussian(x, y, 2.0) for x, y in at])
    maps += noise * rng.standard_normal(maps.shape, np.float32)
    return decode_heatmaps(maps, method).points[:, :2] - at


@pytest.mark.parametrize(
    ("method", "sd"), [("argmax", 0.29), ("quarter", 0.145), ("log-parabola", 0), ("dark", 0)]
)
def test_a4_accuracy_on_clean_gaussians(method: Method, sd: float) -> None:
    assert _errors(method, 0).std() == pytest.approx(sd, abs=0.01 if sd else 0.001)


@pytest.mark.parametrize("method", ["log-parabola", "dark"])
def test_a4_accuracy_with_one_percent_noise(method: Method) -> None:
    assert _errors(method, 0.01).std() <= 0.05


@pytest.mark.parametrize("method", ["argmax", "quarter", "log-parabola", "dark"])
def test_a4_an_empty_map_is_missing_and_not_at_the_origin(method: Method) -> None:
    peaks = decode_heatmaps(np.zeros((2, 8, 9), np.float32), method)
    assert np.isnan(peaks.points[:, :2]).all()
    assert (peaks.points[:, 2] == 0).all()
    assert np.isnan(peaks.covariance_cells2).all()


@pytest.mark.parametrize("method", ["argmax", "quarter", "log-parabola", "dark"])
@pytest.mark.parametrize("damage", [np.nan, np.inf, -np.inf])
def test_a_damaged_map_is_missing(method: Method, damage: float) -> None:
    maps = gaussian(4, 4, 1, 9, 9)[None].copy()
    maps[0, 4, 5] = damage
    assert decode_heatmaps(maps, method).points[0, 2] == 0


@pytest.mark.parametrize("method", ["quarter", "log-parabola", "dark"])
@pytest.mark.parametrize("corner", [(0, 0), (0, 11), (9, 0), (9, 11)])
def test_a_peak_on_the_border_stays_in_its_cell(method: Method, corner: tuple[int, int]) -> None:
    maps = gaussian(corner[1], corner[0], 2, 10, 12)[None]
    peaks = decode_heatmaps(maps, method)
    assert tuple(peaks.points[0, :2]) == corner[::-1]
    assert np.isnan(peaks.spread_cells2).all()


@pytest.mark.parametrize("method", ["log-parabola", "dark"])
def test_the_spread_is_that_of_the_gaussian(method: Method) -> None:
    spread = decode_heatmaps(gaussian(30.3, 31.2, 2.0)[None], method).spread_cells2[0]
    wanted = 4.0 if method == "log-parabola" else spread[0, 0]
    assert spread == pytest.approx(np.diag([wanted, wanted]), abs=0.02)
    assert 3.98 <= spread[0, 0] <= 5  # of `dark` the smoothing adds its own width


def test_a_blurred_peak_states_the_uncertainty_that_blurred_it() -> None:
    """Target of sigma 2 blurred by a position known to sigma 1.5: height T / S, spread S.

    0.6 of the standard deviation is the keypoint's own, the rest its neighbours have too.
    """
    target, unknown = 4.0, 2.25
    blurred = gaussian(31, 31, (target + unknown) ** 0.5) * (target / (target + unknown))
    covariance = decode_heatmaps(blurred[None].astype(np.float32)).covariance_cells2[0]
    assert covariance == pytest.approx(0.36 * np.diag([unknown, unknown]), rel=0.02)


@given(
    arrays(np.float32, (3, 7, 6), elements=st.floats(-1, 1, width=32))
    | arrays(np.float32, (2, 15, 14), elements=st.floats(-1, 1, width=32))
    | st.tuples(st.floats(2, 20), st.floats(2, 17), st.floats(0.8, 4), st.integers(0, 9)).map(
        lambda at: noisy(*at)
    ),
)
def test_log_parabola_equals_its_slow_twin(maps: np.ndarray) -> None:
    peaks = decode_heatmaps(maps)
    for index, heatmap in enumerate(maps):
        assert peaks.points[index] == pytest.approx(slow_log_parabola(heatmap), nan_ok=True)


def test_an_unknown_method_is_an_error() -> None:
    with pytest.raises(ValueError, match="soft-argmax"):
        decode_heatmaps(np.zeros((1, 4, 4), np.float32), "soft-argmax")
