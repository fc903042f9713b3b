"""A file of two raters' scores or measurements, and how well they agree test by test.

CSV with the columns `test`, `first`, `second`: one row a person and test. Scores are those of the
seven movements (deep_squat, 2, 3); measurements are numbers of one unit (shoulder_tilt, 2.1, 1.8).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from posture_tools.evaluate.agreement import (
    FMS_SCORES,
    Counts,
    LimitsOfAgreement,
    confusion_matrix,
    limits_of_agreement,
    weighted_kappa,
)

from edge.errors import LabelsInvalid
from edge.shown import quoted

Value = TypeVar("Value", int, float)

COLUMNS = ("test", "first", "second")
Ratings = dict[str, tuple[list[int], list[int]]]
Measurements = dict[str, tuple[list[float], list[float]]]
_LEAST_PAIRS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """One test: its confusion matrix (first rater's scores in rows) and what follows from it."""

    test: str
    matrix: Counts

    def figures(self) -> dict[str, str | int | float]:
        """Number of people, share of equal scores, weighted kappas."""
        n = int(self.matrix.sum())
        return {
            "test": self.test,
            "n": n,
            "same": float(np.trace(self.matrix) / n),
            "kappa_linear": weighted_kappa(self.matrix, "linear"),
            "kappa_quadratic": weighted_kappa(self.matrix, "quadratic"),
        }


def read_ratings(path: Path) -> Ratings:
    """Scores of the first and the second rater by test.

    Raises
    ------
    LabelsInvalid : unreadable, a column missing, or a score that is none; names the line.
    """
    return _read(path, _score)


def read_measurements(path: Path) -> Measurements:
    """Numbers of the first and the second rater by test.

    Raises
    ------
    LabelsInvalid : unreadable, a column missing, no number, or fewer than three pairs of a test.
    """
    measurements = _read(path, _number)
    for test, (first, _) in measurements.items():
        if len(first) < _LEAST_PAIRS:
            raise LabelsInvalid(
                f"{path}: {test} has {len(first)} pairs.",
                f"Limits of agreement need {_LEAST_PAIRS} at least.",
            )
    return measurements


def _read(
    path: Path, value_of: Callable[[str | None, str], Value]
) -> dict[str, tuple[list[Value], list[Value]]]:
    ratings: dict[str, tuple[list[Value], list[Value]]] = {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
                raise LabelsInvalid(
                    f"{path} has no column {', '.join(missing)}.",
                    f"Its first line must name {', '.join(COLUMNS)}.",
                )
            for row in rows:
                scores = [
                    value_of(row[name], f"{path}, line {rows.line_num}") for name in COLUMNS[1:]
                ]
                for rater, value in zip(
                    ratings.setdefault(row["test"], ([], [])), scores, strict=True
                ):
                    rater.append(value)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabelsInvalid(f"cannot read {path}: {error}.", "Check the file.") from error
    return ratings


def agree(ratings: Ratings) -> list[Agreement]:
    """Agreement of each test, in the order of the file."""
    return [Agreement(test, confusion_matrix(*scores)) for test, scores in ratings.items()]


def limits(measurements: Measurements) -> dict[str, LimitsOfAgreement]:
    """Bland and Altman's limits of agreement of each test, in the order of the file."""
    return {
        test: limits_of_agreement(np.array(first), np.array(second))
        for test, (first, second) in measurements.items()
    }


def _number(text: str | None, where: str) -> float:
    try:
        number = float(text or "")
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise LabelsInvalid(f"{where}: {text!r} is no number.", "Leave rows out that have none.")
    return number


def _score(text: str | None, where: str) -> int:
    if text is None or text.strip() not in map(str, FMS_SCORES):
        raise LabelsInvalid(
            f"{where}: {quoted(text or '')} is no score.",
            f"Scores are {', '.join(map(str, FMS_SCORES))}.",
        )
    return int(text)
