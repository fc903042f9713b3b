"""`posture-collector site brokers`: access rules after an upgrade, and brokers that come later."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import Output, Verb, argument
from posture_tools.collector.site import brokers
from posture_tools.collector.verbs.site_words import FOLDER, OWN, addresses, own, tell_of

from edge.errors import SettingsInvalid


def _brokers(options: Namespace, out: Output) -> int:
    new = []
    if named := addresses(options.broker):
        certificate = own(options) or options.authority
        if certificate is None:
            raise SettingsInvalid(
                "A new broker needs a certificate.",
                "Give --authority with the folder `offline`, or one of your own.",
            )
        new = brokers.add_brokers(options.folder, named, certificate)
        for place in new:
            at = options.folder.absolute() / place.folder
            out.line(f"{place.folder} is {place.address}: carry {at} to the same place there, and "
                     f"start systemd/posture-{place.folder}.service")  # fmt: skip
        out.line("workers know it from their next start; stations that hang already, with their "
                 "next boot partition or behind a balancer")  # fmt: skip
    elsewhere = brokers.rewrite_access(options.folder)
    out.line("the access rules are of this version")
    tell_of([name for name in elsewhere if name not in {place.folder for place in new}], out)
    return 0


BROKERS = Verb(
    "brokers",
    "Write the brokers' access rules anew, as an upgrade asks for, and add brokers to the site. "
    "Passwords stay, and so does what you changed in mosquitto.conf.",
    example="posture-collector site brokers site\n"
    "posture-collector site brokers site --broker broker-3.local:8883 "
    "--authority /media/stick/offline",
    run=_brokers,
    arguments=(
        FOLDER,
        argument(
            "--broker", action="append", default=[], metavar="HOST:PORT", help="One more broker."
        ),
        argument(
            "--authority", type=Path, metavar="FOLDER",
            help="The folder `offline`, wherever you keep it: it certifies the new broker.",
        ),
        *OWN,
    ),
)  # fmt: skip
