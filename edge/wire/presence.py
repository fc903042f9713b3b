"""What a station and a collector say of themselves, at the moment: retained, or every minute."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from edge.wire.envelope import Time
from edge.wire.fields import Count, Epoch, Name
from edge.wire.result import WireModel

# What a station does at its limit of undelivered results.
AtLimit = Literal["refuse", "drop-oldest"]


class State(msgspec.Struct, frozen=True, tag_field="schema", tag="ps.state/1"):
    """Retained. The broker publishes it with online = false when the station goes away.

    instance : random, new with each start of the uplink; two at once are a copied card.
    connection : counts this instance's connections, so that the will of an earlier one, which
        another broker publishes late, is known to be old. said : counts what this instance told of
        its state, so that what is heard late is known too. Both 0 of stations that do not count.
    """

    online: bool
    boot_id: Name
    instance: Name
    epoch: Epoch
    first_seq: Count = 0
    last_seq: Count = 0
    connection: Count = 0
    said: Count = 0


class Birth(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="ps.birth/1"):
    """Retained: what this station is. `measures` maps each code to its unit.

    commands, inputs : what it understands: names of commands, and of what an operator may tell of a
    person. Stations before 0.3 name none, and are sent only what those always knew.
    """

    sw: str
    cfg_sha256: str
    models: tuple[WireModel, ...]
    measures: dict[str, str]
    schemas: tuple[str, ...]
    body_limit_bytes: int
    outbox_limit_bytes: int
    at_limit: AtLimit
    commands: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()


class Health(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="ps.health/1"):
    """Every 60 s. Counts are of this epoch.

    vitals : what the engine and the machine tell (frame age, stages, temperature, disk); it is
    their affair, and every part of it may be missing.
    """

    t: Time
    accepted: Count
    waiting: Count
    waiting_bytes: Count
    oldest_age_s: float
    quarantined: Count
    dropped: Count
    problem: str
    vitals: dict[str, Any]


class CollectorState(msgspec.Struct, frozen=True, tag_field="schema", tag="ps.collector/1"):
    """Retained: whether a collector is there to take results in. instance : random, of one run."""

    online: bool
    instance: Name = ""
