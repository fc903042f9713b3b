"""`python -m posture_tools.evaluate agreement`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import OVERWRITE, Output, Verb, argument
from rich.table import Table

from edge.desk.outputs import Outputs


def run(options: Namespace, out: Output) -> int:
    from posture_tools.evaluate.agreement import write_confusion_matrix
    from posture_tools.evaluate.ratings import agree, read_ratings

    tests = agree(read_ratings(options.ratings))
    if options.matrices is not None:
        outputs = Outputs([options.ratings], overwrite=options.overwrite)
        folder = outputs.claim_folder(options.matrices)
        paths = [outputs.claim(folder / f"{test.test}.csv") for test in tests]
        outputs.make_folders()
        for path, test in zip(paths, tests, strict=True):
            write_confusion_matrix(path, test.matrix)
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
    waits="comparing",
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
        OVERWRITE,
    ),
    json="array",
    inputs="ratings",
)
