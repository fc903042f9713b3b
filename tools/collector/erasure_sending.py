"""Erase commands, signed when they were asked for, are repeated until they are obeyed."""

from __future__ import annotations

import time

from posture_tools.collector.store import Store

from edge.mqtt.connection import Connection
from edge.wire.topics import Topics

EVERY_S = 15.0
_AWAY_EVERY = 20  # who is not there hears it each twentieth time: its state is a hint
_AT_ONCE = 64


class ErasureSending:
    """One collector's. Call `send` often."""

    def __init__(self, store: Store, site: str) -> None:
        self._store = store
        self._site = site
        self._sent_s = -EVERY_S
        self._round = 0

    def send(self, connection: Connection) -> None:
        """Publish what is due. Who obeys answers with an event, as with all that counts."""
        now_s = time.monotonic()
        if now_s - self._sent_s < EVERY_S:
            return
        self._sent_s = now_s
        self._round += 1
        for station, payload in self._store.rows(
            "SELECT o.station, o.payload FROM pending_erasure o LEFT JOIN station s"
            " USING (site, station) WHERE o.site = ? AND (COALESCE(s.online, 0) = 1 OR ? = 1)"
            " ORDER BY o.number LIMIT ?",
            (self._site, int(self._round % _AWAY_EVERY == 1), _AT_ONCE),
        ):
            connection.publish(Topics(self._site, station).command("erase"), bytes(payload))
