"""A store as a site's collector fills it, for the pages: two sites, one person's two visits."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from pathlib import Path

from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Store
from posture_tools.collector.webhooks import attempts, hooks
from simulators.screened import PERSON, scores, screening

from edge.records import Assessment, ModelIdentity
from edge.results.outbox import Outbox
from edge.wire.codec import encode
from edge.wire.commands import Desired
from edge.wire.envelope import Time
from edge.wire.presence import Birth, Health
from edge.wire.result import WireModel

CODE = "P-0042"
DEAD = b"no message at all"
DEAD_SHA256 = hashlib.sha256(DEAD).hexdigest()
MODEL_SHA256 = "cd" * 32
HOOK_HOST = "records.example"
BIRTH = Birth(
    sw="0.3.0", cfg_sha256="", models=(WireModel("close", "4.0", "ef" * 32),), measures={},
    schemas=(), body_limit_bytes=1, outbox_limit_bytes=1, at_limit="refuse",
    commands=("screen", "aim"), inputs=("stature_mm",),
)  # fmt: skip
HEALTH = Health(
    t=Time("2026-11-27T10:00:00Z", "synced", "b", 1), accepted=9, waiting=3, waiting_bytes=6000,
    oldest_age_s=7200.0, quarantined=0, dropped=0, problem="",
    vitals={"camera": "picamera2: wide", "origin": "camera", "temperature_c": 61.2,
            "disk_free_mb": 5120, "held_back": ["undervoltage"], "engine": "runs"},
)  # fmt: skip
_MODEL = ModelIdentity("bottom_up", "3.1", "ab" * 32)


def fill(path: Path, folder: Path) -> None:
    """Site north: hall-1 with two visits of one code. Site south: hall-1 with one, rendered."""
    with SqliteStore(path) as store:
        fill_store(store, folder)


def fill_store(store: Store, folder: Path) -> None:
    """The same in an open store of either body."""
    with Outbox.open(
        folder / "north.db", site="north", station="hall-1", limit_bytes=10_000_000,
        at_limit="refuse",
    ) as outbox:  # fmt: skip
        for session, tilt in (("spring", 0.0), ("autumn", 7.0)):
            outbox.accept_event(
                "consent", {"session": session, "code": CODE, "version": "1", "by": "op"}
            )
            for assessment in visit(session, tilt):
                outbox.accept(assessment)
        model = {"slot": "finder", "version": "3.2", "sha256": MODEL_SHA256}
        for step in ("decide", "confirm"):
            outbox.accept_event("model", {**model, "step": step, "reason": "ok"})
        deliver(store, outbox, "north")
        store.ingest([examine(Incoming("ps/v2/north/hall-1/result/posture", DEAD))])
    with Outbox.open(
        folder / "south.db", site="south", station="hall-1", limit_bytes=10_000_000,
        at_limit="refuse",
    ) as outbox:  # fmt: skip
        outbox.accept(visit("elsewhere", 2.0, origin="rendered")[0])
        deliver(store, outbox, "south")
    store.note("north", "hall-1", "state", b"{}", online=True)


def tell(store: Store) -> None:
    """What hall-1 of north says of itself, what is wanted of it, and who else is told of it."""
    store.note("north", "hall-1", "birth", encode(BIRTH))
    store.note("north", "hall-1", "health", encode(HEALTH), online=True)
    store.note("north", "hall-1", "desired", encode(Desired(version=1, hold=True)))
    hooks.allow(store, HOOK_HOST, "op")
    hooks.add(store, "records", f"https://{HOOK_HOST}/posture", ["north"], "op")
    at_ns = time.time_ns()
    with store.transaction() as db:
        for number, problem in enumerate(("", f"{HOOK_HOST} answered 503")):
            key = ("records", "north", "hall-1", "e1", number + 1)
            attempts.keep(db, key, at_ns + number, problem)


def deliver(store: Store, outbox: Outbox, site: str) -> None:
    """Everything that waits, taken in as if it had come by the broker."""
    store.ingest(
        [examine(Incoming(f"ps/v2/{site}/hall-1/{m.channel}", m.payload))
         for m in outbox.pending(99)]
    )  # fmt: skip


def visit(session: str, tilt_deg: float, origin: str = "camera") -> list[Assessment]:
    """Four views and the movements, as the station hands them to its outbox."""
    person = replace(PERSON, shoulder_tilt_deg=tilt_deg)
    views = [
        Assessment("posture", session, seen.view, "test", 1, seen.measures, 74, 75, 0.6, (_MODEL,),
                   figure=seen.figure, origin=origin, scale_by="calibration")
        for seen in screening(person).views
    ]  # fmt: skip
    return [*views, Assessment("fms", session, "unknown", "sheet", 1, scores(), 0, 0, 0.0)]
