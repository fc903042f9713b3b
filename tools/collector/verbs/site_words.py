"""Words that several steps of `posture-collector site` share."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import Output, argument
from posture_tools.collector.site import site

from edge.errors import SettingsInvalid
from edge.mqtt.settings import MqttSettings, broker_at

FOLDER = argument(
    "folder", type=Path, metavar="SITE_FOLDER", help="The folder that `site init` wrote."
)
OWN = (
    argument(
        "--own-ca",
        type=Path,
        metavar="FILE",
        help="Use your authority instead of one made here. This is its certificate.",
    ),
    argument(
        "--own-cert", type=Path, metavar="FILE", help="The broker's certificate, signed by it."
    ),
    argument("--own-key", type=Path, metavar="FILE", help="The key of the broker's certificate."),
)


def own(options: Namespace) -> site.OwnCertificate | None:
    """What OWN says. Raises SettingsInvalid for a part of it."""
    given = (options.own_ca, options.own_cert, options.own_key)
    if not any(given):
        return None
    if not all(given):
        raise SettingsInvalid(
            "A certificate of your own is three files.", "Give --own-ca, --own-cert and --own-key."
        )
    return site.OwnCertificate(*given)


def addresses(said: list[str]) -> tuple[str, ...]:
    """Each HOST:PORT once, as people read it."""
    return tuple(broker_at(each, MqttSettings()).address for each in dict.fromkeys(said))


def tell_of(elsewhere: list[str], out: Output) -> None:
    """Folders of brokers that do not run on this machine."""
    for name in elsewhere:
        out.note(f"{name} does not run here: copy its folder to where it does, and there "
                 f"`systemctl reload posture-{name}`.")  # fmt: skip
