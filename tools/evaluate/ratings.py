"""A file of two raters' scores, and how well they agree test by test.

CSV with the columns `test`, `first`, `second`: one row a person and test (deep_squat, 2, 3).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from posture_tools.evaluate.agreement import FMS_SCORES, Counts, confusion_matrix, weighted_kappa

from edge.errors import LabelsInvalid
from edge.shown import quoted

COLUMNS = ("test", "first", "second")
Ratings = dict[str, tuple[list[int], list[int]]]


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
    ratings: Ratings = {}
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
                    _score(row[name], f"{path}, line {rows.line_num}") for name in COLUMNS[1:]
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


def _score(text: str | None, where: str) -> int:
    if text is None or text.strip() not in map(str, FMS_SCORES):
        raise LabelsInvalid(
            f"{where}: {quoted(text or '')} is no score.",
            f"Scores are {', '.join(map(str, FMS_SCORES))}.",
        )
    return int(text)
