"""`python -m posture_tools.evaluate pck`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import Output, Verb, argument
from rich.table import Table


def run(options: Namespace, out: Output) -> int:
    from posture_tools.evaluate.coco import read_labels, read_results
    from posture_tools.evaluate.correct import correct_keypoints
    from posture_tools.evaluate.report import number

    images = read_labels(options.annotations)
    lines = correct_keypoints(images, read_results(options.results, images))
    table = Table("metric", "correct", "keypoints", *lines[0].correct.by_part)
    for line in lines:
        out.entry(line)
        shares = (line.correct.total, *line.correct.by_part.values())
        total, *parts = (number(share, 3) for share in shares)
        name = f"{line.metric}@{line.threshold:g}"
        table.add_row(name, total, str(line.correct.keypoints), *parts)
    out.table(table)
    return 0


VERB = Verb(
    "pck",
    "Compute PCK, PDJ and PCKh of a file of results: the share of keypoints that lie within a part "
    "of the person's size, torso or head.",
    example="python -m posture_tools.evaluate pck results.json annotations.json",
    run=run,
    waits="comparing",
    arguments=(
        argument("results", type=Path, metavar="RESULTS", help="Results in COCO's format."),
        argument(
            "annotations",
            type=Path,
            metavar="ANNOTATIONS",
            help="Labels in COCO's format; PCKh needs a head_bbox of each person.",
        ),
    ),
    json="array",
    inputs="results",
)
