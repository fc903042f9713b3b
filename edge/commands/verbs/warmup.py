"""`posture-station warmup`."""

from __future__ import annotations

from argparse import Namespace

from edge.cli.output import Output
from edge.cli.verb import Verb
from edge.commands.station_options import settings_of


def run(options: Namespace, out: Output) -> int:
    from edge.commands import warmup

    return warmup.run(settings_of(options), out)


VERB = Verb(
    "warmup",
    "Compile the kernels, and build an accelerator's engines, once. Run it at installation and "
    "after an update of the models.",
    example="posture-station warmup",
    run=run,
    waits="compiling",
    measures=True,
)
