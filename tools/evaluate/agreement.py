"""Agreement of two raters: a person and the station, or two people.

Ordinal scores (FMS, 0..3) are compared by weighted kappa and a confusion matrix, continuous ones
(angles, FMS totals) by Bland and Altman's limits of agreement.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from edge.output import text_output

Float64 = NDArray[np.float64]
Counts = NDArray[np.int64]
Weights = Literal["linear", "quadratic"]

FMS_SCORES = (0, 1, 2, 3)


@dataclass(frozen=True, slots=True)
class LimitsOfAgreement:
    """Bland and Altman 1986, 1999: second rater minus first, in the unit of the ratings.

    lower, upper : bias -/+ 1.96 SD; 95 % of differences lie between them if they are normal.
    bias_ci95, lower_ci95, upper_ci95 : 95 % confidence intervals (Student's t, n - 1).
    """

    n: int
    bias: float
    sd: float
    lower: float
    upper: float
    bias_ci95: tuple[float, float]
    lower_ci95: tuple[float, float]
    upper_ci95: tuple[float, float]


def confusion_matrix(
    first: Sequence[int], second: Sequence[int], categories: Sequence[int] = FMS_SCORES
) -> Counts:
    """Counts (categories, categories): the first rater's score is the row, the second's the column.

    Raises
    ------
    ValueError : lists of different length, or a score that is no category.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} scores of one rater, {len(second)} of the other")
    place = {category: i for i, category in enumerate(categories)}
    strange = sorted({*first, *second} - set(place))
    if strange:
        raise ValueError(f"scores {strange} are none of {list(categories)}")
    matrix = np.zeros((len(place), len(place)), np.int64)
    for a, b in zip(first, second, strict=True):
        matrix[place[a], place[b]] += 1
    return matrix


def weighted_kappa(matrix: Counts, weights: Weights = "quadratic") -> float:
    """Cohen's weighted kappa (Cohen 1968) of a confusion matrix; 1 for identical ratings.

    NaN where chance alone explains full agreement: nobody was rated, or both raters gave everyone
    one and the same score.
    """
    rows, columns = np.indices(matrix.shape)
    distance = np.abs(rows - columns).astype(float)
    cost = distance if weights == "linear" else distance**2
    total = matrix.sum()
    if total == 0:
        return float("nan")
    by_chance = np.outer(matrix.sum(1), matrix.sum(0)) / total
    expected = float((cost * by_chance).sum())
    return 1 - float((cost * matrix).sum()) / expected if expected > 0 else float("nan")


def limits_of_agreement(first: Float64, second: Float64) -> LimitsOfAgreement:
    """Bland-Altman analysis of paired ratings (n,).

    The standard error of a limit is SD sqrt(1/n + 1.96^2 / (2 (n - 1))) (1999, section 2.2).

    Raises
    ------
    ValueError : fewer than three pairs, or lists of different length.
    """
    if first.shape != second.shape or len(first) < 3:
        raise ValueError(f"limits of agreement need three pairs, not {first.shape}, {second.shape}")
    difference = second - first
    n = len(difference)
    bias, sd = float(difference.mean()), float(difference.std(ddof=1))
    t = float(stats.t.ppf(0.975, n - 1))
    bias_half = t * sd / math.sqrt(n)
    limit_half = t * sd * math.sqrt(1 / n + 1.96**2 / (2 * (n - 1)))
    lower, upper = bias - 1.96 * sd, bias + 1.96 * sd
    return LimitsOfAgreement(
        n=n,
        bias=bias,
        sd=sd,
        lower=lower,
        upper=upper,
        bias_ci95=(bias - bias_half, bias + bias_half),
        lower_ci95=(lower - limit_half, lower + limit_half),
        upper_ci95=(upper - limit_half, upper + limit_half),
    )


def write_confusion_matrix(
    path: Path, matrix: Counts, categories: Sequence[int] = FMS_SCORES
) -> None:
    """CSV with one row a score of the first rater and one column a score of the second."""
    with text_output(path) as file:
        table = csv.writer(file)
        table.writerow(["first \\ second", *categories])
        table.writerows([c, *row] for c, row in zip(categories, matrix.tolist(), strict=True))
