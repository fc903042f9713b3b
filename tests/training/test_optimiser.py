"""The optimiser against what it stands for: a singular value decomposition, and a valley."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from posture_tools.training.network import PoseNetwork  # noqa: E402
from posture_tools.training.optimiser import Muon, make_optimisers, orthogonal  # noqa: E402
from torch import nn  # noqa: E402


@pytest.mark.parametrize("shape", [(32, 288), (288, 32), (64, 64)])
def test_an_update_is_nearly_the_orthogonal_matrix_of_the_decomposition(
    shape: tuple[int, int],
) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    found = orthogonal(matrix).float()
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    values = torch.linalg.svdvals(found)
    assert float(values.min()) > 0.5
    assert float(values.max()) < 1.4
    along = float((found * (left @ right)).sum() / found.norm() / (left @ right).norm())
    assert along > 0.95


def test_every_parameter_is_changed_by_one_optimiser_and_norms_are_not_drawn_to_zero() -> None:
    network = PoseNetwork({"photo": 17, "body": 55}, yaw=True)
    optimisers = make_optimisers(network, lr=1e-3, weight_decay=0.1)
    groups = [group for each in optimisers for group in each.param_groups]
    held = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(held) == sorted(id(parameter) for parameter in network.parameters())
    drawn = {id(p): group["weight_decay"] for group in groups for p in group["params"]}
    for parameter in network.parameters():
        assert (drawn[id(parameter)] > 0) == (parameter.ndim > 1)
    (muon,) = (each for each in optimisers if isinstance(each, Muon))
    orthogonalised = {id(p) for group in muon.param_groups for p in group["params"]}
    assert id(network.heads["body"].weight) not in orthogonalised
    assert id(network.stem[0][0].weight) in orthogonalised


def test_directions_that_the_gradient_seldom_shows_are_learned_as_fast() -> None:
    steep = torch.tensor([100.0, 10.0, 1.0, 0.1])
    weight = nn.Parameter(torch.eye(4).reshape(4, 4, 1, 1).clone())
    muon = Muon([weight], lr=0.05, weight_decay=0.0)
    for _ in range(72):
        muon.zero_grad()
        (steep * weight.flatten(1).square()).sum().backward()
        muon.step()
    assert float(weight.detach().abs().max()) < 0.2


def test_weight_decay_draws_to_zero_without_a_gradient_to_speak_of() -> None:
    weight = nn.Parameter(torch.ones(2, 2, 1, 1))
    muon = Muon([weight], lr=0.1, weight_decay=0.5)
    weight.grad = torch.zeros_like(weight)
    muon.step()
    assert torch.allclose(weight, torch.full_like(weight, 0.95))
