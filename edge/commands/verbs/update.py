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
    "Take one new model file, if the repository offers one to this station. The station tries it "
    "between two screenings, and goes back to the old one where it fails.",
    example="posture-station --settings station.toml update",
    run=run,
    arguments=(
        argument("--state", metavar="DIR", help="Use this state folder, not that of the settings."),
    ),
)
