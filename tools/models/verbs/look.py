"""`posture-models look`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import OVERWRITE, Output, Verb, argument
from rich.table import Table


def run(options: Namespace, out: Output) -> int:
    from posture_tools.models.look import look

    network, stages = look(
        options.model, options.photo, options.output, overwrite=options.overwrite
    )
    table = Table("keypoint", "x px", "y px", *(f"height, {stage.role}" for stage in stages))
    for row, keypoint in enumerate(network.description.topology.keypoints):
        if keypoint in network.description.keypoints:
            x, y = (f"{value:.1f}" for value in stages[-1].peaks[row, :2])  # nan: none found
            table.add_row(keypoint, x, y, *(f"{stage.peaks[row, 2]:.2f}" for stage in stages))
    out.table(table)
    out.line(f"Pictures: {options.output}")
    return 0


VERB = Verb(
    "look",
    "Draw the heatmaps of every stage over a photograph, and list the peaks.",
    example="posture-models look described.onnx person.jpg -o maps/",
    run=run,
    waits="looking",
    arguments=(
        argument("model", type=Path, metavar="MODEL", help="A model with heatmaps."),
        argument(
            "photo", type=Path, metavar="PHOTO", help="A photograph of one person, or cut to one."
        ),
        argument(
            "-o",
            "--output",
            type=Path,
            required=True,
            metavar="DIR",
            help="Write the pictures into this folder.",
        ),
        OVERWRITE,
    ),
)
