"""`posture-station update`."""

from __future__ import annotations

from argparse import Namespace

from edge.cli.output import Output
from edge.cli.verb import Verb, argument
from edge.commands.station_options import settings_of


def run(options: Namespace, out: Output) -> int:
    import msgspec

    from edge.commands import update

    settings = settings_of(options)
    if options.state is not None:
        settings = msgspec.structs.replace(settings, state_dir=options.state)
    return update.run(settings, out)


VERB = Verb(
    "update",
    "Take one new model file, and download a new release of the station's programs, if the "
    "repository offers them to this station. Both are tried, and where one fails the station goes "
    "back to what it had.",
    example="posture-station --settings station.toml update",
    run=run,
    waits="asking the repository",
    arguments=(
        argument("--state", metavar="DIR", help="Use this state folder, not that of the settings."),
    ),
)
