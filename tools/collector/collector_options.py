"""Options that several verbs of the collector share: its store, and its broker."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from posture_tools.cli import argument
from posture_tools.collector.opening import STATE, Where, open_store, where
from posture_tools.collector.store import Store

from edge.errors import SettingsInvalid
from edge.mqtt.settings import MqttSettings, brokers_at
from edge.wire.topics import topic_level

STORE = argument(
    "--store",
    type=where,
    default=STATE / "collector.db",
    metavar="STORE",
    help="The store, a file that `posture-collector run` makes, or postgresql://HOST/DATABASE. The "
    "default is a file in your home.",
)

KEYS = argument(
    "--keys",
    type=Path,
    default=None,
    metavar="FOLDER",
    help="Sign with the keys that `site init` wrote here. A desk needs none.",
)

BROKER = (
    argument(
        "--broker",
        action="append",
        default=[],
        metavar="HOST:PORT",
        help="The broker of the site, or all of them. The default is one on this machine.",
    ),
    KEYS,
    argument("--site", default="desk", help="The site, as in its stations' settings."),
    argument("--username", default="", help="Log in to the broker by this name."),
    argument(
        "--password-file", default="", metavar="FILE", help="Read the name's password from here."
    ),
    argument(
        "--ca-file",
        default="",
        metavar="FILE",
        help="Speak TLS, with a broker whose certificate this authority signed.",
    ),
    argument("--tls", action="store_true", help="Speak TLS, with the authorities of this machine."),
    argument(
        "--allow-plain",
        action="store_true",
        help="Log in without TLS: whoever listens on the network has the password.",
    ),
    argument("--cert-file", default="", metavar="FILE", help="Show the broker this certificate."),
    argument("--key-file", default="", metavar="FILE", help="The key of that certificate."),
)


def broker_and_site(options: Namespace) -> tuple[MqttSettings, str]:
    """The brokers' settings and the site that the options BROKER name.

    Raises
    ------
    SettingsInvalid : no address, or no name of a site.
    """
    given = MqttSettings(
        username=options.username,
        password_file=options.password_file,
        tls=options.tls or bool(options.ca_file),
        allow_plain=options.allow_plain,
        ca_file=options.ca_file,
        cert_file=options.cert_file,
        key_file=options.key_file,
    )
    named = options.broker or ["127.0.0.1:1883"]
    return brokers_at(named, given), topic_level(options.site, "--site")


def files_of(at: Where) -> list[Path]:
    """Files of a store that no output may replace; a database has none here."""
    return [at] if isinstance(at, Path) else []


@contextmanager
def existing_store(at: Where) -> Iterator[Store]:
    """The store, if there is one: SettingsInvalid else."""
    if isinstance(at, Path) and not at.exists():
        raise SettingsInvalid(f"There is no store {at}.", "Name the one of `run` with --store.")
    with open_store(at) as store:
        yield store
