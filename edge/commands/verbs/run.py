"""`posture-station run`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from edge.cli.memory import check_memory
from edge.cli.output import Output
from edge.cli.verb import Verb, argument
from edge.commands.station_options import (
    BROKER,
    CLOSE,
    INTERVAL,
    PACE,
    SOURCE,
    close_of,
    settings_of,
    with_broker,
    with_models,
)


def run(options: Namespace, _out: Output) -> int:
    from edge.commands import run

    if options.only != "uplink":
        check_memory()
    settings = with_broker(
        with_models(settings_of(options), options.model, close=close_of(options)), options.broker
    )
    return run.run(settings, only=options.only, verbose=options.verbose)


VERB = Verb(
    "run",
    "Measure people before the camera and send the results until Ctrl-C. A recorded source ends "
    "by itself, when all of its results have been delivered.",
    example="posture-station run --source /dev/video0 --broker broker.local:1883\n"
    "posture-station --settings station.toml run --only engine",
    run=run,
    arguments=(
        SOURCE,
        argument("--model", type=Path, metavar="FILE", help="Use this model."),
        CLOSE,
        BROKER,
        PACE,
        INTERVAL,
        argument(
            "--only",
            choices=("engine", "uplink"),
            default="",
            help="Be one of the station's two processes: measure, or send.",
        ),
        argument("--verbose", action="store_true", help="Print every measure."),
    ),
)
