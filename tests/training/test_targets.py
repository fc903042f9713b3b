"""The targets against the papers' formulas, written out cell by cell."""

from __future__ import annotations

import numpy as np
import pytest
from posture_tools.training.targets import (
    affinity_fields,
    box_cells,
    confidence_maps,
    map_coordinates,
    weight_maps,
)

LIMB = np.array([[0, 1]])


def naive_field(people: np.ndarray, map_hw: tuple[int, int], half_width: float) -> np.ndarray:
    """Cao et al. 2017, equations 9 and 10, one cell and one person at a time."""
    field = np.zeros((2, *map_hw))
    for y in range(map_hw[0]):
        for x in range(map_hw[1]):
            vectors = []
            for start, end in people:
                length = np.linalg.norm(end - start)
                v = (end - start) / length
                offset = np.array([x, y]) - start
                along, across = v @ offset, v[0] * offset[1] - v[1] * offset[0]
                if 0 <= along <= length and abs(across) <= half_width:
                    vectors.append(v)
            if vectors:
                field[:, y, x] = np.mean(vectors, axis=0)
    return field


@pytest.mark.parametrize(("form", "at_sigma"), [("openpose", 0.3679), ("simple_baseline", 0.6065)])
def test_b2_a_confidence_map_at_the_distance_sigma(form, at_sigma):
    maps = confidence_maps(np.array([[[8.0, 5.0]]]), (16, 16), 2.0, form)
    assert maps[0, 5, 8] == pytest.approx(1.0)
    assert maps[0, 5, 10] == pytest.approx(at_sigma, abs=1e-4)
    assert maps[0, 7, 8] == pytest.approx(at_sigma, abs=1e-4)


def test_b2_two_people_join_by_their_maximum():
    both = confidence_maps(np.array([[[4.0, 5.0]], [[6.0, 5.0]]]), (12, 12), 2.0)
    alone = confidence_maps(np.array([[[4.0, 5.0]]]), (12, 12), 2.0)
    assert both.max() == pytest.approx(1.0)
    assert both[0, 5, 4] == both[0, 5, 6] == pytest.approx(1.0)
    assert both[0, 5, 3] == alone[0, 5, 3]


def test_a_missing_keypoint_draws_nothing():
    assert not confidence_maps(np.full((2, 3, 2), np.nan), (8, 8), 2.0).any()
    assert not affinity_fields(np.array([[[1.0, 1], [np.nan, np.nan]]]), LIMB, (8, 8), 1.0).any()
    assert not affinity_fields(np.array([[[1.0, 1], [1.0, 1.0]]]), LIMB, (8, 8), 1.0).any()


def test_b3_fields_of_crossing_limbs_are_averaged():
    across = np.array([[2.0, 8.0], [14.0, 8.0]])
    down = np.array([[8.0, 2.0], [8.0, 14.0]])
    field = affinity_fields(np.stack([across, down]), LIMB, (17, 17), 1.0)
    assert field[:, 8, 8] == pytest.approx([0.5, 0.5])
    assert field[:, 8, 4] == pytest.approx([1.0, 0.0])
    assert field[:, 4, 8] == pytest.approx([0.0, 1.0])
    assert not field[:, 8 + 2, 4].any(), "outside of the band"


def test_b3_fields_agree_with_the_written_formula():
    people = np.random.default_rng(3).uniform(1, 14, (3, 2, 2))
    found = affinity_fields(people, LIMB, (12, 16), 1.5)
    np.testing.assert_allclose(found, naive_field(people, (12, 16), 1.5), atol=1e-5)


def test_map_cells_lie_in_the_middle_of_their_pixels():
    np.testing.assert_allclose(map_coordinates(np.array([1.5, 5.5, 253.5]), 4), [0, 1, 63])


def test_an_unlabelled_person_is_not_asked_for():
    weights = weight_maps(
        (16, 16), 4, np.zeros((0, 4)), np.zeros((0, 2)), [np.array([8, 8, 23, 23])]
    )
    assert not weights[:, 2:6, 2:6].any()
    assert weights[:, :1].all()
    assert weights[:, 8:].all()


def test_an_unknown_keypoint_is_not_asked_for_in_its_persons_box_only():
    boxes = np.array([[0.0, 0.0, 31.0, 63.0]])
    weights = weight_maps((16, 16), 4, boxes, np.array([[0.0, 0.7]]))
    assert not weights[0, :, :8].any()
    assert weights[0, :, 9:].all()
    assert weights[1, 0, 0] == pytest.approx(0.7)


def test_a_persons_own_box_survives_an_unlabelled_neighbour():
    own = np.array([[0.0, 0.0, 31.0, 63.0]])
    weights = weight_maps((16, 16), 4, own, np.ones((1, 1)), [np.array([16, 0, 63, 63])])
    assert weights[0, :, :8].all()
    assert not weights[0, :, 9:].any()


def test_a_box_outside_the_map_touches_no_cell():
    rows, columns = box_cells(np.array([-40.0, 80.0, -20.0, 90.0]), (16, 16), 4)
    assert np.zeros((16, 16))[rows, columns].size == 0
