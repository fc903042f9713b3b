"""Say what waits in the queue: at least once, after growing pauses, and given up after three days.

A delivery is claimed before it is sent, so that several programs may deliver from one queue; one
that dies lets go of its claim by time. A host that does not answer holds up its own hook alone.
"""

from __future__ import annotations

import json
import logging
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from posture_tools.collector.store import Store
from posture_tools.collector.webhooks import attempts
from posture_tools.collector.webhooks.hooks import hosts, target_of
from posture_tools.collector.webhooks.sending import Answer, HttpsSender
from posture_tools.collector.webhooks.signing import headers

from edge.errors import SettingsInvalid
from edge.shown import shown

log = logging.getLogger(__name__)

DEAD_AFTER_S = 72 * 3600
FORGOTTEN_AFTER_S = 30 * 24 * 3600  # a delivery that was given up
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 10, 3600
_AT_ONCE = 10
_SAID = 500  # characters of one line
_CLAIM_S = 600  # longer than all of one claim can take
_S = 10**9
_ONE = "hook = ? AND site = ? AND station = ? AND epoch = ? AND seq = ?"
_IDS = uuid.UUID("0d2f1c3e-5b7a-5c4d-8e9f-6a1b2c3d4e5f")


@dataclass(frozen=True, slots=True)
class _Hook:
    name: str
    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class _Delivery:
    hook: str
    site: str
    station: str
    epoch: str
    seq: int
    tries: int

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        return self.hook, self.site, self.station, self.epoch, self.seq

    @property
    def name(self) -> str:
        """The delivery's id for the receiver, the same in every try."""
        return f"msg_{uuid.uuid5(_IDS, json.dumps(self.key)).hex}"


class Deliverer:
    """Call `deliver` often."""

    def __init__(
        self, store: Store, sender: HttpsSender, now_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self._store, self._sender, self._now_ns = store, sender, now_ns
        self._told: dict[str, str] = {}  # hook -> why it does not deliver

    def deliver(self) -> int:
        """Deliver everything that is due, a few of each hook; returns how many were taken."""
        self._bury()
        rows = self._store.rows(
            "SELECT name, url, secret FROM webhook WHERE due_ns <= ? ORDER BY name",
            (self._now_ns(),),
        )
        return sum(self._deliver_some(_Hook(*row)) for row in rows)

    def _bury(self) -> None:
        now_ns = self._now_ns()
        with self._store.transaction() as db:
            db.execute(
                "UPDATE webhook_delivery SET dead = 1 WHERE dead = 0 AND tries > 0"
                " AND queued_ns <= ?",
                (now_ns - DEAD_AFTER_S * _S,),
            )
            db.execute(
                "DELETE FROM webhook_delivery WHERE dead = 1 AND queued_ns <= ?",
                (now_ns - (DEAD_AFTER_S + FORGOTTEN_AFTER_S) * _S,),
            )

    def _deliver_some(self, hook: _Hook) -> int:
        claimed, until_ns = self._claim(hook)
        taken = 0
        for delivery in claimed:
            body = self._body(delivery)
            if body is None:  # erased since
                self._forget(delivery)
                continue
            answer = self._send(hook, delivery, body)
            if not answer.problem:
                self._forget(delivery, told=True)
                taken += 1
                continue
            self._postpone(delivery, answer)
            self._tell(hook.name, answer.problem)
            if answer.status is None:
                self._hold(hook, delivery, answer, until_ns)
                return taken
        if taken:
            with self._store.transaction() as db:
                db.execute("UPDATE webhook SET problem = '' WHERE name = ?", (hook.name,))
            if self._told.pop(hook.name, ""):
                log.info("webhook %s: delivers again", hook.name)
        return taken

    def _claim(self, hook: _Hook) -> tuple[list[_Delivery], int]:
        now_ns = self._now_ns()
        until_ns = now_ns + _CLAIM_S * _S
        with self._store.transaction() as db:
            rows = db.execute(
                "UPDATE webhook_delivery SET due_ns = ? WHERE hook = ? AND dead = 0"
                " AND due_ns <= ? AND (site, station, epoch, seq) IN"
                " (SELECT site, station, epoch, seq FROM webhook_delivery WHERE hook = ?"
                " AND dead = 0 AND due_ns <= ? ORDER BY due_ns LIMIT ?)"
                " RETURNING hook, site, station, epoch, seq, tries",
                (until_ns, hook.name, now_ns, hook.name, now_ns, _AT_ONCE),
            ).fetchall()
        return [_Delivery(*row) for row in rows], until_ns

    def _body(self, delivery: _Delivery) -> bytes | None:
        """Identifiers only; what was measured is asked for with a token of one's own."""
        rows = self._store.rows(
            "SELECT session FROM result WHERE site = ? AND station = ? AND epoch = ? AND seq = ?",
            delivery.key[1:],
        )
        if not rows:
            return None
        said = {
            "site": delivery.site,
            "station": delivery.station,
            "session": rows[0][0],
            "result": f"{delivery.station}:{delivery.epoch}:{delivery.seq}",
        }
        return json.dumps({"type": "result.stored", "data": said}).encode()

    def _send(self, hook: _Hook, delivery: _Delivery, body: bytes) -> Answer:
        try:
            target = target_of(hook.url)
        except SettingsInvalid as problem:
            return Answer(None, str(problem))
        if target.host not in hosts(self._store):
            return Answer(None, f"{target.host} is not on the list of hosts")
        at_s = self._now_ns() // _S
        return self._sender.post(target, body, headers(hook.secret, delivery.name, at_s, body))

    def _forget(self, delivery: _Delivery, *, told: bool = False) -> None:
        with self._store.transaction() as db:
            db.execute(f"DELETE FROM webhook_delivery WHERE {_ONE}", delivery.key)  # noqa: S608
            if told:
                attempts.keep(db, delivery.key, self._now_ns(), "")

    def _postpone(self, delivery: _Delivery, answer: Answer) -> None:
        gone = int(answer.status == HTTPStatus.GONE)
        with self._store.transaction() as db:
            db.execute(
                "UPDATE webhook_delivery SET tries = tries + 1, due_ns = ?, problem = ?,"  # noqa: S608
                f" dead = ? WHERE {_ONE}",
                (self._next_ns(delivery), answer.problem, gone, *delivery.key),
            )
            db.execute(
                "UPDATE webhook SET problem = ? WHERE name = ?", (answer.problem, delivery.hook)
            )
            attempts.keep(db, delivery.key, self._now_ns(), answer.problem)

    def _hold(self, hook: _Hook, delivery: _Delivery, answer: Answer, until_ns: int) -> None:
        """Hold back what else was claimed for a hook as long as this delivery, for nobody is
        there."""
        next_ns = self._next_ns(delivery)
        with self._store.transaction() as db:
            db.execute(
                "UPDATE webhook SET due_ns = ?, problem = ? WHERE name = ?",
                (next_ns, answer.problem, hook.name),
            )
            db.execute(
                "UPDATE webhook_delivery SET due_ns = ? WHERE hook = ? AND due_ns = ?",
                (next_ns, hook.name, until_ns),
            )

    def _tell(self, hook: str, problem: str) -> None:
        """Log that a hook fails, once until it delivers again or fails otherwise."""
        if self._told.get(hook) != problem:
            log.warning("webhook %s: %s", hook, shown(problem)[:_SAID])
        self._told[hook] = problem

    def _next_ns(self, delivery: _Delivery) -> int:
        pause_s = min(_FIRST_PAUSE_S * 2**delivery.tries, _LONGEST_PAUSE_S)
        return self._now_ns() + int(pause_s * random.uniform(0.8, 1.2) * _S)
