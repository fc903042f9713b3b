"""`posture-station netwatch`."""

from __future__ import annotations

from argparse import Namespace

from edge.cli.output import Output
from edge.cli.verb import Verb
from edge.commands.station_options import settings_of


def run(options: Namespace, _out: Output) -> int:
    from edge.commands import netwatch

    return netwatch.run(settings_of(options))


VERB = Verb(
    "netwatch",
    "Mend a network link or a camera driver that stays down, until stopped. It starts services "
    "anew, then the machine, a few times a day at most.",
    example="sudo posture-station --settings station.toml netwatch",
    run=run,
)
