"""`python -m posture_tools.evaluate agreement`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import Output, Verb, argument
from rich.table import Table


def run(options: Namespace, out: Output) -> int:
    from posture_tools.evaluate.agreement import write_confusion_matrix
    from posture_tools.evaluate.ratings import agree, read_ratings

    tests = agree(read_ratings(options.ratings))
    if options.matrices is not None:
        options.matrices.mkdir(parents=True, exist_ok=True)
        for test in tests:
            write_confusion_matrix(options.matrices / f"{test.test}.csv", test.matrix)
    table = Table("test", "n", "same", "kappa, linear", "kappa, quadratic")
    for test in tests:
        out.entry(test.figures())
        n, same, linear, quadratic = list(test.figures().values())[1:]
        table.add_row(test.test, str(n), f"{same:.2f}", f"{linear:.2f}", f"{quadratic:.2f}")
    out.table(table)
    return 0


VERB = Verb(
    "agreement",
    "Measure how far two raters of the same tests agree.",
    example="python -m posture_tools.evaluate agreement ratings.csv --matrices matrices/",
    run=run,
    arguments=(
        argument(
            "ratings",
            type=Path,
            metavar="RATINGS",
            help="A CSV file with the columns test, first and second.",
        ),
        argument(
            "--matrices",
            type=Path,
            metavar="DIR",
            help="Write each test's confusion matrix into this folder, as CSV.",
        ),
    ),
    json="array",
    inputs="ratings",
)
