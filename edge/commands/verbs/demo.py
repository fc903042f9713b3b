"""`posture-station demo`."""

from __future__ import annotations

from argparse import Namespace

from edge.cli.output import Output
from edge.cli.verb import Verb, argument
from edge.commands.station_options import settings_of


def run(options: Namespace, _out: Output) -> int:
    from edge.commands import demo

    return demo.run(settings_of(options), source=options.source or demo.SAMPLE)


VERB = Verb(
    "demo",
    "Show broker, collector and station at work on this machine. It needs neither a camera nor "
    "root, and leaves nothing behind.",
    example="posture-station demo",
    run=run,
    measures=True,
    arguments=(
        argument(
            "--source",
            type=str,
            metavar="URI",
            help="Take pictures from here, not a rendered person.",
        ),
    ),
)
