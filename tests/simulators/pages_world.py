"""A store as a site's collector fills it, for the pages: two sites, one person's two visits."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Store
from simulators.screened import PERSON, scores, screening

from edge.records import Assessment, ModelIdentity
from edge.results.outbox import Outbox

CODE = "P-0042"
DEAD = b"no message at all"
DEAD_SHA256 = hashlib.sha256(DEAD).hexdigest()
MODEL_SHA256 = "cd" * 32
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
