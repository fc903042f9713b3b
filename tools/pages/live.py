"""What stations say of the moment, heard while somebody looks at a page that shows it.

Nothing of it is kept but the newest word of each station, in memory.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from functools import cache
from typing import NamedTuple

import msgspec

from edge.errors import MessageRefused, PostureError
from edge.mqtt.backoff import Backoff
from edge.mqtt.connection import Connection, open_best
from edge.mqtt.events import Arrived
from edge.mqtt.settings import MqttSettings
from edge.wire.codec import decode
from edge.wire.live import LIVE, Aim, FmsSheet, Prompting
from edge.wire.topics import Topics, parse

log = logging.getLogger(__name__)

_POLL_S = 0.1
_UNASKED_S = 60.0  # then nobody looks any more, and the connection ends
_MOST_WORDS = 6_000  # of 2 000 stations
PROMPT_S, AIM_S = 12.0, 3.0  # older ones tell nothing of now: they are repeated while there is any


class _Word(NamedTuple):
    at_s: float
    said: msgspec.Struct


class Listener:
    """One site's live words. It connects when it is asked, and leaves when nobody asks any more."""

    def __init__(self, mqtt: MqttSettings, site: str) -> None:
        self._mqtt = mqtt
        self._topics = Topics(site, "+")
        self._words: dict[tuple[str, str], _Word] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._asked_s = 0.0
        self.problem = ""  # why nothing is heard

    def prompt(self, station: str) -> Prompting | None:
        """What a station asks of the person before it; None where it has not said so lately."""
        said = self._newest(station, "prompt", PROMPT_S)
        return said if isinstance(said, Prompting) else None

    def aim(self, station: str) -> Aim | None:
        """Points of this moment; None where there are none."""
        said = self._newest(station, "aim", AIM_S)
        return said if isinstance(said, Aim) else None

    def sheet(self, station: str, session: str) -> FmsSheet | None:
        """The score sheet of a session as the station told it last."""
        said = self._newest(station, "fms", float("inf"))
        return said if isinstance(said, FmsSheet) and said.session == session else None

    def listen(self) -> None:
        """Be there before something is asked of a station that will tell it only once."""
        with self._lock:
            self._asked_s = time.monotonic()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="live", daemon=True)
                self._thread.start()

    def _newest(self, station: str, kind: str, within_s: float) -> msgspec.Struct | None:
        self.listen()
        word = self._words.get((station, kind))
        return None if word is None or time.monotonic() - word.at_s > within_s else word.said

    @property
    def _wanted(self) -> bool:
        return time.monotonic() - self._asked_s < _UNASKED_S

    def _run(self) -> None:
        backoff = Backoff(0.5, 10.0)
        while self._wanted:
            try:
                self._hear()
            except PostureError as problem:
                self.problem = str(problem)
                time.sleep(min(backoff.next_s(), _UNASKED_S))
            except Exception:
                log.exception("live words are heard no more, and listened for again")
                time.sleep(backoff.next_s())
        self._words.clear()

    def _hear(self) -> None:
        connection = open_best(self._mqtt, f"pages-{secrets.token_hex(4)}")
        try:
            connection.subscribe(*(self._topics.live(kind) for kind in LIVE))
            self.problem = ""
            while self._wanted:
                self._take(connection)
            connection.close()
        finally:
            connection.drop()

    def _take(self, connection: Connection) -> None:
        for event in connection.poll(_POLL_S):
            if not isinstance(event, Arrived):
                continue
            try:
                address = parse(event.topic)
                said = decode(event.body, LIVE[address.channel])
            except (MessageRefused, KeyError):  # anybody may write there
                continue
            key = (address.station, address.channel)
            if key in self._words or len(self._words) < _MOST_WORDS:
                self._words[key] = _Word(time.monotonic(), said)


@cache
def listener(mqtt: MqttSettings, site: str) -> Listener:
    """The one of this process."""
    return Listener(mqtt, site)
