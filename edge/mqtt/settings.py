"""Where the brokers are, and as whom to speak to them: the section `mqtt` of a settings file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from edge.errors import SettingsInvalid
from edge.mqtt.address import address, plain_host, split_address

_Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
_MOST_OTHERS = 15


class MqttSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The brokers. A password is read from a file, never written here."""

    host: str = "127.0.0.1"
    """Name or address of the broker."""
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 1883
    """Port of the broker; 8883 is usual with TLS."""
    also: Annotated[tuple[str, ...], msgspec.Meta(max_length=_MOST_OTHERS)] = ()
    """HOST:PORT of further brokers or balancers of the site; name, password and authority are the
    same at all of them."""
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

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "host", plain_host(self.host))
        for typed in self.also:
            try:
                split_address(typed)
            except SettingsInvalid as error:
                raise ValueError(error.problem) from error  # msgspec adds the key's name

    @property
    def address(self) -> str:
        """HOST:PORT, as people read it."""
        return address(self.host, self.port)

    @property
    def each(self) -> tuple[MqttSettings, ...]:
        """Settings for each address alone, in their order."""
        first = msgspec.structs.replace(self, also=())
        others = map(split_address, self.also)
        return (first, *(msgspec.structs.replace(first, host=h, port=p) for h, p in others))


def broker_at(typed: str, mqtt: MqttSettings) -> MqttSettings:
    """The settings with another broker, which somebody typed as HOST:PORT.

    Raises
    ------
    SettingsInvalid : that is no address.
    """
    host, port = split_address(typed)
    return msgspec.structs.replace(mqtt, host=host, port=port, also=())


def brokers_at(addresses: Sequence[str], mqtt: MqttSettings) -> MqttSettings:
    """The settings with several brokers, tried in this order. Raises SettingsInvalid."""
    first, *others = addresses
    return msgspec.structs.replace(
        broker_at(first, mqtt), also=tuple(broker_at(other, mqtt).address for other in others)
    )
