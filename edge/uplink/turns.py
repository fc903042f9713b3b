"""Which of the site's brokers a station speaks to: one that works, else the next in turn."""

from __future__ import annotations

from edge.mqtt.settings import MqttSettings


class Turns:
    """Stays with an address until it fails, and comes round to each."""

    def __init__(self) -> None:
        self._turn = 0

    def here(self, login: MqttSettings) -> MqttSettings:
        """The broker whose turn it is. login : all of them."""
        every = login.each
        return every[self._turn % len(every)]

    def next(self) -> None:
        """The last address did not work: go to the next one."""
        self._turn += 1
