"""The desk of a site: a station whose camera is an operator, and whose broker is a call.

It has what every station has: a key of its own, an outbox, a chain, and the store's receipts for
what it may forget. So `verify`, erasing and the list of stations know it as one of them.
"""

from __future__ import annotations

import secrets
import threading
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from posture_tools.collector.body import now
from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.store import Store
from posture_tools.collector.trust import trust

from edge import __version__
from edge.errors import SettingsInvalid
from edge.files import make_folder, write_durably
from edge.records import Assessment
from edge.results.outbox import Outbox
from edge.uplink.forgetting import Forgetting
from edge.wire.codec import decode, encode
from edge.wire.commands import Command
from edge.wire.envelope import Time, identity
from edge.wire.keys import Signer
from edge.wire.presence import Health, State
from edge.wire.result import Consent
from edge.wire.seal import unpack
from edge.wire.topics import Topics, topic_level

NAME = "uploads"  # of the station, in every site
_LIMIT_BYTES = 64 << 20
_AT_ONCE = 64


class Desk:
    """The desk of one site. root : where it keeps key and outbox.

    Raises
    ------
    SettingsInvalid : the site has another desk already, or its desk was revoked.
    """

    def __init__(self, store: Store, site: str, root: Path) -> None:
        self.topics = Topics(topic_level(site, "the site"), NAME)
        self._store = store
        self._lock = threading.Lock()
        self._instance = secrets.token_hex(6)
        self._folder = root / site
        make_folder(self._folder)
        root.chmod(0o700)
        signer = _signer(root / "desk.pem")
        self._enrol(signer)
        self._outbox = Outbox.open(
            self._folder / "outbox.db", site=site, station=NAME,
            limit_bytes=_LIMIT_BYTES, at_limit="refuse", signer=signer,
        )  # fmt: skip

    def _enrol(self, signer: Signer) -> None:
        """The pages may write the store: they approve their own key, and no other."""
        place, key = (self.topics.site, NAME), b64encode(signer.public).decode()
        known = self._store.rows(
            "SELECT key, revoked FROM trusted WHERE site = ? AND station = ?", place
        )
        if not known:
            self._store.change(lambda db: trust(db, place, key, "approved", now()))
        elif known[0][1]:
            raise SettingsInvalid("The desk for uploads was revoked.", "Nothing is taken from it.")
        elif known[0][0] != key:
            raise SettingsInvalid(
                f"{self.topics.site} has a station {NAME} with another key.",
                "Serve uploads from one place, or `site revoke` the other and move its folder.",
            )

    def consent(self, session: str, data: Mapping[str, Any]) -> Consent:
        """Commit that somebody agreed, before the first result of a session."""
        with self._lock:
            seq = self._outbox.accept_event("consent", {"session": session, **data})
        return Consent(seq, str(data["version"]))

    def accept(self, assessment: Assessment, consent: Consent) -> str:
        """Commit a result and hand it to the store; its id. Raises as `Outbox.accept`."""
        with self._lock:
            seq = self._outbox.accept(assessment, consent)
            name = identity(NAME, self._outbox.epoch, seq)
        self.deliver()
        return name

    def deliver(self) -> int:
        """Hand over all that waits; how much the store has not taken."""
        with self._lock:
            self._outbox.tend()
            while waiting := self._outbox.pending(_AT_ONCE):
                came = [
                    examine(Incoming(self.topics.message(each.channel), each.payload))
                    for each in waiting
                ]
                outcome = self._store.ingest(self._store.judge(came))
                settled = [
                    self._outbox.settle(receipt)
                    for topics, receipt in outcome.receipts
                    if topics.station == NAME
                ]
                if not any(each.stored or each.rejected for each in settled):
                    break
            return self._outbox.depth()

    def forget(self) -> int:
        """Obey the erasures that wait for this station, and prove them; how many there were."""
        orders = self._store.rows(
            "SELECT payload FROM pending_erasure WHERE site = ? AND station = ? ORDER BY number",
            (self.topics.site, NAME),
        )
        obey = Forgetting(self._outbox, self._folder)
        for (payload,) in orders:
            command = decode(unpack(bytes(payload)).body, Command)
            with self._lock:
                obey(msgspec.json.encode(command.data))
        if orders:
            self.deliver()
        return len(orders)

    def say(self, *, online: bool) -> None:
        """Tell, as a station does, that the desk is there, and how much waits."""
        counts, instant = self._outbox.counts(), self._outbox.now()
        epoch, site = self._outbox.epoch, self.topics.site
        state = State(
            online, instant.boot_id, self._instance, epoch,
            counts.oldest_seq, counts.accepted,
        )  # fmt: skip
        health = Health(
            t=Time.of(instant), accepted=counts.accepted, waiting=counts.waiting,
            waiting_bytes=counts.used_bytes, oldest_age_s=counts.oldest_age_s,
            quarantined=counts.quarantined, dropped=counts.dropped, problem="",
            vitals={"software": __version__},
        )  # fmt: skip
        self._store.note(site, NAME, "state", encode(state), online=online)
        self._store.note(site, NAME, "health", encode(health))

    def close(self) -> None:
        self._outbox.close()


def _signer(path: Path) -> Signer:
    if path.exists():
        return Signer.load(path)
    signer = Signer.new()
    write_durably(path, signer.pem(), mode=0o600)
    return signer
