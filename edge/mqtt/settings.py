"""Where the broker is, and as whom to speak to it: the section `mqtt` of a settings file."""

from __future__ import annotations

from typing import Annotated

import msgspec

from edge.errors import SettingsInvalid
from edge.shown import quoted

_Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]


class MqttSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The broker. A password is read from a file, never written here."""

    host: str = "127.0.0.1"
    """Name or address of the broker."""
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 1883
    """Port of the broker; 8883 is usual with TLS."""
    username: str = ""
    """The name to log in with; in a site that `site init` made it is the station's."""
    password_file: str = ""
    """File whose only line is the password."""
    tls: bool = False
    """Speak TLS, and check the broker's certificate."""
    allow_plain: bool = False
    """A password may go over the network as it is."""
    ca_file: str = ""
    """Certificate of the authority that vouches for the broker; without it the system's are
    believed."""
    cert_file: str = ""
    """Certificate of this client, for brokers that ask for one."""
    key_file: str = ""
    """The key of that certificate."""
    keepalive_s: Annotated[int, msgspec.Meta(ge=5, le=600)] = 20
    """A connection that is silent for longer is tried with a ping, and given up without answer."""
    window: Annotated[int, msgspec.Meta(ge=1, le=16)] = 16
    """Messages that may be on their way without a receipt."""
    resend_s: _Seconds = 5.0
    """A message without a receipt is sent again after this, then after longer and longer times."""


def broker_at(address: str, mqtt: MqttSettings) -> MqttSettings:
    """The settings with another broker, which somebody typed as HOST:PORT.

    Raises
    ------
    SettingsInvalid : that is no address.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 1 <= int(port) <= 65_535:
        raise SettingsInvalid(f"{quoted(address)} names no broker.", "Write HOST:PORT.")
    return msgspec.structs.replace(mqtt, host=host.strip("[]"), port=int(port))
