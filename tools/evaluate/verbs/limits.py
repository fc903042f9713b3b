"""`python -m posture_tools.evaluate limits`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import Output, Verb, argument
from rich.table import Table


def run(options: Namespace, out: Output) -> int:
    from posture_tools.evaluate.ratings import limits, read_measurements

    found = limits(read_measurements(options.measurements))
    out.answer({"tests": found})
    table = Table("test", "n", "bias", "SD", "lower limit", "upper limit")
    for test, each in found.items():
        cells = (
            f"{value:.2f} ({low:.2f} to {high:.2f})"
            for value, (low, high) in (
                (each.bias, each.bias_ci95),
                (each.lower, each.lower_ci95),
                (each.upper, each.upper_ci95),
            )
        )
        bias, lower, upper = cells
        table.add_row(test, str(each.n), bias, f"{each.sd:.2f}", lower, upper)
    out.table(table)
    return 0


VERB = Verb(
    "limits",
    "Compute Bland and Altman's limits of agreement of two raters who measured the same angles or "
    "lengths, with their 95 % intervals.",
    example="python -m posture_tools.evaluate limits measurements.csv",
    run=run,
    waits="comparing",
    arguments=(
        argument(
            "measurements",
            type=Path,
            metavar="MEASUREMENTS",
            help="A CSV file with the columns test, first and second.",
        ),
    ),
    json="object",
    inputs="measurements",
)
