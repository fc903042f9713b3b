"""`posture-station bench`."""

from __future__ import annotations

from argparse import Namespace

from edge.cli.output import Output
from edge.cli.verb import Verb
from edge.commands.station_options import SOURCE, settings_of


def run(options: Namespace, out: Output) -> int:
    from edge.commands import bench

    return bench.run(settings_of(options), out)


VERB = Verb(
    "bench",
    "Measure how long a frame takes on this machine, and how much of it is not inference.",
    example="posture-station bench --source people.mp4 --json",
    run=run,
    waits="measuring this machine",
    measures=True,
    arguments=(SOURCE,),
    json="object",
)
