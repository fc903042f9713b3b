"""`posture-models describe`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import OVERWRITE, Output, Verb, argument

from edge.output import write_output


def run(options: Namespace, out: Output) -> int:
    from posture_tools.models.cards import read_card
    from posture_tools.models.describe import claim, describe
    from posture_tools.models.inspect import read

    output = options.model
    if options.output is not None:
        read_too = (options.model, options.card)
        output = claim(options.output, read_too, overwrite=options.overwrite)
    write_output(output, describe(read(options.model), read_card(options.card)))
    out.line(f"{output}: described. Try it: posture-models check {output}")
    return 0


VERB = Verb(
    "describe",
    "Write into an ONNX file what its channels mean. The file then describes itself, and proves "
    "at every start that it still answers as it did here.",
    example="posture-models describe model.onnx card.json -o described.onnx",
    run=run,
    waits="running the model",
    arguments=(
        argument("model", type=Path, metavar="MODEL", help="The ONNX file."),
        argument(
            "card", type=Path, metavar="CARD", help="A description as JSON, or a published card."
        ),
        argument(
            "-o",
            "--output",
            type=Path,
            metavar="OUT.onnx",
            help="Write the described file here. Without, it replaces MODEL.",
        ),
        OVERWRITE,
    ),
)
