"""The topic tree, version 2: ps/v2/{site}/{station}/...

state birth health enrol prompt aim fms result/{kind} event/{kind} rsp/{requester} up
receipt desired cmd/{name}                                        down
ps/v2/{site}/_collector/state                                     the collector's presence
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

import msgspec

from edge.errors import MessageRefused, SettingsInvalid

ROOT = "ps/v2"
OLD_ROOT = "ps/v1"  # of version 0.1: no seals, receipts without hashes
# One level of a topic: no wildcard, no separator, nothing that a shell or a file name minds.
TopicLevel = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$(?!\n)")]
COLLECTOR = "_collector"  # no station can have this name: names start with a letter or a digit


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one station. `site` or `station` may be `+` to subscribe to all."""

    site: str
    station: str
    root: str = ROOT

    def _under(self, *levels: str) -> str:
        return "/".join((self.root, self.site, self.station, *levels))

    @property
    def state(self) -> str:
        return self._under("state")

    @property
    def birth(self) -> str:
        return self._under("birth")

    @property
    def health(self) -> str:
        return self._under("health")

    @property
    def enrol(self) -> str:
        return self._under("enrol")

    @property
    def receipt(self) -> str:
        return self._under("receipt")

    @property
    def desired(self) -> str:
        return self._under("desired")

    @property
    def collector_state(self) -> str:
        return "/".join((self.root, self.site, COLLECTOR, "state"))

    def message(self, channel: str) -> str:
        """Topic of an outbox message; channel is `result/posture`, `event/gap` and so on."""
        return self._under(channel)

    def live(self, kind: str) -> str:
        """Words of the moment: kind is `prompt`, `aim` or `fms`."""
        return self._under(kind)

    def command(self, name: str) -> str:
        return self._under("cmd", name)

    def response(self, requester: str) -> str:
        return self._under("rsp", requester)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message came from: ps/v2/{site}/{station}/{channel}, or the tree of version 0.1."""

    site: str
    station: str
    channel: str
    root: str = ROOT

    @property
    def topics(self) -> Topics:
        return Topics(self.site, self.station, self.root)


_ADDRESS = re.compile(
    rf"({ROOT}|{OLD_ROOT})/([A-Za-z0-9][\w.-]{{0,63}})/([A-Za-z0-9][\w.-]{{0,63}}|{COLLECTOR})"
    r"/([a-z]+(?:/[\w.-]{1,64})?)",
    re.ASCII,
)


def parse(topic: str) -> Address:
    """Take a topic apart; MessageRefused if it is none of ours."""
    match = _ADDRESS.fullmatch(topic)
    if match is None:
        raise MessageRefused(f"the topic {topic!r} is not of the form {ROOT}/site/station/channel.")
    root, site, station, channel = match.groups()
    return Address(site, station, channel, root)


def topic_level(text: str, name: str) -> str:
    """A site or station as a person typed it; SettingsInvalid, with `name`, if it cannot be one."""
    try:
        return msgspec.convert(text, TopicLevel)
    except msgspec.ValidationError as error:
        raise SettingsInvalid(
            f"{name}: {error}.", "Name it in letters, digits, . _ and -."
        ) from error
