"""`posture-station provision`."""

from __future__ import annotations

from argparse import Namespace

from edge.cli.output import Output
from edge.cli.verb import Verb


def run(_options: Namespace, _out: Output) -> int:
    from edge.commands import provision

    return provision.run()


VERB = Verb(
    "provision",
    "Find out at boot who this station is. It reads the file on the boot partition; nothing else "
    "of the station starts before that is certain.",
    example="sudo posture-station provision",
    run=run,
)
