"""`posture-station doctor`."""

from __future__ import annotations

from argparse import Namespace

from edge.cli.output import Output
from edge.cli.verb import Verb
from edge.commands.station_options import BROKER, SOURCE, settings_of, with_broker


def run(options: Namespace, out: Output) -> int:
    from edge.commands import doctor

    return doctor.run(with_broker(settings_of(options), options.broker), out)


VERB = Verb(
    "doctor",
    "Check software, camera, models, broker, clock and disk, and say what to do. It changes "
    "nothing. The exit status is 1 where a check failed.",
    example="posture-station doctor --source /dev/video0 --broker broker.local:1883",
    run=run,
    waits="checking",
    measures=True,
    arguments=(SOURCE, BROKER),
    json="array",
)
