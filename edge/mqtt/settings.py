"""Where the broker is, and as whom to speak to it: the section `mqtt` of a settings file."""

from __future__ import annotations

from typing import Annotated

import msgspec

from edge.mqtt.address import address, plain_host, split_address

_Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]


class MqttSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The broker. A password is read from a file, never written here."""

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 1883
    username: str = ""
    password_file: str = ""
    tls: bool = False
    allow_plain: bool = False  # a password may go over the network as it is
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    keepalive_s: Annotated[int, msgspec.Meta(ge=5, le=600)] = 20
    window: Annotated[int, msgspec.Meta(ge=1, le=16)] = 16
    resend_s: _Seconds = 5.0

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "host", plain_host(self.host))

    @property
    def address(self) -> str:
        """HOST:PORT, for people."""
        return address(self.host, self.port)


def broker_at(typed: str, mqtt: MqttSettings) -> MqttSettings:
    """The settings with another broker, which somebody typed as HOST:PORT.

    Raises
    ------
    SettingsInvalid : that is no address.
    """
    host, port = split_address(typed)
    return msgspec.structs.replace(mqtt, host=host, port=port)
