"""`posture-models quantise`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import OVERWRITE, Output, Verb, argument
from rich.table import Table


def run(options: Namespace, out: Output) -> int:
    from posture_tools.models.describe import claim
    from posture_tools.models.quantise import quantise

    read = [path for path in (options.model, options.labels) if path is not None]
    claim(options.output, read, overwrite=options.overwrite)
    made = quantise(options.model, options.photos, options.output, options.labels)
    cost = made.cost
    table = Table("", "float", "8 bits", "ratio")
    before, after = made.float_bytes / 1e6, made.bytes / 1e6
    table.add_row("MB", f"{before:.1f}", f"{after:.1f}", f"{after / before:.2f}")
    ms = (cost.float_ms, cost.int8_ms)
    table.add_row("ms of one core", f"{ms[0]:.1f}", f"{ms[1]:.1f}", f"{ms[1] / ms[0]:.2f}")
    if cost.float_oks is not None and cost.int8_oks is not None:
        table.add_row("mean OKS", f"{cost.float_oks:.3f}", f"{cost.int8_oks:.3f}", "")
    table.add_row("OKS, float taken for the truth", "", f"{cost.agreement_oks:.3f}", "")
    out.table(table)
    out.line(
        f"{made.path}: calibrated on {made.calibrated_on} pictures, measured on {cost.people} "
        f"people in {cost.photographs} other photographs. Try it: posture-models check {made.path}"
    )
    return 0


VERB = Verb(
    "quantise",
    "Make an 8-bit copy of a model, and measure what it costs. Half of the photographs calibrate "
    "it, the others measure.",
    example="posture-models quantise described.onnx --photos photos/ -o small.onnx",
    run=run,
    waits="quantising",
    arguments=(
        argument("model", type=Path, metavar="MODEL", help="A described model."),
        argument(
            "--photos",
            type=Path,
            required=True,
            metavar="DIR",
            help="A folder of photographs of people.",
        ),
        argument(
            "--labels",
            type=Path,
            metavar="FILE",
            help="Labels of these photographs in COCO's format. Without, the shipped finder says "
            "where people are.",
        ),
        argument(
            "-o",
            "--output",
            type=Path,
            required=True,
            metavar="OUT.onnx",
            help="Write the copy here.",
        ),
        OVERWRITE,
    ),
)
