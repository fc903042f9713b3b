"""`posture-station software`."""

from __future__ import annotations

from argparse import Namespace

from edge.cli.output import Output
from edge.cli.verb import Verb
from edge.commands.station_options import settings_of


def _boot(_options: Namespace, out: Output) -> int:
    from edge.commands import software

    return software.boot(out)


def _switch(options: Namespace, out: Output) -> int:
    from edge.commands import software

    return software.switch(settings_of(options), out)


def _status(_options: Namespace, out: Output) -> int:
    from edge.commands import software

    return software.status(out)


def _roll_back(_options: Namespace, out: Output) -> int:
    from edge.commands import software

    return software.roll_back(out)


def _use_image(_options: Namespace, out: Output) -> int:
    from edge.commands import software

    return software.use_image(out)


def _check(options: Namespace, out: Output) -> int:
    from edge.commands import software

    return software.check(settings_of(options), out)


VERB = Verb(
    "software",
    "Show or change which release of its own programs this station runs. On an installed station "
    "its units call all steps but status and roll-back by themselves.",
    example="posture-station software status\nsudo posture-station software roll-back",
    steps=(
        Verb(
            "status",
            "Show the release that serves, the one before it, the one on trial, and those that "
            "failed here.",
            example="posture-station software status",
            run=_status,
            json="object",
        ),
        Verb(
            "roll-back",
            "Go back to the release before. The one that is left is not taken again, unless an "
            "operator forces it.",
            example="sudo posture-station software roll-back",
            run=_roll_back,
        ),
        Verb(
            "switch",
            "Take the wheel set that was handed over: verify it, build its environment, try it, "
            "and confirm it or go back. It may take an hour.",
            example="sudo posture-station software switch",
            run=_switch,
        ),
        Verb(
            "boot",
            "Before the station starts, make links and units agree with what should serve.",
            example="sudo posture-station software boot",
            run=_boot,
        ),
        Verb(
            "use-image",
            "Let the installed release serve, whatever an update brought before.",
            example="sudo posture-station software use-image",
            run=_use_image,
        ),
        Verb(
            "check",
            "Find out whether this release can serve on this machine. Its models are loaded, and "
            "must answer as they should.",
            example="posture-station software check",
            run=_check,
            waits="checking the models",
        ),
    ),
)
