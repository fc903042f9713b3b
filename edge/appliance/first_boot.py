"""`posture.toml`, the one file that a technician puts on the boot partition.

site = "north-clinic"
station = "hall-1"
broker = "broker.example.org:8883"
token = "..."                     # the broker's password of this station
ca = '''-----BEGIN CERTIFICATE...'''  # turns TLS on; `tls = true` in [mqtt] trusts the system's
[camera]                          # and any other section of the settings
source = "picamera2:"
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from edge.errors import SettingsInvalid
from edge.settings import Settings

STATE_DIR = "/var/lib/posture/state"
CA_NAME = "broker-ca.pem"
# Where the service manager shows the token to the uplink, and to it alone.
_TOKEN_CREDENTIAL = "/run/credentials/posture-uplink.service/mqtt-password"  # noqa: S105


@dataclass(frozen=True)
class FirstBoot:
    """What the file says. token, ca : empty where it says nothing."""

    settings: Settings
    token: str
    ca: str


def parse_first_boot(text: str, name: str, folder: Path) -> FirstBoot:
    """The file's text as settings and secrets, for files that will lie in `folder`.

    Raises
    ------
    SettingsInvalid : not TOML, `site`, `station` or `broker` missing, or a wrong setting.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsInvalid(f"{name} is not TOML: {error}.", "Mend the line it names.") from error
    for key in ("site", "station", "broker"):
        if not given.get(key):
            raise SettingsInvalid(f"{name} does not say {key}.", f'Add a line {key} = "...".')
    broker, token, ca = (given.pop(key, "") for key in ("broker", "token", "ca"))
    if not all(isinstance(value, str) for value in (broker, token, ca)):
        raise SettingsInvalid(f"{name}: broker, token and ca are texts.", "Put quotation marks.")
    host, _, port = broker.rpartition(":")
    if not host or not port.isdigit():
        raise SettingsInvalid(f"{name}: broker {broker!r} names no port.", 'Write "HOST:PORT".')
    mqtt: dict[str, Any] = {"host": host.strip("[]"), "port": int(port)}
    if token:
        mqtt |= {"username": given["station"], "password_file": _TOKEN_CREDENTIAL}
    if ca:
        mqtt |= {"tls": True, "ca_file": str(folder / CA_NAME)}
    try:
        given["mqtt"] = mqtt | given.get("mqtt", {})
        settings = msgspec.convert(given | {"state_dir": STATE_DIR}, Settings)
    except (msgspec.ValidationError, TypeError) as error:
        raise SettingsInvalid(f"{name}: {error}.", "Mend or remove that key.") from error
    return FirstBoot(settings, token.strip(), ca)
