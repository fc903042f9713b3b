"""Spines: rendered side views, their targets, and a head that the trunk did not have."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from posture_tools.training.network import JOINT_HEADS, PoseNetwork, load_matching  # noqa: E402
from posture_tools.training.rendered_spine import (  # noqa: E402
    HEADS,
    SpineMix,
    SpineSource,
    render_spine,
)
from posture_tools.training.score import decode_maps, score_spine  # noqa: E402

SIZE = (128, 96)


def source(seed: int) -> SpineSource:
    place = np.full((160, 160, 3), 120, np.uint8)
    return SpineSource([place], SpineMix(size_hw=SIZE), np.random.default_rng(seed))


def test_a_spine_runs_down_the_persons_back():
    for seed in range(4):
        _, points, (x, y, width, height) = render_spine(np.random.default_rng(seed), None)
        assert np.all(np.diff(points[:, 1]) > 0), "from C4 down to S5"
        assert np.all((points > [x - width, y]) & (points < [x + 2 * width, y + 0.7 * height]))


def test_the_targets_peak_where_the_points_are_and_two_crops_share_a_render():
    batch = next(source(1).batches(4))
    assert batch["image"].shape == (4, 3, *SIZE)
    assert batch["spine"].shape == (4, 5, SIZE[0] // 4, SIZE[1] // 4)
    maps = batch["spine"].numpy()
    assert (maps.max(axis=(2, 3)) > 0.8).mean() > 0.8
    points = decode_maps(maps)
    assert not np.allclose(points[0], points[1]), "framed anew"


def test_the_same_seed_draws_the_same_spines():
    first, again = (next(source(5).batches(2)) for _ in range(2))
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_a_head_that_the_trunk_lacks_stays_as_it_is():
    trunk, network = PoseNetwork(JOINT_HEADS, width=16), PoseNetwork(HEADS, width=16)
    head = network.heads["spine"].weight.clone()
    load_matching(network, trunk.state_dict())
    assert torch.equal(network.heads["spine"].weight, head)
    assert torch.equal(network.lateral["c5"][0].weight, trunk.lateral["c5"][0].weight)
    with pytest.raises(ValueError, match="lacks"):
        load_matching(network, {"heads.spine.weight": head})


def test_an_untrained_network_scores_badly():
    torch.manual_seed(0)
    scores = score_spine(PoseNetwork(HEADS, width=16), SIZE, count=3)
    assert scores["spine_px_p50"] > 5
