"""The losses against what they say, written out plainly."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from posture_tools.training.losses import (  # noqa: E402
    displacements,
    gaussian_maps,
    line_loss,
    map_loss,
    mirror_loss,
    place_loss,
    yaw_loss,
)
from posture_tools.training.picture import UNKNOWN_YAW, exact_yaw  # noqa: E402
from posture_tools.training.targets import confidence_maps  # noqa: E402

NOWHERE = [float("nan"), float("nan")]
ALL = torch.ones(1, 16, 12, dtype=torch.bool)


def test_maps_are_those_of_the_slow_twin():
    points = torch.tensor([[[3.2, 5.9], NOWHERE, [11.7, -0.4]]])
    maps = gaussian_maps(points, (16, 12))
    for channel in range(3):
        wanted = confidence_maps(points[:, channel : channel + 1].numpy(), (16, 12), 2.0)
        np.testing.assert_allclose(maps[0, channel].numpy(), wanted[0], atol=1e-6)


def test_a_masked_cell_and_an_unknown_point_have_no_gradient():
    predicted = torch.ones(1, 2, 16, 12, requires_grad=True)
    cells = ALL.clone()
    cells[0, :, 6:] = False
    map_loss(predicted, torch.zeros(1, 2, 16, 12), torch.tensor([[1.0, 0.0]]), cells).backward()
    assert predicted.grad[0, 0, :, :6].all()
    assert not predicted.grad[0, 0, :, 6:].any()
    assert not predicted.grad[0, 1].any()


def test_a_point_that_is_known_to_be_gone_teaches_an_empty_map():
    points = torch.tensor([[NOWHERE]])
    predicted = torch.full((1, 1, 16, 12), 0.3, requires_grad=True)
    target = gaussian_maps(points, (16, 12))
    assert not target.any()
    map_loss(predicted, target, torch.ones(1, 1), ALL).backward()
    assert (predicted.grad > 0).all()


@pytest.mark.parametrize("at", [(5.0, 7.0), (5.4, 7.3), (0.2, 15.3), (11.4, 0.0)])
def test_a_perfect_map_has_no_error_of_place_at_any_part_of_a_cell(at):
    points, trust = torch.tensor([[at]]), torch.ones(1, 1)
    maps = gaussian_maps(points, (16, 12))
    assert place_loss(*displacements(maps, points, trust)).item() == pytest.approx(0, abs=1e-6)


def test_the_place_is_pulled_to_the_truth():
    points, trust = torch.tensor([[[5.3, 7.0]]]), torch.ones(1, 1)
    beside = gaussian_maps(points + torch.tensor([0.4, 0.0]), (16, 12)).requires_grad_()
    loss = place_loss(*displacements(beside, points, trust))
    assert 0.1 < loss.item() < 0.5
    loss.backward()
    assert (beside.grad[0, 0, 7, 6:8] > 0).all(), "less to the right"
    assert (beside.grad[0, 0, 7, 3:5] < 0).all(), "more to the left"


def test_a_peak_that_is_wide_or_low_lies_no_nearer():
    points, trust = torch.tensor([[[5.3, 7.0]]]), torch.ones(1, 1)
    beside = points + torch.tensor([0.8, 0.0])

    def loss(maps):
        return place_loss(*displacements(maps, points, trust)).item()

    sharp = loss(gaussian_maps(beside, (16, 12)))
    assert sharp == pytest.approx(0.8, abs=0.05)
    assert loss(gaussian_maps(beside, (16, 12), sigma=2.6)) > 0.9 * sharp
    assert loss(0.4 * gaussian_maps(beside, (16, 12))) > 0.9 * sharp


def test_a_line_is_wrong_by_how_far_it_is_turned():
    def loss(shift, length=5.0):
        points = torch.tensor([[[3.3, 7.0], [3.3 + length, 7.0], [5.0, 12.0]]])
        maps = gaussian_maps(points + torch.tensor(shift), (16, 12))
        apart, trust = displacements(maps, points, torch.ones(1, 3))
        return line_loss(apart, points, trust, torch.tensor([[0, 1]])).item()

    lower, tilted = ([[0.0, 0.3], [0.0, y], [0.0, 0.0]] for y in (0.3, -0.3))
    assert loss(lower) < 0.02, "the line is only lower"
    assert loss([[0.2, 0.0], [-0.2, 0.0], [0.0, 0.0]]) < 0.02, "it is only shorter"
    assert loss(tilted) > 0.3, "the line is tilted"
    assert loss(tilted, length=4.0) > 1.1 * loss(tilted), "a shorter one is turned further"


def test_a_line_of_one_end_is_none():
    points = torch.tensor([[[3.0, 7.0], NOWHERE]])
    maps = torch.rand(1, 2, 16, 12, requires_grad=True)
    apart, trust = displacements(maps, points, torch.ones(1, 2))
    loss = line_loss(apart, points, trust, torch.tensor([[0, 1]]))
    loss.backward()
    assert loss.item() == 0
    assert not maps.grad.any()


def test_what_is_unknown_or_gone_has_no_place():
    points = torch.tensor([[[5.0, 5.0], NOWHERE]])
    maps = torch.rand(1, 2, 16, 12, requires_grad=True)
    loss = place_loss(*displacements(maps, points, torch.tensor([[0.0, 1.0]])))
    assert loss.item() == 0
    loss.backward()
    assert not maps.grad.any()


def test_a_yaw_within_its_bounds_costs_nothing():
    bounds = torch.from_numpy(
        np.stack([exact_yaw(30), UNKNOWN_YAW, np.array([[-1, 0.8], [1, 1]], np.float32)])
    )
    right = torch.tensor([[0.5, 3**0.5 / 2], [0.3, -0.4], [0.2, 0.9]])
    trust = torch.ones(3)
    assert yaw_loss(right, bounds, trust).item() == pytest.approx(0, abs=1e-6)
    wrong = torch.tensor([[-0.5, 3**0.5 / 2], [0.3, -0.4], [0.2, 0.5]])
    assert yaw_loss(wrong, bounds, trust).item() == pytest.approx((1.0 + 0.09) / 3)
    assert yaw_loss(wrong, bounds, torch.tensor([0.0, 1.0, 1.0])).item() == pytest.approx(0.03)


def test_maps_that_change_sides_with_the_mirror_are_consistent():
    mirror = torch.tensor([0, 2, 1])
    maps = torch.rand(2, 3, 16, 12)
    mirrored = maps[:, mirror].flip(3)
    assert mirror_loss(maps, mirrored, mirror).item() == pytest.approx(0)
    assert mirror_loss(maps, maps.flip(3), mirror).item() > 1, "left stayed left"
