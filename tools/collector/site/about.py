"""`site.toml`: what was settled at `init`, and where the site's brokers are."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.errors import NOT_TOML, SettingsInvalid
from edge.mqtt.settings import MqttSettings, broker_at


@dataclass(frozen=True, slots=True)
class BrokerPlace:
    """One broker. folder : of its files, in the site's. names : in its certificate."""

    folder: str
    host: str
    port: int
    names: tuple[str, ...]

    @property
    def address(self) -> str:
        return MqttSettings(host=self.host, port=self.port).address


class SiteFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either one broker with several names, or several brokers that know nothing of each other.

    hosts, port : of the one broker; of several, further names that stand in every certificate.
    brokers : HOST:PORT of each, where there are several. balancers : HOST:PORT of what stands
    before them, if stations do not reach them themselves. home_assistant : one may read state and
    health. first_folder : of the first of several; `broker` at a site that began with one, whose
    machine knows it so.
    """

    site: str
    hosts: tuple[str, ...]
    port: int
    brokers: tuple[str, ...] = ()
    balancers: tuple[str, ...] = ()
    home_assistant: bool = False
    first_folder: str = "broker-1"

    @property
    def places(self) -> tuple[BrokerPlace, ...]:
        if not self.brokers:
            names = (*self.hosts, *(_at(each).host for each in self.balancers))
            return (BrokerPlace("broker", self.hosts[0], self.port, _distinct(*names)),)
        shared = (*self.hosts, *(_at(each).host for each in self.balancers))
        folders = (self.first_folder, *(f"broker-{n}" for n in range(2, len(self.brokers) + 1)))
        return tuple(
            BrokerPlace(folder, at.host, at.port, _distinct(at.host, *shared))
            for folder, at in zip(folders, map(_at, self.brokers), strict=True)
        )

    def addresses_for(self, station: str) -> tuple[str, ...]:
        """Addresses of the brokers in the order in which this station tries them: not all stations
        begin with the same one."""
        every = self.balancers or tuple(place.address for place in self.places)
        first = zlib.crc32(station.encode()) % len(every)
        return every[first:] + every[:first]


def _distinct(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _at(address: str) -> MqttSettings:
    return broker_at(address, MqttSettings())


def load(folder: Path) -> SiteFile:
    """Read `site.toml`. Raises SettingsInvalid where `init` has not been here."""
    try:
        return msgspec.toml.decode((folder / "site.toml").read_bytes(), type=SiteFile)
    except (OSError, *NOT_TOML, msgspec.DecodeError) as error:
        raise SettingsInvalid(
            f"{folder} is no site: {error}.", "Name the folder that `site init` wrote."
        ) from error
