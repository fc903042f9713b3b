"""Agreement of raters: worked examples of the textbooks and the FMS lists."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from posture_tools.evaluate.__main__ import main
from posture_tools.evaluate.agreement import (
    confusion_matrix,
    limits_of_agreement,
    weighted_kappa,
    write_confusion_matrix,
)

FMS_FINALS = [2, 2, 2, 1, 3, 2, 2]
scores = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30)


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
def test_identical_ratings_have_kappa_one(weights: str) -> None:
    assert weighted_kappa(confusion_matrix(FMS_FINALS, FMS_FINALS), weights) == 1  # type: ignore[arg-type]


def test_kappa_of_a_worked_example() -> None:
    # Observed cost 3/10; by chance: rows 4, 4, 2 and columns 3, 5, 2 of ten.
    first = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]
    second = [0, 0, 0, 1, 1, 1, 1, 2, 2, 1]
    matrix = confusion_matrix(first, second)
    chance_linear = (4 * (5 + 2 * 2) + 4 * (3 + 2) + 2 * (2 * 3 + 5)) / 10
    chance_quadratic = (4 * (5 + 4 * 2) + 4 * (3 + 2) + 2 * (4 * 3 + 5)) / 10
    assert weighted_kappa(matrix, "linear") == pytest.approx(1 - 3 / chance_linear)
    assert weighted_kappa(matrix, "quadratic") == pytest.approx(1 - 3 / chance_quadratic)


def test_opposite_raters_have_negative_kappa() -> None:
    assert weighted_kappa(confusion_matrix([0, 3, 0, 3], [3, 0, 3, 0])) == -1


def test_one_score_for_everyone_says_nothing_about_agreement() -> None:
    assert math.isnan(weighted_kappa(confusion_matrix([2, 2, 2], [2, 2, 2])))
    assert math.isnan(weighted_kappa(confusion_matrix([], [])))


@given(scores)
def test_kappa_does_not_care_who_is_first(pairs: list[tuple[int, int]]) -> None:
    first, second = zip(*pairs, strict=True)
    there = weighted_kappa(confusion_matrix(first, second))
    back = weighted_kappa(confusion_matrix(second, first))
    assert there == pytest.approx(back, nan_ok=True)
    assert math.isnan(there) or -1 - 1e-9 <= there <= 1


def test_a_score_outside_the_scale_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[4\]"):
        confusion_matrix([1, 4], [1, 1])


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="2 scores"):
        confusion_matrix([1, 1], [1])


def test_the_confusion_matrix_is_exported(tmp_path: Path) -> None:
    matrix = confusion_matrix([0, 3, 2, 2], [1, 3, 2, 3])
    write_confusion_matrix(tmp_path / "matrix.csv", matrix)
    with (tmp_path / "matrix.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header[1:] == ["0", "1", "2", "3"]
    assert rows == [
        ["0", "0", "1", "0", "0"],
        ["1", "0", "0", "0", "0"],
        ["2", "0", "0", "1", "1"],
        ["3", "0", "0", "0", "1"],
    ]


def test_limits_of_agreement_of_known_differences() -> None:
    first = np.array([10.0, 12, 14, 16, 18])
    limits = limits_of_agreement(first, first + np.arange(1, 6))
    assert limits.bias == 3
    assert limits.sd == pytest.approx(1.5811388)
    assert limits.lower == pytest.approx(3 - 1.96 * 1.5811388)
    assert limits.upper == pytest.approx(3 + 1.96 * 1.5811388)
    # t(0.975, 4) = 2.7764; SE of the bias 0.70711, of a limit 1.5811 sqrt(1/5 + 1.96^2 / 8)
    assert limits.bias_ci95 == pytest.approx((3 - 1.96324, 3 + 1.96324), abs=1e-4)
    half = 2.7764451 * 1.5811388 * math.sqrt(0.2 + 1.96**2 / 8)
    assert limits.upper_ci95[1] - limits.upper == pytest.approx(half, abs=1e-5)


def test_two_pairs_are_too_few() -> None:
    with pytest.raises(ValueError, match="three pairs"):
        limits_of_agreement(np.zeros(2), np.ones(2))


def test_the_command_prints_limits_of_agreement(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Differences 1, 2, 3: bias 2, SD 1, limits 2 -+ 1.96."""
    file = tmp_path / "angles.csv"
    file.write_text("test,first,second\ntilt,0,1\ntilt,0.5,2.5\ntilt,-1,2\n")
    assert main(["limits", str(file)]) == 0
    told = capsys.readouterr().out
    assert "2.00 (-0.48 to 4.48)" in told
    assert "0.04 (" in told
    assert "3.96 (" in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("test,first,second\ntilt,0,1\ntilt,0,1\n", "tilt has 2 pairs"),
        ("test,first,second\ntilt,0,nan\n", "line 2: 'nan' is no number"),
        ("test,first\ntilt,0\n", "no column second"),
    ],
)
def test_measurements_that_cannot_be_compared_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    file = tmp_path / "angles.csv"
    file.write_text(text)
    assert main(["limits", str(file)]) != 0
    assert said in capsys.readouterr().err
