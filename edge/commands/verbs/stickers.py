"""`posture-station stickers`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from edge.cli.output import Output
from edge.cli.verb import OVERWRITE, Verb, argument


def run(options: Namespace, out: Output) -> int:
    from edge.commands import stickers

    return stickers.run(options.out, options.paper, out, overwrite=options.overwrite)


VERB = Verb(
    "stickers",
    "Write a sheet of stickers to print, true to scale. Its second page says where they belong.",
    example="posture-station stickers -o sheet.pdf",
    run=run,
    waits="drawing",
    arguments=(
        argument(
            "-o",
            "--out",
            type=Path,
            required=True,
            metavar="FILE.pdf",
            help="Write the sheet here.",
        ),
        argument(
            "--paper", choices=("a4", "letter"), default="a4", help="The paper. The default is a4."
        ),
        OVERWRITE,
    ),
)
