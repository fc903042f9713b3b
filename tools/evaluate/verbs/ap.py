"""`python -m posture_tools.evaluate ap`."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from posture_tools.cli import Output, Verb, argument
from rich.table import Table


def run(options: Namespace, out: Output) -> int:
    from posture_tools.evaluate.average_precision import average_precision
    from posture_tools.evaluate.coco import read_labels, read_results

    images = read_labels(options.annotations)
    found = read_results(options.results, images)
    figures = asdict(average_precision((image.people, found[image.image_id]) for image in images))
    out.answer(figures)
    table = Table("figure", "value")
    for name, value in figures.items():
        table.add_row(name, f"{value:.4f}")
    out.table(table)
    return 0


VERB = Verb(
    "ap",
    "Compute COCO's ten keypoint figures of a file of results.",
    example="python -m posture_tools.evaluate ap results.json annotations.json",
    run=run,
    waits="comparing",
    arguments=(
        argument("results", type=Path, metavar="RESULTS", help="Results in COCO's format."),
        argument("annotations", type=Path, metavar="ANNOTATIONS", help="Labels in COCO's format."),
    ),
    json="object",
    inputs="results",
)
