"""Golden vectors are the same everywhere and notice what matters."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from edge.inference.golden import golden_faults, golden_picture, take_golden


def test_the_recipe_never_changes() -> None:
    """Described files in the field hold answers to exactly this picture."""
    picture = golden_picture(20_240, 37, 53)
    assert picture.shape == (37, 53, 3)
    digest = hashlib.sha256(picture.tobytes()).hexdigest()
    assert digest.startswith("6423253ff6f06593")


def _answer() -> dict[str, np.ndarray]:
    return {"heatmaps": np.random.default_rng(5).random((1, 4, 9, 7)).astype(np.float32)}


def test_the_same_answer_has_no_faults() -> None:
    golden = take_golden(1, 9, 7, _answer())
    assert golden_faults(golden, _answer()) == []


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_a_wrong_value_at_a_peak_is_noticed(value: float) -> None:
    golden = take_golden(1, 9, 7, _answer())
    answer = _answer()
    answer["heatmaps"].ravel()[answer["heatmaps"].argmax()] = value
    assert "strays" in golden_faults(golden, answer)[0]


def test_summation_order_is_not_a_fault() -> None:
    golden = take_golden(1, 9, 7, _answer())
    assert golden_faults(golden, {"heatmaps": _answer()["heatmaps"] * np.float32(1.0002)}) == []


def test_another_shape_or_a_missing_output_is_noticed() -> None:
    golden = take_golden(1, 9, 7, _answer())
    assert "shape" in golden_faults(golden, {"heatmaps": _answer()["heatmaps"][:, :3]})[0]
    assert "does not give" in golden_faults(golden, {})[0]


def test_an_empty_output_has_golden_vectors_too() -> None:
    empty = {"boxes": np.zeros((0, 4), np.float32)}
    assert golden_faults(take_golden(1, 9, 7, empty), empty) == []
