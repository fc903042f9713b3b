"""`posture-collector desire`."""

from __future__ import annotations

from argparse import Namespace

import msgspec
from posture_tools.cli import Output, Verb, argument
from posture_tools.collector import desired
from posture_tools.collector.collector_options import BROKER, broker_and_site
from posture_tools.collector.worker_key import load_granted

from edge.errors import SettingsInvalid
from edge.wire.commands import Desired
from edge.wire.topics import topic_level


def run(options: Namespace, out: Output) -> int:
    mqtt, site = broker_and_site(options)
    said = {
        "schema": "ps.desired/1",
        "version": 0,
        "hold": options.hold,
        "force": options.force,
        "pin": dict(pin.rpartition("=")[::2] for pin in options.pin),
    }
    try:
        wanted = msgspec.convert(said, Desired)
    except msgspec.ValidationError as error:
        raise SettingsInvalid(
            f"This cannot be desired: {error}.",
            "A pin is SLOT=SHA256, and a sha256 is 64 lower-case hexadecimal digits.",
        ) from error
    for name in options.stations:
        topic_level(name, "STATION")
    key = None if options.keys is None else load_granted(options.keys, "command")
    version = desired.publish(mqtt, site, options.stations, wanted, key)
    state = desired.DesiredState(wanted, obeyed=True)
    out.line(f"version {version} for {', '.join(options.stations)}: {state}")
    return 0


VERB = Verb(
    "desire",
    "Pin, force or hold models of stations; it replaces what was desired before. Without an "
    "option the stations take what is offered. Those that are away hear it when they come back.",
    example="posture-collector desire hall-1 hall-2 --hold\n"
    "posture-collector desire hall-1 --pin finder="
    "3f786850e387550fdab836ed7e6dc881de23001b8bd8bbb6ad1b1d3c4e5f6a7b",
    run=run,
    arguments=(
        argument("stations", nargs="+", metavar="STATION", help="A station, or several."),
        argument("--hold", action="store_true", help="Take no new model."),
        argument(
            "--pin",
            action="append",
            default=[],
            metavar="SLOT=SHA256",
            help="Take this file only, whatever its ring and version.",
        ),
        argument(
            "--force",
            action="append",
            default=[],
            metavar="SHA256",
            help="Offer this file again although it was rolled back.",
        ),
        *BROKER,
    ),
)
