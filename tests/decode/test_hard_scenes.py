"""The hard scenes of the decoder benchmark in the folder of shared test material."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from posture_tools.evaluate import decode_adapter
from posture_tools.evaluate.bench_decode import load_bench

pytestmark = pytest.mark.shared
FRAMES = 20

# Least recall of visible keypoints. One wrist of 36 keypoints is seen once for two people.
LEAST_RECALL = {
    "crossing": 1.0,
    "touching": 1.0,
    "missing": 1.0,
    "no_neck": 1.0,
    "same_wrist": 35 / 36,
    "false_peaks": 1.0,
    "noise": 1.0,
    "profile": 1.0,
    "border": 1.0,
    "plateau": 1.0,
    "mixed_scale": 1.0,
}


@pytest.fixture(scope="module")
def bench(shared: Path) -> Any:
    return load_bench(shared)[0]


def decoded(bench: Any, scenes: list[Any]) -> dict[str, float]:
    found = [bench.evaluate(s["people"], decode_adapter.decode(s["hm"], s["paf"])) for s in scenes]
    return dict(bench.pool(found))


def test_every_scene_of_the_benchmark_has_its_limits(bench: Any):
    assert set(bench.HARD) == set(LEAST_RECALL)


@pytest.mark.parametrize("scene", LEAST_RECALL)
def test_everybody_is_found_whole_and_nobody_else(bench: Any, scene: str):
    figures = decoded(bench, [bench.hard_frame(scene, 46, 54, seed) for seed in range(FRAMES)])
    assert figures["found"] == 1
    assert figures["recall"] >= LEAST_RECALL[scene] - 1e-9
    assert figures["assoc_per_100"] == 0
    assert figures["ghost_per_frame"] == 0
    assert figures["merged_per_frame"] == 0


@pytest.mark.parametrize("people", [1, 5, 20, 50])
def test_a_clean_crowd_is_found_whole_and_placed_to_a_fiftieth_of_a_cell(bench: Any, people: int):
    figures = decoded(bench, [bench.frame(people, 46, 54, seed) for seed in range(5)])
    assert figures["recall"] > 0.995
    assert figures["ghost_per_frame"] == 0
    assert figures["merged_per_frame"] == 0
    assert figures["err_med"] <= 0.02
