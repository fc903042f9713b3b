"""`posture-models export`."""

from __future__ import annotations

import argparse
from argparse import Namespace
from pathlib import Path

from posture_tools.cli import OVERWRITE, Output, Verb, argument
from posture_tools.models.architectures import MODULES


def run(options: Namespace, out: Output) -> int:
    from posture_tools.models.describe import claim
    from posture_tools.models.export import TOLERANCE, export

    claim(options.output, [options.checkpoint], overwrite=options.overwrite)
    made = export(options.architecture, options.checkpoint, options.output, options.size)
    out.line(
        f"{made.path}: {made.parameters / 1e6:.1f} million parameters, {made.bytes / 1e6:.1f} MB; "
        f"onnxruntime within {made.difference:.1g} of PyTorch (allowed {TOLERANCE:g}). "
        f"Try it: posture-models check {made.path}"
    )
    return 0


def _size(text: str) -> tuple[int, int]:
    height, _, width = text.partition("x")
    if not (height.isdecimal() and width.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text} is no HEIGHTxWIDTH, such as 256x192")
    return int(height), int(width)


VERB = Verb(
    "export",
    "Make a described ONNX file of a PyTorch checkpoint. It is compared with PyTorch before it is "
    "written.",
    example="posture-models export hourglass checkpoint.pth -o hourglass.onnx --size 256x192",
    run=run,
    waits="tracing",
    arguments=(
        argument(
            "architecture",
            choices=MODULES,
            metavar="ARCH",
            help=f"The network's architecture: {', '.join(MODULES)}.",
        ),
        argument(
            "checkpoint", type=Path, metavar="CHECKPOINT", help="A file of its state_dict alone."
        ),
        argument(
            "-o",
            "--output",
            type=Path,
            required=True,
            metavar="OUT.onnx",
            help="Write the ONNX file here.",
        ),
        OVERWRITE,
        argument(
            "--size",
            type=_size,
            metavar="HxW",
            help="Height and width of its input, px. The default is as published.",
        ),
    ),
    extra="training",
)
