"""`posture.toml`, the one file that a technician puts on the boot partition.

site = "north-clinic"
station = "hall-1"
broker = "broker.example.org:8883"  # or several, tried in turn: ["a.example.org:8883", "b..."]
token = "..."                     # the broker's password of this station
ca = '''-----BEGIN CERTIFICATE...'''  # turns TLS on; `tls = true` in [mqtt] trusts the system's
site_key = '''-----BEGIN PUBLIC KEY...'''  # whose receipts and commands are believed
enrol = "..."                     # proves once that this is the station that was sent
[camera]                          # and any other section of the settings
source = "picamera2:"
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from edge.errors import NOT_TOML, SettingsInvalid
from edge.mqtt.settings import MqttSettings, brokers_at
from edge.settings import Settings

STATE_DIR = "/var/lib/posture/state"
CA_NAME = "broker-ca.pem"
SITE_KEY_NAME = "site-key.pem"
# Where the service manager shows each secret to the one unit that needs it.
_TOKEN_CREDENTIAL = "/run/credentials/posture-uplink.service/mqtt-password"  # noqa: S105
_ENROL_CREDENTIAL = "/run/credentials/posture-engine.service/enrol-token"
_OWN = ("broker", "token", "ca", "site_key", "enrol")


@dataclass(frozen=True)
class FirstBoot:
    """What the file says. token, ca, site_key, enrol : empty where it says nothing."""

    settings: Settings
    token: str
    ca: str
    site_key: str
    enrol: str


def parse_first_boot(text: str, name: str, folder: Path) -> FirstBoot:
    """The file's text as settings and secrets, for files that will lie in `folder`.

    Raises
    ------
    SettingsInvalid : not TOML, `site`, `station` or `broker` missing, or a wrong setting.
    """
    try:
        given = tomllib.loads(text)
    except NOT_TOML as error:
        raise SettingsInvalid(f"{name} is not TOML: {error}.", "Mend the line it names.") from error
    for key in ("site", "station", "broker"):
        if not given.get(key):
            raise SettingsInvalid(f"{name} does not say {key}.", f'Add a line {key} = "...".')
    said = {key: given.pop(key, "") for key in _OWN}
    named = said.pop("broker")
    brokers = named if isinstance(named, list) else [named]
    if not all(isinstance(value, str) for value in [*said.values(), *brokers]):
        raise SettingsInvalid(f"{name}: {', '.join(_OWN)} are texts.", "Put quotation marks.")
    token, ca, site_key, enrol = said.values()
    try:
        at = brokers_at(brokers, MqttSettings())
    except SettingsInvalid as error:
        raise SettingsInvalid(f"{name}: broker: {error.problem}", error.remedy) from error
    mqtt: dict[str, Any] = {"host": at.host, "port": at.port, "also": list(at.also)}
    if token:
        mqtt |= {"username": given["station"], "password_file": _TOKEN_CREDENTIAL}
    if ca:
        mqtt |= {"tls": True, "ca_file": str(folder / CA_NAME)}
    trust: dict[str, Any] = {}
    if site_key:
        trust["site_key_file"] = str(folder / SITE_KEY_NAME)
    if enrol:
        trust["token_file"] = _ENROL_CREDENTIAL
    try:
        given["mqtt"] = mqtt | given.get("mqtt", {})
        given["trust"] = trust | given.get("trust", {})
        settings = msgspec.convert(given | {"state_dir": STATE_DIR}, Settings)
    except (msgspec.ValidationError, TypeError) as error:
        raise SettingsInvalid(f"{name}: {error}.", "Mend or remove that key.") from error
    if token and not settings.mqtt.tls and not settings.mqtt.allow_plain:
        raise SettingsInvalid(
            f"{name}: without ca the token would go over the network as it is.",
            "Add ca, or in [mqtt] tls = true (the system's authorities) or allow_plain = true.",
        )
    return FirstBoot(settings, token.strip(), ca, site_key, enrol.strip())
