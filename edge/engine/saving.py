"""Assessments and events into the outbox, through the bad moments of a disk.

While the outbox is full or cannot be written the station stands still with what it measured in
hand: it calls nothing saved, screens nobody else, and goes on once the commit has returned.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING, Any

from edge import systemd
from edge.engine.consent import Consents
from edge.errors import MessageRefused, OutboxFull, OutboxUnusable, PostureError
from edge.mqtt.backoff import Backoff
from edge.records import Assessment

if TYPE_CHECKING:
    from edge.results.outbox import Outbox
    from edge.wire.event import EventKind

_RETRY_FIRST_S = 0.5
_RETRY_MOST_S = 10.0
# A file that stays unusable so long is opened anew, by a new process.
_PATIENCE_S = 120.0
_WAITING_EVENTS = 64


class Saving:
    """One outbox, and what one thread has for it.

    on_problem : told once of each refusal and of each time the outbox cannot be used.
    """

    def __init__(self, outbox: Outbox, on_problem: Callable[[PostureError], None]) -> None:
        self._outbox = outbox
        self._consents = Consents(outbox)
        self._on_problem = on_problem
        self._untold: deque[tuple[EventKind, dict[str, Any]]] = deque(maxlen=_WAITING_EVENTS)
        self.problem = ""  # why nothing can be saved now

    def save(self, assessment: Assessment, stop: Event) -> int | None:
        """Commit an assessment and return its number, however long it takes.

        None: it breaks the contract and can never be sent (an event says so), or `stop` was set
        before the outbox took it (`on_problem` has said why).

        Raises
        ------
        OutboxUnusable : for two minutes without a break.
        """
        trouble: PostureError | None = None
        began_s = time.monotonic()
        backoff = Backoff(_RETRY_FIRST_S, _RETRY_MOST_S, jitter=0.0)
        while True:
            try:
                seq = self._outbox.accept(assessment, self._consents.of(assessment))
            except MessageRefused as refusal:
                self._refused(assessment, refusal)
                return None
            except (OutboxFull, OutboxUnusable) as error:
                outage_s = time.monotonic() - began_s
                if isinstance(error, OutboxUnusable) and outage_s > _PATIENCE_S:
                    raise
                if type(trouble) is not type(error):
                    self._on_problem(error)
                trouble, self.problem = error, str(error)
                systemd.alive(f"nothing can be saved: {error.problem}")
                if stop.wait(backoff.next_s()):
                    return None
                continue
            self.problem = ""
            if trouble is not None:
                outage_s = round(time.monotonic() - began_s, 1)
                fault = type(trouble).__name__
                self.tell(
                    "fault",
                    {"part": "outbox", "state": "back", "fault": fault, "outage_s": outage_s},
                )
            self.tell_waiting()
            return seq

    def tell(self, kind: EventKind, data: dict[str, Any]) -> None:
        """Commit an event; it waits in memory while the outbox cannot take it."""
        self._untold.append((kind, data))
        self.tell_waiting()

    def tell_waiting(self) -> None:
        """Commit the events that wait in memory."""
        while self._untold:
            kind, data = self._untold[0]
            try:
                self._outbox.accept_event(kind, data)
            except (OutboxFull, OutboxUnusable) as trouble:
                if not self.problem:
                    self._on_problem(trouble)
                self.problem = str(trouble)
                return
            except MessageRefused as refusal:
                self._on_problem(refusal)
            self._untold.popleft()
        self.problem = ""

    def tend(self) -> None:
        """Seal what the uplink wrote: only this process holds the station's key."""
        try:
            self._outbox.tend()
        except PostureError as trouble:  # tried again at the next round
            if not self.problem:
                self._on_problem(trouble)

    def _refused(self, assessment: Assessment, refusal: MessageRefused) -> None:
        self._on_problem(refusal)
        self.tell(
            "fault",
            {
                "part": "result",
                "state": "refused",
                "session": assessment.session,
                "view": assessment.view,
                "problem": refusal.problem[:500],
            },
        )
