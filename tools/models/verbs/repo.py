"""`posture-models repo`: sign and publish models and releases for stations to update from."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import Argument, Output, Verb, argument

_ROLES = ("root", "targets", "models", "software", "snapshot", "timestamp")
_SLOTS = ("finder", "whole", "close")
_REPOSITORY = argument("folder", type=Path, metavar="REPOSITORY", help="The repository's folder.")
_PASSPHRASE = argument(
    "--passphrase-file",
    type=Path,
    metavar="FILE",
    help="Read the passphrase from this file, for scheduled jobs. Without, it is asked for.",
)


def _key(help: str) -> Argument:
    return argument("--key", type=Path, action="append", required=True, metavar="FILE", help=help)


def _init(options: Namespace, out: Output) -> int:
    from posture_tools.repository import command

    return command.init(options.folder, options.keys, options.passphrase_file, out)


def _add(options: Namespace, out: Output) -> int:
    from posture_tools.repository import command
    from posture_tools.repository.terms import Conditions

    conditions = Conditions(
        slot=options.slot,
        latency_ms=options.latency_ms,
        ring_percent=options.ring,
        min_sw=options.min_sw,
        max_sw=options.max_sw,
        not_before=options.not_before,
    )
    return command.add(options.folder, options.model, conditions, out)


def _add_role(options: Namespace, out: Output) -> int:
    from posture_tools.repository import command

    return command.add_role(
        options.folder, options.role, options.keys, options.passphrase_file, out
    )


def _release(options: Namespace, out: Output) -> int:
    from posture_tools.repository import command

    return command.release(options.folder, options.wheels, options.ring, options.not_before, out)


def _sign(options: Namespace, out: Output) -> int:
    from posture_tools.repository import command

    return command.sign(options.folder, options.key, options.renew, options.passphrase_file, out)


def _publish(options: Namespace, out: Output) -> int:
    from posture_tools.repository import command

    return command.publish(options.folder, options.key, options.passphrase_file, out)


def _rotate_key(options: Namespace, out: Output) -> int:
    from posture_tools.repository import command

    return command.rotate_key(
        options.folder,
        options.role,
        options.old,
        options.new,
        passphrase_file=options.passphrase_file,
        out=out,
    )


def _status(options: Namespace, out: Output) -> int:
    from posture_tools.repository import command

    return command.status(options.folder, out)


VERB = Verb(
    "repo",
    "Sign and publish models and releases of the station's software, for stations to update from. "
    "The usual order is init, sign, publish; then add or release, sign, publish for each of them.",
    example="posture-models repo init repository --keys keys\n"
    "posture-models repo status repository",
    steps=(
        Verb(
            "init",
            "Make the keys, and stage the first root.",
            example="posture-models repo init repository --keys keys",
            run=_init,
            arguments=(
                _REPOSITORY,
                argument(
                    "--keys",
                    type=Path,
                    required=True,
                    metavar="DIR",
                    help="Write the keys into this folder.",
                ),
                _PASSPHRASE,
            ),
        ),
        Verb(
            "add",
            "Stage a model, or other terms for one that stands.",
            example="posture-models repo add repository model.onnx --slot whole --latency-ms 80 "
            "--ring 1",
            run=_add,
            waits="running the model",
            arguments=(
                _REPOSITORY,
                argument("model", type=Path, metavar="MODEL", help="A described model."),
                argument(
                    "--slot",
                    required=True,
                    choices=_SLOTS,
                    help="What it does at a station: find people, look at whole bodies, or look "
                    "closer.",
                ),
                argument(
                    "--latency-ms",
                    type=float,
                    required=True,
                    metavar="MS",
                    help="The longest that one run may take on a station.",
                ),
                argument(
                    "--ring",
                    type=int,
                    required=True,
                    metavar="PERCENT",
                    help="Offer it to so many per cent of the stations.",
                ),
                argument(
                    "--min-sw", metavar="VERSION", help="The oldest station software it fits."
                ),
                argument(
                    "--max-sw", metavar="VERSION", help="The newest station software it fits."
                ),
                argument(
                    "--not-before",
                    default="",
                    metavar="TIME",
                    help="Offer it from this time on, as RFC 3339 with a zone.",
                ),
            ),
        ),
        Verb(
            "release",
            "Stage a release of the station's software, or other terms for one that stands. The "
            "folder holds all its wheels for one Python and one machine, as `python -m "
            "posture_tools.wheels --fetch` fills it.",
            example="posture-models repo release repository dist/wheels --ring 1",
            run=_release,
            waits="reading the wheels",
            arguments=(
                _REPOSITORY,
                argument("wheels", type=Path, metavar="DIR", help="The folder of wheels."),
                argument(
                    "--ring",
                    type=int,
                    required=True,
                    metavar="PERCENT",
                    help="Offer it to so many per cent of the stations.",
                ),
                argument(
                    "--not-before",
                    default="",
                    metavar="TIME",
                    help="Offer it from this time on, as RFC 3339 with a zone.",
                ),
            ),
        ),
        Verb(
            "add-role",
            "Make the keys of a role that an older repository lacks, and stage it.",
            example="posture-models repo add-role repository software --keys keys",
            run=_add_role,
            arguments=(
                _REPOSITORY,
                argument("role", choices=("software",), metavar="ROLE", help="The role: software."),
                argument(
                    "--keys",
                    type=Path,
                    required=True,
                    metavar="DIR",
                    help="Write its keys into this folder.",
                ),
                _PASSPHRASE,
            ),
        ),
        Verb(
            "sign",
            "Add signatures to what is staged.",
            example="posture-models repo sign repository --key keys/models.pem",
            run=_sign,
            arguments=(
                _REPOSITORY,
                _key("Sign with this key; may be given several times."),
                argument("--renew", choices=_ROLES[:4], help="Stage this role anew before."),
                _PASSPHRASE,
            ),
        ),
        Verb(
            "publish",
            "Put out what is signed, and renew the timestamp.",
            example="posture-models repo publish repository --key keys/snapshot.pem "
            "--key keys/timestamp.pem",
            run=_publish,
            arguments=(
                _REPOSITORY,
                _key("The key of snapshot or of timestamp; give both."),
                _PASSPHRASE,
            ),
        ),
        Verb(
            "rotate-key",
            "Stage another key for a role.",
            example="posture-models repo rotate-key repository timestamp "
            "--old keys/timestamp.pem.pub --new keys/timestamp-2.pem",
            run=_rotate_key,
            arguments=(
                _REPOSITORY,
                argument(
                    "role", choices=_ROLES, metavar="ROLE", help="The role whose key changes."
                ),
                argument(
                    "--old",
                    type=Path,
                    required=True,
                    metavar="FILE.pub",
                    help="The public half of the key that goes.",
                ),
                argument(
                    "--new",
                    type=Path,
                    required=True,
                    metavar="FILE",
                    help="Make the new key here.",
                ),
                _PASSPHRASE,
            ),
        ),
        Verb(
            "status",
            "Show versions, signatures, expiry and offers. The exit status is 1 when a role is "
            "due, expired or unsigned.",
            example="posture-models repo status repository",
            run=_status,
            waits="reading the repository",
            arguments=(_REPOSITORY,),
            json="object",
            inputs="folder",
        ),
    ),
)
